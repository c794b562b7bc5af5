#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "libd4/kit/log.h"
#include "relay/lanes_partner.h"
#include "relay/wash_room.h"

#define PARK_PARTS 8u /* of a budget: what is read for it at once */

/* ---- which partners an entry is for ---- */

enum d4_status
park_gate(struct wash *w)
{
	const struct pol *p = w->gate != NULL ? gate_policy(w->gate) : NULL;
	size_t n = p != NULL ? pol_n_partners(p) : 0;
	enum d4_status st = D4_OK;

	free(w->room);
	free(w->skip);
	w->room = calloc(n + 1, sizeof(struct lanes_partner *));
	w->skip = calloc(n + 1, sizeof(*w->skip));
	if (w->room == NULL || w->skip == NULL)
		return D4_ENOMEM;
	for (size_t i = 0; st == D4_OK && i < n; i++)
		st = lanes_partner_get(
		    w->lanes, pol_partner_at(p, i)->id, &w->room[i]);
	lanes_limits_set(w->lanes, &w->setup->limits, n);
	return st;
}

enum d4_status
park_live(struct wash *w, struct shard *s, const struct stream_id *id,
    const bool **skip)
{
	struct parks *parks = journal_parks(s->journal);
	size_t n = pol_n_partners(gate_policy(w->gate));
	enum d4_status st = D4_OK;
	bool take;

	*skip = NULL;
	/* A source that cannot be read again waits instead: park_holds. */
	if (s->source != w->queues ||
	    (parks->n == 0 && !lanes_parking(w->lanes)))
		return D4_OK;
	for (size_t i = 0; st == D4_OK && i < n; i++) {
		st = parks_takes(parks, w->room[i]->id,
		    lanes_partner_room(w->room[i]), id, &take);
		w->skip[i] = !take;
	}
	*skip = w->skip;
	return st;
}

bool
park_holds(struct wash *w, struct decide_facts f)
{
	const struct pol *p = gate_policy(w->gate);
	struct decision d;

	for (size_t i = 0; i < pol_n_partners(p); i++) {
		if (lanes_partner_room(w->room[i]))
			continue;
		f.partner = pol_partner_at(p, i)->id;
		decide(w->gate, &f, &d);
		if (d.allow && !d.shadow)
			return true;
	}
	return false;
}

bool
park_presses(const struct wash *w, const struct lanes_partner *p)
{
	if (!lanes_partner_room(p))
		return true;
	for (size_t i = 0; i < w->n_shards; i++) {
		struct journal *j = w->shard[i]->journal;

		if (j != NULL && parks_find(journal_parks(j), p->id) != NULL)
			return true;
	}
	return false;
}

/* ---- what the hub is told to keep ---- */

/* "d4:{1:0}:q" to "d4:{1:0}:hold". */
static void
park_key(const struct shard *s, char *out, size_t n)
{
	(void)snprintf(out, n, "%.*s:hold", (int)(strlen(s->key) - 2), s->key);
}

/* Its field: the reader's group, and the partner. */
static void
park_field(const struct shard *s, const char *partner, char *out, size_t n)
{
	(void)snprintf(out, n, "%s/%s", s->wash->setup->group, partner);
}

static void
park_unhold(struct shard *s, const char *partner)
{
	char key[256], field[256];

	park_key(s, key, sizeof(key));
	park_field(s, partner, field, sizeof(field));
	d4_info("queue=%s partner=%s caught_up", s->key, partner);
	/* Unsent: it is told again when the lease is taken again. */
	(void)!d4_redis_sendf(
	    s->wash->redis, NULL, NULL, "HDEL %s %s", key, field);
}

static void
park_hold(struct shard *s, const struct park *k)
{
	struct stream_id need = stream_id_behind(&k->upto);
	char key[256], field[256], id[STREAM_ID_TEXT];
	struct park *told = parks_find(&s->told, k->partner);

	if (told != NULL && stream_id_compare(&told->upto, &k->upto) == 0)
		return;
	park_key(s, key, sizeof(key));
	park_field(s, k->partner, field, sizeof(field));
	stream_id_text(&need, id);
	if (told == NULL)
		d4_warnx("queue=%s partner=%s parked from=%s", s->key,
		    k->partner, id);
	if (d4_redis_sendf(s->wash->redis, NULL, NULL, "HSET %s %s %s", key,
		field, id) == D4_OK)
		(void)!parks_add(&s->told, k->partner, &k->upto, &told);
}

void
park_tell(struct shard *s)
{
	const struct parks *now = journal_parks(s->journal);
	size_t n = 0;

	for (size_t i = 0; i < now->n; i++)
		park_hold(s, &now->list[i]);
	for (size_t i = 0; i < s->told.n; i++) {
		if (parks_find(now, s->told.list[i].partner) == NULL)
			park_unhold(s, s->told.list[i].partner);
		else
			s->told.list[n++] = s->told.list[i];
	}
	s->told.n = n;
}

/*
 * One that the shelf is held for. After another relay had the shard, that is
 * what counts; else the journal knows better, and this is a leftover.
 */
static void
park_found(struct shard *s, const redisReply *field, const redisReply *value)
{
	size_t group = strlen(s->wash->setup->group);
	struct parks *parks = journal_parks(s->journal);
	struct stream_id id;
	struct park *k;

	if (field->len <= group + 1 || field->str[group] != '/' ||
	    memcmp(field->str, s->wash->setup->group, group) != 0 ||
	    stream_id_parse(value->str, value->len, &id) != D4_OK)
		return;
	id = stream_id_before(&id);
	/* So that it is taken away when nobody needs it. */
	(void)!parks_add(&s->told, field->str + group + 1, &id, &k);
	if (!s->park_ours)
		(void)!parks_add(parks, field->str + group + 1, &id, &k);
}

static void
on_hold(void *arg, enum d4_status st, const redisReply *r)
{
	struct shard *s = arg;

	if (st != D4_OK || s->journal == NULL || r->type != REDIS_REPLY_ARRAY)
		return;
	if (!s->park_ours)
		journal_parks(s->journal)->n = 0;
	for (size_t i = 0; i + 1 < r->elements; i += 2)
		park_found(s, r->element[i], r->element[i + 1]);
	park_tell(s);
}

void
park_leased(struct shard *s, bool ours)
{
	char key[256];

	s->told.n = 0;
	s->park_ours = ours;
	park_key(s, key, sizeof(key));
	(void)!d4_redis_sendf(s->wash->redis, on_hold, s, "HGETALL %s", key);
}

/* ---- catching up ---- */

/* Only for one partner. False: the policy has it no more. */
static bool
park_only(struct wash *w, const char *partner, size_t *at)
{
	size_t n = pol_n_partners(gate_policy(w->gate));

	*at = n;
	for (size_t i = 0; i < n; i++) {
		w->skip[i] = strcmp(w->room[i]->id, partner) != 0;
		*at = w->skip[i] ? *at : i;
	}
	return *at < n;
}

/*
 * How many entries to ask for the next time: a part of the budget, so that
 * post sends some while others are written, and nothing is read in vain.
 */
static void
park_fit(struct wash *w, uint64_t budget, const redisReply *r)
{
	uint64_t aim = budget / PARK_PARTS;

	if (r->elements > 0)
		w->caught.count =
		    read_fit(w->caught.count, read_bytes(r) / r->elements,
			aim < WASH_REPLY ? aim : WASH_REPLY);
}

/* The entries of one answer, as long as there is room. */
static enum d4_status
park_take(struct wash *w, struct shard *s, struct park *k, const redisReply *r)
{
	const struct parks *parks = journal_parks(s->journal);
	bool last = r->elements < w->caught.count;
	enum d4_status st = D4_OK;
	struct stream_id id;
	size_t i, at;

	if (!park_only(w, k->partner, &at))
		return D4_ENOENT;
	park_fit(w, w->room[at]->budget, r);
	for (i = 0; st == D4_OK && i < r->elements; i++) {
		const redisReply *one = r->element[i];

		if (!lanes_partner_room(w->room[at]))
			return D4_OK;
		if (one->type != REDIS_REPLY_ARRAY || one->elements != 2 ||
		    stream_id_parse(one->element[0]->str, one->element[0]->len,
			&id) != D4_OK)
			continue;
		if (!parks_dup(parks, &id))
			st = batch_again(w, s, &id, one);
		if (st == D4_OK)
			k->next = id;
	}
	/* All there was: what is not in here will be read live. */
	if (st == D4_OK && last)
		k->behind = false;
	return st == D4_AGAIN ? D4_OK : st;
}

static void
park_answer(struct wash *w, struct shard *s, const redisReply *r)
{
	struct park *k = NULL;
	enum d4_status st;

	if (s->journal != NULL && !s->in_batch && w->stall == WASH_RUNS)
		k = parks_find(journal_parks(s->journal), w->caught.partner);
	if (k == NULL || stream_id_compare(&k->next, &w->caught.from) != 0)
		return; /* the lease, or the policy, is another one now */
	s->in_batch = s->caught = true;
	s->batch.fence = s->fence;
	st = park_take(w, s, k, r);
	if (st == D4_OK)
		batch_finish(w);
	else
		batch_drop(w, st);
}

static void
on_range(void *arg, enum d4_status st, const redisReply *r)
{
	struct wash *w = arg;

	w->caught.asked = false;
	if (st != D4_OK)
		return;
	if (r->type == REDIS_REPLY_ARRAY)
		park_answer(w, w->caught.shard, r);
	else
		d4_warnx("queue=%s xrange=\"%s\"", w->caught.shard->key,
		    r->type == REDIS_REPLY_ERROR ? r->str : "?");
	read_more(w);
}

static void
park_ask(struct wash *w, struct shard *s, const struct park *k)
{
	char from[STREAM_ID_TEXT];

	w->caught.shard = s;
	w->caught.from = k->next;
	(void)snprintf(
	    w->caught.partner, sizeof(w->caught.partner), "%s", k->partner);
	stream_id_text(&k->next, from);
	w->caught.asked =
	    d4_redis_sendf(w->redis, on_range, w, "XRANGE %s (%s + COUNT %llu",
		s->key, from, (unsigned long long)w->caught.count) == D4_OK;
}

/* The first partner of a shard that can go on; gone ones are let go. */
static struct park *
park_ready(struct wash *w, struct shard *s)
{
	struct parks *parks = journal_parks(s->journal);
	size_t at;

	for (size_t i = 0; i < parks->n; i++) {
		struct park *k = &parks->list[i];

		if (!k->behind)
			continue;
		if (!park_only(w, k->partner, &at)) {
			*k = parks->list[--parks->n];
			park_tell(s);
			return NULL;
		}
		if (lanes_partner_room(w->room[at]))
			return k;
	}
	return NULL;
}

bool
park_step(struct wash *w)
{
	for (size_t i = 0; !w->caught.asked && i < w->n_shards; i++) {
		struct shard *s = w->shard[(w->caught.turn + i) % w->n_shards];
		struct park *k = NULL;

		if (s->source == w->queues && s->journal != NULL &&
		    !s->in_batch &&
		    (s->state == SHARD_LIVE || s->state == SHARD_PENDING))
			k = park_ready(w, s);
		if (k == NULL)
			continue;
		w->caught.turn = (w->caught.turn + i + 1) % w->n_shards;
		park_ask(w, s, k);
	}
	return w->caught.asked;
}

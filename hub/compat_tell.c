/*
 * What this process says of itself in Redis (d4:compat), for d4-hub ctl and
 * d4-hub watch: what it did, and what waits, since when, and why. And the look
 * at d4-core's workers: sessions that none has taken, and how much they hold.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "hub/compat_keep.h"
#include "hub/compat_parts.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"

#define IDLE_S 60u /* d4-core's managers look every 10 s */
#define GIVEN_UP_MS                                              \
	10000u /* without a full stream; then it is waited again \
	        */

static uint64_t
now_s(void)
{
	return d4_now_us() / 1000000;
}

/* ---- what waits ---- */

bool
compat_gives_up(const struct compat *c, const struct compat_queue *q)
{
	uint64_t s = c->opt->compat_give_up_us / 1000000;

	return q->worker && s != 0 && q->since_s != 0 &&
	       now_s() - q->since_s >= s;
}

void
compat_waits(struct compat_queue *q, const char *why)
{
	(void)snprintf(q->why, sizeof(q->why), "%.100s", why);
	q->wait_ms = d4_mono_ms();
	if (q->since_s == 0)
		q->since_s = now_s();
}

void
compat_goes_on(const struct compat *c, struct compat_queue *q)
{
	if (q->since_s == 0 ||
	    (compat_gives_up(c, q) && d4_mono_ms() - q->wait_ms < GIVEN_UP_MS))
		return;
	if (q->said)
		d4_info("compat queue=%s goes on after_s=%llu", q->key,
		    (unsigned long long)(now_s() - q->since_s));
	q->since_s = 0;
	q->said = false;
}

static json_t *
waits_json(const struct compat *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->n_queues; i++) {
		const struct compat_queue *q = &c->queue[i];

		if (q->since_s != 0)
			(void)json_array_append_new(
			    list, json_pack("{s:s,s:I,s:s}", "what", q->key,
				      "since_seen", (json_int_t)q->since_s,
				      "why", q->why));
	}
	for (unsigned t = 0; t < COMPAT_WORKER_TYPES; t++) {
		char what[16];

		if (c->idle_s[t] == 0)
			continue;
		(void)snprintf(what, sizeof(what), "worker %u", t);
		(void)json_array_append_new(
		    list, json_pack("{s:s,s:I,s:s}", "what", what, "since_seen",
			      (json_int_t)c->idle_s[t], "why",
			      "d4-core's worker has not taken a session"));
	}
	return list;
}

/* ---- workers ---- */

/* [bytes, type, seconds, ...]: the oldest session of a type that waits. */
static void
workers_read(struct compat *c, const redisReply *r)
{
	memset(c->idle_s, 0, sizeof(c->idle_s));
	for (size_t i = 1; i + 1 < r->elements; i += 2) {
		long long t = r->element[i]->integer;
		long long since = r->element[i + 1]->integer;

		if (t > 0 && t < (long long)COMPAT_WORKER_TYPES && since > 0 &&
		    (uint64_t)since + IDLE_S <= now_s())
			c->idle_s[t] = (uint64_t)since;
	}
	c->stream_bytes = (uint64_t)r->element[0]->integer;
}

void
compat_workers_look(struct compat *c)
{
	struct compat_words w;
	redisReply *r;

	if (c->opt->compat_workers.n == 0)
		return;
	compat_script(c, COMPAT_WORKERS, &w);
	r = compat_ask(c, &w);
	if (r->type != REDIS_REPLY_ARRAY || r->elements == 0)
		compat_lost(c, r->type == REDIS_REPLY_ERROR ? r->str : "type");
	workers_read(c, r);
	freeReplyObject(r);
}

/* ---- all of it ---- */

static void
tell_number(struct compat_words *w, const char *name, char text[24], uint64_t v)
{
	(void)snprintf(text, 24, "%llu", (unsigned long long)v);
	words_add(w, name);
	words_add(w, text);
}

void
compat_tell(struct compat *c)
{
	const struct {
		const char *name;
		uint64_t value;
	} all[] = {{"told_seen", now_s()}, {"began_seen", c->began_s},
	    {"queues", c->n_queues}, {"entries", c->entries},
	    {"items", c->pushed}, {"trimmed_items", c->trimmed},
	    {"dropped_entries", c->dropped}, {"stream_bytes", c->stream_bytes},
	    {"open_captures", c->n_captures}, {"kept_bytes", c->kept_bytes},
	    {"removed_files", c->removed_files},
	    {"removed_bytes", c->removed_bytes},
	    {"removed_unread", c->removed_unread}};
	char text[sizeof(all) / sizeof(all[0])][24], *waits;
	json_t *list = waits_json(c);
	struct compat_words w = {.n = 0};

	waits = json_dumps(list, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(list);
	words_add(&w, "HSET");
	words_add(&w, "d4:compat");
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		tell_number(&w, all[i].name, text[i], all[i].value);
	words_add(&w, "waits");
	words_add(&w, waits != NULL ? waits : "[]");
	freeReplyObject(compat_ask(c, &w));
	free(waits);
}

/*
 * Files of an item are ours from now on, or from when they began to be; of a
 * type that d4-core's workers take they are not. When we were away for a day
 * they may have been others' meanwhile: from now on, then.
 */
void
compat_since(struct compat *c, const struct compat_queue *q)
{
	struct compat_words w = {.n = 0};
	char now[24];
	redisReply *r;
	size_t i = 0;

	while (i < KEEP_TYPES && strcmp(keep_types[i], q->item) != 0)
		i++;
	if (i == KEEP_TYPES || q->kind == COMPAT_LINES)
		return;
	(void)snprintf(now, sizeof(now), "%llu", (unsigned long long)now_s());
	compat_script(c, COMPAT_SINCE, &w);
	words_add(&w, q->item);
	words_add(&w, q->worker ? "" : now);
	r = compat_ask(c, &w);
	c->keep_since[i] =
	    r->type == REDIS_REPLY_STRING ? strtoull(r->str, NULL, 10) : 0;
	freeReplyObject(r);
}

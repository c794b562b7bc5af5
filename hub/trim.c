/*
 * One look at a stream:
 *   XINFO GROUPS KEY          who reads, and how far each has come
 *   XPENDING KEY GROUP        the oldest id it has not acknowledged
 *   HGETALL d4:{Q:S}:hold     ids that somebody needs beside his group (a
 *                             parked partner, ADR 0011)
 *   XLEN, MEMORY USAGE        what it costs
 * Replies come in order, so the last one finds all others; what moved in the
 * meantime moved forward, which only means that a little is trimmed later.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "hub/overflow.h"
#include "hub/quota.h"
#include "hub/trim.h"

#define TRIM_MS    250L
#define TRIM_RESTS 20u /* rounds that an empty shard is left alone */

struct trim {
	struct hub *hub;
	struct event *timer;
	unsigned round;
};

/*
 * struct look -- a look under way.
 * Shape:  due: answers that are still to come; the last one decides. needed:
 *         the oldest id that anybody needs, if `holds`. failed: something
 *         could not be asked or was not answered. dropping: second part.
 */
struct look {
	struct trim *trim;
	struct queue_shard *shard;
	struct queue_id needed;
	uint64_t groups, length, bytes;
	unsigned due;
	bool holds, failed, dropping;
};

static void look_answered(struct look *l, enum d4_status st);
static void look_begin(struct trim *t, struct queue_shard *s);

/* One question; whatever becomes of it is counted. */
static void __attribute__((format(printf, 3, 4)))
look_ask(struct look *l, d4_redis_fn *fn, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (d4_redis_vsendf(l->trim->hub->redis, fn, l, fmt, ap) == D4_OK)
		l->due++;
	else
		l->failed = true;
	va_end(ap);
}

static void
look_needs(struct look *l, struct queue_id id)
{
	if (!l->holds || queue_id_cmp(&id, &l->needed) < 0)
		l->needed = id;
	l->holds = true;
}

static void
look_needs_text(struct look *l, const redisReply *id)
{
	struct queue_id v;

	if (id->type == REDIS_REPLY_STRING &&
	    queue_id_parse(id->str, &v) == D4_OK)
		look_needs(l, v);
	else
		look_needs(l, (struct queue_id){0, 0}); /* unclear: keep all */
}

/* ---- budgets ---- */

static void
on_dropped(void *arg, enum d4_status st, const redisReply *reply)
{
	struct look *l = arg;

	if (st == D4_OK)
		quota_dropped(l->trim->hub, l->shard, reply);
	look_answered(l, st);
}

/* Over its budget, nobody reads it, and it may lose its oldest. */
static void
drop_oldest(struct look *l)
{
	struct queue_shard *s = l->shard;
	const struct hub *h = l->trim->hub;
	struct d4_slice argv[] = {d4_slice_str("EVAL"),
	    d4_slice_str(quota_script), d4_slice_str("2"), d4_slice_str(s->key),
	    {NULL, 0}, {NULL, 0}};
	bool over = l->groups == 0 && !l->holds && l->length != 0 &&
	            (quota_over(h, s->queue) || s->queue->emptying != 0);
	char key[QUOTA_KEY], count[16];

	if ((strcmp(h->opt->unread, "drop-oldest") != 0 &&
		s->queue->emptying == 0) ||
	    (!over && s->tallied))
		return;
	quota_tally_key(s, key);
	(void)snprintf(
	    count, sizeof(count), "%u", over ? quota_excess(h, s) : 0);
	argv[4] = d4_slice_str(key);
	argv[5] = d4_slice_str(count);
	l->dropping = true;
	if (d4_redis_send(h->redis, argv, 6, on_dropped, l) == D4_OK)
		l->due++;
}

/* ---- one look ---- */

static void
look_trim(struct look *l)
{
	struct queue_shard *s = l->shard;
	char id[48];

	if (l->groups == 0 || !l->holds ||
	    queue_id_cmp(&l->needed, &s->trimmed) <= 0)
		return;
	(void)snprintf(id, sizeof(id), "%llu-%llu",
	    (unsigned long long)l->needed.ms, (unsigned long long)l->needed.n);
	if (d4_redis_sendf(l->trim->hub->redis, NULL, NULL,
		"XTRIM %s MINID = %s", s->key, id) == D4_OK)
		s->trimmed = l->needed;
}

/* A reader has come, or nothing is left: no more is dropped for that. */
static void
look_emptied(const struct look *l)
{
	struct queue *q = l->shard->queue;
	uint64_t length = 0;

	for (unsigned i = 0; i < q->n_shards; i++)
		length += q->shard[i].length;
	if (l->groups != 0 || l->holds || length == 0)
		q->emptying = 0;
}

/* Every answer is there. */
static void
look_decide(struct look *l)
{
	struct queue_shard *s = l->shard;

	s->groups = l->groups;
	s->length = l->length;
	s->bytes = l->length != 0 ? l->bytes : 0;
	s->idle_polls = l->length == 0 ? s->idle_polls + 1 : 0;
	s->queue->bytes = queue_bytes(s->queue);
	s->queue->added = 0;
	look_emptied(l);
	if (hub_leads(l->trim->hub)) {
		look_trim(l);
		drop_oldest(l);
	} else if (l->groups != 0 && l->holds &&
		   queue_id_cmp(&l->needed, &s->trimmed) > 0) {
		s->trimmed = l->needed; /* the first worker does it */
	}
	quota_check(l->trim->hub, s->queue);
	if (!l->dropping)
		overflow_look(l->trim->hub->overflow, s);
}

static void
look_answered(struct look *l, enum d4_status st)
{
	struct queue_shard *s = l->shard;
	struct trim *t = l->trim;
	bool again;

	l->failed = l->failed || st != D4_OK;
	if (--l->due != 0)
		return;
	if (!l->failed && !l->dropping)
		look_decide(l);
	if (l->due != 0)
		return;
	again = l->dropping && !l->failed;
	s->polling = false;
	free(l);
	if (again) { /* more may be too much: at once */
		overflow_look(t->hub->overflow, s);
		look_begin(t, s);
	}
}

static void
on_memory(void *arg, enum d4_status st, const redisReply *reply)
{
	struct look *l = arg;

	if (st == D4_OK && reply->type == REDIS_REPLY_INTEGER)
		l->bytes = (uint64_t)reply->integer;
	look_answered(l, st);
}

static void
on_length(void *arg, enum d4_status st, const redisReply *reply)
{
	struct look *l = arg;

	if (st == D4_OK && reply->type == REDIS_REPLY_INTEGER)
		l->length = (uint64_t)reply->integer;
	look_answered(l, st);
}

static void
on_hold(void *arg, enum d4_status st, const redisReply *reply)
{
	struct look *l = arg;

	if (st == D4_OK && reply->type != REDIS_REPLY_ARRAY)
		l->failed = true;
	else if (st == D4_OK)
		for (size_t i = 1; i < reply->elements; i += 2)
			look_needs_text(l, reply->element[i]);
	look_answered(l, st);
}

/* [count, smallest, greatest, consumers]; nil when nothing is pending. */
static void
on_pending(void *arg, enum d4_status st, const redisReply *reply)
{
	struct look *l = arg;

	if (st == D4_OK &&
	    (reply->type != REDIS_REPLY_ARRAY || reply->elements < 2))
		l->failed = true;
	else if (st == D4_OK && reply->element[1]->type == REDIS_REPLY_STRING)
		look_needs_text(l, reply->element[1]);
	look_answered(l, st);
}

/* One group: [name, pending, last-delivered-id ...] as name, value pairs. */
static void
look_group(struct look *l, const redisReply *g)
{
	const redisReply *name = NULL, *last = NULL;
	long long pending = -1;
	struct queue_id id;

	for (size_t i = 0; i + 1 < g->elements; i += 2) {
		const redisReply *k = g->element[i], *v = g->element[i + 1];

		if (k->type != REDIS_REPLY_STRING)
			continue;
		if (strcmp(k->str, "name") == 0)
			name = v;
		else if (strcmp(k->str, "pending") == 0)
			pending = v->integer;
		else if (strcmp(k->str, "last-delivered-id") == 0)
			last = v;
	}
	l->groups++;
	if (name == NULL || last == NULL || last->type != REDIS_REPLY_STRING ||
	    queue_id_parse(last->str, &id) != D4_OK) {
		look_needs(l, (struct queue_id){0, 0});
		return;
	}
	look_needs(l, queue_id_next(&id));
	if (pending != 0)
		look_ask(
		    l, on_pending, "XPENDING %s %s", l->shard->key, name->str);
}

static void
on_groups(void *arg, enum d4_status st, const redisReply *reply)
{
	struct look *l = arg;
	const char *key = l->shard->key;
	char hold[QUEUE_KEY + 8];

	if (st == D4_OK) {
		/* "no such key" is an error reply: an empty queue. */
		size_t n =
		    reply->type == REDIS_REPLY_ARRAY ? reply->elements : 0;

		for (size_t i = 0; i < n; i++)
			look_group(l, reply->element[i]);
		(void)snprintf(
		    hold, sizeof(hold), "%.*shold", (int)strlen(key) - 1, key);
		look_ask(l, on_hold, "HGETALL %s", hold);
		look_ask(l, on_length, "XLEN %s", key);
		/* The oldest say nothing of the rest when it is references. */
		look_ask(l, on_memory, "MEMORY USAGE %s SAMPLES %s", key,
		    l->shard->disk_bytes != 0 ? "0" : "32");
	}
	look_answered(l, st);
}

static void
look_begin(struct trim *t, struct queue_shard *s)
{
	struct look *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return;
	*l = (struct look){.trim = t, .shard = s};
	look_ask(l, on_groups, "XINFO GROUPS %s", s->key);
	s->polling = l->due != 0;
	if (!s->polling)
		free(l);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct trim *t = arg;
	struct queue *q;

	(void)fd;
	(void)what;
	if (!d4_redis_is_up(t->hub->redis))
		return;
	STAILQ_FOREACH(q, &t->hub->queues, link)
	{
		for (unsigned i = 0; i < q->n_shards; i++) {
			struct queue_shard *s = &q->shard[i];

			if (!s->polling &&
			    (s->idle_polls < 2 ||
				(t->round + i) % TRIM_RESTS == 0))
				look_begin(t, s);
		}
	}
	t->round++;
}

enum d4_status
trim_new(struct hub *h, struct trim **out)
{
	struct timeval tv = {0, TRIM_MS * 1000};
	struct trim *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return D4_ENOMEM;
	t->hub = h;
	t->timer = event_new(h->base, -1, EV_PERSIST, on_timer, t);
	if (t->timer == NULL || event_add(t->timer, &tv) < 0) {
		trim_free(t);
		return D4_ENOMEM;
	}
	*out = t;
	return D4_OK;
}

void
trim_free(struct trim *t)
{
	if (t == NULL)
		return;
	if (t->timer != NULL)
		event_free(t->timer);
	free(t);
}

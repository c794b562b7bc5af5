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
#include "hub/session.h"
#include "hub/trim.h"
#include "libd4/kit/log.h"

#define TRIM_MS    250L
#define TRIM_RESTS 20u  /* rounds that an empty shard is left alone */
#define TRIM_DROP  256u /* entries that one script call may drop */

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

/* Drops the oldest entries and says how many records and bytes they had. */
static const char drop_script[] =
    "local e=redis.call('XRANGE',KEYS[1],'-','+','COUNT',ARGV[1]) "
    "local n,b,last=0,0,nil "
    "for _,x in ipairs(e) do last=x[1] for i=1,#x[2],2 do "
    "if x[2][i]=='n' then n=n+tonumber(x[2][i+1]) end "
    "if x[2][i]=='data' then b=b+#x[2][i+1] end end end "
    "if not last then return {0,0,0} end "
    "local k=redis.call('XDEL',KEYS[1],unpack((function() local t={} "
    "for i,x in ipairs(e) do t[i]=x[1] end return t end)())) "
    "return {k,n,b}";

static void
on_dropped(void *arg, enum d4_status st, const redisReply *reply)
{
	struct look *l = arg;
	struct queue *q = l->shard->queue;
	uint64_t n, bytes;

	if (st == D4_OK && reply->type == REDIS_REPLY_ARRAY &&
	    reply->elements == 3) {
		n = (uint64_t)reply->element[1]->integer;
		bytes = (uint64_t)reply->element[2]->integer;
		q->dropped += n;
		q->dropped_bytes += bytes;
		if (d4_account_write(l->trim->hub->account, false,
			d4_reason_name(D4_R_UNREAD_DROPPED),
			json_pack("{s:s,s:I,s:I}", "queue", q->name, "records",
			    (json_int_t)n, "bytes", (json_int_t)bytes)) !=
		    D4_OK)
			d4_warn("account");
	}
	look_answered(l, st);
}

/* Above which a queue is too large; once full, it is until half is free. */
static uint64_t
queue_limit(const struct trim *t, const struct queue *q)
{
	uint64_t max = t->hub->opt->queue_max;

	return q->full ? max / 2 : max;
}

/* How many of a shard's entries are too many, by their mean size. */
static unsigned
too_many(const struct look *l)
{
	const struct queue *q = l->shard->queue;
	uint64_t bytes = queue_bytes(q), limit = queue_limit(l->trim, q), n;

	limit -= limit / 8; /* a little more, or it would be now and again */
	n = l->shard->length * (bytes - limit) / bytes + 1;
	return n < TRIM_DROP ? (unsigned)n : TRIM_DROP;
}

/* Over its budget, nobody reads it, and it may lose its oldest. */
static void
drop_oldest(struct look *l)
{
	struct d4_slice argv[] = {d4_slice_str("EVAL"),
	    d4_slice_str(drop_script), d4_slice_str("1"),
	    d4_slice_str(l->shard->key), {NULL, 0}};
	const struct queue *q = l->shard->queue;
	char count[16];

	if (l->groups != 0 || l->holds || l->shard->length == 0 ||
	    strcmp(l->trim->hub->opt->unread, "drop-oldest") != 0 ||
	    queue_bytes(q) <= queue_limit(l->trim, q))
		return;
	(void)snprintf(count, sizeof(count), "%u", too_many(l));
	argv[4] = d4_slice_str(count);
	l->dropping = true;
	if (d4_redis_send(l->trim->hub->redis, argv, 5, on_dropped, l) == D4_OK)
		l->due++;
}

static void
queue_check(struct trim *t, struct queue *q)
{
	uint64_t max = t->hub->opt->queue_max, bytes = queue_bytes(q);
	bool full = bytes > queue_limit(t, q);

	if (full == q->full)
		return;
	q->full = full;
	d4_warnx("queue=%s %s bytes=%llu limit=%llu", q->name,
	    full ? "full: its sensors are not read" : "free again",
	    (unsigned long long)bytes, (unsigned long long)max);
	sessions_queue(t->hub, q);
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

/* Every answer is there. */
static void
look_decide(struct look *l)
{
	struct queue_shard *s = l->shard;

	s->groups = l->groups;
	s->length = l->length;
	s->bytes = l->length != 0 ? l->bytes : 0;
	s->idle_polls = l->length == 0 ? s->idle_polls + 1 : 0;
	look_trim(l);
	drop_oldest(l);
	queue_check(l->trim, s->queue);
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
	if (again)
		look_begin(t, s); /* more may be too much: at once */
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
		look_ask(l, on_memory, "MEMORY USAGE %s SAMPLES 32", key);
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

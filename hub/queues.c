#include <stdlib.h>
#include <string.h>
#include "hub/compat.h"
#include "hub/overflow.h"
#include "hub/queues.h"
#include "libd4/kit/log.h"

/* A queue's name and number of shards, for whoever reads it, too. */
struct publish {
	struct hub *hub;
	struct queue *queue;
};

/* A reader of before that is configured away must not hold entries back. */
static void
queue_leave(struct hub *h, const struct queue *q)
{
	for (unsigned i = 0; i < q->n_shards; i++) {
		if (d4_redis_sendf(h->redis, NULL, NULL,
			"XGROUP DESTROY %s " COMPAT_GROUP,
			q->shard[i].key) != D4_OK)
			d4_warnx(
			    "queue=%s reader=" COMPAT_GROUP " stays", q->name);
	}
	/* What it said; and which files would be its own, when it is back. */
	if (d4_redis_sendf(
		h->redis, NULL, NULL, "DEL d4:compat d4:compat:since") != D4_OK)
		d4_warnx("key=d4:compat stays");
}

/* What Redis says counts: entries are there under that number. */
static void
on_shards(void *arg, enum d4_status st, const redisReply *reply)
{
	struct publish *p = arg;
	struct queue *q = p->queue;
	struct hub *h = p->hub;
	unsigned long n = q->n_shards;

	free(p);
	if (st != D4_OK)
		return;
	if (reply->type == REDIS_REPLY_STRING)
		n = strtoul(reply->str, NULL, 10);
	if (n != q->n_shards && n >= 1 && n <= QUEUE_SHARDS_MAX) {
		d4_warnx("queue=%s shards=%lu configured=%u"
			 " remedy=\"empty it, then HDEL d4:queues %s\"",
		    q->name, n, q->n_shards, q->name);
		if (queue_reshard(q, (unsigned)n) != D4_OK)
			return;
	}
	q->ready = true;
	if (!hub_options_compat(h->opt))
		queue_leave(h, q);
	if (h->alone)
		overflow_claim(h->overflow, q);
	hub_look_ready(h);
}

static void
queue_publish(struct hub *h, struct queue *q)
{
	struct publish *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return;
	*p = (struct publish){h, q};
	if (d4_redis_sendf(h->redis, NULL, NULL, "HSETNX d4:queues %s %llu",
		q->name, (unsigned long long)q->n_shards) != D4_OK ||
	    d4_redis_sendf(
		h->redis, on_shards, p, "HGET d4:queues %s", q->name) != D4_OK)
		free(p);
}

static enum d4_status
queue_want(struct hub *h, uint8_t type, const char *ext)
{
	struct queue *q;

	if (queue_find(&h->queues, type, ext) != NULL)
		return D4_OK;
	return queue_add(&h->queues, type, ext, (unsigned)h->opt->shards, &q);
}

enum d4_status
queues_make(struct hub *h)
{
	enum d4_status st = D4_OK;

	for (unsigned t = 1; t < 256 && st == D4_OK; t++) {
		if (h->rules.accepted[t] && d4_type_find((uint8_t)t) != NULL)
			st = queue_want(h, (uint8_t)t, "");
	}
	for (size_t i = 0; i < h->opt->n_ext && st == D4_OK; i++)
		st = queue_want(h, D4_TYPE_EXTENDED, h->opt->ext[i].type);
	return st;
}

/* d4:queue_max: name and bytes, in turn. */
static void
on_sizes(void *arg, enum d4_status st, const redisReply *reply)
{
	struct hub *h = arg;
	struct queue *q;

	if (st != D4_OK || reply->type != REDIS_REPLY_ARRAY)
		return;
	STAILQ_FOREACH(q, &h->queues, link)
	{
		q->max = 0;
		for (size_t i = 0; i + 1 < reply->elements; i += 2) {
			const redisReply *name = reply->element[i];
			const redisReply *size = reply->element[i + 1];

			if (name->type == REDIS_REPLY_STRING &&
			    size->type == REDIS_REPLY_STRING &&
			    strcmp(name->str, q->name) == 0)
				q->max = strtoull(size->str, NULL, 10);
		}
	}
}

void
hub_sizes(struct hub *h)
{
	if (d4_redis_sendf(h->redis, on_sizes, h, "HGETALL d4:queue_max") !=
	    D4_OK)
		d4_warnx("sizes of queues not read");
}

void
queues_publish(struct hub *h)
{
	struct queue *q;

	STAILQ_FOREACH(q, &h->queues, link)
	{
		if (!q->ready)
			queue_publish(h, q);
	}
	if (d4_redis_is_up(h->redis))
		hub_sizes(h);
}

#include <stdlib.h>
#include <string.h>
#include "hub/census.h"
#include "hub/discard.h"
#include "hub/headroom.h"
#include "hub/overflow.h"
#include "hub/quota.h"
#include "hub/session.h"
#include "hub/tee.h"
#include "hub/trim.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"

#define HUB_LOUD 50u /* refusals logged in a second */

/* Room in the pipeline above what the shelf may hold: one entry at least. */
#define HUB_REDIS_ROOM (8u << 20)

/* Options that only a restart changes: SIGHUP names them. */
#define RESTART(name)                                     \
	{                                                 \
#name, offsetof(struct hub_options, name) \
	}
static const struct {
	const char *name;
	size_t offset;
} restart_texts[] = {RESTART(state), RESTART(keys), RESTART(ctl), RESTART(user),
    RESTART(redis), RESTART(appendfsync), RESTART(sandbox), RESTART(tee)};

struct queue *
hub_queue(struct hub *h, uint8_t type, const char *ext)
{
	struct queue *q = queue_find(&h->queues, type, ext);

	return q != NULL && q->ready ? q : NULL;
}

static void
check_ready(struct hub *h)
{
	const struct queue *q;

	if (h->ready || !registry_ready(h->registry))
		return;
	STAILQ_FOREACH(q, &h->queues, link)
	{
		if (!q->ready)
			return;
	}
	h->ready = true;
	h->events.ready(h->events.arg);
}

/* ---- queues ---- */

/* A queue's name and number of shards, for whoever reads it, too. */
struct publish {
	struct hub *hub;
	struct queue *queue;
};

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
	overflow_claim(h->overflow, q);
	check_ready(h);
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

static enum d4_status
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

static void
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

/* ---- what the rooms tell each other ---- */

static void
on_redis_up(void *arg)
{
	struct hub *h = arg;

	d4_info("redis up waiting=%zu", shelf_entries(h->shelf));
	queues_publish(h);
	registry_up(h->registry);
	census_up(h->census);
	shelf_up(h->shelf);
}

static void
on_redis_down(void *arg, const char *why)
{
	struct hub *h = arg;

	d4_warnx(
	    "redis down why=\"%s\" waiting=%zu", why, shelf_entries(h->shelf));
	h->events.lost(h->events.arg);
}

static void
on_full(void *arg, bool full)
{
	sessions_pause(arg, PAUSE_SHELF, full);
}

static void
on_answered(void *arg, struct sensor *sensor)
{
	sessions_known(arg, sensor);
}

static void
on_changed(void *arg)
{
	struct hub *h = arg;

	sessions_recheck(h);
	check_ready(h);
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct hub *h = arg;

	(void)fd;
	(void)what;
	if (h->hushed != 0)
		d4_warnx("refused more=%llu lines=hushed",
		    (unsigned long long)h->hushed);
	h->hushed = 0;
	h->loud = HUB_LOUD;
	quota_sample(h);
	discard_flush(h->discard);
	check_ready(h);
}

/* ---- begin and end ---- */

static enum d4_status
rooms_make(struct hub *h)
{
	static const struct d4_redis_events ev = {on_redis_up, on_redis_down};
	enum d4_status st;

	st = d4_redis_new(
	    h->base, &ev, h, h->opt->inflight_max + HUB_REDIS_ROOM, &h->redis);
	if (st == D4_OK)
		st = registry_new(&(struct registry_setup){.base = h->base,
				      .redis = h->redis,
				      .opt = h->opt,
				      .answered = on_answered,
				      .changed = on_changed,
				      .arg = h},
		    &h->registry);
	if (st == D4_OK)
		st = discard_new(h, &h->discard);
	if (st == D4_OK)
		st = overflow_new(h, &h->overflow);
	if (st == D4_OK)
		st = shelf_new(&(struct shelf_setup){.base = h->base,
				   .redis = h->redis,
				   .max = h->opt->inflight_max,
				   .full = on_full,
				   .arg = h,
				   .disk = &overflow_shelf,
				   .disk_arg = h->overflow},
		    &h->shelf);
	if (st == D4_OK)
		st = census_new(h, &h->census);
	if (st == D4_OK)
		st = trim_new(h, &h->trim);
	if (st == D4_OK)
		st = headroom_new(h, &h->headroom);
	if (st == D4_OK)
		st = tee_new(h, &h->tee);
	return st;
}

enum d4_status
hub_init(struct hub *h, const struct hub_events *events)
{
	struct timeval second = {1, 0};
	enum d4_status st;

	h->events = *events;
	h->rules = h->opt->rules;
	h->loud = HUB_LOUD;
	h->began_ms = d4_mono_ms();
	STAILQ_INIT(&h->queues);
	st = sessions_init(h);
	if (st == D4_OK)
		st = queues_make(h);
	if (st == D4_OK)
		st = rooms_make(h);
	h->tick = event_new(h->base, -1, EV_PERSIST, on_tick, h);
	if (st == D4_OK && (h->tick == NULL || event_add(h->tick, &second) < 0))
		st = D4_ENOMEM;
	if (st != D4_OK)
		hub_fini(h);
	return st;
}

void
hub_fini(struct hub *h)
{
	if (h->redis != NULL && h->shelf != NULL)
		sessions_free(h);
	tee_free(h->tee);
	d4_redis_free(h->redis);
	headroom_free(h->headroom);
	trim_free(h->trim);
	census_free(h->census);
	shelf_free(h->shelf);
	overflow_free(h->overflow);
	discard_free(h->discard);
	registry_free(h->registry);
	queue_list_fini(&h->queues);
	if (h->tick != NULL)
		event_free(h->tick);
	d4_tls_ctx_free(h->tls);
	hub_options_free(h->opt);
}

void
hub_reload(struct hub *h, struct hub_options *opt, struct d4_tls_ctx *tls)
{
	size_t n = sizeof(restart_texts) / sizeof(restart_texts[0]);

	for (size_t i = 0; i < n; i++) {
		const char *const *was =
		    (const void *)((const char *)h->opt +
				   restart_texts[i].offset);
		const char *const *is =
		    (const void *)((const char *)opt + restart_texts[i].offset);

		if (strcmp(*was, *is) != 0)
			d4_warnx("reload option=%s takes effect at a restart",
			    restart_texts[i].name);
	}
	registry_options(h->registry, opt);
	d4_tls_ctx_free(h->tls);
	hub_options_free(h->opt);
	h->tls = tls;
	h->opt = opt;
	h->rules = opt->rules;
	h->budget.max = opt->held_max;
	if (queues_make(h) != D4_OK)
		d4_warnx("reload out of memory");
	queues_publish(h);
	sessions_recheck(h);
	sessions_clock(h);
	d4_info("reload done");
}

bool
hub_drained(const struct hub *h)
{
	return shelf_entries(h->shelf) == 0;
}

void
hub_give_up(struct hub *h)
{
	uint64_t entries, records, bytes;

	sessions_free(h);
	tee_free(h->tee);
	h->tee = NULL;
	discard_flush(h->discard);
	d4_redis_free(h->redis); /* every answer that is due is ECLOSED now */
	h->redis = NULL;
	shelf_lost(h->shelf, &entries, &records, &bytes);
	if (entries == 0)
		return;
	d4_warnx("drain lost entries=%llu records=%llu bytes=%llu",
	    (unsigned long long)entries, (unsigned long long)records,
	    (unsigned long long)bytes);
	if (d4_account_write(h->account, true, "drain.lost",
		json_pack("{s:I,s:I,s:I}", "entries", (json_int_t)entries,
		    "records", (json_int_t)records, "bytes",
		    (json_int_t)bytes)) != D4_OK)
		d4_warn("account");
}

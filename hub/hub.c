#include <stdlib.h>
#include <string.h>
#include "hub/census.h"
#include "hub/crowd.h"
#include "hub/discard.h"
#include "hub/headroom.h"
#include "hub/overflow.h"
#include "hub/queues.h"
#include "hub/quota.h"
#include "hub/pending.h"
#include "hub/ration.h"
#include "hub/replay_store.h"
#include "hub/session.h"
#include "hub/stats.h"
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
    RESTART(redis), RESTART(appendfsync), RESTART(sandbox), RESTART(tee),
    RESTART(compat)};

struct queue *
hub_queue(struct hub *h, uint8_t type, const char *ext)
{
	struct queue *q = queue_find(&h->queues, type, ext);

	return q != NULL && q->ready ? q : NULL;
}

void
hub_look_ready(struct hub *h)
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

/* ---- what the rooms tell each other ---- */

static void
on_redis_up(void *arg)
{
	struct hub *h = arg;

	d4_info("redis up waiting=%zu", shelf_entries(h->shelf));
	queues_publish(h);
	registry_up(h->registry);
	crowd_up(h->crowd);
	census_up(h->census);
	shelf_up(h->shelf);
	replay_store_up(h);
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
on_changed(void *arg, struct sensor *sensor)
{
	struct hub *h = arg;

	if (sensor != NULL) {
		sessions_recheck_of(sensor);
		return;
	}
	sessions_recheck(h);
	hub_look_ready(h);
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
	if (d4_redis_is_up(h->redis))
		hub_sizes(h); /* whichever worker was told */
	discard_flush(h->discard);
	hub_look_ready(h);
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
		st = stats_new(h, &h->stats);
	if (st == D4_OK)
		st = crowd_new(h, &h->crowd);
	if (st == D4_OK)
		st = ration_new(h, &h->ration);
	if (st == D4_OK)
		st = pending_new(h, &h->pending);
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
	crowd_free(h->crowd);
	ration_free(h->ration);
	pending_free(h->pending);
	census_free(h->census);
	stats_free(h->stats);
	shelf_free(h->shelf);
	overflow_free(h->overflow);
	discard_free(h->discard);
	registry_free(h->registry);
	queue_list_fini(&h->queues);
	if (h->tick != NULL)
		event_free(h->tick);
	d4_tls_ctx_free(h->tls);
	hub_options_free(h->opt);
	json_decref(h->crew);
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

void
hub_alone(struct hub *h)
{
	struct queue *q;

	h->alone = true;
	STAILQ_FOREACH(q, &h->queues, link)
	{
		if (q->ready)
			overflow_claim(h->overflow, q);
	}
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

#include <stdio.h>
#include <sys/resource.h>
#include <jansson.h>
#include "hub/headroom.h"
#include "hub/hub.h"
#include "hub/pending.h"
#include "hub/quota.h"
#include "hub/status.h"
#include "hub/tee.h"
#include "libd4/kit/clock.h"

#define STATUS_SENSORS 1000u /* refused sensors that are named */

static json_t *
number(uint64_t v)
{
	return json_integer((json_int_t)v);
}

static void
put(json_t *to, const char *name, json_t *value)
{
	/* Out of memory leaves a gap in a report, nothing worse. */
	(void)json_object_set_new(to, name, value);
}

/* What may be held, what is, and when that will be too much. */
static void
status_quota(const struct hub *h, const struct queue *q, json_t *o)
{
	double left = quota_left_s(h, q);
	uint64_t stored = 0;

	for (unsigned i = 0; i < q->n_shards; i++)
		stored += q->shard[i].stored;
	put(o, "bytes", number(queue_bytes(q)));
	put(o, "bytes_limit", number(quota_memory(h, q)));
	put(o, "disk_bytes", number(queue_disk(q)));
	put(o, "disk_limit", number(h->opt->queue_disk));
	put(o, "disk_failed", json_boolean(q->disk_failed));
	put(o, "entries_to_disk", number(stored));
	put(o, "to_disk", json_boolean(q->spills));
	put(o, "fill_bytes_per_s", json_integer((json_int_t)q->fill.rate));
	put(o, "time_to_full_s",
	    left < 0 ? json_null() : json_integer((json_int_t)left));
	put(o, "full", json_boolean(q->full));
}

json_t *
status_queue(const struct hub *h, const struct queue *q)
{
	json_t *o = json_object();
	uint64_t entries = 0, records = 0, length = 0, groups = 0;

	for (unsigned i = 0; i < q->n_shards; i++) {
		entries += q->shard[i].entries;
		records += q->shard[i].records;
		length += q->shard[i].length;
		if (q->shard[i].groups > groups)
			groups = q->shard[i].groups;
	}
	put(o, "shards", number(q->n_shards));
	put(o, "length", number(length));
	put(o, "readers", number(groups));
	put(o, "entries_put", number(entries));
	put(o, "records_put", number(records));
	put(o, "records_dropped", number(q->dropped));
	put(o, "bytes_dropped", number(q->dropped_bytes));
	status_quota(h, q, o);
	return o;
}

static json_t *
status_queues(const struct hub *h)
{
	json_t *o = json_object();
	const struct queue *q;

	STAILQ_FOREACH(q, &h->queues, link)
	put(o, q->name, status_queue(h, q));
	return o;
}

/* Only reasons that were met. */
static json_t *
status_reasons(const uint64_t counts[D4_REASON_MAX])
{
	json_t *o = json_object();

	for (unsigned r = D4_R_NONE + 1; r < D4_REASON_MAX; r++) {
		if (counts[r] != 0)
			put(o, d4_reason_name((enum d4_reason)r),
			    number(counts[r]));
	}
	return o;
}

static json_t *
status_records(const struct hub *h)
{
	const struct d4_tally *t = &h->counts.tally;
	json_t *o = json_object();

	put(o, "in", number(t->in));
	put(o, "forward", number(t->records[D4_R_NONE]));
	put(o, "forward_bytes", number(t->bytes[D4_R_NONE]));
	put(o, "drop", status_reasons(t->records));
	return o;
}

json_t *
status_refusals(const struct sensor *s)
{
	json_t *o = json_object();

	for (unsigned i = 0; i < SENSOR_REASONS && s->refusals[i].n != 0; i++)
		put(o, d4_reason_name(s->refusals[i].why),
		    number(s->refusals[i].n));
	return o;
}

static void
add_sensor(void *arg, struct sensor *s)
{
	char uuid[D4_UUID_TEXT];
	json_t *o;

	if (s->refused == 0 || json_array_size(arg) >= STATUS_SENSORS)
		return;
	d4_uuid_text(&s->uuid, uuid);
	o = json_object();
	put(o, "uuid", json_string(uuid));
	put(o, "refused", number(s->refused));
	put(o, "last", json_string(d4_reason_name(s->last_refused)));
	put(o, "reasons", status_refusals(s));
	(void)json_array_append_new(arg, o);
}

static json_t *
status_redis(const struct hub *h)
{
	json_t *o = json_object();
	uint64_t used, max;

	headroom_memory(h->headroom, &used, &max);
	put(o, "up",
	    json_boolean(h->redis != NULL && d4_redis_is_up(h->redis)));
	put(o, "silent", json_boolean(h->silent));
	put(o, "waiting_entries", number(shelf_entries(h->shelf)));
	put(o, "waiting_bytes", number(shelf_bytes(h->shelf)));
	put(o, "used_memory", number(used));
	put(o, "maxmemory", number(max));
	put(o, "appendfsync", json_string(h->opt->appendfsync));
	return o;
}

static json_t *
status_sessions(const struct hub *h)
{
	json_t *o = json_object();

	put(o, "now", number(h->n_sessions));
	put(o, "accepted", number(h->counts.accepted));
	put(o, "opened", number(h->counts.opened));
	put(o, "closed", number(h->counts.closed));
	put(o, "held_bytes", number(h->budget.held));
	put(o, "replayed_frames", number(h->counts.replayed));
	put(o, "replay_forgotten", number(h->replays.forgotten));
	put(o, "paused", json_boolean(h->pause != 0));
	put(o, "refused", status_reasons(h->counts.refused));
	return o;
}

/* Unknown sensors: the list is in Redis (ctl sensors pending). */
static json_t *
status_pending(const struct hub *h)
{
	struct pending_counts c = pending_counts(h->pending);
	json_t *o = json_object();

	put(o, "limit", number(h->opt->pending_max));
	put(o, "noted", number(c.noted));
	put(o, "again", number(c.again));
	put(o, "full", number(c.full));
	put(o, "limited", number(c.limited));
	return o;
}

/* Kilobytes of resident memory at the most, as the kernel counts. */
static uint64_t
memory_peak(void)
{
	struct rusage r;

	if (getrusage(RUSAGE_SELF, &r) < 0 || r.ru_maxrss < 0)
		return 0;
	return (uint64_t)r.ru_maxrss * 1024;
}

json_t *
status_refused(const struct hub *h)
{
	json_t *sensors = json_array();

	registry_each(h->registry, add_sensor, sensors);
	return sensors;
}

json_t *
status_all(const struct hub *h)
{
	json_t *o = json_object();

	put(o, "version", json_string(D4_VERSION));
	put(o, "workers", number(1));
	put(o, "uptime_s", number((d4_mono_ms() - h->began_ms) / 1000));
	put(o, "memory_peak_bytes", number(memory_peak()));
	put(o, "sessions", status_sessions(h));
	put(o, "records", status_records(h));
	put(o, "queues", status_queues(h));
	put(o, "redis", status_redis(h));
	put(o, "pending", status_pending(h));
	put(o, "sensors_refused", status_refused(h));
	if (h->place == 0)
		put(o, "crew", deaths_status(h));
	if (h->tee != NULL)
		put(o, "tee", tee_status(h->tee));
	return o;
}

static json_t *
run_status(void *arg, const json_t *request, const char **error)
{
	(void)request;
	(void)error;
	return status_all(arg);
}

const struct d4_ctl_command hub_commands[] = {
    {"status", "sessions, queues, counters, Redis, memory", run_status},
    {NULL, NULL, NULL},
};

const size_t hub_n_commands =
    sizeof(hub_commands) / sizeof(hub_commands[0]) - 1;

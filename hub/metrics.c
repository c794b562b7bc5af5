#include <stdio.h>
#include <string.h>
#include "hub/metrics.h"

struct metric {
	const char *from, *name, *kind, *help;
};

/* from: a member, or one of a member. */
static const struct metric singles[] = {
    {"uptime_s", "d4_hub_uptime_seconds", "gauge", "since the worker began"},
    {"memory_peak_bytes", "d4_hub_memory_peak_bytes", "gauge",
	"resident memory at the most"},
    {"sessions.now", "d4_hub_sessions", "gauge", "connections now"},
    {"sessions.accepted", "d4_hub_connections_total", "counter",
	"connections accepted"},
    {"sessions.opened", "d4_hub_sessions_opened_total", "counter",
	"sessions with an authentic frame"},
    {"sessions.closed", "d4_hub_sessions_closed_total", "counter",
	"sessions that ended"},
    {"sessions.held_bytes", "d4_hub_held_bytes", "gauge",
	"bytes of unfinished frames"},
    {"sessions.paused", "d4_hub_paused", "gauge", "1: no sensor is read"},
    {"pending.noted", "d4_hub_pending_noted_total", "counter",
	"unknown sensors noted, to be approved"},
    {"pending.full", "d4_hub_pending_full_total", "counter",
	"tries not noted: no room"},
    {"pending.limited", "d4_hub_pending_limited_total", "counter",
	"tries not noted: too many at a time"},
    {"records.in", "d4_hub_records_in_total", "counter", "records received"},
    {"records.forward", "d4_hub_records_total", "counter",
	"records put into queues"},
    {"records.forward_bytes", "d4_hub_record_bytes_total", "counter",
	"bytes of them"},
    {"redis.up", "d4_hub_redis_up", "gauge", "1: connected"},
    {"redis.waiting_entries", "d4_hub_redis_waiting_entries", "gauge",
	"entries on their way"},
    {"redis.waiting_bytes", "d4_hub_redis_waiting_bytes", "gauge",
	"bytes of them"},
    {"redis.used_memory", "d4_hub_redis_used_bytes", "gauge", "memory used"},
    {"redis.maxmemory", "d4_hub_redis_max_bytes", "gauge", "its limit"},
};

static const struct metric reasons[] = {
    {"sessions.refused", "d4_hub_refused_total", "counter", "sessions refused"},
    {"records.drop", "d4_hub_records_dropped_total", "counter",
	"records not taken"},
};

static const struct metric queues[] = {
    {"length", "d4_hub_queue_entries", "gauge", "entries that wait"},
    {"readers", "d4_hub_queue_readers", "gauge", "registered readers"},
    {"entries_put", "d4_hub_queue_entries_total", "counter", "entries put"},
    {"records_put", "d4_hub_queue_records_total", "counter", "records put"},
    {"records_dropped", "d4_hub_queue_records_dropped_total", "counter",
	"records dropped: nobody reads"},
    {"bytes", "d4_hub_queue_bytes", "gauge", "bytes in Redis"},
    {"bytes_limit", "d4_hub_queue_limit_bytes", "gauge", "may have there"},
    {"disk_bytes", "d4_hub_queue_disk_bytes", "gauge", "bytes on disk"},
    {"disk_limit", "d4_hub_queue_disk_limit_bytes", "gauge", "may have there"},
    {"disk_failed", "d4_hub_queue_disk_failed", "gauge",
	"1: the disk took no more"},
    {"fill_bytes_per_s", "d4_hub_queue_fill_bytes_per_second", "gauge",
	"how fast it fills"},
    {"time_to_full_s", "d4_hub_queue_time_to_full_seconds", "gauge",
	"absent: it does not fill"},
    {"full", "d4_hub_queue_full", "gauge", "1: its sensors wait"},
};

static const struct metric archives_table[] = {
    {"up", "d4_archive_up", "gauge", "1: it runs, or was killed"},
    {"told_seen", "d4_archive_told_seconds", "gauge",
	"when it said so, since 1970"},
    {"full", "d4_archive_full", "gauge", "1: no room"},
    {"records", "d4_archive_records_total", "counter", "records taken"},
    {"bytes", "d4_archive_bytes_total", "counter", "bytes of them"},
    {"duplicates", "d4_archive_duplicates_total", "counter",
	"entries that came twice"},
    {"malformed", "d4_archive_malformed_total", "counter",
	"entries not understood"},
    {"lost_records", "d4_archive_lost_records_total", "counter",
	"records that the hub's disk had lost"},
    {"dropped_records", "d4_archive_dropped_records_total", "counter",
	"records without room"},
    {"files", "d4_archive_files_total", "counter", "files finished"},
    {"parts", "d4_archive_parts", "gauge", "files not finished"},
    {"kept_files", "d4_archive_kept_files", "gauge", "files that are there"},
    {"kept_bytes", "d4_archive_kept_bytes", "gauge", "bytes of them"},
    {"removed_bytes", "d4_archive_removed_bytes_total", "counter",
	"bytes removed for age or size"},
};

static const struct metric compat_table[] = {
    {"compat.up", "d4_compat_up", "gauge", "1: it runs"},
    {"compat.entries", "d4_compat_entries_total", "counter", "entries taken"},
    {"compat.items", "d4_compat_items_total", "counter",
	"items and messages made of them"},
    {"compat.trimmed_items", "d4_compat_trimmed_items_total", "counter",
	"items that lists dropped"},
    {"compat.dropped_entries", "d4_compat_dropped_entries_total", "counter",
	"entries that a missing worker did not get"},
    {"compat.stream_bytes", "d4_compat_stream_bytes", "gauge",
	"bytes of session streams"},
    {"compat.kept_bytes", "d4_compat_kept_bytes", "gauge",
	"bytes of its files at the last look"},
    {"compat.removed_bytes", "d4_compat_removed_bytes_total", "counter",
	"bytes removed for age or size"},
    {"compat.removed_unread", "d4_compat_removed_unread_total", "counter",
	"files of them that were items still"},
};

#define N(table) (sizeof(table) / sizeof((table)[0]))

/* "a.b" of an object; NULL: not there. */
static const json_t *
member(const json_t *o, const char *path)
{
	const char *dot = strchr(path, '.');
	char first[64];

	if (dot == NULL)
		return json_object_get(o, path);
	(void)snprintf(first, sizeof(first), "%.*s", (int)(dot - path), path);
	return json_object_get(json_object_get(o, first), dot + 1);
}

static enum d4_status
put_head(struct d4_buf *out, const struct metric *m)
{
	return d4_buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", m->name,
	    m->help, m->name, m->kind);
}

/* A value that is a number or a truth. */
static bool
is_value(const json_t *v)
{
	return json_is_number(v) || json_is_boolean(v);
}

static enum d4_status
put_value(struct d4_buf *out, const json_t *v)
{
	if (json_is_integer(v))
		return d4_buf_addf(
		    out, " %lld\n", (long long)json_integer_value(v));
	return d4_buf_addf(out, " %g\n",
	    json_is_boolean(v) ? (double)json_is_true(v)
			       : json_number_value(v));
}

/* name="text", with what would end it escaped. */
static enum d4_status
put_label(struct d4_buf *out, const char *name, const char *text)
{
	enum d4_status st = d4_buf_addf(out, "%s=\"", name);

	for (; *text != '\0' && st == D4_OK; text++) {
		if (*text == '\n')
			st = d4_buf_adds(out, "\\n");
		else if (*text == '"' || *text == '\\')
			st = d4_buf_addf(out, "\\%c", *text);
		else
			st = d4_buf_add(out, text, 1);
	}
	return st == D4_OK ? d4_buf_adds(out, "\"") : st;
}

static enum d4_status
put_labelled(struct d4_buf *out, const struct metric *m, const char *const l[2],
    const json_t *v)
{
	enum d4_status st;

	if (!is_value(v))
		return D4_OK;
	st = d4_buf_addf(out, "%s{", m->name);
	if (st == D4_OK)
		st = put_label(out, l[0], l[1]);
	if (st == D4_OK)
		st = d4_buf_adds(out, "}");
	return st == D4_OK ? put_value(out, v) : st;
}

static enum d4_status
put_single(struct d4_buf *out, const struct metric *m, const json_t *status)
{
	const json_t *v = member(status, m->from);
	enum d4_status st;

	if (!is_value(v))
		return D4_OK;
	st = put_head(out, m);
	if (st == D4_OK)
		st = d4_buf_adds(out, m->name);
	return st == D4_OK ? put_value(out, v) : st;
}

static enum d4_status
put_reasons(struct d4_buf *out, const struct metric *m, const json_t *status)
{
	enum d4_status st = put_head(out, m);
	const char *name;
	const json_t *v;

	json_object_foreach(
	    (json_t *)(uintptr_t)member(status, m->from), name, v)
	{
		const char *const label[2] = {"reason", name};

		if (st == D4_OK)
			st = put_labelled(out, m, label, v);
	}
	return st;
}

static enum d4_status
put_queue(struct d4_buf *out, const struct metric *m, const json_t *status)
{
	enum d4_status st = put_head(out, m);
	const char *name;
	const json_t *q;

	json_object_foreach(
	    (json_t *)(uintptr_t)json_object_get(status, "queues"), name, q)
	{
		const char *const label[2] = {"queue", name};

		if (st == D4_OK)
			st = put_labelled(
			    out, m, label, json_object_get(q, m->from));
	}
	return st;
}

enum d4_status
metrics_hub(const json_t *status, struct d4_buf *out)
{
	enum d4_status st = D4_OK;

	for (size_t i = 0; i < N(singles) && st == D4_OK; i++)
		st = put_single(out, &singles[i], status);
	for (size_t i = 0; i < N(reasons) && st == D4_OK; i++)
		st = put_reasons(out, &reasons[i], status);
	for (size_t i = 0; i < N(queues) && st == D4_OK; i++)
		st = put_queue(out, &queues[i], status);
	return st;
}

static enum d4_status
put_event(struct d4_buf *out, const struct metric *m, const json_t *e)
{
	const char *name = json_string_value(json_object_get(e, "event"));
	const char *subject = json_string_value(json_object_get(e, "subject"));
	enum d4_status st;

	if (name == NULL || subject == NULL)
		return D4_OK;
	st = d4_buf_addf(out, "%s{", m->name);
	if (st == D4_OK)
		st = put_label(out, "event", name);
	if (st == D4_OK)
		st = d4_buf_adds(out, ",");
	if (st == D4_OK)
		st = put_label(out, "subject", subject);
	return st == D4_OK ? d4_buf_adds(out, "} 1\n") : st;
}

enum d4_status
metrics_events(const json_t *events, struct d4_buf *out)
{
	static const struct metric m = {
	    NULL, "d4_hub_event", "gauge", "what is wrong now"};
	enum d4_status st = put_head(out, &m);
	const json_t *e;
	size_t i;

	json_array_foreach(json_object_get(events, "events"), i, e)
	{
		if (st == D4_OK)
			st = put_event(out, &m, e);
	}
	return st;
}

static enum d4_status
put_archive(struct d4_buf *out, const struct metric *m, const json_t *list)
{
	enum d4_status st = put_head(out, m);
	const json_t *a;
	size_t i;

	json_array_foreach(list, i, a)
	{
		const char *name =
		    json_string_value(json_object_get(a, "archive"));
		const char *const label[2] = {"archive", name};

		if (st == D4_OK && name != NULL)
			st = put_labelled(
			    out, m, label, json_object_get(a, m->from));
	}
	return st;
}

enum d4_status
metrics_archives(const json_t *archives, struct d4_buf *out)
{
	const json_t *list = json_object_get(archives, "archives");
	enum d4_status st = D4_OK;

	for (size_t i = 0;
	     i < N(archives_table) && st == D4_OK && json_array_size(list) != 0;
	     i++)
		st = put_archive(out, &archives_table[i], list);
	return st;
}

enum d4_status
metrics_compat(const json_t *compat, struct d4_buf *out)
{
	enum d4_status st = D4_OK;

	for (size_t i = 0; i < N(compat_table) && st == D4_OK; i++)
		st = put_single(out, &compat_table[i], compat);
	return st;
}

#include <stdio.h>
#include <string.h>
#include "hub/watch.h"

#define ARCHIVE_LATE_S 60  /* it says what it does every second */
#define COMPAT_LATE_S  60  /* every two */
#define COMPAT_WAITS_S 60  /* a worker looks every 10 s */
#define MEMORY_PART    85  /* percent; the hub stops reading there */
#define DIED_S         600 /* it is told so long */
#define SKIPPED        "and-more"

static bool
truth(const json_t *o, const char *name)
{
	return json_is_true(json_object_get(o, name));
}

static json_int_t
number(const json_t *o, const char *name)
{
	return json_integer_value(json_object_get(o, name));
}

static const char *
text_of(const json_t *o, const char *name)
{
	const char *text = json_string_value(json_object_get(o, name));

	return text != NULL ? text : "?";
}

/* ---- the hub ---- */

static void
look_redis(struct events *s, const json_t *redis)
{
	json_int_t used = number(redis, "used_memory");
	json_int_t max = number(redis, "maxmemory");
	char text[EVENT_TEXT];

	if (!truth(redis, "up")) {
		(void)snprintf(text, sizeof(text), "%lld entries wait",
		    (long long)number(redis, "waiting_entries"));
		events_hold(s, EVENT_REDIS_DOWN, "redis", text);
	}
	if (max > 0 && used > max / 100 * MEMORY_PART) {
		(void)snprintf(text, sizeof(text), "%lld of %lld bytes",
		    (long long)used, (long long)max);
		events_hold(s, EVENT_REDIS_FULL, "redis", text);
	}
}

/* Of the worker that answers for all; when that hangs the hub is down. */
static void
look_crew(struct events *s, const json_t *crew)
{
	const json_t *last = json_object_get(crew, "last"), *o;
	char name[EVENT_SUBJECT], text[EVENT_TEXT];
	size_t i;

	json_array_foreach(json_object_get(crew, "hung"), i, o)
	{
		(void)snprintf(name, sizeof(name), "worker %lld",
		    (long long)number(o, "place"));
		(void)snprintf(text, sizeof(text), "pid %lld, since %lld",
		    (long long)number(o, "pid"),
		    (long long)number(o, "since_seen"));
		events_hold(s, EVENT_WORKER_HUNG, name, text);
	}
	if (last == NULL || number(last, "ago_s") > DIED_S)
		return;
	(void)snprintf(name, sizeof(name), "worker %lld",
	    (long long)number(last, "place"));
	(void)snprintf(text, sizeof(text), "pid %lld, %s, %lld died so far",
	    (long long)number(last, "pid"), text_of(last, "why"),
	    (long long)number(crew, "died"));
	events_hold(s, EVENT_WORKER_DIED, name, text);
}

static void
look_filling(struct events *s, const struct watch_conf *c, const char *name,
    const json_t *q)
{
	const json_t *left = json_object_get(q, "time_to_full_s");
	double seconds = json_number_value(left);
	char text[EVENT_TEXT];

	if (!json_is_number(left) || c->filling_us == 0 ||
	    seconds * 1e6 > (double)c->filling_us)
		return;
	(void)snprintf(text, sizeof(text),
	    "full in %.0f s, %lld bytes a second", seconds,
	    (long long)number(q, "fill_bytes_per_s"));
	events_hold(s, EVENT_QUEUE_FILLING, name, text);
}

static void
look_queue(struct events *s, const struct watch_conf *c, const char *name,
    const json_t *q)
{
	char text[EVENT_TEXT];

	(void)snprintf(text, sizeof(text),
	    "%lld entries, %lld bytes in Redis, %lld on disk",
	    (long long)number(q, "length"), (long long)number(q, "bytes"),
	    (long long)number(q, "disk_bytes"));
	if (truth(q, "full"))
		events_hold(s, EVENT_QUEUE_FULL, name, text);
	else
		look_filling(s, c, name, q);
	if (truth(q, "disk_failed"))
		events_hold(s, EVENT_QUEUE_DISK, name, text);
	if (number(q, "readers") == 0 && number(q, "length") > 0)
		events_hold(s, EVENT_QUEUE_UNREAD, name, text);
}

void
watch_status(struct events *s, const struct watch_conf *c, const json_t *status)
{
	const char *name;
	const json_t *q;
	json_t *queues;

	if (status == NULL) {
		events_hold(s, EVENT_HUB_DOWN, "hub", "no answer");
		for (unsigned k = EVENT_WORKER_HUNG; k < EVENT_CERT_EXPIRING;
		     k++)
			events_blind(s, (enum event_kind)k);
		return;
	}
	look_redis(s, json_object_get(status, "redis"));
	look_crew(s, json_object_get(status, "crew"));
	queues = json_object_get(status, "queues");
	json_object_foreach(queues, name, q)
	{
		look_queue(s, c, name, q);
	}
}

/* ---- sensors and archives ---- */

static void
look_sensor(struct events *s, const json_t *o)
{
	const char *uuid = text_of(o, "uuid");
	char text[EVENT_TEXT];

	if (truth(o, "silent")) {
		(void)snprintf(text, sizeof(text),
		    "last frame at %lld, limit %lld s",
		    (long long)number(o, "last_seen"),
		    (long long)number(o, "limit_s"));
		events_hold(s, EVENT_SENSOR_SILENT, uuid, text);
	}
	if (truth(o, "skewed")) {
		(void)snprintf(text, sizeof(text), "%lld s ahead of ours",
		    (long long)number(o, "skew_s"));
		events_hold(s, EVENT_SENSOR_SKEW, uuid, text);
	}
}

static void
look_archive(struct events *s, const json_t *o, json_int_t now)
{
	const char *name = text_of(o, "archive");
	json_int_t told = number(o, "told_seen");
	char text[EVENT_TEXT];

	if (number(o, "full") != 0)
		events_hold(s, EVENT_ARCHIVE_FULL, name, "no room");
	if (number(o, "up") != 0 && now - told <= ARCHIVE_LATE_S)
		return;
	(void)snprintf(text, sizeof(text), "%s at %lld",
	    number(o, "up") != 0 ? "last heard of" : "stopped",
	    (long long)told);
	events_hold(s, EVENT_ARCHIVE_DOWN, name, text);
}

static void
look_compat(struct events *s, const json_t *o, json_int_t now)
{
	json_int_t told = number(o, "told_seen");
	char text[EVENT_TEXT];
	const json_t *w;
	size_t i;

	if (o == NULL)
		return;
	if (now - told > COMPAT_LATE_S) {
		(void)snprintf(text, sizeof(text), "last heard of at %lld",
		    (long long)told);
		events_hold(s, EVENT_COMPAT_DOWN, "compat", text);
	}
	json_array_foreach(json_object_get(o, "waits"), i, w)
	{
		if (now - number(w, "since_seen") < COMPAT_WAITS_S)
			continue;
		(void)snprintf(text, sizeof(text), "%s, since %lld",
		    text_of(w, "why"), (long long)number(w, "since_seen"));
		events_hold(s, EVENT_COMPAT_WAITS, text_of(w, "what"), text);
	}
}

void
watch_sensors(struct events *s, const json_t *look)
{
	const json_t *o;
	char text[EVENT_TEXT];
	size_t i;

	if (look == NULL) {
		events_blind(s, EVENT_SENSOR_SILENT);
		events_blind(s, EVENT_SENSOR_SKEW);
		events_blind(s, EVENT_SENSOR_PENDING);
		events_blind(s, EVENT_ARCHIVE_FULL);
		events_blind(s, EVENT_ARCHIVE_DOWN);
		events_blind(s, EVENT_COMPAT_WAITS);
		events_blind(s, EVENT_COMPAT_DOWN);
		return;
	}
	json_array_foreach(json_object_get(look, "sensors"), i, o)
	{
		look_sensor(s, o);
	}
	if (number(look, "more") > 0) {
		(void)snprintf(text, sizeof(text), "%lld more sensors",
		    (long long)number(look, "more"));
		events_hold(s, EVENT_SENSOR_SILENT, SKIPPED, text);
	}
	if (number(look, "pending") > 0) {
		(void)snprintf(text, sizeof(text),
		    "%lld came again and again; d4-hub ctl sensors pending",
		    (long long)number(look, "pending"));
		events_hold(s, EVENT_SENSOR_PENDING, "sensors", text);
	}
	json_array_foreach(json_object_get(look, "archives"), i, o)
	{
		look_archive(s, o, number(look, "now"));
	}
	look_compat(s, json_object_get(look, "compat"), number(look, "now"));
}

void
watch_cert(struct events *s, const struct watch_conf *c, const char *name,
    int64_t left_s)
{
	char text[EVENT_TEXT];

	if (c->cert_us == 0 || left_s > (int64_t)(c->cert_us / 1000000))
		return;
	(void)snprintf(text, sizeof(text), "%s %lld s",
	    left_s < 0 ? "ran out before" : "runs out in",
	    (long long)(left_s < 0 ? -left_s : left_s));
	events_hold(s, EVENT_CERT_EXPIRING, name, text);
}

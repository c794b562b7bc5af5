/*
 * What is wrong now: each condition is raised once and cleared once, however
 * often it is checked. Pure.
 */
#ifndef HUB_EVENTS_H
#define HUB_EVENTS_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>
#include "libd4/status.h"

#define EVENTS_MAX    4096u /* at a time */
#define EVENT_SUBJECT 80u
#define EVENT_TEXT    200u
#define EVENT_KEY     128u
#define EVENT_CLEAR   2u /* checks without it until it is cleared */

/* X(symbol, "name", looks until it is raised, "for people") */
#define EVENT_KINDS(X)                                                         \
	X(HUB_DOWN, "hub.down", 3, "the hub does not answer")                  \
	X(WORKER_HUNG, "worker.hung", 1, "a worker does not answer")           \
	X(WORKER_DIED, "worker.died", 1, "a worker died, and runs again")      \
	X(REDIS_DOWN, "redis.down", 2, "the hub has no Redis")                 \
	X(REDIS_FULL, "redis.full", 1, "the memory of Redis is nearly full")   \
	X(QUEUE_FULL, "queue.full", 1, "a queue is full: sensors wait")        \
	X(QUEUE_FILLING, "queue.filling", 2, "a queue will soon be full")      \
	X(QUEUE_UNREAD, "queue.unread", 3, "nobody reads a queue")             \
	X(QUEUE_DISK, "queue.disk", 1, "the disk of a queue takes no more")    \
	X(SENSOR_SILENT, "sensor.silent", 1, "a sensor sends nothing")         \
	X(SENSOR_SKEW, "sensor.skew", 2, "the clock of a sensor is off")       \
	X(SENSOR_PENDING, "sensor.pending", 1, "sensors wait to be approved")  \
	X(CERT_EXPIRING, "cert.expiring", 1, "a certificate runs out")         \
	X(ARCHIVE_FULL, "archive.full", 1, "the disk of an archive is full")   \
	X(ARCHIVE_DOWN, "archive.down", 1, "an archive does not run")          \
	X(COMPAT_WAITS, "compat.waits", 1, "compatibility with d4-core waits") \
	X(COMPAT_DOWN, "compat.down", 1,                                       \
	    "compatibility with d4-core does not run")

enum event_kind {
#define EVENT_ENUM(sym, name, looks, text) EVENT_##sym,
	EVENT_KINDS(EVENT_ENUM)
#undef EVENT_ENUM
	    EVENT_KIND_MAX
};

/*
 * struct event -- Shape: subject: which queue, sensor ...; text: how it is.
 * raised_s: seconds since 1970; 0: not raised yet. seen: at this look, looks:
 * at how many in a row; missed: at how many it was not.
 */
struct event {
	enum event_kind kind;
	char subject[EVENT_SUBJECT];
	char text[EVENT_TEXT];
	uint64_t raised_s;
	bool seen;
	unsigned looks, missed;
};

struct events_ops {
	void (*raised)(void *arg, const struct event *e);
	void (*cleared)(void *arg, const struct event *e);
};

struct events;

D4_USED enum d4_status events_new(
    const struct events_ops *ops, void *arg, struct events **out);
void events_free(struct events *s);

/* A look: begin; hold for all that is so now; end. */
void events_begin(struct events *s);

/*
 * events_hold -- the condition holds now. Only printable text of subject and
 * text is kept. More than EVENTS_MAX are counted, and not held.
 */
void events_hold(struct events *s, enum event_kind kind, const char *subject,
    const char *text);

/* events_blind -- this kind cannot be judged at this check. */
void events_blind(struct events *s, enum event_kind kind);
void events_end(struct events *s, uint64_t now_s);

/* Those that are raised. */
size_t events_raised(const struct events *s);
uint64_t events_more(const struct events *s);
void events_each(
    struct events *s, void (*fn)(void *arg, const struct event *e), void *arg);

const char *event_name(enum event_kind kind);
const char *event_about(enum event_kind kind);

/* event_key -- "queue.full:8". */
void event_key(const struct event *e, char out[EVENT_KEY]);

/* event_json -- for Redis and a command; NULL out of memory. */
json_t *event_json(const struct event *e, const char *state);

/*
 * events_json, events_load -- what is raised, to a file and back, so that
 * nothing is raised again by the next process. What is not understood in the
 * file is left out.
 */
json_t *events_json(struct events *s);
void events_load(struct events *s, const json_t *list);

#endif

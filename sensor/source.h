/*
 * Where the data comes from: a table of kinds, each a small state machine
 * that gives bytes when the reader wants some.
 */
#ifndef SENSOR_SOURCE_H
#define SENSOR_SOURCE_H

#include <event2/event.h>
#include "libd4/slice.h"
#include "libd4/type.h"

struct source;

/*
 * struct source_conf -- all borrowed.
 * Shape:  path: of the file, fifo, socket or folder; the list's name. redis:
 *         "tcp://host:port" or "unix:/path"; db: which of its databases.
 *         row: of the data's type, NULL for a type without a cutter. uuid: in
 *         text. state: a folder where files may be kept. json, daily,
 *         after_delete: of a folder (see d4-sensor(1)). rate_ms: how long to
 *         wait before an empty source is asked again.
 */
struct source_conf {
	struct event_base *base;
	const struct source_row *kind;
	const struct d4_type_row *row;
	const char *path, *redis, *uuid, *state;
	uint32_t db;
	uint64_t rate_ms;
	uint8_t type;
	bool json, daily, after_delete;
};

/*
 * struct source_events -- what a source tells the reader.
 * take: it is about to read at most n bytes that nobody can give again.
 * give: bytes, once after each source_want, never from inside it; they stay
 *       as they are until the next source_want or source_free.
 * cut:  after give or instead of it: here ends a file, a connection, a
 *       writer; what comes next is another stream.
 * drop: n records of the source could not be read, for that reason.
 * end:  no more will come; why is NULL or says what broke.
 */
struct source_events {
	void (*take)(void *arg, size_t n);
	void (*give)(void *arg, struct d4_slice bytes);
	void (*cut)(void *arg);
	void (*drop)(void *arg, enum d4_reason why, uint64_t bytes);
	void (*end)(void *arg, const char *why);
};

/* Whom the events go to; borrowed. */
struct source_owner {
	const struct source_events *ev;
	void *arg;
};

struct source_ops {
	void (*want)(struct source *s);
	void (*settled)(struct source *s); /* s->settled has changed */
	void (*destroy)(struct source *s);
};

/*
 * struct source -- first member of every source.
 * Shape:  mark: the frame that holds the last byte given until now. settled:
 *         up to this frame all are held by the server or by our disk.
 */
struct source {
	const struct source_ops *ops;
	struct source_conf conf;
	struct source_owner to;
	uint64_t mark, settled;
};

/*
 * struct source_row -- one kind. file: of the configuration directory, has
 * the path; NULL: none. path: where that file is not needed. many: one bad
 * item is skipped, and does not end the input. stream: what was read cannot
 * be read again.
 */
struct source_row {
	const char *name;
	enum d4_status (*make)(const struct source_conf *conf,
	    const struct source_owner *to, struct source **out);
	const char *file, *path;
	bool many, redis, stream;
};

/* source_find -- the row of a name, or NULL. */
const struct source_row *source_find(const char *name);

/*
 * source_new -- opens it. Errors: D4_EIO errno is set.  D4_ENOMEM.
 *         D4_ENOTSUP the type cannot come from this kind.
 */
D4_USED enum d4_status source_new(const struct source_conf *conf,
    const struct source_owner *to, struct source **out);
void source_free(struct source *s);

/* source_want -- gives later, from the loop; mark: see struct source. */
void source_want(struct source *s, uint64_t mark);

/* source_settled -- frames up to this one need the source no more. */
void source_settled(struct source *s, uint64_t settled);

/* ---- the kinds: source_*.c ---- */
#define SOURCE_MAKE(name)                                                  \
	D4_USED enum d4_status source_##name##_make(                       \
	    const struct source_conf *conf, const struct source_owner *to, \
	    struct source **out)
SOURCE_MAKE(stdin);
SOURCE_MAKE(file);
SOURCE_MAKE(fifo);
SOURCE_MAKE(unix);
SOURCE_MAKE(dgram);
SOURCE_MAKE(folder);
SOURCE_MAKE(redis);

#endif

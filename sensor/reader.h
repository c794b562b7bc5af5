/* The source: a descriptor's bytes, cut into records, into the framer. */
#ifndef SENSOR_READER_H
#define SENSOR_READER_H

#include <event2/event.h>
#include "sensor/framer.h"

#define READER_BUFFER   (256u << 10) /* bytes of one read */
#define READER_PAUSE_US 50000        /* of the source: then a frame is cut */

/*
 * struct reader_conf -- all borrowed. kind NULL: a type without a cutter.
 */
struct reader_conf {
	struct event_base *base;
	int fd;
	const struct d4_cutter_kind *kind;
	struct framer *framer;
	struct counts *counts;
};

/*
 * struct reader_events -- frames: there may be new ones in the ring.
 * end: no more will come; why is NULL at the end of input, else what broke.
 */
struct reader_events {
	void (*frames)(void *arg);
	void (*end)(void *arg, const char *why);
};

struct reader;

/* reader_new -- begins to read at once. Errors: D4_ENOMEM. */
D4_USED enum d4_status reader_new(const struct reader_conf *conf,
    const struct reader_events *ev, void *arg, struct reader **out);
void reader_free(struct reader *r);

/* reader_resume -- the ring has room again; nothing happens if it had. */
void reader_resume(struct reader *r);

/* reader_stop -- reads no more; what is whole goes out, then `end`. */
void reader_stop(struct reader *r);

/* reader_opening -- what a session begins with (d4_cutter_opening). */
struct d4_slice reader_opening(const struct reader *r);

#endif

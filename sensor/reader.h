/* The source's bytes, cut into records, into the framer. */
#ifndef SENSOR_READER_H
#define SENSOR_READER_H

#include <event2/event.h>
#include "sensor/framer.h"
#include "sensor/source.h"

#define READER_PAUSE_US 50000 /* of the source: then a frame is cut */

/*
 * struct reader_conf -- all borrowed. source: what to open. opening: of the
 * frames that the ring holds from an earlier run, or empty. The kind of
 * records is source.row's; NULL: a type without a cutter.
 */
struct reader_conf {
	struct source_conf source;
	struct d4_slice opening;
	struct framer *framer;
	struct counts *counts;
};

/*
 * struct reader_events -- frames: there may be new ones in the ring; what was
 * given is cut, as far as there is room. taking: see struct source_events.
 * opened: the session's opening is this from now on; an error ends the input.
 * turn: the next records have another opening (a capture of another kind):
 *       when all that went before is confirmed and the session is over, call
 *       reader_turned; nothing is read until then.
 * end: no more will come; why is NULL at the end of input, else what broke.
 */
struct reader_events {
	void (*taking)(void *arg, size_t n);
	void (*frames)(void *arg);
	enum d4_status (*opened)(void *arg, struct d4_slice opening);
	void (*turn)(void *arg);
	void (*end)(void *arg, const char *why);
};

struct reader;

/* reader_new -- begins to read at once. Errors: as source_new. */
D4_USED enum d4_status reader_new(const struct reader_conf *conf,
    const struct reader_events *ev, void *arg, struct reader **out);
void reader_free(struct reader *r);

/* reader_resume -- the ring has room again; nothing happens if it had. */
void reader_resume(struct reader *r);

/* reader_turned -- see struct reader_events. */
void reader_turned(struct reader *r);

/* reader_settled -- frames up to this one need the source no more. */
void reader_settled(struct reader *r, uint64_t frames);

/* reader_stop -- reads no more; what is whole goes out, then `end`. */
void reader_stop(struct reader *r);

/*
 * reader_held -- bytes that are in no frame yet: *whole of records that are
 * counted, *uncut of others.
 */
void reader_held(const struct reader *r, uint64_t *whole, uint64_t *uncut);

/* reader_opening -- what a session begins with; may be empty. */
struct d4_slice reader_opening(const struct reader *r);

#endif

/* The reader between reader.c (states, events) and reader_cut.c (records). */
#ifndef SENSOR_READER_PARTS_H
#define SENSOR_READER_PARTS_H

#include "sensor/reader.h"

enum reader_state {
	READER_READING,
	READER_BLOCKED, /* the ring is full */
	READER_TURNING, /* run belongs to another opening than the session */
	READER_ENDED,
};

/*
 * in: given and not cut yet, the source's. run: cut and not framed yet. A
 * full ring leaves both where they are. cutting: here ends a stream of the
 * source. fresh: no opening is known yet, not even that there is none.
 * skipping: the rest of this stream makes no sense.
 */
struct reader {
	struct reader_conf conf;
	const struct d4_cutter_kind *kind;
	const struct reader_events *ev;
	void *arg;
	enum reader_state state;
	struct source *source;
	struct d4_cutter *cutter;
	struct event *pause;
	struct d4_slice in;
	struct d4_run run;
	struct d4_buf opening; /* of the frames in the ring */
	bool cutting, fresh, skipping;
	bool finished; /* end of input was read, or reader_stop */
};

/* reader.c */
void reader_enter(struct reader *r, enum reader_state to);

/* reader_cut.c: records that were cut, or dropped, are counted. */
void reader_count(struct reader *r, const struct d4_run *run);

/* The session's opening is this one, from the next frame on. */
D4_USED enum d4_status reader_adopt(struct reader *r, struct d4_slice opening);

/*
 * Moves what was given into frames until D4_AGAIN: all done, no room, or
 * another opening (the state says which).
 */
D4_USED enum d4_status reader_pump(struct reader *r);

/*
 * Here ends a stream. An unfinished last line gets its newline; other remains
 * are counted. As reader_pump.
 */
D4_USED enum d4_status reader_last(struct reader *r);

#endif

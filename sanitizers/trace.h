/* What a leading stream did with each record of a file (follow.h). */
#ifndef SAN_TRACE_H
#define SAN_TRACE_H

#include "sanitizers/follow.h"
#include "sanitizers/led.h"
#include "sanitizers/stream.h"

#define TRACE_ITEMS (1u << 20) /* bytes of items */
#define TRACE_NOTES (4u << 20) /* bytes of the families' notes */

/*
 * struct san_trace
 * Shape:  lead: whose file; counted: its tally's in when the file began;
 *         in: all of the file, from: where its output begins. broken: the
 *         items (struct san_led) do not say all that happened.
 */
struct san_trace {
	const struct san_stream *lead;
	uint64_t counted;
	struct d4_slice in;
	size_t from;
	bool fed, broken;
	struct d4_buf items, notes;
	uint8_t opening[STREAM_HEAD_MAX];
	size_t n_opening;
	uint32_t variant;
};

/* struct trace_out -- what became of a record: withheld, or n bytes at. */
struct trace_out {
	enum d4_reason why;
	size_t at, n;
};

/* trace_feed -- the file comes; what it becomes is appended at from. */
void trace_feed(struct san_trace *t, struct d4_slice in, size_t from);

/* trace_open -- the file's opening, as received. */
void trace_open(struct san_trace *t, struct d4_slice in, uint32_t variant);

/* trace_note -- one record, after the family is done with it. */
void trace_note(struct san_trace *t, const struct san_stream *s,
    struct d4_slice rec, const struct trace_out *o);

/*
 * trace_plain -- n records in a row that left, as san_family.plain says of
 * them; in: all of them, which became what stands at out_at.
 */
void trace_plain(struct san_trace *t, struct d4_slice in, size_t out_at,
    const struct san_led *led, size_t n);

/* trace_end -- the stream's file has ended: nothing more is noted of it. */
void trace_end(struct san_stream *s);

/* trace_whole -- everything that the leader counted is among the items. */
bool trace_whole(const struct san_trace *t);

#endif

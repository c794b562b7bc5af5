/* Time stamps in text: floored to a unit, in the shape they came in. */
#ifndef SAN_STAMP_H
#define SAN_STAMP_H

#include <stdbool.h>
#include "libd4/reason.h"
#include "libd4/slice.h"

#define SAN_STAMP_MAX 48u /* bytes of a time stamp */

/* A time stamp being written; text[0..n). */
struct san_stamp {
	uint8_t text[SAN_STAMP_MAX];
	size_t n;
};

/*
 * struct san_epoch -- decimal seconds with an optional fraction of 1 to 9
 * digits ("1322849924.408856").
 * Units:  us since 1970; what is finer than a microsecond is cut. digits:
 *         how many stood behind the point.
 */
struct san_epoch {
	uint64_t us;
	unsigned digits;
};

/*
 * san_epoch_read -- reads one. Errors: TIME_VALUE anything else, or over ten
 * digits of seconds.
 */
enum d4_reason san_epoch_read(struct d4_slice in, struct san_epoch *out);

/*
 * san_stamp_seconds -- the time of any shape that san_stamp_floor knows,
 * seconds since 1970; without a zone in UTC. false: it is none, or before.
 */
bool san_stamp_seconds(struct d4_slice in, uint64_t *t_s);

/*
 * struct san_floor -- floors such times, one after the other.
 * Shape:  unit_us is the caller's; the rest is the last result: times of
 *         as many digits in base_us .. base_us + span_us get the same text.
 */
struct san_floor {
	uint64_t unit_us;
	uint64_t base_us, span_us;
	unsigned digits;
	struct san_stamp text;
};

/*
 * san_floor_epoch -- the time, floored to f->unit_us or to the next longer
 * unit that its digits can show, with as many digits as it had; so flooring
 * twice changes nothing. Valid until the next call.
 */
const struct san_stamp *san_floor_epoch(
    struct san_floor *f, const struct san_epoch *t);

/*
 * san_stamp_floor -- floors any shape that we know:
 *   ISO 8601 YYYY-MM-DD, with [T or space]HH:MM[:SS[.fraction]][Z or +hh:mm];
 *   the time is floored in UTC and written in its own zone;
 *   decimal seconds with a fraction; whole numbers of up to 10 digits are
 *   seconds, 13 milliseconds, 16 microseconds, 19 nanoseconds.
 * Errors: TIME_VALUE.
 */
enum d4_reason san_stamp_floor(
    struct d4_slice in, uint64_t unit_us, struct san_stamp *out);

/*
 * san_stamp_floor_clock -- the same for what is seen most, at once: ISO 8601
 * with seconds, Z or no zone, and a unit of whole seconds that a day is a
 * multiple of. False: it is something else, or nothing; *out is as before.
 */
bool san_stamp_floor_clock(
    struct d4_slice in, uint64_t unit_us, struct san_stamp *out);

#endif

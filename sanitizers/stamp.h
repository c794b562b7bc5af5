/* Time stamps in text: floored to a unit, in the shape they came in. */
#ifndef SAN_STAMP_H
#define SAN_STAMP_H

#include "libd4/reason.h"
#include "libd4/slice.h"

#define SAN_STAMP_MAX 48u /* bytes of a time stamp */

/* A time stamp being written; text[0..n). */
struct san_stamp {
	uint8_t text[SAN_STAMP_MAX];
	size_t n;
};

/*
 * san_stamp_epoch -- reads decimal seconds with an optional fraction of 1 to
 * 9 digits ("1322849924.408856").
 * Units:  *us since 1970; what is finer than a microsecond is cut.
 * Errors: TIME_VALUE anything else, or over ten digits of seconds.
 */
enum d4_reason san_stamp_epoch(struct d4_slice in, uint64_t *us);

/*
 * san_stamp_floor_epoch -- such a time stamp, floored to unit_us: as many
 * digits behind the point as it had.
 */
enum d4_reason san_stamp_floor_epoch(
    struct d4_slice in, uint64_t unit_us, struct san_stamp *out);

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

#endif

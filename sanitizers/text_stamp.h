/* Time stamps of log lines. */
#ifndef SAN_TEXT_STAMP_H
#define SAN_TEXT_STAMP_H

#include "sanitizers/text.h"

/*
 * san_text_stamp -- where the time stamp of the line is, as the format says.
 * false: it is not there.
 */
bool san_text_stamp(
    struct d4_slice line, enum san_text_stamp format, struct d4_slice *out);

/*
 * san_text_floor -- the stamp of that format, floored, appended.
 * Errors: TIME_VALUE, INTERNAL (*out is full).
 */
D4_USED enum d4_reason san_text_floor(enum san_text_stamp format,
    struct d4_slice stamp, uint64_t unit_us, struct d4_buf *out);

/*
 * san_text_seconds -- the time of a line's stamp, seconds since 1970; without
 * a zone in UTC. RFC 3164 says no year: it is the one that brings it next to
 * *t_s (0: unknown, then it has no time).
 * false: it cannot be read, *t_s is untouched.
 */
bool san_text_seconds(
    struct d4_slice line, enum san_text_stamp format, uint64_t *t_s);

#endif

/* Where the addresses of a text may have their first mark. */
#ifndef SAN_FIND_MARKS_H
#define SAN_FIND_MARKS_H

#include "sanitizers/masks.h"

/*
 * san_find_marks -- of p[0..64), a bit for each dot or dash with two more
 * behind it, as four numbers have them, and for each colon that is one of
 * three or two that stand together. `ends`: the last digit of the number in
 * front of a dot or dash is one of these; more than it can hold, or NULL: any.
 * Nothing is known of the bytes around: bits at the edges are set rather too
 * often, never too seldom.
 */
uint64_t san_find_marks(const uint8_t *p, const struct san_ends *ends);

/* san_find_marks_avx512, _avx2, _plain -- the ways; the first ones where built.
 */
uint64_t san_find_marks_avx512(const uint8_t *p, const struct san_ends *ends);
uint64_t san_find_marks_avx2(const uint8_t *p, const struct san_ends *ends);
uint64_t san_find_marks_plain(const uint8_t *p, const struct san_ends *ends);

/* san_marks_behind -- the bits that stand n behind each; unknown ones are. */
static inline uint64_t
san_marks_behind(uint64_t bits, unsigned n)
{
	return bits >> n | ~(UINT64_MAX >> n);
}

#endif

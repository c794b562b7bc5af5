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

/* san_marks_near -- the next one stands up to 5 bytes behind. */
static inline uint64_t
san_marks_near(uint64_t bits)
{
	uint64_t two = san_marks_behind(bits, 1) | san_marks_behind(bits, 2);

	return two | san_marks_behind(two, 2) | san_marks_behind(bits, 5);
}

/*
 * san_marks_colons -- of the colons those that may be the first of an IPv6
 * text: "::", or groups of up to four of the digits `hex` with two more.
 */
static inline uint64_t
san_marks_colons(uint64_t colon, uint64_t hex)
{
	uint64_t twice = san_marks_behind(colon, 1);
	uint64_t bits = colon & (twice | san_marks_behind(hex, 1));

	if (bits == 0)
		return 0;
	return bits & (twice | san_marks_near(colon & san_marks_near(colon)));
}

#endif

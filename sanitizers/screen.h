/*
 * Could it stand here at all? Sixteen bytes at a time, for the searches of
 * find_hidden.h: each names the bytes at which something of its own may begin.
 * They may say so of too many, never of too few.
 */
#ifndef SAN_SCREEN_H
#define SAN_SCREEN_H

#include "sanitizers/lanes.h"

#define SAN_SCREEN_MORE ((size_t)8) /* bytes behind a block that are read */

static inline SAN_LANES
san_lanes_digit(SAN_LANES x)
{
	return san_lanes_in(x, '0', '9');
}

static inline SAN_LANES
san_lanes_alpha(SAN_LANES x)
{
	return san_lanes_in(x | 0x20, 'a', 'z');
}

static inline SAN_LANES
san_lanes_hex(SAN_LANES x)
{
	return san_lanes_digit(x) | san_lanes_in(x | 0x20, 'a', 'f');
}

/*
 * The same mark three times, `step` bytes apart, and two hex digits behind it;
 * blanks are marks. Of four bytes the second is of the mark: \x0a, no 1.234.
 */
static inline SAN_LANES
san_screen_pairs(const uint8_t *p, size_t step)
{
	SAN_LANES x = san_lanes(p);
	SAN_LANES same = (SAN_LANES)(x == san_lanes(p + step)) &
	                 (SAN_LANES)(x == san_lanes(p + 2 * step)) &
	                 san_lanes_in(x, ' ', '~') &
	                 ~(san_lanes_digit(x) | san_lanes_alpha(x));

	return step == 3 ? same & san_lanes_hex(san_lanes(p + 1))
	                 : same & ~san_lanes_hex(san_lanes(p + 1)) &
	                       san_lanes_hex(san_lanes(p + 2));
}

/*
 * The first two of four characters of base64 that are three of an address:
 * 0-9 . : have the high bits 0010 or 0011.
 */
static inline SAN_LANES
san_screen_base64(SAN_LANES x, SAN_LANES y)
{
	SAN_LANES low = y & 0xef;

	return (SAN_LANES)((x & 0xfc) == 'L') &
	       ((SAN_LANES)(low == 'C') | (SAN_LANES)(low == 'D') |
		   (SAN_LANES)(low == 'i') | (SAN_LANES)(low == 'j'));
}

/*
 * Four hex digits, a dash or underscore, and one more digit or the same mark:
 * the first group of an IPv6 address written with these.
 */
static inline SAN_LANES
san_screen_dashed(const uint8_t *p)
{
	SAN_LANES x = san_lanes(p + 4), y = san_lanes(p + 5);
	SAN_LANES mark = ((SAN_LANES)(x == '-') | (SAN_LANES)(x == '_')) &
	                 ((SAN_LANES)(x == y) | san_lanes_hex(y));
	struct san_marks any = san_marks_of(mark);

	if (!san_marks_any(&any))
		return mark;
	return mark & san_lanes_hex(san_lanes(p)) &
	       san_lanes_hex(san_lanes(p + 1)) &
	       san_lanes_hex(san_lanes(p + 2)) &
	       san_lanes_hex(san_lanes(p + 3));
}

#endif

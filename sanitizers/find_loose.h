/* Numbers that make an address, with anything but a dot or dash between. */
#ifndef SAN_FIND_LOOSE_H
#define SAN_FIND_LOOSE_H

#include "sanitizers/find_hidden.h"

/*
 * san_loose_at -- a wanted address begins with the number in front of the
 * marks t[from..to), and is written
 *   as four numbers with the same one to six marks between them: 10_1_2_3,
 *   "10, 1, 2, 3", 10\.1\.2\.3 (a colon is none: 10:01:02 is a time of day);
 *   each may be 0xa or 012 as well, and 010 is read both ways;
 *   as inet_aton reads three or two numbers with dots: 10.1.515, 0xa.0x10203;
 *   where the last one would fit an octet, and with two numbers, only with a
 *   0x or where a URL has its host, for 10.1.3 is a version and 10.05 a price;
 * Plain dots and dashes between decimal numbers are left to san_find_next.
 */
bool san_loose_at(
    struct d4_slice t, size_t from, size_t to, const struct san_wanted *w);

/*
 * san_loose_far -- two plain decimal numbers with the marks t[from..to) between
 * them, and nothing that is wanted begins so.
 */
bool san_loose_far(
    struct d4_slice t, size_t from, size_t to, const struct san_hints *h);

/* san_loose_mark -- may stand between: ASCII marks, blanks, but no colon. */
static inline bool
san_loose_mark(uint8_t c)
{
	uint8_t low = c | 0x20;

	if (c < ' ' || c >= 0x7f)
		return c == '\t';
	return (c < '0' || c > ':') && (low < 'a' || low > 'z');
}

/*
 * san_loose_gap -- where the marks in front of t[end], a digit, begin; end:
 * they do not, or there is no number in front of them.
 */
size_t san_loose_gap(struct d4_slice t, size_t end);

/*
 * san_find_pairs -- the same as pairs of hex digits with the same one or two
 * marks between: four, or sixteen (0a:01:02:03, \x0a\x01\x02\x03).
 */
bool san_find_pairs(struct d4_slice text, const struct san_wanted *w);

#endif

#include <string.h>
#include "libd4/wire.h"
#include "sanitizers/find_loose.h"

#define LOOSE_GAP    6u  /* bytes between two numbers */
#define LOOSE_DIGITS 12u /* of the longest number: a u32 in octal, and 0 */
#define LOOSE_PARTS  4u
#define LOOSE_PLAIN  9u /* digits that fit 32 bits in any case */

/*
 * struct loose -- a row of numbers with the same marks between them.
 * Shape:  octal: 010 is 8. hex, zero: some number began with 0x, with 0.
 *         host: it stands where a URL has its host.
 */
struct loose {
	struct d4_slice t, gap;
	bool octal, hex, zero, host;
	unsigned n;
	uint32_t part[LOOSE_PARTS];
};

static uint8_t
loose_byte(struct d4_slice t, size_t i)
{
	return i < t.n ? t.p[i] : 0;
}

static bool
loose_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* loose_prefix -- 0x or 0 at `at`: which base, and how many bytes. */
static unsigned
loose_prefix(const struct loose *l, size_t at, size_t *n)
{
	uint8_t behind = loose_byte(l->t, at + 1);

	*n = 0;
	if (loose_byte(l->t, at) != '0')
		return 10;
	if ((behind | 0x20) == 'x') {
		*n = 2;
		return 16;
	}
	return l->octal && loose_digit(behind) ? 8 : 10;
}

/* loose_number -- the number at *at, which goes behind it. */
static bool
loose_number(struct loose *l, size_t *at, uint32_t *out)
{
	uint64_t v = 0;
	size_t n = 0, skip, from;
	unsigned base = loose_prefix(l, *at, &skip);

	from = *at + skip;
	for (; n < LOOSE_DIGITS; n++) {
		int d = san_hex_digit(loose_byte(l->t, from + n));

		if (d < 0 || (unsigned)d >= base)
			break;
		v = v * base + (unsigned)d;
	}
	if (n == 0 || v > UINT32_MAX || loose_digit(loose_byte(l->t, from + n)))
		return false;
	l->hex |= base == 16;
	l->zero |= n > 1 && l->t.p[from] == '0';
	*at = from + n;
	*out = (uint32_t)v;
	return true;
}

/* loose_begin -- where the number in front of `end` begins; end: none. */
static size_t
loose_begin(struct d4_slice t, size_t end)
{
	size_t at = end;

	while (at > 0 && end - at < LOOSE_DIGITS &&
	       san_hex_digit(t.p[at - 1]) >= 0)
		at--;
	if (at > 1 && (t.p[at - 1] | 0x20) == 'x' && t.p[at - 2] == '0')
		return at - 2;
	for (at = end;
	     at > 0 && end - at < LOOSE_DIGITS && loose_digit(t.p[at - 1]);)
		at--;
	return at;
}

/*
 * loose_second -- the second number may be the second octet, or, where it is
 * the last one, what is behind the first.
 */
static bool
loose_second(const struct loose *l, const struct san_hints *h)
{
	return (l->part[1] < 256 &&
		   san_hints_pair(h, l->part[0], l->part[1])) ||
	       san_hints_pair(h, l->part[0], l->part[1] >> 16);
}

/* loose_row -- reads on from `at` while the gap is the same one. */
static void
loose_row(struct loose *l, size_t at, const struct san_hints *h)
{
	l->hex = false;
	l->zero = false;
	for (l->n = 0; l->n < LOOSE_PARTS; l->n++) {
		if (!loose_number(l, &at, &l->part[l->n]))
			return; /* "10.1.515." ends with a dot */
		if (l->n == 1 && !loose_second(l, h)) {
			l->n = 0;
			return;
		}
		if (l->t.n - at <= l->gap.n ||
		    memcmp(l->t.p + at, l->gap.p, l->gap.n) != 0) {
			l->n++;
			return;
		}
		at += l->gap.n;
	}
}

/* loose_dotted -- the gap is a dot, perhaps with a backslash. */
static bool
loose_dotted(const struct loose *l)
{
	return l->gap.p[l->gap.n - 1] == '.' &&
	       (l->gap.n == 1 || (l->gap.n == 2 && l->gap.p[0] == '\\'));
}

/* loose_sure -- two or three numbers are no version and no fraction. */
static bool
loose_sure(const struct loose *l)
{
	if (!loose_dotted(l))
		return false;
	return l->hex || l->host || (l->n == 3 && l->part[2] > 255);
}

/* loose_plain -- san_find_next gives this one. */
static bool
loose_plain(const struct loose *l)
{
	return l->gap.n == 1 && (l->gap.p[0] == '.' || l->gap.p[0] == '-') &&
	       !l->hex && !l->octal;
}

/* loose_asked -- the row as an address, if it is one that is wanted. */
static bool
loose_asked(const struct loose *l, const struct san_wanted *w)
{
	struct d4_addr a = {.family = 4};
	unsigned bits = 0;
	uint32_t v = 0;

	if (l->n < 2 || (l->n == LOOSE_PARTS ? loose_plain(l) : !loose_sure(l)))
		return false;
	for (unsigned i = 0; i + 1 < l->n; i++, bits += 8) {
		if (l->part[i] > 255)
			return false;
		v |= l->part[i] << (24 - bits);
	}
	if (l->part[l->n - 1] > UINT32_MAX >> bits)
		return false;
	d4_put_be32(a.b, v | l->part[l->n - 1]);
	return san_wanted_is(w, &a);
}

/* loose_wants -- reads a row whose first octet may be of somebody wanted. */
static bool
loose_wants(struct loose *l, size_t begin, const struct san_wanted *w)
{
	size_t at = begin;
	uint32_t v;

	l->zero = false;
	if (!loose_number(l, &at, &v) || v > 255 ||
	    !san_hints_first(w->hints, v))
		return false;
	loose_row(l, begin, w->hints);
	return true;
}

/* loose_decimal -- up to nine digits that are no octal number, at *at. */
static bool
loose_decimal(struct d4_slice t, size_t *at, uint32_t *out)
{
	size_t i = *at;
	uint32_t v = 0;

	while (i < t.n && i - *at < LOOSE_PLAIN && loose_digit(t.p[i]))
		v = v * 10 + (uint32_t)(t.p[i++] - '0');
	if (i == *at || (t.p[*at] == '0' && i - *at > 1) ||
	    (i < t.n && (loose_digit(t.p[i]) || (t.p[i] | 0x20) == 'x')))
		return false;
	*at = i;
	*out = v;
	return true;
}

bool
san_loose_far(
    struct d4_slice t, size_t from, size_t to, const struct san_hints *h)
{
	size_t begin = from, end;
	uint32_t first, second;

	while (begin > 0 && from - begin < 3 && loose_digit(t.p[begin - 1]))
		begin--;
	if (begin > 0 && (san_hex_digit(t.p[begin - 1]) >= 0 ||
			     (t.p[begin - 1] | 0x20) == 'x'))
		return false;
	end = begin;
	if (!loose_decimal(t, &end, &first) || end != from ||
	    !loose_decimal(t, &to, &second))
		return false;
	return !san_hints_pair(h, first, second >> 16) &&
	       (second > 255 || !san_hints_pair(h, first, second));
}

bool
san_loose_at(
    struct d4_slice t, size_t from, size_t to, const struct san_wanted *w)
{
	struct loose l = {.t = t, .gap = d4_slice_of(t.p + from, to - from)};
	size_t begin;

	if (!san_hints_front(w->hints, t, from))
		return false;
	begin = loose_begin(t, from);
	if (begin == from)
		return false;
	l.host =
	    begin > 1 && (t.p[begin - 1] == '@' ||
			     (t.p[begin - 1] == '/' && t.p[begin - 2] == '/'));
	if (loose_wants(&l, begin, w) && loose_asked(&l, w))
		return true;
	if (!l.zero)
		return false;
	l.octal = true;
	return loose_wants(&l, begin, w) && l.zero && loose_asked(&l, w);
}

size_t
san_loose_gap(struct d4_slice t, size_t end)
{
	size_t at = end;

	while (at > 0 && end - at <= LOOSE_GAP && san_loose_mark(t.p[at - 1]))
		at--;
	return end - at > LOOSE_GAP || at == 0 || san_hex_digit(t.p[at - 1]) < 0
	           ? end
	           : at;
}

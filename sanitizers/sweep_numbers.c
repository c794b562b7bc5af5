/* Numbers with marks between, pairs and rows of digits, of one piece. */
#include "sanitizers/find.h"
#include "sanitizers/find_coded.h"
#include "sanitizers/find_loose.h"
#include "sanitizers/find_marks.h"
#include "sanitizers/find_rows.h"
#include "sanitizers/sweep.h"

#define SWEEP_GROUP 4u /* digits of a group */

/* sweep_front -- two hex digits stand in front of each. */
static uint64_t
sweep_front(const struct san_sweep *s)
{
	uint64_t one = s->now->of[SAN_MASK_HEX] << 1 | s->before >> 63;
	uint64_t two = s->now->of[SAN_MASK_HEX] << 2 | s->before >> 62;

	return one & two;
}

/* sweep_front4 -- four do. */
static uint64_t
sweep_front4(const struct san_sweep *s)
{
	uint64_t three = s->now->of[SAN_MASK_HEX] << 3 | s->before >> 61;
	uint64_t four = s->now->of[SAN_MASK_HEX] << 4 | s->before >> 60;

	return sweep_front(s) & three & four;
}

/* An address that begins with the number in front of t[i] and is wanted. */
static void
sweep_plain(struct san_sweep *s, size_t i)
{
	struct d4_addr a;

	if (san_find_at(s->t, i, s->hints, &a) && san_wanted_is(s->w, &a))
		s->found |= SAN_FOUND_PLAIN;
}

/*
 * sweep_gap -- where the marks behind a first number begin, of which the last
 * is at i; behind i: there is no such number, or not one that is wanted.
 */
static size_t
sweep_gap(const struct san_sweep *s, size_t i)
{
	size_t from = i;

	if (!san_loose_mark(s->t.p[i]))
		return i + 1;
	if (san_loose_mark(s->t.p[i - 1]))
		from = san_loose_gap(s->t, i + 1);
	return san_hints_front(s->hints, s->t, from) ? from : i + 1;
}

/* The last digit of a first number or one more mark at i, then a mark. */
static bool
sweep_mark(struct san_sweep *s, size_t i)
{
	size_t to = i + 2, from = sweep_gap(s, i + 1);

	/* Most rows of numbers need no other look. */
	if (from == to || san_loose_far(s->t, from, to, s->hints))
		return false;
	if (s->plain && (s->t.p[i + 1] == '.' || s->t.p[i + 1] == '-'))
		sweep_plain(s, i + 1);
	return san_loose_at(s->t, from, to, s->w);
}

/* Bytes that end a number or are marks; a mark, but no colon; a digit. */
static bool
sweep_marks(struct san_sweep *s)
{
	uint64_t front =
	    s->now->of[SAN_MASK_END] |
	    ~(s->now->of[SAN_MASK_WORD] | s->now->of[SAN_MASK_COLON]);
	uint64_t mark = ~(san_sweep_behind(s, SAN_MASK_WORD, 1) |
			  san_sweep_behind(s, SAN_MASK_COLON, 1));
	uint64_t m;

	if (s->hints == NULL || s->hints->ends.n > SAN_MASKS_ENDS)
		front |= s->now->of[SAN_MASK_HEX];
	m = front & mark & san_sweep_behind(s, SAN_MASK_DIGIT, 2);
	while (m != 0) {
		if (sweep_mark(s, san_sweep_take(s, &m)))
			return true;
	}
	return false;
}

static void
sweep_colons(struct san_sweep *s)
{
	uint64_t m = san_marks_colons(
	    s->now->of[SAN_MASK_COLON], s->now->of[SAN_MASK_HEX]);

	while (m != 0)
		sweep_plain(s, san_sweep_take(s, &m));
}

/* sweep_embeds -- IPv4 addresses are looked for behind any IPv6 prefix. */
static bool
sweep_embeds(const struct san_sweep *s)
{
	return s->hints != NULL && s->hints->embeds;
}

/* sweep_isatap -- "5efe" at i, a group or two pairs with a gap between. */
static bool
sweep_isatap(const struct san_sweep *s, size_t i)
{
	return san_sweep_byte(s, i) == '5' &&
	       (san_sweep_byte(s, i + 1) | 0x20) == 'e';
}

/* sweep_group -- the four hex digits at p as a number. */
static unsigned
sweep_group(const uint8_t *p)
{
	return san_hex_value(p[0]) << 12 | san_hex_value(p[1]) << 8 |
	       san_hex_value(p[2]) << 4 | san_hex_value(p[3]);
}

/* Dashes as the colons of an IPv6 text, behind a first group of four digits. */
static void
sweep_dashes(struct san_sweep *s)
{
	uint64_t dash = s->now->of[SAN_MASK_DASH], m;

	if (dash == 0)
		return;
	m = san_marks_colons(dash, s->now->of[SAN_MASK_HEX]) & sweep_front4(s);
	while (m != 0) {
		size_t i = san_sweep_take(s, &m);

		if (san_hints_group(
			s->hints, sweep_group(s->t.p + i - SWEEP_GROUP)))
			s->may |= SAN_SWEEP_DASHED;
	}
	if (!sweep_embeds(s))
		return;
	m = dash & san_sweep_behind(s, SAN_MASK_DASH, 1 + SWEEP_GROUP);
	while (m != 0) {
		if (sweep_isatap(s, san_sweep_take(s, &m) + 1))
			s->may |= SAN_SWEEP_DASHED;
	}
}

/*
 * The same mark at i and twice behind, between pairs of hex digits: is the one
 * in front of it the first?
 */
static void
sweep_pair(struct san_sweep *s, size_t i, size_t step)
{
	const uint8_t *p = s->t.p + i - 2, *q = s->t.p + i + step - 2;
	unsigned group = san_hex_value(p[0]) << 12 | san_hex_value(p[1]) << 8 |
	                 san_hex_value(q[0]) << 4 | san_hex_value(q[1]);

	if (san_hints_first(s->hints, group >> 8) ||
	    san_hints_group(s->hints, group) ||
	    (sweep_embeds(s) && sweep_isatap(s, i + step - 2)))
		s->may |= SAN_SWEEP_PAIRS;
}

/* Of pairs that are four apart the second byte is of the mark, too. */
static void
sweep_pairs(struct san_sweep *s)
{
	uint64_t mark = ~s->now->of[SAN_MASK_WORD] & sweep_front(s) &
	                san_sweep_behind(s, SAN_MASK_HEX, 2);
	uint64_t one = san_sweep_behind(s, SAN_MASK_HEX, 1);
	uint64_t three = mark & one & s->now->of[SAN_MASK_SAME3] &
	                 san_sweep_behind(s, SAN_MASK_SAME3, 3);
	uint64_t four = mark & ~one & s->now->of[SAN_MASK_SAME4] &
	                san_sweep_behind(s, SAN_MASK_SAME4, 4) &
	                san_sweep_behind(s, SAN_MASK_HEX, 3);

	while (three != 0)
		sweep_pair(s, san_sweep_take(s, &three), 3);
	while (four != 0)
		sweep_pair(s, san_sweep_take(s, &four), 4);
}

/* sweep_eight -- where rows of eight of a kind and more may begin. */
static inline uint64_t
sweep_eight(const struct san_sweep *s, enum san_mask kind)
{
	uint64_t now = s->now->of[kind], next = s->next->of[kind];

	/* Of next its lowest bits are asked for. */
	now &= now >> 1 | next << 63;
	next &= next >> 1;
	now &= now >> 2 | next << 62;
	next &= next >> 2;
	now &= now >> 4 | next << 60;
	return now & ~(now << 1);
}

/*
 * sweep_heads -- seven bytes of this piece and the next, two apart, with which
 * pairs of hex digits begin that are an address as text? Most rows are hashes,
 * and have none.
 */
static bool
sweep_heads(const struct san_sweep *s, struct san_row r)
{
	uint64_t now = s->now->of[SAN_MASK_HEAD],
		 next = s->next->of[SAN_MASK_HEAD];
	unsigned first = (unsigned)(r.from - s->at);

#pragma GCC unroll 3
	for (unsigned n = 2; n <= 6; n += 2) { /* two, four, seven of them */
		now &= now >> n | next << (64 - n);
		next &= san_marks_behind(next, n);
	}
	return now >> first != 0 || (r.to > s->at + SAN_PIECE && next != 0) ||
	       r.to > s->at + 2 * SAN_PIECE;
}

/*
 * sweep_end -- where the row that begins at `from` ends; ctz(0) is not asked
 * for: a row that fills what is known is read on.
 */
static size_t
sweep_end(const struct san_sweep *s, enum san_mask kind, size_t from)
{
	unsigned k = (unsigned)(from - s->at);
	uint64_t other = ~(s->now->of[kind] >> k);

	if (k != 0)
		other &= UINT64_MAX >> k;
	if (other != 0)
		return from + (size_t)__builtin_ctzll(other);
	other = ~s->next->of[kind];
	from = s->at + SAN_PIECE;
	if (other != 0)
		return from + (size_t)__builtin_ctzll(other);
	from += SAN_PIECE;
	return kind == SAN_MASK_HEX ? san_row_end(s->t, from)
	                            : san_number_end(s->t, from);
}

/* Rows of hex digits; what began in the piece before was read with it. */
static bool
sweep_rows(struct san_sweep *s)
{
	uint64_t m = sweep_eight(s, SAN_MASK_HEX);
	struct d4_slice row;

	while (m != 0) {
		struct san_row r = {.from = san_sweep_take(s, &m)};

		if (r.from < s->rows)
			continue;
		r.to = sweep_end(s, SAN_MASK_HEX, r.from);
		s->rows = r.to;
		row = d4_slice_of(s->t.p + r.from, r.to - r.from);
		if (san_find_row(s->t, r, s->w) ||
		    (sweep_heads(s, r) && san_find_hex(row, s->w, s->depth)))
			return true;
	}
	return false;
}

/* The same of decimal digits. */
static bool
sweep_numbers(struct san_sweep *s)
{
	uint64_t m = sweep_eight(s, SAN_MASK_DIGIT);

	while (m != 0) {
		struct san_row r = {.from = san_sweep_take(s, &m)};

		if (r.from < s->numbers)
			continue;
		r.to = sweep_end(s, SAN_MASK_DIGIT, r.from);
		s->numbers = r.to;
		if (san_find_number(s->t, r, s->w))
			return true;
	}
	return false;
}

bool
san_sweep_numbers(struct san_sweep *s)
{
	if (sweep_rows(s) || sweep_numbers(s) || sweep_marks(s))
		return true;
	if (s->plain)
		sweep_colons(s);
	sweep_dashes(s);
	sweep_pairs(s);
	return false;
}

#include <string.h>
#include "sanitizers/dashed.h"
#include "sanitizers/find_coded.h"
#include "sanitizers/find_loose.h"
#include "sanitizers/sweep.h"

/* [. [: [d and .] in all kinds of brackets. */
static bool
sweep_is_dot(const struct san_sweep *s, size_t i)
{
	uint8_t c = s->t.p[i], next = san_sweep_byte(s, i + 1);

	if (c == ')' || (c | 0x20) == '}')
		return i > 0 && s->t.p[i - 1] == '.';
	return next == '.' || next == ':' || (next | 0x20) == 'd';
}

/* &# and =2d to =3a; "==" is of base64. */
static bool
sweep_is_asked(struct san_sweep *s, size_t i)
{
	uint8_t c = san_sweep_byte(s, i + 1),
		low = san_sweep_byte(s, i + 2) | 0x20;

	if (s->t.p[i] == '&')
		return c == '#';
	if (c == '=')
		s->may |= SAN_SWEEP_BYTES;
	return c == '3' || (c == '2' && low >= 'd' && low <= 'f');
}

/* A NUL may be half of a character of UTF-16, if something is behind it. */
static void
sweep_coded(struct san_sweep *s, size_t i)
{
	if (san_sweep_byte(s, i) != 0 || san_sweep_byte(s, i + 1) != 0)
		s->may |= SAN_SWEEP_CODED;
}

/* What most texts have little of, but for letters. */
static void
sweep_rare(struct san_sweep *s)
{
	size_t left = s->t.n - s->at;
	uint64_t own = left < SAN_PIECE ? ~(UINT64_MAX << left) : UINT64_MAX;
	uint64_t coded = s->now->of[SAN_MASK_CODED] & own; /* zeros behind */
	uint64_t m = s->now->of[SAN_MASK_BRACKET];

	while (m != 0 && (s->may & SAN_SWEEP_CODED) == 0) {
		if (sweep_is_dot(s, san_sweep_take(s, &m)))
			s->may |= SAN_SWEEP_CODED;
	}
	for (m = s->now->of[SAN_MASK_ASK]; m != 0;) {
		if (sweep_is_asked(s, san_sweep_take(s, &m)))
			s->may |= SAN_SWEEP_CODED;
	}
	for (m = s->now->of[SAN_MASK_LETTERS]; m != 0;) {
		size_t i = san_sweep_take(s, &m);
		uint8_t last = san_sweep_byte(s, i + 2) | 0x20;

		if ((s->t.p[i] | 0x20) == 'd' && last == 't')
			s->may |= SAN_SWEEP_CODED;
		else if (last == 'a')
			s->may |= SAN_SWEEP_ZONES;
	}
	if (coded != 0)
		s->found |= SAN_FOUND_CODED;
	while (coded != 0 && (s->may & SAN_SWEEP_CODED) == 0)
		sweep_coded(s, san_sweep_take(s, &coded));
}

/*
 * The first two of four characters of base64 that are three of an address:
 * 0-9 . : have the high bits 0010 or 0011.
 */
static void
sweep_base64(struct san_sweep *s)
{
	uint64_t m = s->now->of[SAN_MASK_BASE64];

	while (m != 0 && (s->may & SAN_SWEEP_BASE64) == 0) {
		size_t i = san_sweep_take(s, &m);
		uint8_t c = san_sweep_byte(s, i + 1) & 0xef;

		if ((c == 'C' || c == 'D' || c == 'i' || c == 'j') &&
		    san_base64_group(s->t, i))
			s->may |= SAN_SWEEP_BASE64;
	}
}

/* sweep_last -- the kinds of a piece that is cut. */
static void
sweep_last(
    struct d4_slice t, const struct san_ends *ends, struct san_masks *out)
{
	uint8_t last[SAN_PIECE + SAN_MASKS_AHEAD] = {0};

	memcpy(last, t.p, t.n);
	san_masks_of(last, ends, out);
}

/* sweep_read -- the kinds of the piece that begins at `at`. */
static void
sweep_read(struct d4_slice t, size_t at, const struct san_hints *h,
    struct san_masks *out)
{
	static const struct san_ends none = {.n = 0};
	const struct san_ends *ends = h != NULL ? &h->ends : &none;

	if (at >= t.n)
		memset(out, 0, sizeof(*out));
	else if (t.n - at >= SAN_PIECE + SAN_MASKS_AHEAD)
		san_masks_of(t.p + at, ends, out);
	else
		sweep_last(d4_slice_of(t.p + at, t.n - at), ends, out);
}

/* The searches of the whole text, for what the pieces had. */
static bool
sweep_whole(const struct san_sweep *s)
{
	struct d4_slice t = s->t;
	unsigned may = s->may;

	return ((may & SAN_SWEEP_ZONES) != 0 && san_find_zones(t, s->w)) ||
	       ((may & SAN_SWEEP_DASHED) != 0 && san_find_dashed(t, s->w)) ||
	       ((may & SAN_SWEEP_PAIRS) != 0 && san_find_pairs(t, s->w)) ||
	       ((may & SAN_SWEEP_BYTES) != 0 &&
		   san_find_base64_bytes(t, s->w)) ||
	       ((may & SAN_SWEEP_BASE64) != 0 &&
		   san_find_base64(t, s->w, s->depth)) ||
	       ((may & SAN_SWEEP_CODED) != 0 &&
		   san_find_coded(t, s->w, s->depth));
}

unsigned
san_sweep(struct d4_slice text, const struct san_wanted *w, unsigned depth,
    bool plain)
{
	struct san_masks piece[2];
	struct san_sweep s = {.t = text,
	    .w = w,
	    .hints = w->hints,
	    .depth = depth,
	    .plain = plain};

	sweep_read(text, 0, w->hints, &piece[0]);
	for (unsigned turn = 0; s.at < text.n; turn ^= 1) {
		s.now = &piece[turn];
		s.next = &piece[turn ^ 1];
		sweep_read(text, s.at + SAN_PIECE, w->hints, &piece[turn ^ 1]);
		if (san_sweep_numbers(&s))
			return s.found | SAN_FOUND_HIDDEN;
		sweep_base64(&s);
		sweep_rare(&s);
		s.before = s.now->of[SAN_MASK_HEX];
		s.at += SAN_PIECE;
	}
	return sweep_whole(&s) ? s.found | SAN_FOUND_HIDDEN : s.found;
}

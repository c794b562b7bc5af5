#include <string.h>
#include "libd4/wire.h"
#include "sanitizers/base64.h"
#include "sanitizers/find_coded.h"
#include "sanitizers/screen.h"
#include "sanitizers/window.h"

#define BASE64_RUN   10u /* characters of the shortest text, "1.2.3.4" */
#define BASE64_FOUR  6u  /* of 4 bytes, and "==" */
#define BASE64_BYTES 22u /* of 16 bytes, and "==" */
#define HEX_PAIRS    7u  /* bytes of the shortest text */

/*
 * struct base64 -- a run of its characters; done: from which of its first
 * four places on it was decoded.
 */
struct base64 {
	size_t from, to;
	unsigned done;
};

/* base64_decode -- t[from..to), all characters of it, into a window. */
static bool
base64_decode(struct d4_slice row, const struct san_wanted *w, unsigned depth)
{
	struct san_window x;
	uint32_t bits = 0;

	san_window_init(&x, w, depth + 1);
	for (size_t i = 0; i < row.n && !x.found; i++) {
		bits = bits << 6 | (uint32_t)san_base64_any(row.p[i]);
		if (i % 4 != 0)
			san_window_put(
			    &x, (uint8_t)(bits >> (6 - 2 * (i % 4))));
	}
	return san_window_end(&x);
}

static void
base64_run(struct d4_slice t, size_t at, struct base64 *r)
{
	*r = (struct base64){.from = at, .to = at};
	while (r->from > 0 && san_base64_any(t.p[r->from - 1]) >= 0)
		r->from--;
	while (r->to < t.n && san_base64_any(t.p[r->to]) >= 0)
		r->to++;
}

/* base64_at -- a group that may be of an address begins at `at`. */
static bool
base64_at(struct d4_slice t, size_t at, struct base64 *r,
    const struct san_wanted *w, unsigned depth)
{
	size_t phase;

	if (at >= r->to)
		base64_run(t, at, r);
	phase = (at - r->from) % 4;
	if (r->to - r->from < BASE64_RUN || (r->done & 1u << phase) != 0)
		return false;
	r->done |= 1u << phase;
	return base64_decode(
	    d4_slice_of(t.p + r->from + phase, r->to - r->from - phase), w,
	    depth);
}

bool
san_base64_group(struct d4_slice t, size_t at)
{
	int c, d;

	if (t.n - at < 4)
		return false;
	c = san_base64_any(t.p[at + 2]);
	d = san_base64_any(t.p[at + 3]);
	return c >= 0 && d >= 0 && (c & 3) <= 1 &&
	       (c >> 2 <= 10 || c >> 2 >= 13);
}

static struct san_marks
base64_block(const uint8_t *p)
{
	return san_marks_of(san_screen_base64(san_lanes(p), san_lanes(p + 1)));
}

bool
san_find_base64(struct d4_slice t, const struct san_wanted *w, unsigned depth)
{
	struct san_blocks b = {.text = t, .more = 1};
	struct base64 run = {0};
	const uint8_t *p;
	size_t at;

	if (depth >= SAN_WINDOW_DEPTH)
		return false;
	while ((p = san_blocks_next(&b, &at)) != NULL) {
		struct san_marks m = base64_block(p);

		while (san_marks_any(&m)) {
			size_t i = at + san_marks_next(&m);

			if (san_base64_group(t, i) &&
			    base64_at(t, i, &run, w, depth))
				return true;
		}
	}
	return false;
}

/* base64_bytes -- the address itself, its 4 or 16 bytes, in front of "==". */
static bool
base64_bytes(struct d4_slice t, size_t end, const struct san_wanted *w)
{
	struct d4_addr a = {.family = 4};
	uint32_t bits = 0;
	size_t n = 0;

	while (n <= BASE64_BYTES && n < end &&
	       san_base64_any(t.p[end - 1 - n]) >= 0)
		n++;
	if (n != BASE64_FOUR && n != BASE64_BYTES)
		return false;
	a.family = n == BASE64_FOUR ? 4 : 6;
	for (size_t i = 0, k = 0; i < n; i++) {
		bits = bits << 6 | (uint32_t)san_base64_any(t.p[end - n + i]);
		if (i % 4 != 0)
			a.b[k++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
	}
	return san_wanted_is(w, &a);
}

bool
san_find_base64_bytes(struct d4_slice t, const struct san_wanted *w)
{
	const uint8_t *p = t.p, *end;

	if (t.n < BASE64_FOUR)
		return false;
	end = t.p + t.n - 1;
	while (p < end && (p = memchr(p, '=', (size_t)(end - p))) != NULL) {
		if (p[1] == '=' && base64_bytes(t, (size_t)(p - t.p), w))
			return true;
		p += 2;
	}
	return false;
}

/* hex_pair -- the byte that two digits are may stand in an address. */
static bool
hex_pair(const uint8_t *p)
{
	/* 2d 2e, 30 to 3a, 41 to 46, 61 to 66: the second digits, as bits */
	static const uint16_t low[16] = {
	    [2] = 0x6000, [3] = 0x07ff, [4] = 0x007e, [6] = 0x007e};
	unsigned bits = low[san_hex_value(p[0]) & 15];

	return bits != 0 && (bits >> (san_hex_value(p[1]) & 15) & 1) != 0;
}

/*
 * hex_may -- so many pairs in a row do, of those that begin at `from`: a row of
 * HEX_PAIRS has one at a multiple of it. Most rows are hashes.
 */
static bool
hex_may(struct d4_slice row, size_t from)
{
	size_t n = (row.n - from) / 2;
	const uint8_t *p = row.p + from;

	for (size_t i = HEX_PAIRS - 1; i < n; i += HEX_PAIRS) {
		size_t first = i, end = i;

		while (end < n && hex_pair(p + 2 * end))
			end++;
		while (end != i && first > 0 && hex_pair(p + 2 * (first - 1)))
			first--;
		if (end - first >= HEX_PAIRS)
			return true;
	}
	return false;
}

/*
 * hex_heads -- so many digits that such a pair may begin with stand in the
 * row, two bytes apart. Most rows are hashes, and need no other look.
 */
static bool
hex_heads(struct d4_slice row)
{
	struct san_blocks b = {.text = row};
	uint32_t last = 0;
	const uint8_t *p;
	size_t at;

	while ((p = san_blocks_next(&b, &at)) != NULL) {
		SAN_LANES x = san_lanes(p);
		uint32_t m = last | san_lanes_bits(san_lanes_in(x, '2', '4') |
						   (SAN_LANES)(x == '6'))
		                        << 16;

		last = m >> 16;
		m &= m >> 2;
		m &= m >> 4; /* four in a row */
		if ((m & m >> 6) != 0)
			return true;
	}
	return false;
}

bool
san_find_hex(struct d4_slice row, const struct san_wanted *w, unsigned depth)
{
	struct san_window x;

	if (row.n < (size_t)2 * HEX_PAIRS || depth >= SAN_WINDOW_DEPTH ||
	    !hex_heads(row))
		return false;
	for (size_t from = 0; from < 2; from++) {
		if (!hex_may(row, from))
			continue;
		san_window_init(&x, w, depth + 1);
		for (size_t i = from; i + 1 < row.n; i += 2) {
			uint8_t c = 0;

			(void)san_hex_read(d4_slice_of(row.p + i, 2), 2, 1, &c);
			san_window_put(&x, c);
		}
		if (san_window_end(&x))
			return true;
	}
	return false;
}

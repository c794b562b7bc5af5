#include <string.h>
#include "sanitizers/find_loose.h"
#include "sanitizers/screen.h"

#define PAIRS_LONGEST 4u /* bytes from one pair to the next */

/* pairs_gap -- the one or two marks between are the same. */
static bool
pairs_gap(const uint8_t *p, const uint8_t *q, size_t step)
{
	return p[0] == q[0] && (step == 3 || p[1] == q[1]);
}

/* pairs_read -- n pairs of hex digits, `step` bytes apart. */
static bool
pairs_read(struct d4_slice t, size_t at, size_t step, struct d4_addr *out)
{
	size_t n = out->family == 4 ? 4 : 16;

	if (t.n - at < (n - 1) * step + 2)
		return false;
	for (size_t i = 0; i < n; i++) {
		const uint8_t *p = t.p + at + i * step;
		int high = san_hex_digit(p[0]), low = san_hex_digit(p[1]);

		if (high < 0 || low < 0 ||
		    (i != 0 && !pairs_gap(p - step + 2, t.p + at + 2, step)))
			return false;
		out->b[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* pairs_at -- the first pair ends in front of the mark at i. */
static bool
pairs_at(struct d4_slice t, size_t i, size_t step, const struct san_wanted *w)
{
	struct d4_addr a = {.family = 4};

	if (i < 2 || (i > 2 && san_hex_digit(t.p[i - 3]) >= 0) ||
	    !pairs_read(t, i - 2, step, &a))
		return false;
	if (san_wanted_is(w, &a))
		return true;
	a.family = 6;
	return pairs_read(t, i - 2, step, &a) && san_wanted_is(w, &a);
}

/* pairs_block -- all of a block, with pairs so far apart. */
static bool
pairs_block(struct d4_slice t, size_t at, SAN_LANES lanes, size_t step,
    const struct san_wanted *w)
{
	struct san_marks m = san_marks_of(lanes);

	while (san_marks_any(&m)) {
		if (pairs_at(t, at + san_marks_next(&m), step, w))
			return true;
	}
	return false;
}

bool
san_find_pairs(struct d4_slice t, const struct san_wanted *w)
{
	struct san_blocks b = {.text = t, .more = (size_t)2 * PAIRS_LONGEST};
	const uint8_t *p;
	size_t at;

	while ((p = san_blocks_next(&b, &at)) != NULL) {
		SAN_LANES three = san_screen_pairs(p, 3);
		SAN_LANES four = san_screen_pairs(p, 4);
		struct san_marks any = san_marks_of(three | four);

		if (san_marks_any(&any) && (pairs_block(t, at, three, 3, w) ||
					       pairs_block(t, at, four, 4, w)))
			return true;
	}
	return false;
}

#include <string.h>
#include "sanitizers/find_loose.h"
#include "sanitizers/screen.h"

#define PAIRS_LONGEST 4u /* bytes from one pair to the next */

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
		    (i != 0 &&
			memcmp(p - step + 2, t.p + at + 2, step - 2) != 0))
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
	if (w->is(w->arg, &a))
		return true;
	a.family = 6;
	return pairs_read(t, i - 2, step, &a) && w->is(w->arg, &a);
}

bool
san_find_pairs(struct d4_slice t, const struct san_wanted *w)
{
	struct san_blocks b = {.text = t, .more = (size_t)2 * PAIRS_LONGEST};
	const uint8_t *p;
	size_t at;

	while ((p = san_blocks_next(&b, &at)) != NULL) {
		for (size_t step = 3; step <= PAIRS_LONGEST; step++) {
			struct san_marks m =
			    san_marks_of(san_screen_pairs(p, step));

			while (san_marks_any(&m)) {
				size_t i = at + san_marks_next(&m);

				if (pairs_at(t, i, step, w))
					return true;
			}
		}
	}
	return false;
}

#include "sanitizers/dashed.h"
#include "sanitizers/screen.h"

#define DASHED_MAX    39u /* bytes of the longest: eight groups of four */
#define DASHED_FIRST  4u  /* digits of the first group */
#define DASHED_DIGITS 4u  /* of any group, at most */
#define DASHED_LEAST  3u  /* dashes of the shortest: 2001-db8--1 */

/* A text, and what stands in it for colons. */
struct dashed {
	struct d4_slice t;
	uint8_t mark;
};

static bool
dashed_part(const struct dashed *d, size_t i)
{
	return i < d->t.n &&
	       (d->t.p[i] == d->mark || san_hex_digit(d->t.p[i]) >= 0);
}

/* Exactly the text between from and end, if it is one. */
static bool
dashed_is(
    const struct dashed *d, size_t from, size_t end, const struct san_wanted *w)
{
	struct d4_slice t = d->t;
	uint8_t text[DASHED_MAX];
	struct d4_addr a;
	size_t n = end - from;

	for (size_t i = 0; i < n; i++)
		text[i] = t.p[from + i] == d->mark ? ':' : t.p[from + i];
	return d4_addr_parse(d4_slice_of(text, n), &a) == D4_OK &&
	       a.family == 6 && san_wanted_is(w, &a);
}

/* All that begin at `from`; they end where a group does. */
static bool
dashed_from(const struct dashed *d, size_t from, const struct san_wanted *w)
{
	const uint8_t *p = d->t.p;
	unsigned dashes = 0, doubles = 0, digits = 0;
	size_t i = from;

	for (; i - from < DASHED_MAX && dashed_part(d, i); i++) {
		bool last = !dashed_part(d, i + 1) || p[i + 1] == d->mark;

		digits++;
		if (p[i] == d->mark) {
			digits = 0;
			dashes++;
			doubles += p[i - 1] == d->mark;
			last = p[i - 1] == d->mark; /* 2001-db8-77-- */
		}
		if (doubles > 1 || dashes > 8 || digits > DASHED_DIGITS)
			return false;
		if (last && dashes >= DASHED_LEAST &&
		    (doubles == 1 || dashes == 7) &&
		    dashed_is(d, from, i + 1, w))
			return true;
	}
	return false;
}

/*
 * A fifth digit in front of the four is a longer number's, but a letter may
 * be a name's: "node2001-db8--1".
 */
static bool
dashed_alone(struct d4_slice t, size_t from)
{
	return from == 0 || t.p[from - 1] < '0' || t.p[from - 1] > '9';
}

bool
san_find_dashed(struct d4_slice t, const struct san_wanted *w)
{
	struct san_blocks b = {.text = t, .more = SAN_SCREEN_MORE};
	const uint8_t *p;
	size_t at;

	while ((p = san_blocks_next(&b, &at)) != NULL) {
		struct san_marks m = san_marks_of(san_screen_dashed(p));

		while (san_marks_any(&m)) {
			size_t from = at + san_marks_next(&m);
			struct dashed d = {t, t.p[from + DASHED_FIRST]};

			if (dashed_alone(t, from) && dashed_from(&d, from, w))
				return true;
		}
	}
	return false;
}

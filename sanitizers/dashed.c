#include <string.h>
#include "sanitizers/dashed.h"

#define DASHED_MAX   39u /* bytes of the longest: eight groups of four */
#define DASHED_FIRST 4u  /* digits of the first group */
#define DASHED_LEAST 3u  /* dashes of the shortest: 2001-db8--1 */

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
	       a.family == 6 && w->is(w->arg, &a);
}

/* All that begin at `from`; they end where a group does. */
static bool
dashed_from(const struct dashed *d, size_t from, const struct san_wanted *w)
{
	const uint8_t *p = d->t.p;
	unsigned dashes = 0, doubles = 0;
	size_t i = from;

	for (; i - from < DASHED_MAX && dashed_part(d, i); i++) {
		bool last = !dashed_part(d, i + 1) || p[i + 1] == d->mark;

		if (p[i] == d->mark) {
			dashes++;
			doubles += p[i - 1] == d->mark;
			last = p[i - 1] == d->mark; /* 2001-db8-77-- */
		}
		if (doubles > 1 || dashes > 8)
			return false;
		if (last && dashes >= DASHED_LEAST &&
		    (doubles == 1 || dashes == 7) &&
		    dashed_is(d, from, i + 1, w))
			return true;
	}
	return false;
}

/*
 * Four digits in front of the dash at `at`; a fifth is a longer number's, but
 * a letter may be a name's: "node2001-db8--1".
 */
static bool
dashed_first(struct d4_slice t, size_t at)
{
	if (at < DASHED_FIRST ||
	    (at > DASHED_FIRST && t.p[at - 5] >= '0' && t.p[at - 5] <= '9'))
		return false;
	for (size_t i = at - DASHED_FIRST; i < at; i++) {
		if (san_hex_digit(t.p[i]) < 0)
			return false;
	}
	return true;
}

static bool
dashed_with(const struct dashed *d, const struct san_wanted *w)
{
	const uint8_t *p = d->t.p, *end = p + d->t.n;

	while (p < end && (p = memchr(p, d->mark, (size_t)(end - p))) != NULL) {
		size_t at = (size_t)(p++ - d->t.p);

		if (dashed_first(d->t, at) &&
		    dashed_from(d, at - DASHED_FIRST, w))
			return true;
	}
	return false;
}

bool
san_find_dashed(struct d4_slice t, const struct san_wanted *w)
{
	const struct dashed dash = {t, '-'}, line = {t, '_'};

	return t.n != 0 && (dashed_with(&dash, w) || dashed_with(&line, w));
}

#include <string.h>
#include "sanitizers/defang.h"

#define DEFANG_RUN 48u /* bytes of the longest: 4 octets, 3 times "(dot)" */

static bool
defang_is_digit(struct d4_slice t, size_t i)
{
	return i < t.n && t.p[i] >= '0' && t.p[i] <= '9';
}

static bool
defang_word(struct d4_slice t, size_t at)
{
	static const char word[] = "dot";

	for (size_t i = 0; i < 3; i++) {
		if (at + i >= t.n || (t.p[at + i] | 0x20) != word[i])
			return false;
	}
	return true;
}

/* [.] (.) {.} [dot], and with one of the brackets missing. */
size_t
san_dot(struct d4_slice t, size_t at)
{
	static const char open[] = "[({", shut[] = "])}";
	size_t n = 0;

	if (at < t.n && t.p[at] != 0 && strchr(open, t.p[at]) != NULL)
		n++;
	if (at + n < t.n && t.p[at + n] == '.')
		n++;
	else if (n != 0 && defang_word(t, at + n))
		n += 3;
	else
		return 0;
	if (at + n < t.n && t.p[at + n] != 0 &&
	    strchr(shut, t.p[at + n]) != NULL)
		n++;
	return n;
}

static bool
defang_quad(struct d4_slice t, size_t at, struct d4_addr *out)
{
	struct d4_addr a = {.family = 4};

	for (unsigned k = 0; k < 4; k++) {
		unsigned v = 0, n = 0;
		size_t gap = k == 0 ? 0 : san_dot(t, at);

		if (k != 0 && gap == 0)
			return false;
		for (at += gap; n < 4 && defang_is_digit(t, at); n++)
			v = v * 10 + (unsigned)(t.p[at++] - '0');
		if (n == 0 || n == 4 || v > 255)
			return false;
		a.b[k] = (uint8_t)v;
	}
	*out = a;
	return true;
}

/* defang_around -- every number in front of a bracket begins one, or none. */
static bool
defang_around(struct d4_slice t, size_t at, const struct san_wanted *w)
{
	size_t from = at > DEFANG_RUN ? at - DEFANG_RUN : 0;
	struct d4_addr a;

	for (size_t i = from; i < at; i++) {
		if (defang_is_digit(t, i) &&
		    (i == 0 || !defang_is_digit(t, i - 1)) &&
		    defang_quad(t, i, &a) && w->is(w->arg, &a))
			return true;
	}
	return false;
}

/*
 * defang_bracket -- the bracket at i may belong to a dot: one that opens has a
 * digit in front and a dot behind, one that shuts the dot in front.
 */
static bool
defang_bracket(struct d4_slice t, size_t i)
{
	uint8_t c = t.p[i], before = i > 0 ? t.p[i - 1] : 0;
	uint8_t behind = i + 1 < t.n ? t.p[i + 1] : 0;

	if (c == '[' || c == '(' || c == '{')
		return before >= '0' && before <= '9' &&
		       (behind == '.' || (behind | 0x20) == 'd');
	return before == '.' || (before | 0x20) == 't';
}

bool
san_find_defanged(struct d4_slice t, const struct san_wanted *w)
{
	static const char brackets[] = "[](){}";

	for (const char *b = brackets; t.n != 0 && *b != '\0'; b++) {
		const uint8_t *p = t.p, *end = t.p + t.n;

		for (;
		     p < end && (p = memchr(p, *b, (size_t)(end - p))) != NULL;
		     p++) {
			size_t i = (size_t)(p - t.p);

			if (defang_bracket(t, i) && defang_around(t, i, w))
				return true;
		}
	}
	return false;
}

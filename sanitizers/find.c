#include <string.h>
#include "sanitizers/find.h"

#define FIND_RUN 92u /* bytes of a run that may be IPv6 */

/* What a byte can be part of. */
enum { FIND_DIGIT = 1, FIND_HEX = 2, FIND_COLON = 4, FIND_DOT = 8 };

static const uint8_t find_class[256] = {
    ['0'] = FIND_DIGIT,
    ['1'] = FIND_DIGIT,
    ['2'] = FIND_DIGIT,
    ['3'] = FIND_DIGIT,
    ['4'] = FIND_DIGIT,
    ['5'] = FIND_DIGIT,
    ['6'] = FIND_DIGIT,
    ['7'] = FIND_DIGIT,
    ['8'] = FIND_DIGIT,
    ['9'] = FIND_DIGIT,
    ['a'] = FIND_HEX,
    ['b'] = FIND_HEX,
    ['c'] = FIND_HEX,
    ['d'] = FIND_HEX,
    ['e'] = FIND_HEX,
    ['f'] = FIND_HEX,
    ['A'] = FIND_HEX,
    ['B'] = FIND_HEX,
    ['C'] = FIND_HEX,
    ['D'] = FIND_HEX,
    ['E'] = FIND_HEX,
    ['F'] = FIND_HEX,
    [':'] = FIND_COLON,
    ['.'] = FIND_DOT,
};

/* find_octet -- a number up to 255 at *i, which goes behind it; or -1. */
static int
find_octet(struct d4_slice t, size_t *i)
{
	size_t from = *i;
	int v = 0;

	for (; *i < t.n && find_class[t.p[*i]] == FIND_DIGIT; (*i)++) {
		if (*i - from == 3)
			return -1;
		v = v * 10 + (t.p[*i] - '0');
	}
	return *i == from || v > 255 ? -1 : v;
}

/* find_quad -- four numbers from `at` on, with dots or with dashes. */
static bool
find_quad(struct d4_slice t, size_t at, struct d4_addr *out)
{
	struct d4_addr a = {.family = 4};
	uint8_t gap = 0;

	for (unsigned k = 0; k < 4; k++) {
		int v = find_octet(t, &at);

		if (v < 0)
			return false;
		a.b[k] = (uint8_t)v;
		if (k == 3)
			break;
		if (at == t.n || (k != 0 && t.p[at] != gap))
			return false;
		gap = t.p[at++];
		if (gap != '.' && gap != '-')
			return false;
	}
	*out = a;
	return true;
}

/* find_ip6 -- the run of t[at..end), without what ends a sentence. */
static bool
find_ip6(struct d4_slice t, size_t at, size_t end, struct d4_addr *out)
{
	while (end > at + 2) {
		if (d4_addr_parse(d4_slice_of(t.p + at, end - at), out) ==
		    D4_OK)
			return true;
		if ((find_class[t.p[end - 1]] & (FIND_COLON | FIND_DOT)) == 0)
			return false;
		end--;
	}
	return false;
}

/* find_run6 -- where the run at `at` ends, if it may be IPv6; else 0. */
static size_t
find_run6(struct d4_slice t, size_t at)
{
	unsigned colons = 0;
	size_t end = at;

	for (; end < t.n && find_class[t.p[end]] != 0; end++)
		colons += t.p[end] == ':';
	return colons >= 2 && end - at < FIND_RUN ? end : 0;
}

/*
 * find_at -- an address that begins at i; was: the class of the byte before.
 * How far the search must go on from the beginning of t, or 0: none here.
 */
static size_t
find_at(struct d4_slice t, size_t i, uint8_t was, struct d4_addr *out)
{
	size_t end;

	if (find_class[t.p[i]] == FIND_DIGIT && was != FIND_DIGIT &&
	    find_quad(t, i, out)) {
		while (find_class[t.p[i]] == FIND_DIGIT)
			i++;
		return i;
	}
	if (was != 0 && was != FIND_COLON)
		return 0;
	end = find_run6(t, i);
	/* "ip6:2001:db8::1": another may begin behind a colon. */
	return end != 0 && find_ip6(t, i, end, out) ? i + 1 : 0;
}

bool
san_find_next(struct d4_slice *text, struct d4_addr *out)
{
	struct d4_slice t = *text;
	uint8_t was = 0;

	for (size_t i = 0; i < t.n; i++) {
		uint8_t c = find_class[t.p[i]];
		size_t next = 0;

		if (c != 0 && c != FIND_DOT)
			next = find_at(t, i, was, out);
		was = c;
		if (next == 0)
			continue;
		(void)d4_slice_skip(text, next);
		return true;
	}
	return false;
}

/* Where an IPv4 address stands in an IPv6 one; turned: all bits are. */
struct inner {
	unsigned at[2];
	bool turned[2];
	unsigned n;
};

/* Source: RFC 4291 2.5.5.2, RFC 6052, RFC 3056, RFC 4380 4, RFC 5214 6.1. */
static struct inner
find_places(const uint8_t b[16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, 0xff};
	static const uint8_t nat64[12] = {0, 0x64, 0xff, 0x9b};
	static const uint8_t isatap[3] = {0, 0x5e, 0xfe};
	static const uint8_t teredo[4] = {0x20, 1, 0, 0};

	if (memcmp(b, mapped, 12) == 0 || memcmp(b, nat64, 12) == 0)
		return (struct inner){.at = {12}, .n = 1};
	if (b[0] == 0x20 && b[1] == 2)
		return (struct inner){.at = {2}, .n = 1};
	if (memcmp(b, teredo, 4) == 0)
		return (struct inner){
		    .at = {4, 12}, .turned = {false, true}, .n = 2};
	if ((b[8] & 0xfd) == 0 && memcmp(b + 9, isatap, 3) == 0)
		return (struct inner){.at = {12}, .n = 1};
	return (struct inner){.n = 0};
}

/* find_note -- one address against the set. check may be NULL. */
static bool
find_note(const struct d4_prefix_set *scope, const struct d4_addr *a,
    struct san_check *check)
{
	if (d4_prefix_set_find(scope, a) == NULL)
		return false;
	if (check != NULL)
		san_check_add(check, a);
	return true;
}

bool
san_scope_note(const struct d4_prefix_set *scope, const struct d4_addr *a,
    struct san_check *check)
{
	bool found = find_note(scope, a, check);
	struct inner in;

	if (a->family == 4)
		return found;
	in = find_places(a->b);
	for (unsigned k = 0; k < in.n; k++) {
		struct d4_addr v4 = {.family = 4};

		for (unsigned i = 0; i < 4; i++)
			v4.b[i] =
			    a->b[in.at[k] + i] ^ (in.turned[k] ? 0xff : 0);
		if (find_note(scope, &v4, check)) {
			found = true;
			if (check != NULL)
				san_check_add(check, a);
		}
	}
	return found;
}

bool
san_scope_has(const struct d4_prefix_set *scope, const struct d4_addr *a)
{
	return san_scope_note(scope, a, NULL);
}

bool
san_find_scope(struct d4_slice text, const struct d4_prefix_set *scope)
{
	struct d4_addr a;

	while (san_find_next(&text, &a)) {
		if (san_scope_has(scope, &a))
			return true;
	}
	return false;
}

#include <string.h>
#include "sanitizers/addr.h"
#include "sanitizers/find.h"
#include "sanitizers/find_hidden.h"
#include "sanitizers/find_marks.h"

#define FIND_RUN    92u /* bytes of a run that may be IPv6 */
#define FIND_COLONS 6u  /* of an IPv6 text without "::", at least */
#define FIND_GROUP  4u  /* digits of a group, at most */

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
find_quad(struct d4_slice t, size_t at, const struct san_hints *h,
    struct d4_addr *out)
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
		if (k == 1 && !san_hints_pair(h, a.b[0], a.b[1]))
			return false;
		if (at == t.n || (k != 0 && t.p[at] != gap))
			return false;
		gap = t.p[at++];
		if (gap != '.' && gap != '-')
			return false;
	}
	*out = a;
	return true;
}

/* find_piece -- the marks of the next 64 bytes; of the last, with zeros. */
static void
find_piece(struct san_find *f)
{
	const struct san_ends *ends = f->hints == NULL ? NULL : &f->hints->ends;
	size_t left = f->text.n - f->next;
	uint8_t last[SAN_PIECE] = {0};

	if (left >= SAN_PIECE) {
		f->marks = san_find_marks(f->text.p + f->next, ends);
	} else {
		memcpy(last, f->text.p + f->next, left);
		f->marks =
		    san_find_marks(last, ends) & ((UINT64_C(1) << left) - 1);
	}
	f->next += SAN_PIECE;
}

/* find_mark -- where the next one is; text.n: there is none. */
static size_t
find_mark(struct san_find *f)
{
	uint64_t m;

	while (f->marks == 0) {
		if (f->next >= f->text.n)
			return f->text.n;
		find_piece(f);
	}
	m = f->marks;
	f->marks = m & (m - 1);
	return f->next - SAN_PIECE + (size_t)__builtin_ctzll(m);
}

/* find_at4 -- four numbers whose first ends before the gap at i. */
static bool
find_at4(
    struct d4_slice t, size_t i, const struct san_hints *h, struct d4_addr *out)
{
	size_t from = i;

	if (i + 1 == t.n || find_class[t.p[i + 1]] != FIND_DIGIT)
		return false;
	while (from > 0 && find_class[t.p[from - 1]] == FIND_DIGIT) {
		if (i - from == 3)
			return false;
		from--;
	}
	return find_quad(t, from, h, out);
}

/* find_ip6 -- the run of t[at..end), or as much of it as is one. */
static bool
find_ip6(struct d4_slice t, size_t at, size_t end, struct d4_addr *out)
{
	while (end > at + 2) {
		if (d4_addr_parse(d4_slice_of(t.p + at, end - at), out) ==
		    D4_OK)
			return true;
		/* Off with the last group: ":443", ".example" follow. */
		do
			end--;
		while (end > at + 2 &&
		       (find_class[t.p[end]] & (FIND_COLON | FIND_DOT)) == 0);
	}
	return false;
}

/*
 * find_may6 -- behind the colon at i stands "::", or so many groups with
 * colons that it may be an IPv6 text without. A time of day has two colons.
 */
static inline bool
find_may6(struct d4_slice t, size_t i)
{
	for (unsigned colons = 1; colons < FIND_COLONS; colons++) {
		size_t from = ++i;

		if (i < t.n && t.p[i] == ':')
			return true;
		while (i < t.n && i - from <= FIND_GROUP &&
		       (find_class[t.p[i]] & (FIND_DIGIT | FIND_HEX)) != 0)
			i++;
		if (i == from || i == t.n || t.p[i] != ':')
			return false;
	}
	return true;
}

/* find_isatap -- a group of t[from..to) is the mark of an ISATAP address. */
static bool
find_isatap(struct d4_slice t, size_t from, size_t to)
{
	for (size_t i = from; i + FIND_GROUP <= to; i++) {
		if (t.p[i] == '5' && (t.p[i + 1] | 0x20) == 'e' &&
		    (t.p[i + 2] | 0x20) == 'f' && (t.p[i + 3] | 0x20) == 'e')
			return true;
	}
	return false;
}

/*
 * find_wanted6 -- with the first group t[from..i) of a text that ends at `end`
 * an address may begin that is looked for.
 */
static bool
find_wanted6(struct d4_slice t, size_t from, size_t i, size_t end,
    const struct san_hints *h)
{
	unsigned group = 0;

	for (size_t k = from; k < i; k++)
		group = group << 4 | san_hex_value(t.p[k]);
	return h == NULL || san_hints_group(h, group) ||
	       (h->embeds && find_isatap(t, i, end));
}

/*
 * find_at6 -- an IPv6 text whose first group ends before the colon at i. So
 * every group of a run is tried: "ip6:2001:db8::1" has one at its second.
 */
static bool
find_at6(
    struct d4_slice t, size_t i, const struct san_hints *h, struct d4_addr *out)
{
	size_t from = i, end = i + 1;

	while (end < t.n && end - i < FIND_RUN && find_class[t.p[end]] != 0)
		end++;
	while (from > 0 && i - from < FIND_GROUP &&
	       (find_class[t.p[from - 1]] & (FIND_DIGIT | FIND_HEX)) != 0)
		from--;
	return find_wanted6(t, from, i, end, h) && find_ip6(t, from, end, out);
}

bool
san_find_at(
    struct d4_slice t, size_t i, const struct san_hints *h, struct d4_addr *out)
{
	if (t.p[i] == ':')
		return find_may6(t, i) && find_at6(t, i, h, out);
	return san_hints_front(h, t, i) && find_at4(t, i, h, out);
}

bool
san_find_next(struct san_find *f, struct d4_addr *out)
{
	struct d4_slice t = f->text;

	for (;;) {
		size_t i = find_mark(f);

		if (i >= t.n)
			return false;
		f->gap = i;
		if (san_find_at(t, i, f->hints, out))
			return true;
	}
}

/* Where an IPv4 address stands in an IPv6 one; turned: all bits are. */
struct inner {
	unsigned at[2];
	bool turned[2];
	unsigned n;
};

/* As map6.c. Source: RFC 3056, RFC 4380 4, RFC 5214 6.1. */
static struct inner
find_places(const uint8_t b[16])
{
	static const uint8_t isatap[3] = {0, 0x5e, 0xfe};
	static const uint8_t teredo[4] = {0x20, 1, 0, 0};
	struct inner in = {.n = 0};

	if (memcmp(b, teredo, 4) == 0)
		return (struct inner){
		    .at = {4, 12}, .turned = {false, true}, .n = 2};
	if (san_addr_last_four(b))
		in.at[in.n++] = 12;
	else if (b[0] == 0x20 && b[1] == 2)
		in.at[in.n++] = 2;
	if ((b[8] & 0xfd) == 0 && memcmp(b + 9, isatap, 3) == 0)
		in.at[in.n++] = 12;
	return in;
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
	struct san_find f = {.text = text};
	struct d4_addr a;

	while (san_find_next(&f, &a)) {
		if (san_scope_has(scope, &a))
			return true;
	}
	return false;
}

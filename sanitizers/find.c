#include <endian.h>
#include <string.h>
#include "sanitizers/addr.h"
#include "sanitizers/find.h"

#define FIND_RUN 92u /* bytes of a run that may be IPv6 */

#define BLOCK      ((size_t)16)
#define HIGH       UINT64_C(0x8080808080808080)
#define FIND_LANES uint8_t __attribute__((vector_size(16)))

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

/*
 * find_block -- the marks of the next 16 bytes, or of what is left: a dot or
 * dash with a digit behind it, a colon with a hex digit or colon behind it.
 * Most colons of JSON fall out here.
 */
static void
find_block(struct san_find *f)
{
	size_t left = f->text.n - f->next;
	uint8_t last[BLOCK + 1] = {0};
	const uint8_t *p = f->text.p + f->next;
	FIND_LANES x, y, low, digit, hex, m;

	if (left <= BLOCK) {
		memcpy(last, p, left);
		p = last;
	}
	memcpy(&x, p, BLOCK);
	memcpy(&y, p + 1, BLOCK);
	low = (FIND_LANES)((y | 0x20) - 'a');
	digit = (FIND_LANES)((FIND_LANES)(y - '0') <= 10); /* ':' too */
	hex = digit | (FIND_LANES)(low <= 5);
	m = (((FIND_LANES)(x == '.') | (FIND_LANES)(x == '-')) & digit) |
	    ((FIND_LANES)(x == ':') & hex);
	memcpy(f->marks, &m, sizeof(f->marks));
	f->marks[0] = le64toh(f->marks[0]) & HIGH;
	f->marks[1] = le64toh(f->marks[1]) & HIGH;
	f->next += BLOCK;
}

/* find_gap -- where the next '.', '-' or ':' is; text.n: there is none. */
static size_t
find_gap(struct san_find *f)
{
	while ((f->marks[0] | f->marks[1]) == 0) {
		if (f->next >= f->text.n)
			return f->text.n;
		find_block(f);
	}
	for (unsigned half = 0;; half++) {
		uint64_t m = f->marks[half];

		if (m == 0)
			continue;
		f->marks[half] = m & (m - 1);
		return f->next - BLOCK + 8 * (size_t)half +
		       (size_t)__builtin_ctzll(m) / 8;
	}
}

/* find_at4 -- four numbers whose first ends before the gap at i. */
static bool
find_at4(const struct san_find *f, size_t i, struct d4_addr *out)
{
	struct d4_slice t = f->text;
	size_t from = i, end;
	int v;

	if (i + 1 == t.n || find_class[t.p[i + 1]] != FIND_DIGIT || i == 0 ||
	    (f->ends != NULL && !f->ends[t.p[i - 1]]))
		return false;
	while (from > 0 && find_class[t.p[from - 1]] == FIND_DIGIT) {
		if (i - from == 3)
			return false;
		from--;
	}
	end = from;
	v = find_octet(t, &end);
	if (v < 0 || (f->first != NULL && !f->first[v]))
		return false;
	return find_quad(t, from, out);
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
 * find_at6 -- an IPv6 text whose first group ends before the colon at i. So
 * every group of a run is tried: "ip6:2001:db8::1" has one at its second.
 */
static bool
find_at6(struct d4_slice t, size_t i, struct d4_addr *out)
{
	size_t from = i, end = i + 1;
	unsigned colons = 1;
	bool pair = false; /* "::"; a time of day has two colons, but none */

	for (; end < t.n && end - i < FIND_RUN; end++) {
		if (find_class[t.p[end]] == 0)
			break;
		colons += t.p[end] == ':';
		pair |= t.p[end] == ':' && t.p[end - 1] == ':';
	}
	if (!pair && colons < 6)
		return false;
	while (from > 0 && i - from < 4 &&
	       (find_class[t.p[from - 1]] & (FIND_DIGIT | FIND_HEX)) != 0)
		from--;
	return find_ip6(t, from, end, out);
}

void
san_find_first(const struct d4_prefix_set *scope, bool first[256])
{
	memset(first, 0, 256);
	for (size_t i = 0; i < scope->n; i++) {
		const struct d4_prefix *p = &scope->list[i];
		unsigned n = p->len < 8 ? 1u << (8 - p->len) : 1;

		if (p->addr.family == 4)
			memset(first + p->addr.b[0], 1, n);
	}
}

void
san_find_ends(const bool first[256], bool ends[256])
{
	static const char low[] = "0123456789abcdef";
	static const char high[] = "0123456789ABCDEF";

	for (unsigned c = 0; c < 256; c++) {
		bool word = (c >= '0' && c <= '9') ||
		            ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');

		ends[c] = !word;
	}
	for (unsigned v = 0; v < 256; v++) {
		if (!first[v])
			continue;
		ends[(uint8_t)low[v % 10]] = true;
		ends[(uint8_t)low[v % 8]] = true;
		ends[(uint8_t)low[v % 16]] = true;
		ends[(uint8_t)high[v % 16]] = true;
	}
}

bool
san_find_next(struct san_find *f, struct d4_addr *out)
{
	struct d4_slice t = f->text;

	for (;;) {
		size_t i = find_gap(f);

		if (i >= t.n)
			return false;
		f->gap = i;
		if (t.p[i] == ':' ? find_at6(t, i, out) : find_at4(f, i, out))
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

/*
 * The search for addresses is fast by questions that say "no" early: of a piece
 * of a text, of the bytes in front of a mark, of a first octet. It finds what
 * each search finds that is asked without them at every place, on lines like
 * those of logs, JSON and JA3 with addresses of a scope, beside it and nearly
 * so, for many scopes.
 */
#include "guard.h"
#include "sanitizers/dashed.h"
#include "sanitizers/find.h"
#include "sanitizers/find_coded.h"
#include "sanitizers/find_loose.h"
#include "sanitizers/find_rows.h"
#include "sanitizers/find_sweep.h"
#include "scope.h"

#define LINES  40000u
#define TURN   250u /* lines of a scope */
#define PIECES 12u
#define NUMBER 8u   /* room for one, and NUL */
#define ROOM   128u /* bytes of a piece, at most */

static uint32_t seed = 1;

static unsigned
any(unsigned n)
{
	seed = seed * 1664525u + 1013904223u;
	return n == 0 ? 0 : (seed >> 8) % n;
}

/* Numbers that make an address of the scope, or others: %b is as %02x. */
static const char *const pieces[] = {"%u.%u.%u.%u", "%u-%u-%u-%u",
    "%u_%u_%u_%u", "%u, %u, %u, %u", "0x%x.0x%x.%u.%u", "0%o.%u.%u.%u",
    "%b:%b:%b:%b", "\\x%b\\x%b\\x%b\\x%b", "%b%b%b%b", "%B %B %B %B",
    "%u[.]%u[.]%u[.]%u", "%u%%2e%u.%u.%u", "4%u%u-4%u-4%u", "%u,%u-%u,%u-",
    "ja3 771,%u-%u-%u,%u", "2001-db8-%x--%x-%x:%x", "2001_db8_77__%x%x%x%x",
    "2001-db8-77--%x%x--%x%x", "2001-db8-%x-%x-0-0-%x-%x-",
    "2001:db8:%x::%x,%u,%u", "%u.%u.%u.%u.in-addr.arpa", "d%ub%xcafe%b%bab12",
    "\",\"Port\":%u%u%u%u", "20%b-%b-%b %b", "\xc2\xb7%u.%u.%u.%u",
    "c%xe-%x_-%x__%x", "3%u2e3%u2e3%u2e3%u", "MTAuMS4yLjM=%u%u%u%u",
    "CgECAw==%u%u%u%u", "31302e312e322e33%x%x%x%x", "167838211%u%u%u%u",
    "word=%u%u%u%u", " %u%u%u%u", "20010db80077%b%b%b%b%b%b%b%b%b%b",
    "2001:db8:77::%x:%x", "::ffff:%u.%u.%u.%u", "2002:0a01:%b%b::1",
    "fe80-0-0-0-0-5efe-0a01-%b%b", "fe80__5EFE_0a01_%b%b",
    "fe80:1::5efe:%u.%u.%u.%u", "fe8000000000000000005efe0a01%b%b",
    "000080fe00000000fe5e0000%b%b010a", "0%o_0%o_%u_%u", "%u dot %u.%u.%u",
    "fe:80:00:00:00:00:00:00:00:00:5e:fe:0a:01:%b:%b", "0X%x;%u;%u;%u",
    "20-01-0d-b8-00-77-%b-%b-%b-%b-%b-%b-%b-%b-%b-%b", "%u=2E%u=2e%u.%u",
    "\xe3\x80\x82%u\xe3\x80\x82%u.%u.%u", "https://%u.%u/", "09:0%u:%u"};

static const char between[] = " ,;|\"=/-_:.\\x0a\t";

static size_t
number(char *to, char form, unsigned v)
{
	int n;

	if (form == 'u')
		n = snprintf(to, NUMBER, "%u", v);
	else if (form == 'x')
		n = snprintf(to, NUMBER, "%x", v);
	else if (form == 'o')
		n = snprintf(to, NUMBER, "%o", v);
	else
		n = snprintf(
		    to, NUMBER, form == 'b' ? "%02x" : "%02X", v & 255);
	assert_in_range(n, 1, NUMBER - 1);
	return (size_t)n;
}

/* piece -- with numbers for its %, one after the other; how many bytes. */
static size_t
piece(char *to, const char *form, const unsigned v[4])
{
	size_t n = 0;

	for (unsigned k = 0; *form != '\0'; form++) {
		unsigned x = v[k % 4];

		if (*form != '%' || *++form == '%') {
			to[n++] = *form;
			continue;
		}
		k++;
		n += number(to + n, *form, x);
	}
	return n;
}

/* Scopes, by turns, and how the addresses of a line begin there. */
static const struct {
	const char *prefix[3];
	unsigned head[2];
} worlds[] = {
    {{"10.1.0.0/16", "240.1.0.0/16", "2001:db8:77::/48"}, {10, 1}},
    {{"10.1.0.0/16"}, {10, 1}},
    {{"0.0.0.0/8"}, {0, 1}},
    {{"1.2.0.0/16", "9.0.0.0/8", "2001:db8:77::/48"}, {1, 2}},
    {{"100.64.0.0/10"}, {100, 64}},
    {{"8.0.0.0/5", "192.168.0.0/16"}, {9, 10}},
    {{"16.5.0.0/16", "15.15.0.0/16"}, {16, 5}},
    {{"2001:db8:77::/48", "2a00::/11"}, {32, 1}},
    {{"fe80::/10"}, {10, 1}},
    {{"0.0.0.0/0"}, {77, 7}},
    {{"203.0.113.9/32", "172.16.0.0/12"}, {203, 0}},
};

/* other -- now and then another number than the scope's. */
static void
other(unsigned *v)
{
	static const unsigned heads[] = {10, 1, 240, 16, 119, 0};

	if (any(3) == 0)
		*v = any(2) == 0 ? any(300) : heads[any(COUNT(heads))];
}

/* line -- some pieces; what is no wanted number is of any size. */
static size_t
line(uint8_t *to, const unsigned head[2])
{
	size_t n = 0;

	for (unsigned k = 1 + any(any(4) == 0 ? PIECES : 3); k > 0; k--) {
		unsigned v[4] = {head[0], head[1], any(256), any(256)};

		other(&v[0]);
		other(&v[1]);
		n += piece((char *)to + n, pieces[any(COUNT(pieces))], v);
		if (any(4) != 0)
			to[n++] = (uint8_t)between[any(sizeof(between) - 1)];
	}
	if (any(4) == 0)
		to[any((unsigned)n)] = (uint8_t)any(256);
	return n - any(n > 3 ? 3 : 1);
}

static bool
of_scope(const void *arg, const struct d4_addr *a)
{
	return san_scope_has(arg, a);
}

static bool
is_hex(struct d4_slice t, size_t i)
{
	return i < t.n && san_hex_digit(t.p[i]) >= 0;
}

/* Every group-aligned end of an IPv6 text with three marks for colons or more.
 */
static bool
slow_dashed_from(
    struct d4_slice t, size_t from, uint8_t mark, const struct san_wanted *w)
{
	unsigned marks = 0;
	uint8_t text[39];
	struct d4_addr a;

	for (size_t n = 0; n < sizeof(text) && from + n < t.n; n++) {
		uint8_t c = t.p[from + n];
		bool inside = is_hex(t, from + n + 1);

		if (c != mark && !is_hex(t, from + n))
			return false;
		text[n] = c == mark ? ':' : c;
		marks += c == mark;
		if (marks < 3 || (c != mark && inside) ||
		    (c == mark && text[n - 1] != ':'))
			continue;
		if (d4_addr_parse(d4_slice_of(text, n + 1), &a) == D4_OK &&
		    w->is(w->arg, &a))
			return true;
	}
	return false;
}

static bool
slow_dashed(struct d4_slice t, const struct san_wanted *w)
{
	for (size_t i = 0; i + 5 <= t.n; i++) {
		uint8_t mark = t.p[i + 4];

		if ((mark == '-' || mark == '_') && is_hex(t, i) &&
		    is_hex(t, i + 1) && is_hex(t, i + 2) && is_hex(t, i + 3) &&
		    (i == 0 || t.p[i - 1] < '0' || t.p[i - 1] > '9') &&
		    slow_dashed_from(t, i, mark, w))
			return true;
	}
	return false;
}

/* Numbers with marks between, from every mark on. */
static bool
slow_loose(struct d4_slice t, const struct san_wanted *w)
{
	for (size_t i = 1; i < t.n; i++) {
		size_t from = san_loose_gap(t, i);

		if (t.p[i] >= '0' && t.p[i] <= '9' && from != i &&
		    san_loose_at(t, from, i, w))
			return true;
	}
	return false;
}

static bool
slow_rows(struct d4_slice t, const struct san_wanted *w)
{
	for (size_t i = 0; i < t.n; i++) {
		struct san_row r = {i, san_row_end(t, i)};

		if ((i == 0 || !is_hex(t, i - 1)) && r.to - i >= SAN_ROW &&
		    (san_find_row(t, r, w) ||
			san_find_hex(d4_slice_of(t.p + i, r.to - i), w, 0)))
			return true;
	}
	return san_find_rows(t, w);
}

/* All searches, none of which is asked first whether it is worth it. */
static bool
slow(struct d4_slice t, const struct san_wanted *w)
{
	return slow_rows(t, w) || san_find_zones(t, w) || slow_dashed(t, w) ||
	       slow_loose(t, w) || san_find_pairs(t, w) ||
	       san_find_base64_bytes(t, w) || san_find_base64(t, w, 0);
}

static bool
slow_plain(struct d4_slice t, const struct d4_prefix_set *set)
{
	struct d4_addr a;

	for (size_t i = 0; i < t.n; i++) {
		bool mark = t.p[i] == '.' || t.p[i] == '-' || t.p[i] == ':';

		if (mark && san_find_at(t, i, NULL, &a) &&
		    san_scope_has(set, &a))
			return true;
	}
	return false;
}

static void
check_line(struct d4_slice t, const struct d4_prefix_set *set,
    const struct san_hints *hints)
{
	struct san_wanted plain = {of_scope, set, NULL};
	struct san_wanted quick = {of_scope, set, hints};
	bool is = slow(t, &plain), usual = slow_plain(t, set);
	bool coded = san_find_coded(t, &plain, 0);
	unsigned found = san_sweep(t, &quick, 0, true);
	bool hidden = (found & SAN_FOUND_HIDDEN) != 0;

	/* What is decoded has what is written as usual, too. */
	assert_true(hidden || !(is || (coded && !usual)));
	assert_true(!hidden || is || coded);
	assert_int_equal(san_find_hidden(t, &plain), hidden);
	assert_int_equal(san_find_dashed(t, &quick), slow_dashed(t, &plain));
	assert_int_equal(san_find_scope(t, set), usual);
	if (!hidden)
		assert_int_equal((found & SAN_FOUND_PLAIN) != 0, usual);
}

static void
what_the_searches_find_is_found(void **state)
{
	static uint8_t text[PIECES * (ROOM + 1)];
	static struct san_hints hints;

	(void)state;
	for (size_t i = 0; i < LINES / TURN; i++) {
		size_t world = i % COUNT(worlds);
		struct d4_prefix_set set = {NULL, 0};

		for (size_t k = 0; k < 3; k++) {
			if (worlds[world].prefix[k] != NULL)
				scope_add(&set, worlds[world].prefix[k]);
		}
		san_hints_of(&set, &hints);
		for (size_t k = 0; k < TURN; k++) {
			size_t n = line(text, worlds[world].head);
			struct guard g;

			check_line(
			    guard_new(&g, d4_slice_of(text, n)), &set, &hints);
			guard_free(&g);
		}
		d4_prefix_set_fini(&set);
	}
}

static const struct d4_prefix *
longest(const struct d4_prefix_set *s, const struct d4_addr *a)
{
	const struct d4_prefix *best = NULL;

	for (size_t i = 0; i < s->n; i++) {
		const struct d4_prefix *p = &s->list[i];

		if (d4_prefix_has(p, a) && (best == NULL || p->len > best->len))
			best = p;
	}
	return best;
}

static void
the_longest_prefix_is_found_in_small_and_large_sets(void **state)
{
	static const char *const list[] = {"10.0.0.0/8", "10.1.0.0/16",
	    "10.1.2.0/24", "0.0.0.0/0", "2001:db8::/32", "2001:db8:77::/48",
	    "10.1.2.3/32", "240.0.0.0/4", "fe80::/10", "10.128.0.0/9"};
	struct d4_prefix_set s = {NULL, 0};

	(void)state;
	for (size_t n = 0; n < COUNT(list); n++) {
		scope_add(&s, list[n]);
		for (unsigned k = 0; k < 20000; k++) {
			struct d4_addr a = {.family = any(2) == 0 ? 4 : 6,
			    .b = {10, 1, 2, (uint8_t)any(6)}};

			if (a.family == 6)
				memcpy(a.b, "\x20\x01\x0d\xb8\0\x77", 6);
			a.b[any(4)] ^= (uint8_t)any(256);
			assert_ptr_equal(
			    d4_prefix_set_find(&s, &a), longest(&s, &a));
		}
	}
	d4_prefix_set_fini(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_the_searches_find_is_found),
	    cmocka_unit_test(
		the_longest_prefix_is_found_in_small_and_large_sets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

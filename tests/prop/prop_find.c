/*
 * The search for addresses is fast by questions that say "no" early: of a
 * whole text, of a block, of a first octet. It finds what each search finds
 * without them, on lines like those of logs, JSON and JA3 with addresses of
 * the scope, beside it and nearly so.
 */
#include "guard.h"
#include "sanitizers/dashed.h"
#include "sanitizers/find.h"
#include "sanitizers/find_coded.h"
#include "sanitizers/find_loose.h"
#include "scope.h"

#define LINES  40000u
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
    "word=%u%u%u%u", " %u%u%u%u", "20010db80077%b%b%b%b%b%b%b%b%b%b"};

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

/* line -- some pieces; what is no wanted number is of any size. */
static size_t
line(uint8_t *to)
{
	static const unsigned heads[] = {10, 1, 240, 16, 119, 0};
	size_t n = 0;

	for (unsigned k = 1 + any(PIECES); k > 0; k--) {
		unsigned v[4] = {10, 1, any(256), any(256)};

		if (any(2) == 0)
			v[0] = any(2) == 0 ? any(300) : heads[any(6)];
		if (any(2) == 0)
			v[1] = any(2) == 0 ? any(256) : heads[any(6)];
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

/* Every group-aligned end of an IPv6 text with marks for colons. */
static bool
slow_dashed_from(
    struct d4_slice t, size_t from, uint8_t mark, const struct san_wanted *w)
{
	uint8_t text[39];
	struct d4_addr a;

	for (size_t n = 0; n < sizeof(text) && from + n < t.n; n++) {
		uint8_t c = t.p[from + n];
		bool inside = is_hex(t, from + n + 1);

		if (c != mark && !is_hex(t, from + n))
			return false;
		text[n] = c == mark ? ':' : c;
		if ((c != mark && inside) || (c == mark && text[n - 1] != ':'))
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

/* All searches, none of which is asked first whether it is worth it. */
static bool
slow(struct d4_slice t, const struct san_wanted *w)
{
	return san_find_numbers(t, w) || slow_dashed(t, w) ||
	       san_find_loose(t, w) || san_find_base64_bytes(t, w) ||
	       san_find_base64(t, w, 0) || san_find_coded(t, w, 0);
}

static void
what_the_searches_find_is_found(void **state)
{
	static uint8_t text[PIECES * (ROOM + 1)];
	static bool first[256], ends[256];
	struct san_wanted plain = {.is = of_scope, .arg = scope()};
	struct san_wanted quick = {of_scope, scope(), first, ends};
	size_t found = 0;

	(void)state;
	san_find_first(scope(), first);
	san_find_ends(first, ends);
	for (size_t i = 0; i < LINES; i++) {
		struct guard g;
		struct d4_slice t =
		    guard_new(&g, d4_slice_of(text, line(text)));
		bool is = san_find_hidden(t, &plain);

		assert_int_equal(san_find_hidden(t, &quick), is);
		assert_int_equal(
		    san_find_dashed(t, &quick), slow_dashed(t, &plain));
		/* Decoding finds what is written as usual, too. */
		assert_true(
		    is || san_find_scope(t, scope()) || !slow(t, &plain));
		found += is;
		guard_free(&g);
	}
	assert_in_range(found, LINES / 8, LINES - LINES / 8);
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

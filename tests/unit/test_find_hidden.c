#include "guard.h"
#include "sanitizers/find_hidden.h"
#include "scope.h"

static bool
found(const char *text)
{
	struct guard g;
	struct d4_slice s = guard_new(&g, d4_slice_str(text));
	bool is = san_hidden_scope(s, scope());

	guard_free(&g);
	return is;
}

#define TAIL "0.0.0.0.7.7.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
#define ZERO "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."

static void
every_spelling_is_found_wherever_it_stands(void **state)
{
	static const char *const rows[] = {"3.2.1.10.in-addr.arpa",
	    "3.2.1.10.In-aDDr.ArPA.", "\"3.2.1.10.in-addr.arpa\"",
	    "9.3.2.1.10.in-addr.arpa", "x3.2.1.10.in-addr.arpa",
	    "arpa in-addr.arpa 4.4.4.4.in-addr.arpa 3.2.1.10.in-addr.arpa",
	    "f." ZERO TAIL, "F." ZERO TAIL, "x.f." ZERO TAIL ".", "0a010203",
	    "0A010203", "h0a010203.org", "0x0a010203", "--------0a010203",
	    "abcdefabcdef 0a010203", "0a010203-1111-4111-8111-111111111111",
	    "20010db8007700000000000000000001", "167838211", "0167838211",
	    "a167838211b", "-167838211", "4026597891", "n=167838211.",
	    "167838211.org", "167838211e", "12345678 167838211",
	    "2001-db8-77--1.pool.org", "h-2001-DB8-77--1x", "2001-0db8-77--",
	    "ip6-2001-0db8-0077-0000-0000-0000-0000-0001.org",
	    "2001-db8-77-0-0-0-0-1", "a-b-2001-db8-77-1--0a2",
	    "node2001-db8-77--1", "abcd2001-db8-77--1.x", "h_2001_db8_77__1_x",
	    "0302010A:0016", "50462986", "B80D012000007700000000000B000A00",
	    "-268369405", "01200201003"};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (!found(rows[i]))
			fail_msg("not found: %s", rows[i]);
	}
}

static void
what_is_longer_shorter_or_of_others_is_not_found(void **state)
{
	static const char *const rows[] = {"", "arpa", ".arpa", "in-addr.arpa",
	    "-", "2001-", "2001--", "2001-db8-78--1", "2001-db8-77-1",
	    "12001-db8-77--1", "2024-01-01--12-30", ".in-addr.arpa",
	    "2.1.10.in-addr.arpa", "1.10.in-addr.arpa", "10.1.2.3.in-addr.arpa",
	    "3.2.1.999.in-addr.arpa", "3.2..1.10.in-addr.arpa",
	    "3.2.1.10in-addr.arpa", "3.2.1.10.in-addr.arp", "ip6.arpa",
	    ZERO TAIL, "f" ZERO TAIL, "0a01020", "0a0102030", "f0a010203",
	    "0b010203", "0a0102030a0102030a0102030a010203",
	    "20010db80077000000000000000000011", "1167838211", "1678382110",
	    "16783821100", "99999999999", "9999999999", "167838211.5",
	    "0.167838211", "167838211e5", "167838211E+5", "167838211e-05",
	    "167903747"};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (found(rows[i]))
			fail_msg("found: %s", rows[i]);
	}
}

/* At each distance from the start and the end: none is jumped over. */
static void
a_run_is_found_at_every_position(void **state)
{
	(void)state;
	for (size_t at = 0; at <= 32; at++) {
		char text[64];

		memset(text, '.', 48);
		text[48] = '\0';
		memcpy(text + at, "0a010203", 8);
		if (!found(text))
			fail_msg("not found at %zu", at);
		text[at + 8] = '\0';
		if (!found(text))
			fail_msg("not found at the end, %zu", at);
	}
}

static bool
is_second(const void *arg, const struct d4_addr *a)
{
	unsigned *calls = *(unsigned *const *)arg;

	assert_int_equal(a->family, 4);
	return ++*calls == 2;
}

/* 16843009 as hex is 22.132.48.9, as a number 1.1.1.1. */
static void
both_readings_of_eight_digits_are_asked_for(void **state)
{
	unsigned calls = 0, *p = &calls;
	struct san_wanted w = {.is = is_second, .arg = &p};

	(void)state;
	assert_true(san_find_hidden(d4_slice_str("16843009"), &w));
	assert_int_equal(calls, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_spelling_is_found_wherever_it_stands),
	    cmocka_unit_test(what_is_longer_shorter_or_of_others_is_not_found),
	    cmocka_unit_test(a_run_is_found_at_every_position),
	    cmocka_unit_test(both_readings_of_eight_digits_are_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "guard.h"
#include "sanitizers/find.h"
#include "scope.h"

static void
an_address_of_the_scope_is_found_wherever_it_stands(void **state)
{
	static const char *const rows[] = {"10.1.2.3", "x10.1.2.3y",
	    "ip4:10.1.2.3/24", "v=spf1 ip4:10.1.2.3 -all", "1.10.1.2.3",
	    "10.1.2.3.example.", "host-10-1-2-3.isp.example", "[10.1.2.3]:80",
	    "10.1.2.3:80", "2001:db8:77::1", "[2001:DB8:77::1]:443",
	    "ip6:2001:db8:77::1/48", "see 2001:db8:77::1.", "::ffff:10.1.2.3",
	    "64:ff9b::a01:203", "2002:a01:203::1",
	    "2001:0:a01:203::", "2001:0:102:304:0:0:f5fe:fdfc",
	    "2001:db8:77:1:2:3:4:5:443", "2001:db8:77:1:2:3:4:5.example.org",
	    "fe80::5efe:a01:203", "fe80::200:5efe:a01:203", "a:10.1.2.3",
	    "::a01:203", "::ffff:0:a01:203", "64:ff9b:1::a01:203",
	    "64:ff9b:1:2::a01:203", "2002:c000:201::5efe:a01:203"};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct guard g;
		struct d4_slice s = guard_new(&g, d4_slice_str(rows[i]));

		if (!san_find_scope(s, scope()))
			fail_msg("not found: %s", rows[i]);
		guard_free(&g);
	}
}

static void
what_is_not_of_the_scope_is_not_found(void **state)
{
	static const char *const rows[] = {"", ".", "10", "10.", "10.1.2",
	    "10.2.2.3", "210.1.2.3", "10.1.2.3333", "10.1.2.999", "10..1.2.3",
	    "10-1.2-3", "110.1.2.34", "2001:db8:78::1",
	    "::", ":::::", "::ffff:11.1.2.3", "fe80::1", "deadbeef",
	    "1:2:3:4:5:6:7:8:9", "10.1.2", "a.b.c.d"};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct guard g;
		struct d4_slice s = guard_new(&g, d4_slice_str(rows[i]));

		if (san_find_scope(s, scope()))
			fail_msg("found: %s", rows[i]);
		guard_free(&g);
	}
}

static void
all_addresses_are_found_in_their_order(void **state)
{
	static const char *const want[] = {
	    "192.0.2.1", "2001:db8::5", "192.0.2.2"};
	struct san_find f = {
	    .text = d4_slice_str("192.0.2.1 (2001:db8::5), 192.0.2.2")};
	size_t hits = 0;
	struct d4_addr a;

	(void)state;
	while (san_find_next(&f, &a)) {
		char text[D4_ADDR_TEXT];

		d4_addr_text(&a, text);
		if (hits < COUNT(want) && strcmp(text, want[hits]) == 0)
			hits++;
	}
	assert_int_equal(hits, COUNT(want));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		an_address_of_the_scope_is_found_wherever_it_stands),
	    cmocka_unit_test(what_is_not_of_the_scope_is_not_found),
	    cmocka_unit_test(all_addresses_are_found_in_their_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

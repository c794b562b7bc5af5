#include "sanitizers/hints.h"
#include "scope.h"

static struct san_hints hints;

static void
of(const char *const *prefix)
{
	struct d4_prefix_set set = {NULL, 0};

	for (; *prefix != NULL; prefix++)
		scope_add(&set, *prefix);
	san_hints_of(&set, &hints);
	d4_prefix_set_fini(&set);
}

/* A first number and the mark behind it. */
static bool
may(const char *number)
{
	struct d4_slice t = d4_slice_str(number);

	return san_hints_front(&hints, t, t.n);
}

static void
a_first_number_is_known_by_its_last_two_bytes(void **state)
{
	static const char *const set[] = {"10.1.0.0/16", "200.0.0.0/8", NULL};
	static const char *const yes[] = {
	    "10", "010", "012", "0xa", "0Xa", "0x0A", "200", "0310", "0xc8"};
	static const char *const no[] = {"11", "20", "a", "0", "1", "", "201"};

	(void)state;
	of(set);
	for (size_t i = 0; i < COUNT(yes); i++) {
		if (!may(yes[i]))
			fail_msg("%s may be one", yes[i]);
	}
	for (size_t i = 0; i < COUNT(no); i++) {
		if (may(no[i]))
			fail_msg("%s is none", no[i]);
	}
	assert_true(san_hints_pair(&hints, 10, 1));
	assert_false(san_hints_pair(&hints, 10, 2));
	assert_true(san_hints_pair(&hints, 200, 255));
	assert_true(san_hints_first(&hints, 10));
	assert_false(san_hints_first(&hints, 11));
}

static void
every_octet_is_known_in_every_base(void **state)
{
	(void)state;
	for (unsigned v = 0; v < 256; v++) {
		char set[20], form[4][20];
		const char *sets[] = {set, NULL};

		(void)snprintf(set, sizeof(set), "%u.0.0.0/8", v);
		(void)snprintf(form[0], sizeof(form[0]), "%03u", v);
		(void)snprintf(form[1], sizeof(form[1]), "0%o", v);
		(void)snprintf(form[2], sizeof(form[2]), "0x%x", v);
		(void)snprintf(form[3], sizeof(form[3]), "0X%02X", v);
		of(sets);
		for (size_t i = 0; i < COUNT(form); i++) {
			if (!may(form[i]))
				fail_msg("%s may be one", form[i]);
		}
	}
}

static void
ipv4_of_the_set_may_be_inside_ipv6(void **state)
{
	static const char *const four[] = {"10.1.0.0/16", NULL};
	static const char *const six[] = {"2001:db8::/32", "fe80::/10", NULL};

	(void)state;
	of(four);
	assert_true(hints.embeds);
	assert_true(san_hints_group(&hints, 0x2002));
	assert_true(san_hints_group(&hints, 0x64));
	assert_false(san_hints_group(&hints, 0xfe80));
	of(six);
	assert_false(hints.embeds);
	assert_true(san_hints_group(&hints, 0x2001));
	assert_true(san_hints_group(&hints, 0xfebf));
	assert_false(san_hints_group(&hints, 0x2002));
	assert_false(san_hints_group(&hints, 0xfec0));
}

static void
without_hints_anything_may_be(void **state)
{
	(void)state;
	assert_true(san_hints_first(NULL, 1));
	assert_true(san_hints_pair(NULL, 1, 2));
	assert_true(san_hints_group(NULL, 1));
	assert_true(san_hints_front(NULL, d4_slice_str("x"), 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_first_number_is_known_by_its_last_two_bytes),
	    cmocka_unit_test(every_octet_is_known_in_every_base),
	    cmocka_unit_test(ipv4_of_the_set_may_be_inside_ipv6),
	    cmocka_unit_test(without_hints_anything_may_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* When two addresses are a clone, and when they are not. */
#include "hub/clone.h"
#include "test.h"

static struct clone clone;

static struct d4_addr
at(const char *text)
{
	struct d4_addr a;

	assert_int_equal(d4_addr_parse(d4_slice_str(text), &a), D4_OK);
	return a;
}

static bool
seen(const char *from, bool begins, uint64_t now_ms)
{
	struct d4_addr a = at(from);

	return clone_seen(&clone, &a, begins, now_ms);
}

static int
setup(void **unused)
{
	(void)unused;
	clone = (struct clone){.held_ms = 0};
	return 0;
}

static void
an_ipv6_host_may_change_the_rest_of_its_64(void **unused)
{
	static const struct {
		const char *a, *b;
		bool same;
	} cases[] = {
	    {"192.0.2.1", "192.0.2.1", true},
	    {"192.0.2.1", "192.0.2.2", false},
	    {"2001:db8::1", "2001:db8::ffff:1", true},
	    {"2001:db8::1", "2001:db8:0:1::1", false},
	    {"::", "0.0.0.0", false},
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct d4_addr a = at(cases[i].a), b = at(cases[i].b);

		if (clone_same(&a, &b) != cases[i].same)
			fail_msg("%s %s", cases[i].a, cases[i].b);
	}
}

static void
a_sensor_that_moves_is_no_clone(void **unused)
{
	(void)unused;
	for (uint64_t t = 1000; t < 9000; t += 1000)
		assert_false(seen("192.0.2.1", true, t));
	for (uint64_t t = 9000; t < 20000; t += 1000)
		assert_false(seen("192.0.2.2", true, t));
	/* Not more often than once in a while. */
	for (uint64_t i = 0; i < 50; i++)
		assert_false(seen(i % 2 == 0 ? "192.0.2.1" : "192.0.2.2", true,
		    200000 + i * (CLONE_WINDOW_MS / 3 + 1)));
}

static void
addresses_that_take_turns_are_a_clone(void **unused)
{
	static const char *const two[] = {"192.0.2.1", "192.0.2.2"};

	(void)unused;
	for (unsigned i = 0; i < CLONE_BORNE + 1; i++)
		assert_false(seen(two[i % 2], true, 1000 + i));
	assert_true(seen(two[0], true, 2000));
}

static void
turns_of_what_is_sent_count_when_they_are_apart(void **unused)
{
	static const char *const two[] = {"192.0.2.1", "192.0.2.2"};
	unsigned i;

	(void)unused;
	/* The rest of what was under way: at once. */
	for (i = 0; i < 100; i++)
		assert_false(seen(two[i % 2], false, 1000000));
	setup(NULL);
	for (i = 0; i < CLONE_BORNE + 1; i++)
		assert_false(
		    seen(two[i % 2], false, 1000000 + i * CLONE_APART_MS));
	assert_true(seen(two[0], false, 1000000 + i * CLONE_APART_MS));
}

static void
only_the_holder_may_come_while_it_is_held(void **unused)
{
	struct d4_addr holder = at("192.0.2.1"), other = at("192.0.2.2");

	(void)unused;
	assert_false(clone_barred(&clone, &other, 5));
	clone_hold(&clone, &holder, 100);
	assert_false(clone_barred(&clone, &holder, 99));
	assert_true(clone_barred(&clone, &other, 99));
	assert_false(clone_barred(&clone, &other, 100));
	/* What was before counts no more. */
	assert_false(seen("192.0.2.1", true, 99));
	assert_false(seen("192.0.2.2", true, 100));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(
		an_ipv6_host_may_change_the_rest_of_its_64, setup),
	    cmocka_unit_test_setup(a_sensor_that_moves_is_no_clone, setup),
	    cmocka_unit_test_setup(
		addresses_that_take_turns_are_a_clone, setup),
	    cmocka_unit_test_setup(
		turns_of_what_is_sent_count_when_they_are_apart, setup),
	    cmocka_unit_test_setup(
		only_the_holder_may_come_while_it_is_held, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

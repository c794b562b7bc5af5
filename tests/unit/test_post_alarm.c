#include "test.h"
#include "relay/post_alarm.h"

#define SECOND UINT64_C(1000000)

static bool
alarm_raise(struct post_alarm *a, enum post_failure what, const char *why,
    uint64_t now_us)
{
	const struct post_failed f = {.what = what, .why = why};

	return post_alarm_raise(a, &f, now_us);
}

static void
the_first_failure_is_said_at_once_and_then_at_growing_intervals(void **state)
{
	struct post_alarm a = {.count = 0};
	uint64_t now = 5 * SECOND, said[16];
	unsigned n = 0;

	(void)state;
	for (unsigned i = 0; i < 20000; i++, now += SECOND) {
		if (alarm_raise(&a, POST_FAIL_CONNECT, "refused", now) &&
		    n < 16)
			said[n++] = now / SECOND;
	}
	assert_int_equal(a.count, 20000);
	assert_in_range(n, 4, 9);
	assert_int_equal(said[0], 5);
	for (unsigned i = 2; i < n; i++)
		assert_true(said[i] - said[i - 1] >= said[i - 1] - said[i - 2]);
	assert_true(said[n - 1] - said[n - 2] <= 3600);
}

static void
another_kind_of_failure_is_said_at_once(void **state)
{
	struct post_alarm a = {.count = 0};

	(void)state;
	assert_true(alarm_raise(&a, POST_FAIL_CONNECT, "x", 1));
	assert_false(alarm_raise(&a, POST_FAIL_CONNECT, "x", 2));
	assert_true(alarm_raise(&a, POST_FAIL_TLS, "y", 3));
	assert_int_equal(a.since_us, 1);
	assert_string_equal(a.why, "y");
}

static void
clearing_says_so_only_when_it_was_on(void **state)
{
	struct post_alarm a = {.count = 0};

	(void)state;
	assert_false(post_alarm_clear(&a));
	assert_true(alarm_raise(&a, POST_FAIL_REFUSED, "x", 1));
	assert_true(post_alarm_clear(&a));
	assert_false(post_alarm_clear(&a));
	assert_int_equal(a.count, 0);
}

static void
how_long_it_lasts_is_told_for_people(void **state)
{
	static const struct {
		uint64_t s;
		const char *text;
	} cases[] = {{0, "0 s"}, {119, "119 s"}, {120, "2 min"},
	    {3599, "59 min"}, {3600, "1 h 0 min"}, {11520, "3 h 12 min"},
	    {172800, "2 days"}};
	char text[32];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct post_alarm a = {.count = 1, .since_us = SECOND};

		post_alarm_for(
		    &a, (cases[i].s + 1) * SECOND, text, sizeof(text));
		assert_string_equal(text, cases[i].text);
	}
}

static void
every_failure_has_a_name_and_a_hint(void **state)
{
	struct post_alarm a = {.count = 1};

	(void)state;
	for (unsigned f = POST_FAIL_NONE + 1; f < POST_FAILURES; f++) {
		assert_true(strlen(post_failure_name(f)) > 2);
		a.what = f;
		assert_true(strlen(post_alarm_hint(&a)) > 10);
	}
	assert_true(post_failure_partner(POST_FAIL_TLS));
	assert_false(post_failure_partner(POST_FAIL_REFUSED));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		the_first_failure_is_said_at_once_and_then_at_growing_intervals),
	    cmocka_unit_test(another_kind_of_failure_is_said_at_once),
	    cmocka_unit_test(clearing_says_so_only_when_it_was_on),
	    cmocka_unit_test(how_long_it_lasts_is_told_for_people),
	    cmocka_unit_test(every_failure_has_a_name_and_a_hint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

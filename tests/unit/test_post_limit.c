#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "relay/post_limit.h"

#define NOON 1700049600000000u /* 2023-11-15 12:00 UTC */

static void
a_rate_is_held_over_time_whatever_the_entries(void **state)
{
	static const uint64_t sizes[] = {100, 65536, 1, 1000000, 9000};
	struct limit l = {.rate_bits = 8000000}; /* 1 MB/s */
	uint64_t now = NOON, sent = 0, wait;

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		while ((wait = limit_wait(&l, now)) > 0)
			now += wait;
		limit_take(&l, sizes[i % 5]);
		sent += sizes[i % 5];
	}
	/* One second's burst, and the last entry, beyond the rate. */
	assert_true(sent <= (now - NOON) + 1000000 + 1000000);
	assert_true(sent >= (now - NOON) * 99 / 100);
}

static void
a_volume_ends_with_the_day_in_utc(void **state)
{
	struct limit l = {.volume = 1000};
	uint64_t midnight = NOON + 43200000000u;

	(void)state;
	assert_int_equal(limit_wait(&l, NOON), 0);
	limit_take(&l, 999);
	assert_int_equal(limit_wait(&l, NOON), 0);
	limit_take(&l, 500);
	assert_int_equal(limit_wait(&l, NOON), 43200000000u);
	assert_int_equal(limit_wait(&l, midnight - 1), 1);
	assert_int_equal(limit_wait(&l, midnight), 0);
	assert_int_equal(l.used, 0);
}

static void
no_limit_never_waits_and_a_clock_that_jumps_back_does_no_harm(void **state)
{
	struct limit none = {.rate_bits = 0}, l = {.rate_bits = 8000};

	(void)state;
	limit_take(&none, UINT64_C(1) << 40);
	assert_int_equal(limit_wait(&none, NOON), 0);
	assert_int_equal(limit_wait(&l, NOON), 0);
	limit_take(&l, 3000);
	assert_true(limit_wait(&l, NOON - 5000000) > 0);
	assert_true(limit_wait(&l, NOON - 5000000) < 3000000);
}

static void
the_wait_after_failures_doubles_up_to_its_limit(void **state)
{
	(void)state;
	assert_int_equal(limit_backoff(1, 1000, 60000, 0), 500);
	assert_true(limit_backoff(1, 1000, 60000, 0xffffffff) >= 990);
	assert_true(limit_backoff(1, 1000, 60000, 0xffffffff) <= 1000);
	assert_int_equal(limit_backoff(4, 1000, 60000, 0), 4000);
	assert_int_equal(limit_backoff(400, 1000, 60000, 0), 30000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_rate_is_held_over_time_whatever_the_entries),
	    cmocka_unit_test(a_volume_ends_with_the_day_in_utc),
	    cmocka_unit_test(
		no_limit_never_waits_and_a_clock_that_jumps_back_does_no_harm),
	    cmocka_unit_test(the_wait_after_failures_doubles_up_to_its_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

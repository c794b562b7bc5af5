#include "hub/share.h"
#include "test.h"

static void
entries_count_until_the_stream_is_trimmed(void **unused)
{
	struct share s = {.of = &s};

	(void)unused;
	for (uint64_t ms = 1000; ms < 2000; ms += 10)
		share_put(&s, ms);
	assert_int_equal(share_entries(&s, 0), 100);
	assert_int_equal(share_entries(&s, 1000), 100);
	assert_int_equal(share_entries(&s, 1500), 50);
	assert_int_equal(share_entries(&s, 1000), 50);
	assert_int_equal(share_entries(&s, UINT64_MAX), 0);
	share_put(&s, 1);
	assert_int_equal(share_entries(&s, 0), 1);
}

/* Whatever is forgotten of the times, an entry that waits is counted. */
static void
many_marks_are_never_too_few(void **unused)
{
	struct share s = {.of = &s};
	uint64_t put = 0;

	(void)unused;
	for (uint64_t ms = 0; ms < 1000000; ms += 777, put++)
		share_put(&s, ms);
	assert_int_equal(share_entries(&s, 0), put);
	for (uint64_t ms = 0; ms < 1000000; ms += 50000) {
		uint64_t gone = (ms + 776) / 777;

		assert_true(share_entries(&s, ms) >= put - gone);
	}
	assert_true(s.n <= SHARE_MARKS);
}

static void
a_clock_that_goes_back_does_no_harm(void **unused)
{
	struct share s = {.of = &s};

	(void)unused;
	share_put(&s, 5000);
	share_put(&s, 100);
	share_put(&s, 200);
	assert_int_equal(share_entries(&s, 5000), 3);
	assert_int_equal(share_entries(&s, 5001), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(entries_count_until_the_stream_is_trimmed),
	    cmocka_unit_test(many_marks_are_never_too_few),
	    cmocka_unit_test(a_clock_that_goes_back_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

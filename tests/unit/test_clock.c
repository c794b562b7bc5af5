#include "test.h"
#include "libd4/kit/clock.h"

static void
a_time_is_written_as_rfc_3339_in_utc(void **state)
{
	static const struct {
		uint64_t us;
		const char *text;
	} rows[] = {
	    {0, "1970-01-01T00:00:00.000000Z"},
	    {1709251199123456, "2024-02-29T23:59:59.123456Z"},
	    {4102444800000001, "2100-01-01T00:00:00.000001Z"},
	    {UINT64_MAX, "invalid-time"},
	};
	char out[D4_TIME_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		d4_time_text(rows[i].us, out);
		assert_string_equal(out, rows[i].text);
	}
}

static void
the_monotonic_clock_does_not_go_back(void **state)
{
	uint64_t last = d4_mono_ms();

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		uint64_t now = d4_mono_ms();

		assert_true(now >= last);
		last = now;
	}
	assert_true(d4_now_us() > 1600000000000000u);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_time_is_written_as_rfc_3339_in_utc),
	    cmocka_unit_test(the_monotonic_clock_does_not_go_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

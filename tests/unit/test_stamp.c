#include "sanitizers/stamp.h"
#include "test.h"

#define S UINT64_C(1000000)
#define H (3600 * S)
#define D (24 * H)

struct row {
	const char *in;
	uint64_t unit;
	const char *out; /* NULL: refused */
};

static void
check(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct san_stamp out;
		enum d4_reason why = san_stamp_floor(
		    d4_slice_str(rows[i].in), rows[i].unit, &out);

		if (rows[i].out == NULL) {
			if (why != D4_R_TIME_VALUE)
				fail_msg("%s was taken", rows[i].in);
			continue;
		}
		if (why != D4_R_NONE ||
		    !d4_slice_eqs(d4_slice_of(out.text, out.n), rows[i].out))
			fail_msg("%s: %.*s, not %s", rows[i].in, (int)out.n,
			    (const char *)out.text, rows[i].out);
	}
}

static void
seconds_keep_as_many_digits_behind_the_point_as_they_had(void **state)
{
	static const struct row rows[] = {
	    {"1322849924.408856", H, "1322848800.000000"},
	    {"1322849924.408856", S, "1322849924.000000"},
	    {"1322849924.408856", 1000, "1322849924.408000"},
	    {"1322849924.408856", 1, "1322849924.408856"},
	    {"1322849924.4", 1000, "1322849924.4"},
	    {"1322849924.123456789", 1, "1322849924.123456000"},
	    {"1322849924.5", H, "1322848800.0"},
	    {"0.5", S, "0.0"},
	    {"100000.0", D, "86400.0"},
	};

	(void)state;
	check(rows, COUNT(rows));
}

static void
whole_numbers_are_of_the_scale_that_their_length_says(void **state)
{
	static const struct row rows[] = {
	    {"1322849924", H, "1322848800"},
	    {"1322849924408", H, "1322848800000"},
	    {"1322849924408856", H, "1322848800000000"},
	    {"1322849924408856123", H, "1322848800000000000"},
	    {"1322849924408856123", 1, "1322849924408856000"},
	    {"0", D, "0"},
	    {"86399", D, "0"},
	};

	(void)state;
	check(rows, COUNT(rows));
}

static void
iso_times_are_floored_in_utc_and_written_in_their_zone(void **state)
{
	static const struct row rows[] = {
	    {"2019-06-20T09:17:53.124152Z", H, "2019-06-20T09:00:00.000000Z"},
	    {"2019-06-20T09:17:53.124152Z", S, "2019-06-20T09:17:53.000000Z"},
	    {"2019-06-20T09:17:53.1Z", 1000, "2019-06-20T09:17:53.1Z"},
	    {"2019-06-20t09:17:53,999999999z", 1,
		"2019-06-20t09:17:53,999999000z"},
	    {"2019-06-20 09:17:53", H, "2019-06-20 09:00:00"},
	    {"2019-06-20T09:17Z", H, "2019-06-20T09:00Z"},
	    {"2019-06-20T09:17:53+05:30", H, "2019-06-20T08:30:00+05:30"},
	    {"2019-06-20T01:17:53+05:30", D, "2019-06-19T05:30:00+05:30"},
	    {"2019-06-20T09:17:53-0800", H, "2019-06-20T09:00:00-0800"},
	    {"2019-06-20T09:17:53+02", H, "2019-06-20T09:00:00+02"},
	    {"2019-06-20", D, "2019-06-20"},
	    {"1969-12-31T23:59:59.5Z", H, "1969-12-31T23:00:00.0Z"},
	    {"0000-01-01T00:00:00Z", D, "0000-01-01T00:00:00Z"},
	    {"2016-12-31T23:59:60Z", S, "2017-01-01T00:00:00Z"},
	    {"2024-02-29T00:00:01Z", S, "2024-02-29T00:00:01Z"},
	};

	(void)state;
	check(rows, COUNT(rows));
}

static void
what_is_no_time_is_refused(void **state)
{
	static const struct row rows[] = {{"", S, NULL}, {"-1", S, NULL},
	    {"1e9", S, NULL}, {"1.", S, NULL}, {".5", S, NULL},
	    {"1.5.5", S, NULL}, {"1,5", S, NULL}, {"12345678901.5", S, NULL},
	    {"1.1234567890", S, NULL}, {"12345678901234567890", S, NULL},
	    {"2019-6-20", S, NULL}, {"2019-13-01", S, NULL},
	    {"2019-00-10", S, NULL}, {"2019-02-30", S, NULL},
	    {"2023-02-29", S, NULL}, {"2019-06-20T", S, NULL},
	    {"2019-06-20T24:00:00Z", S, NULL}, {"2019-06-20T09", S, NULL},
	    {"2019-06-20T09:60:00Z", S, NULL},
	    {"2019-06-20T09:17:61Z", S, NULL},
	    {"2019-06-20T09:17:53.Z", S, NULL},
	    {"2019-06-20T09:17:53+5", S, NULL},
	    {"2019-06-20T09:17:53+05:3", S, NULL},
	    {"2019-06-20T09:17:53Zx", S, NULL},
	    {"2019-06-20_09:17:53Z", S, NULL},
	    {"2019-06-20T09:17:53.1234567890Z", S, NULL},
	    {"0000-01-01T00:00:00+01:00", D, NULL}, {"yesterday", S, NULL},
	    /* The result would be read as seconds. */
	    {"10000000000", D, NULL}};

	(void)state;
	check(rows, COUNT(rows));
}

static void
flooring_twice_changes_nothing(void **state)
{
	static const char *const rows[] = {"1322849924.408856", "1322849924",
	    "1322849924408", "1322849924408856123",
	    "2019-06-20T09:17:53.124152+05:45"};
	static const uint64_t units[] = {1, 7, 1000, S, 7 * S, H, D};

	(void)state;
	for (size_t i = 0; i < COUNT(rows) * COUNT(units); i++) {
		uint64_t unit = units[i % COUNT(units)];
		struct san_stamp a, b;

		assert_int_equal(
		    san_stamp_floor(
			d4_slice_str(rows[i / COUNT(units)]), unit, &a),
		    D4_R_NONE);
		assert_int_equal(
		    san_stamp_floor(d4_slice_of(a.text, a.n), unit, &b),
		    D4_R_NONE);
		assert_int_equal(a.n, b.n);
		assert_memory_equal(a.text, b.text, a.n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		seconds_keep_as_many_digits_behind_the_point_as_they_had),
	    cmocka_unit_test(
		whole_numbers_are_of_the_scale_that_their_length_says),
	    cmocka_unit_test(
		iso_times_are_floored_in_utc_and_written_in_their_zone),
	    cmocka_unit_test(what_is_no_time_is_refused),
	    cmocka_unit_test(flooring_twice_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

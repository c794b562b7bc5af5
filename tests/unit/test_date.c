#include <time.h>
#include "policies/pol.h"
#include "test.h"

static void
every_day_to_2400_is_as_libc_has_it(void **state)
{
	char text[32], back[16];
	uint64_t day, s;
	struct tm tm;
	time_t t;

	(void)state;
	for (day = 0; day < 157000; day++) {
		t = (time_t)(day * 86400);
		assert_non_null(gmtime_r(&t, &tm));
		assert_true(strftime(text, sizeof(text), "%Y-%m-%d", &tm) > 0);
		assert_int_equal(pol_date_read(text, &s), D4_OK);
		assert_true(s == day * 86400);
		pol_date_text(s + 86399, back);
		assert_string_equal(text, back);
	}
}

static void
what_is_no_date_is_refused(void **state)
{
	static const char *const bad[] = {"", "2025", "2025-1-01", "2025-13-01",
	    "2025-00-10", "2025-01-00", "2025-01-32", "2025-02-29",
	    "2100-02-29", "1969-12-31", "2025-01-01 ", "2025-01-01T00:00:00Z",
	    "20250101", "2025/01/01", "+025-01-01", "2025-01-0x"};
	uint64_t s = 7;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++)
		if (pol_date_read(bad[i], &s) != D4_EMALFORMED)
			fail_msg("%s", bad[i]);
	assert_true(s == 7);
	assert_int_equal(pol_date_read("2024-02-29", &s), D4_OK);
	assert_int_equal(pol_date_read("2000-02-29", &s), D4_OK);
}

static void
a_day_is_over_at_midnight_utc(void **state)
{
	uint64_t day;

	(void)state;
	assert_int_equal(pol_date_read("2027-12-31", &day), D4_OK);
	assert_true(day == 1830211200u);
	assert_false(pol_day_over(day, day + 86399));
	assert_true(pol_day_over(day, day + 86400));
}

static const struct {
	const char *text;
	uint64_t s; /* 0: refused */
} times[] = {
    {"1749988800", 1749988800},
    {"2025-06-15T12:00:00Z", 1749988800},
    {"2025-06-15t12:00:00z", 1749988800},
    {"2025-06-15 12:00:00.123Z", 1749988800},
    {"2025-06-15T14:00:00+02:00", 1749988800},
    {"2025-06-15T06:30:00-05:30", 1749988800},
    {"2025-06-15", 1749945600},
    {"2016-12-31T23:59:60Z", 1483228800},
    {"", 0},
    {"now", 0},
    {"2025-06-15T12:00:00", 0},
    {"2025-06-15T24:00:00Z", 0},
    {"2025-06-15T12:60:00Z", 0},
    {"2025-06-15T12:00:61Z", 0},
    {"2025-06-15T12:00Z", 0},
    {"2025-06-15T12:00:00Zx", 0},
    {"2025-06-15T12:00:00+0200", 0},
    {"1970-01-01T00:00:00+01:00", 0},
    {"-5", 0},
    {"17499888000000000", 0},
};

static void
times_are_rfc_3339_or_seconds(void **state)
{
	enum d4_status st;
	uint64_t s;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(times); i++) {
		s = 0;
		st = pol_time_read(times[i].text, &s);
		if (s != times[i].s || (st == D4_OK) != (times[i].s != 0))
			fail_msg(
			    "%s: %llu", times[i].text, (unsigned long long)s);
	}
}

static const struct {
	const char *text;
	uint64_t s; /* 0: refused */
} embargoes[] = {
    {"2026-12-31", 1798761600},
    {"2026-12-31T23:59:59Z", 1798761599},
    {"2026-12-31T23:59:59.000Z", 1798761599},
    {"2026-12-31T23:59:59.001Z", 1798761600},
    {"2027-01-01T02:00:00+02:00", 1798761600},
    {"1798761600", 0},
    {"24h", 0},
    {"", 0},
    {"2026-12-32", 0},
    {"2026-12-31T12:00:00", 0},
    {"1970-01-01T00:00:00Z", 0},
};

static void
an_embargo_ends_with_its_day_and_never_early(void **state)
{
	enum d4_status st;
	char text[POL_TIME_TEXT];
	uint64_t s;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(embargoes); i++) {
		s = 0;
		st = pol_embargo_read(embargoes[i].text, &s);
		if (s != embargoes[i].s ||
		    (st == D4_OK) != (embargoes[i].s != 0))
			fail_msg("%s: %llu", embargoes[i].text,
			    (unsigned long long)s);
	}
	pol_time_text(1798761599, text);
	assert_string_equal(text, "2026-12-31T23:59:59Z");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_day_to_2400_is_as_libc_has_it),
	    cmocka_unit_test(what_is_no_date_is_refused),
	    cmocka_unit_test(a_day_is_over_at_midnight_utc),
	    cmocka_unit_test(times_are_rfc_3339_or_seconds),
	    cmocka_unit_test(an_embargo_ends_with_its_day_and_never_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

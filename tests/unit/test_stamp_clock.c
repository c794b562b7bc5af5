#include "sanitizers/stamp.h"
#include "test.h"

#define S      UINT64_C(1000000)
#define DAY_S  86400u
#define ROUNDS 200000u

static uint32_t
random_below(uint32_t n)
{
	static uint32_t seed = 1;

	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

/* A time as clocks write it, and now and then one that no clock shows. */
static size_t
make(char out[64])
{
	static const char digits[] = "123456789012";
	static const char *const gaps[] = {"T", "t", " ", "_"};
	int n = snprintf(out, 64, "%04u-%02u-%02u%s%02u:%02u:%02u",
	    random_below(10000), random_below(14), random_below(33),
	    gaps[random_below(8) == 0 ? random_below(4) : 0], random_below(25),
	    random_below(61), random_below(62));

	if (random_below(3) != 0)
		n += snprintf(out + n, 64 - (size_t)n, "%c%.*s",
		    random_below(5) == 0 ? ',' : '.', (int)random_below(11),
		    digits);
	if (random_below(50) == 0)
		out[random_below((uint32_t)n)] =
		    (char)(random_below(2) == 0 ? '.' + random_below(80)
						: 1 + random_below('+' - 1));
	return (size_t)n;
}

/* Units of seconds: some of which a day has a whole number, and others. */
static uint64_t
unit_of(void)
{
	static const uint64_t units[] = {S, 60 * S, 3600 * S, DAY_S * S, 15 * S,
	    86400 * S / 7, 7 * S, 1, 500000, 1500000, 43200 * S};

	return units[random_below(COUNT(units))];
}

/*
 * The same time with a zone of +00:00 takes the long way: what stands in
 * front of the zone must be the same, and taken or refused alike.
 */
static void
times_in_utc_are_floored_as_any_other(void **state)
{
	unsigned taken = 0;

	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		static const char *const zones[] = {"", "Z", "z"};
		const char *zone = zones[random_below(3)];
		char time[64], in[80], zoned[80];
		size_t n = make(time);
		uint64_t unit = unit_of();
		struct san_stamp out, other;
		enum d4_reason why;

		(void)snprintf(zoned, sizeof(zoned), "%s+00:00", time);
		(void)snprintf(in, sizeof(in), "%s%s", time, zone);
		why = san_stamp_floor(d4_slice_str(in), unit, &out);
		if (why != san_stamp_floor(d4_slice_str(zoned), unit, &other))
			fail_msg("%.*s: %d", (int)n, in, why);
		if (why != D4_R_NONE)
			continue;
		taken += san_stamp_floor_clock(d4_slice_str(in), unit, &out);
		assert_int_equal(out.n, n + strlen(zone));
		if (memcmp(out.text, other.text, n) != 0)
			fail_msg("%.*s: %.*s, not %.*s", (int)n, in, (int)n,
			    (const char *)out.text, (int)n,
			    (const char *)other.text);
		assert_memory_equal(out.text + n, zone, strlen(zone));
	}
	assert_true(taken > ROUNDS / 10);
}

static void
what_is_no_such_time_is_left_alone(void **state)
{
	static const char *const rows[] = {"", "2019-06-20", "1322849924",
	    "2019-06-20T09:17Z", "2019-06-20T09:17:53+02:00",
	    "2016-12-31T23:59:60Z", "2024-02-29T00:00:00Z",
	    "2019-06-20T09:17:53.Z", "2019-06-20T09:17:53.1234567890Z",
	    "2019-06-20T09:17:53Zx", "2019-06-20T09;17:53Z",
	    "2019-06-2/T09:17:53Z", "2019-06/20T09:17:53Z"};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct san_stamp out = {.n = 7};

		assert_false(
		    san_stamp_floor_clock(d4_slice_str(rows[i]), S, &out));
		assert_int_equal(out.n, 7);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(times_in_utc_are_floored_as_any_other),
	    cmocka_unit_test(what_is_no_such_time_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "prop.h"
#include "sanitizers/digits.h"
#include "sanitizers/lanes.h"
#include "test.h"

/* One by one, as people would do it. */
static bool
plain(const uint8_t *p, uint32_t *out)
{
	uint32_t v = 0;

	for (size_t i = 0; i < SAN_DIGITS; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		v = v * 10 + (uint32_t)(p[i] - '0');
	}
	*out = v;
	return true;
}

static void
compare(const uint8_t *p)
{
	uint32_t want = 7, got = 7;
	bool ok = plain(p, &want);

	assert_int_equal(san_digits(p, &got), ok);
	assert_int_equal(got, want);
}

static void
eight_digits_are_read_as_their_number(void **state)
{
	uint64_t seed = prop_seed(), cases = prop_cases(100000);

	(void)state;
	for (uint64_t i = 0; i < cases; i++) {
		struct prop p = prop_case(seed, i);
		uint8_t text[SAN_DIGITS];

		for (size_t k = 0; k < sizeof(text); k++)
			text[k] = (uint8_t)('0' + prop_below(&p, 10));
		compare(text);
	}
}

static void
any_other_byte_anywhere_is_refused(void **state)
{
	static const char *const numbers[] = {"00000000", "99999999"};

	(void)state;
	for (size_t n = 0; n < COUNT(numbers); n++) {
		for (unsigned i = 0; i < 256 * SAN_DIGITS; i++) {
			uint8_t text[SAN_DIGITS];

			memcpy(text, numbers[n], sizeof(text));
			text[i % SAN_DIGITS] = (uint8_t)(i / SAN_DIGITS);
			compare(text);
		}
	}
}

static void
lanes_are_bits_from_the_first_to_the_last(void **state)
{
	uint8_t m[SAN_BLOCK];

	(void)state;
	for (unsigned bits = 0; bits <= 0xffff; bits++) {
		for (unsigned i = 0; i < SAN_BLOCK; i++)
			m[i] = (bits >> i & 1) != 0 ? 0xff : 0;
		assert_int_equal(san_lanes_bits(san_lanes(m)), bits);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(eight_digits_are_read_as_their_number),
	    cmocka_unit_test(any_other_byte_anywhere_is_refused),
	    cmocka_unit_test(lanes_are_bits_from_the_first_to_the_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

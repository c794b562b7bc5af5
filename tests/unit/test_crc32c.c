#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "libd4/kit/crc32c.h"

/* RFC 3720 appendix B.4, and the check value of the catalogue of CRCs. */
static void
known_answers_hold(void **state)
{
	uint8_t buf[32];

	(void)state;
	assert_int_equal(d4_crc32c(0, d4_slice_str("123456789")), 0xe3069283);
	memset(buf, 0, sizeof(buf));
	assert_int_equal(d4_crc32c(0, d4_slice_of(buf, 32)), 0x8a9136aa);
	memset(buf, 0xff, sizeof(buf));
	assert_int_equal(d4_crc32c(0, d4_slice_of(buf, 32)), 0x62a8ab43);
	for (unsigned i = 0; i < 32; i++)
		buf[i] = (uint8_t)i;
	assert_int_equal(d4_crc32c(0, d4_slice_of(buf, 32)), 0x46dd794e);
	for (unsigned i = 0; i < 32; i++)
		buf[i] = (uint8_t)(31 - i);
	assert_int_equal(d4_crc32c(0, d4_slice_of(buf, 32)), 0x113fdb5c);
	assert_int_equal(d4_crc32c(0, d4_slice_of(NULL, 0)), 0);
}

static void
instruction_and_tables_agree_at_any_length_and_cut(void **state)
{
	static uint8_t buf[10000];
	uint32_t whole, cut;

	(void)state;
	for (unsigned i = 0; i < sizeof(buf); i++)
		buf[i] = (uint8_t)(i * 37 + i / 251 + 11);
	/* All short ones, and those around the blocks of three runs. */
	for (size_t n = 0; n <= sizeof(buf); n += n < 300 ? 1 : 61) {
		size_t k = n / 3;

		whole = d4_crc32c_portable(0, d4_slice_of(buf, n));
		assert_int_equal(d4_crc32c(0, d4_slice_of(buf, n)), whole);
		cut = d4_crc32c(0, d4_slice_of(buf, k));
		cut = d4_crc32c(cut, d4_slice_of(buf + k, n - k));
		assert_int_equal(cut, whole);
	}
}

static void
two_sums_join_to_that_of_both(void **state)
{
	static uint8_t buf[5000];

	(void)state;
	for (unsigned i = 0; i < sizeof(buf); i++)
		buf[i] = (uint8_t)(i * 41 + i / 7);
	for (size_t n = 0; n <= sizeof(buf); n += n < 20 ? 1 : 83) {
		for (size_t k = 0; k <= n; k += 1 + n / 9) {
			uint32_t front = d4_crc32c(5, d4_slice_of(buf, k));
			uint32_t sum =
			    d4_crc32c(0, d4_slice_of(buf + k, n - k));

			assert_int_equal(
			    d4_crc32c_join(front, sum, d4_crc32c_power(n - k)),
			    d4_crc32c(5, d4_slice_of(buf, n)));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(known_answers_hold),
	    cmocka_unit_test(
		instruction_and_tables_agree_at_any_length_and_cut),
	    cmocka_unit_test(two_sums_join_to_that_of_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "libd4/wire.h"
#include "sanitizers/checksum.h"

static uint16_t
folded(const uint8_t *p, size_t n)
{
	uint8_t out[2];

	san_sum_put(out, san_sum_fold(san_sum(p, n, 0)));
	return d4_get_be16(out);
}

static void
sums_are_those_of_rfc_1071(void **state)
{
	/* The example of section 3: the sum is ddf2. */
	static const uint8_t b[] = {0, 1, 0xf2, 3, 0xf4, 0xf5, 0xf6, 0xf7};

	(void)state;
	assert_int_equal(folded(b, 8), 0xffff & ~0xddf2);
	assert_int_equal(folded(b, 0), 0xffff);
	assert_int_equal(folded(b, 3), 0xffff & ~(0x0001 + 0xf200));
}

/* Word by word, as the RFC has it, for every length and many carries. */
static void
fast_sums_agree_with_slow_ones(void **state)
{
	uint8_t b[2048];
	uint32_t x = 1;

	(void)state;
	for (size_t n = 0; n < sizeof(b); n++) {
		uint32_t sum = 0;

		x = x * 1103515245 + 12345;
		b[n] = n % 3 == 0 ? 0xff : (uint8_t)(x >> 16);
		for (size_t i = 0; i < n; i++)
			sum += (uint32_t)b[i] << (i % 2 == 0 ? 8 : 0);
		while (sum >> 16 != 0)
			sum = (sum & 0xffff) + (sum >> 16);
		assert_int_equal(folded(b, n), 0xffff & ~sum);
	}
}

static void
a_correct_header_sums_to_zero(void **state)
{
	static const uint8_t head[20] = {0x45, 0, 0, 0x21, 0x12, 0x34, 0, 0,
	    0x40, 0x11, 0x20, 0x8b, 0xcb, 0, 0x71, 9, 0x0a, 1, 2, 3};

	(void)state;
	assert_int_equal(folded(head, 20), 0);
}

static void
the_end_of_a_pseudo_header_is_counted(void **state)
{
	static const uint8_t b[8] = {0, 1, 0, 0, 0, 0, 0, 17};

	(void)state;
	assert_int_equal(san_sum_fold(san_sum_tail(17, 65536, 0)),
	    san_sum_fold(san_sum(b, 8, 0)));
}

#define N_WORDS 8u

/* Also where both come to nothing but one bits. */
static void
a_part_that_turns_gives_the_sum_of_the_new_whole(void **state)
{
	static const uint32_t words[N_WORDS] = {
	    0, 1, 0xffff, 0x10000, 0xffff0000, 0xffffffff, 0x0a010203, 0x7f};
	uint8_t b[8] = {0x45};

	(void)state;
	for (size_t i = 0; i < N_WORDS * N_WORDS; i++) {
		uint32_t was = words[i % N_WORDS];
		uint32_t now = words[i / N_WORDS];
		uint64_t sum;

		d4_put_be32(b + 4, was);
		sum = (uint16_t)~san_sum_fold(san_sum(b, 8, 0));
		sum = san_sum_turn(b + 4, now, sum);
		d4_put_be32(b + 4, now);
		assert_int_equal(
		    san_sum_fold(sum), san_sum_fold(san_sum(b, 8, 0)));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sums_are_those_of_rfc_1071),
	    cmocka_unit_test(fast_sums_agree_with_slow_ones),
	    cmocka_unit_test(a_correct_header_sums_to_zero),
	    cmocka_unit_test(the_end_of_a_pseudo_header_is_counted),
	    cmocka_unit_test(a_part_that_turns_gives_the_sum_of_the_new_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "test.h"

static void
slices_compare_by_content(void **state)
{
	struct d4_slice a = d4_slice_str("abc"), none = {0};

	(void)state;
	assert_true(d4_slice_eqs(a, "abc"));
	assert_false(d4_slice_eqs(a, "abd"));
	assert_false(d4_slice_eqs(a, "ab"));
	assert_true(d4_slice_eqs(none, ""));
	assert_true(d4_slice_eq(none, d4_slice_str("")));
	assert_false(d4_slice_eq(none, a));
}

static void
hex_is_two_digits_a_byte(void **state)
{
	char out[7] = "xxxxxx";

	(void)state;
	d4_slice_hex(d4_slice_of("\x00\x9a\xff", 3), out);
	assert_string_equal(out, "009aff");
	d4_slice_hex(d4_slice_of(NULL, 0), out);
	assert_string_equal(out, "");
}

static void
a_hex_digit_has_a_value_in_either_case_and_nothing_else_has(void **state)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";

	(void)state;
	for (unsigned c = 0; c < 256; c++) {
		const char *at = c != 0 ? strchr(digits, (char)c) : NULL;

		assert_int_equal(d4_hex_value((uint8_t)c),
		    at != NULL ? (int)((at - digits) % 16) : -1);
	}
}

static void
skip_returns_the_head_and_keeps_the_tail(void **state)
{
	struct d4_slice s = d4_slice_str("abcdef"), none = {0};

	(void)state;
	assert_slice(d4_slice_skip(&s, 2), "ab");
	assert_slice(s, "cdef");
	assert_slice(d4_slice_skip(&s, 0), "");
	assert_slice(d4_slice_skip(&s, 4), "cdef");
	assert_int_equal(s.n, 0);
	assert_int_equal(d4_slice_skip(&none, 0).n, 0);
}

static void
a_buffer_takes_exactly_its_limit(void **state)
{
	static const size_t limits[] = {0, 1, 255, 256, 257, 1000, 4096};

	(void)state;
	for (size_t i = 0; i < COUNT(limits); i++) {
		struct d4_buf b;

		d4_buf_init(&b, limits[i]);
		for (size_t k = 0; k < limits[i]; k++)
			assert_int_equal(d4_buf_add(&b, "x", 1), D4_OK);
		assert_int_equal(b.n, limits[i]);
		assert_int_equal(d4_buf_add(&b, "x", 1), D4_ETOOBIG);
		assert_int_equal(d4_buf_add(&b, "x", SIZE_MAX), D4_ETOOBIG);
		assert_int_equal(d4_buf_reserve(&b, SIZE_MAX), D4_ETOOBIG);
		assert_int_equal(d4_buf_add(&b, NULL, 0), D4_OK);
		assert_int_equal(b.n, limits[i]);
		d4_buf_fini(&b);
		assert_int_equal(b.max, limits[i]);
	}
}

static void
a_refused_addition_changes_nothing(void **state)
{
	struct d4_buf b, before;

	(void)state;
	d4_buf_init(&b, 10);
	assert_int_equal(d4_buf_adds(&b, "12345"), D4_OK);
	before = b;
	assert_int_equal(d4_buf_adds(&b, "123456"), D4_ETOOBIG);
	assert_int_equal(d4_buf_addf(&b, "%s", "123456"), D4_ETOOBIG);
	assert_memory_equal(&b, &before, sizeof(b));
	assert_slice(d4_buf_slice(&b), "12345");
	d4_buf_fini(&b);
}

static void
formatted_text_counts_no_nul(void **state)
{
	struct d4_buf b;

	(void)state;
	d4_buf_init(&b, 4096);
	assert_int_equal(d4_buf_addf(&b, "%d-%s", 7, "x"), D4_OK);
	assert_int_equal(d4_buf_addf(&b, "%0300d", 1), D4_OK);
	assert_int_equal(b.n, 303);
	assert_int_equal(d4_buf_adds(&b, "end"), D4_OK);
	assert_memory_equal(b.p + 300, "001end", 6);
	d4_buf_fini(&b);
}

static void
drop_moves_the_rest_to_the_front(void **state)
{
	struct d4_buf b;

	(void)state;
	d4_buf_init(&b, 100);
	assert_int_equal(d4_buf_adds(&b, "abcdef"), D4_OK);
	d4_buf_drop(&b, 0);
	d4_buf_drop(&b, 2);
	assert_slice(d4_buf_slice(&b), "cdef");
	d4_buf_drop(&b, 4);
	assert_int_equal(b.n, 0);
	d4_buf_wipe(&b);
	assert_null(b.p);
	d4_buf_wipe(&b);
	d4_buf_drop(&b, 0);
}

static void
clear_keeps_small_memory_and_gives_large_back(void **state)
{
	struct d4_buf b;

	(void)state;
	d4_buf_init(&b, 100000);
	assert_int_equal(d4_buf_reserve(&b, 1000), D4_OK);
	b.n = 1000;
	d4_buf_clear(&b, 1024);
	assert_non_null(b.p);
	assert_int_equal(b.n, 0);
	assert_int_equal(d4_buf_reserve(&b, 1025), D4_OK);
	d4_buf_clear(&b, 1024);
	assert_null(b.p);
	assert_int_equal(b.cap, 0);
	assert_int_equal(b.max, 100000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(slices_compare_by_content),
	    cmocka_unit_test(hex_is_two_digits_a_byte),
	    cmocka_unit_test(
		a_hex_digit_has_a_value_in_either_case_and_nothing_else_has),
	    cmocka_unit_test(skip_returns_the_head_and_keeps_the_tail),
	    cmocka_unit_test(a_buffer_takes_exactly_its_limit),
	    cmocka_unit_test(a_refused_addition_changes_nothing),
	    cmocka_unit_test(formatted_text_counts_no_nul),
	    cmocka_unit_test(drop_moves_the_rest_to_the_front),
	    cmocka_unit_test(clear_keeps_small_memory_and_gives_large_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

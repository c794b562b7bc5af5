#include "sanitizers/json_copy.h"
#include "test.h"

static void
what_is_kept_stands_in_out_and_the_rest_in_gone(void **state)
{
	static const char text[] = "abcdefghij";
	const uint8_t *p = (const uint8_t *)text;
	struct d4_buf out, gone;
	struct san_json_copy c = {&out, &gone, p, p};

	(void)state;
	d4_buf_init(&out, 100);
	d4_buf_init(&gone, 100);
	assert_int_equal(san_json_keep(&c, p, p + 2), D4_R_NONE);
	assert_int_equal(san_json_keep(&c, p + 2, p + 3), D4_R_NONE);
	assert_int_equal(out.n, 0); /* one run so far */
	assert_int_equal(san_json_keep(&c, p + 5, p + 6), D4_R_NONE);
	assert_slice(d4_buf_slice(&out), "abc");
	assert_slice(d4_buf_slice(&gone), "de\n");
	assert_int_equal(san_json_keep(&c, p + 9, p + 10), D4_R_NONE);
	assert_int_equal(san_json_flush(&c), D4_R_NONE);
	assert_int_equal(san_json_flush(&c), D4_R_NONE);
	assert_slice(d4_buf_slice(&out), "abcfj");
	assert_slice(d4_buf_slice(&gone), "de\nghi\n");
	d4_buf_fini(&out);
	d4_buf_fini(&gone);
}

static void
a_full_buffer_is_an_error(void **state)
{
	const uint8_t *p = (const uint8_t *)"abcdef";
	struct d4_buf out, gone;
	struct san_json_copy c = {&out, NULL, p, p};

	(void)state;
	d4_buf_init(&out, 3);
	d4_buf_init(&gone, 3);
	assert_int_equal(san_json_keep(&c, p, p + 3), D4_R_NONE);
	assert_int_equal(san_json_flush(&c), D4_R_NONE);
	assert_int_equal(san_json_keep(&c, p + 4, p + 5), D4_R_NONE);
	assert_int_equal(san_json_flush(&c), D4_R_INTERNAL);
	c.gone = &gone;
	assert_int_equal(san_json_gone(&c, p, p + 3), D4_R_INTERNAL);
	assert_slice(d4_buf_slice(&out), "abc");
	d4_buf_fini(&out);
	d4_buf_fini(&gone);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_kept_stands_in_out_and_the_rest_in_gone),
	    cmocka_unit_test(a_full_buffer_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

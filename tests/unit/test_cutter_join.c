#include "test.h"
#include "libd4/cutter_join.h"

/* Items of a length byte, and so many more; 0 is none. */
static enum d4_status
item_need(struct d4_cutter *c, struct d4_slice s, size_t *need)
{
	if (s.n > 0 && s.p[0] == 0) {
		c->failed = D4_R_LINE_TOOLONG;
		return D4_EMALFORMED;
	}
	*need = s.n == 0 ? 1 : (size_t)s.p[0] + 1;
	return D4_OK;
}

static void
any_cut_gives_one_item_and_leaves_the_rest(void **state)
{
	const uint8_t bytes[] = {3, 'a', 'b', 'c', 1, 'd'};
	struct d4_cutter c = {.failed = D4_R_NONE};

	(void)state;
	for (size_t cut = 0; cut <= sizeof(bytes); cut++) {
		struct d4_slice first = d4_slice_of(bytes, cut);
		struct d4_slice rest =
		    d4_slice_of(bytes + cut, sizeof(bytes) - cut);
		struct d4_buf held;
		enum d4_status st;

		d4_buf_init(&held, 16);
		st = d4_cutter_join(&c, &held, item_need, &first);
		assert_int_equal(st, cut < 4 ? D4_AGAIN : D4_OK);
		if (st == D4_AGAIN) {
			assert_int_equal(first.n, 0);
			st = d4_cutter_join(&c, &held, item_need, &rest);
			assert_int_equal(rest.n, 2);
		}
		assert_int_equal(st, D4_OK);
		assert_slice(d4_buf_slice(&held), "\003abc");
		d4_buf_fini(&held);
	}
}

static void
what_is_no_item_or_over_the_limit_is_told(void **state)
{
	const uint8_t none[] = {0, 1}, big[] = {9, 1, 2, 3, 4, 5};
	struct d4_cutter c = {.failed = D4_R_NONE};
	struct d4_slice in = d4_slice_of(big, sizeof(big));
	struct d4_buf held;

	(void)state;
	d4_buf_init(&held, 4);
	assert_int_equal(d4_cutter_join(&c, &held, item_need, &in), D4_ETOOBIG);
	d4_buf_fini(&held);
	d4_buf_init(&held, 4);
	in = d4_slice_of(none, sizeof(none));
	assert_int_equal(
	    d4_cutter_join(&c, &held, item_need, &in), D4_EMALFORMED);
	assert_int_equal(c.failed, D4_R_LINE_TOOLONG);
	d4_buf_fini(&held);
}

static void
what_is_left_is_one_partial_record(void **state)
{
	struct d4_run run = {.n = 7};

	(void)state;
	assert_int_equal(d4_cutter_left(0, &run), D4_OK);
	assert_int_equal(run.n, 7);
	assert_int_equal(d4_cutter_left(5, &run), D4_ETRUNC);
	assert_int_equal(run.n, 1);
	assert_int_equal(run.bytes, 5);
	assert_int_equal(run.data.n, 0);
	assert_int_equal(run.reason, D4_R_EOF_PARTIAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(any_cut_gives_one_item_and_leaves_the_rest),
	    cmocka_unit_test(what_is_no_item_or_over_the_limit_is_told),
	    cmocka_unit_test(what_is_left_is_one_partial_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "ring_world.h"

static void
the_opening_stays_as_long_as_frames_do(void **state)
{
	struct world *w = *state;

	assert_true(put(w, 100, 1));
	assert_int_equal(ring_set_opening(w->r, d4_slice_str("header")), D4_OK);
	again(w);
	assert_slice(ring_opening(w->r), "header");
	ring_sent(w->r, 1);
	ring_release(w->r);
	again(w);
	assert_int_equal(ring_opening(w->r).n, 0);
}

static void
an_opening_of_any_length_that_there_is_survives(void **state)
{
	static uint8_t bytes[D4_OPENING_MAX + 1];
	struct d4_slice most = d4_slice_of(bytes, D4_OPENING_MAX);
	struct world *w = *state;

	memset(bytes, 'o', sizeof(bytes));
	assert_true(put(w, 100, 1));
	assert_int_equal(ring_set_opening(w->r, most), D4_OK);
	assert_int_equal(
	    ring_set_opening(w->r, d4_slice_of(bytes, sizeof(bytes))),
	    D4_ETOOBIG);
	again(w);
	assert_true(d4_slice_eq(ring_opening(w->r), most));
	expect(w, "1");
}

/* As d4-sensor wrote it before openings could be long. */
static void
an_older_file_keeps_frames_and_a_short_opening(void **state)
{
	static const uint8_t bytes[1025];
	struct world *w = *state;

	assert_true(put(w, 100, 1));
	memcpy(w->r->top->opening, "header", 6);
	w->r->top->opening_n = 6;
	w->r->top->room = 0;
	assert_int_equal(
	    ftruncate(w->r->fd, (off_t)(RING_HEAD + w->r->size)), 0);
	again(w);
	assert_slice(ring_opening(w->r), "header");
	expect(w, "1");
	assert_int_equal(
	    ring_set_opening(w->r, d4_slice_of(bytes, 1025)), D4_ETOOBIG);
	assert_int_equal(
	    ring_set_opening(w->r, d4_slice_of(bytes, 1024)), D4_OK);
	ring_sent(w->r, 1);
	ring_release(w->r);
	again(w); /* an empty one is made anew */
	assert_int_equal(
	    ring_set_opening(w->r, d4_slice_of(bytes, 1025)), D4_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		the_opening_stays_as_long_as_frames_do, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		an_opening_of_any_length_that_there_is_survives, set_up,
		tear_down),
	    cmocka_unit_test_setup_teardown(
		an_older_file_keeps_frames_and_a_short_opening, set_up,
		tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

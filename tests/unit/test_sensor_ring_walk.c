#include "ring_world.h"

/* Somebody makes the file shorter while it is used. */
static void
cut_off(struct world *w, off_t size)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", w->dir, RING_FILE_NAME);
	assert_int_equal(truncate(path, size), 0);
	/* cmocka has taken the signal for itself. */
	ring_guard(w->r->top, ring_mapped(w->r), w->r->fd);
}

static off_t
size_of(struct world *w)
{
	return lseek(w->r->fd, 0, SEEK_END);
}

/* Ten frames of 100,000 bytes, of 1 to 9 and 1 records. */
static void
fill(struct world *w)
{
	for (uint8_t m = 0; m < 10; m++)
		assert_true(put(w, 100000, (uint8_t)(m % 9 + 1)));
}

static void
frames_behind_the_end_are_lost_and_counted_and_the_others_stay(void **state)
{
	struct world *w = *state;
	struct ring_sum lost;
	off_t whole = size_of(w);

	fill(w);
	ring_sent(w->r, 1);
	assert_false(ring_broken(w->r));
	cut_off(w, RING_HEAD + 350000);
	/* The first three are there; the fourth is looked at, and it breaks. */
	ring_sent(w->r, 2);
	ring_sent(w->r, 3);
	while (ring_next(w->r) != NULL)
		ring_sent(w->r, 4);
	assert_true(ring_broken(w->r));
	assert_null(ring_next(w->r));
	assert_null(ring_oldest(w->r));
	assert_int_equal(ring_repair(w->r, &lost), D4_OK);
	assert_false(ring_broken(w->r));
	assert_int_equal(lost.frames, 7);
	assert_int_equal(lost.records, 4 + 5 + 6 + 7 + 8 + 9 + 1);
	assert_int_equal(lost.bytes, 700000);
	assert_int_equal(size_of(w), whole);
	assert_int_equal(ring_made(w->r), 10);
	assert_int_equal(ring_settled(w->r), 7); /* gone, and known to be */
	expect(w, "123");
	/* It goes on, and what is new survives. */
	assert_true(put(w, 1000, 5));
	again(w);
	assert_int_equal(w->found.damaged, 0);
	expect(w, "1235");
}

static void
a_file_cut_off_to_nothing_takes_all_frames_and_keeps_the_book(void **state)
{
	struct world *w = *state;
	struct ring_sum lost;

	fill(w);
	ring_book(w->r)->acked = 11;
	ring_book_keep(w->r);
	cut_off(w, 0);
	assert_null(ring_next(w->r));
	assert_true(ring_broken(w->r));
	/* What is written in the meantime does no harm. */
	assert_true(put(w, 2000, 3));
	assert_int_equal(ring_repair(w->r, &lost), D4_OK);
	assert_int_equal(lost.frames, 11);
	assert_int_equal(ring_sum_waiting(w->r).frames, 0);
	assert_int_equal(ring_book(w->r)->acked, 11);
	assert_true(put(w, 1000, 4));
	again(w);
	assert_int_equal(w->found.book.acked, 11);
	assert_int_equal(w->found.damaged, 0);
	expect(w, "4");
}

static void
a_frame_that_is_being_written_does_not_end_us(void **state)
{
	struct world *w = *state;
	struct ring_sum lost;
	uint8_t *at = ring_reserve(w->r, 100000);

	assert_non_null(at);
	cut_off(w, RING_HEAD);
	memset(at, 2, 100000);
	ring_commit(w->r, 100000, 2);
	assert_true(ring_broken(w->r));
	assert_int_equal(ring_repair(w->r, &lost), D4_OK);
	assert_int_equal(lost.records, 2);
	assert_null(ring_next(w->r));
}

static void
it_may_break_again(void **state)
{
	struct world *w = *state;

	for (unsigned i = 0; i < 5; i++) {
		struct ring_sum lost;

		fill(w);
		cut_off(w, RING_HEAD + 150000);
		while (ring_next(w->r) != NULL)
			ring_sent(w->r, 1);
		assert_true(ring_broken(w->r));
		assert_int_equal(ring_repair(w->r, &lost), D4_OK);
		assert_true(lost.frames >= 9);
		while (ring_next(w->r) != NULL)
			ring_sent(w->r, 1);
		while (ring_oldest(w->r) != NULL)
			ring_release(w->r);
	}
}

static void
what_was_cut_off_while_nobody_ran_is_counted_at_the_start(void **state)
{
	struct world *w = *state;

	fill(w);
	cut_off(w, RING_HEAD + 350000);
	again(w);
	assert_int_equal(w->found.damaged, 4 + 5 + 6 + 7 + 8 + 9 + 1);
	expect(w, "123");
	again(w);
	assert_int_equal(w->found.damaged, 0);
	expect(w, "123");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(
		frames_behind_the_end_are_lost_and_counted_and_the_others_stay),
	    TEST(a_file_cut_off_to_nothing_takes_all_frames_and_keeps_the_book),
	    TEST(a_frame_that_is_being_written_does_not_end_us),
	    TEST(it_may_break_again),
	    TEST(what_was_cut_off_while_nobody_ran_is_counted_at_the_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

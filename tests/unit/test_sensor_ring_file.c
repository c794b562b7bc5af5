#include "ring_world.h"

static void
frames_survive_and_those_released_do_not(void **state)
{
	struct world *w = *state;

	for (uint8_t m = 1; m <= 5; m++)
		assert_true(put(w, (size_t)1000 * m, m));
	ring_sent(w->r, 1);
	ring_sent(w->r, 2);
	ring_release(w->r);
	again(w);
	assert_int_equal(w->found.held.frames, 4);
	assert_int_equal(w->found.held.records, 2 + 3 + 4 + 5);
	assert_int_equal(w->found.damaged, 0);
	expect(w, "2345");
	/* The one that was sent before is known as such. */
	assert_int_equal(ring_waiting_again(w->r), 2 + 3 + 4 + 5);
	assert_true(put(w, 100, 6));
	again(w);
	expect(w, "23456");
}

static void
an_empty_one_is_made_anew_with_its_book(void **state)
{
	struct world *w = *state;

	assert_true(put(w, 1000, 1));
	ring_sent(w->r, 1);
	ring_release(w->r);
	ring_book(w->r)->acked = 7;
	ring_book(w->r)->lost = 3;
	ring_book_keep(w->r);
	again(w);
	assert_int_equal(w->found.held.frames, 0);
	assert_int_equal(w->found.book.acked, 7);
	assert_int_equal(w->found.book.lost, 3);
	assert_int_equal(ring_book(w->r)->lost, 3);
	assert_int_equal(w->found.damaged, 0);
}

static void
frames_that_lie_over_the_end_are_found(void **state)
{
	struct world *w = *state;
	const size_t len = 900000;
	uint8_t mark = 1;

	/* Round and round: each time two are held. */
	assert_true(put(w, len, mark++));
	for (unsigned i = 0; i < 20; i++) {
		assert_true(put(w, len - (size_t)1000 * i, mark));
		ring_sent(w->r, 1);
		ring_release(w->r);
		again(w);
		assert_int_equal(w->found.held.frames, 1);
		assert_int_equal(w->found.damaged, 0);
		assert_int_equal(ring_next(w->r)->records, mark);
		mark = (uint8_t)(mark % 9 + 1);
	}
}

static void
what_an_earlier_round_left_is_not_taken(void **state)
{
	struct world *w = *state;

	while (put(w, 500000, 7))
		continue;
	while (ring_next(w->r) != NULL)
		ring_sent(w->r, 1);
	while (ring_oldest(w->r) != NULL)
		ring_release(w->r);
	assert_true(put(w, 500000, 1));
	again(w);
	expect(w, "1");
}

/* A byte of the n-th frame's payload is flipped in memory, thus in the file. */
static void
damage(struct world *w, unsigned n, bool head)
{
	uint64_t pos = w->r->tail;
	uint8_t *p;

	while (n-- > 0)
		pos += sizeof(struct ring_frame) +
		       ring_round(ring_at(w->r, pos)->len);
	p = (uint8_t *)ring_at(w->r, pos);
	p[head ? 0 : sizeof(struct ring_frame) + 20] ^= 0x55;
}

static void
a_damaged_frame_is_skipped_and_its_records_counted(void **state)
{
	static const struct {
		unsigned at;
		const char *rest;
		unsigned lost;
	} rows[] = {{0, "234", 1}, {1, "134", 2}, {3, "123", 4}};
	struct world *w = *state;

	for (size_t i = 0; i < 2 * COUNT(rows); i++) {
		for (uint8_t m = 1; m <= 4; m++)
			assert_true(put(w, 1000, m));
		damage(w, rows[i / 2].at, i % 2 != 0);
		again(w);
		assert_int_equal(w->found.damaged, rows[i / 2].lost);
		expect(w, rows[i / 2].rest);
		/* It is not counted again, and what follows is in order. */
		assert_true(put(w, 1000, 9));
		again(w);
		assert_int_equal(w->found.damaged, 0);
		while (ring_next(w->r) != NULL)
			ring_sent(w->r, 1);
		while (ring_oldest(w->r) != NULL)
			ring_release(w->r);
		again(w);
	}
}

static void
frames_behind_an_old_head_are_found(void **state)
{
	struct world *w = *state;
	uint64_t head;

	assert_true(put(w, 1000, 1));
	head = w->r->top->head;
	assert_true(put(w, 1000, 2) && put(w, 1000, 3));
	w->r->top->head = head; /* the page that the power failure took */
	w->r->top->base = 1;
	again(w);
	expect(w, "123");
}

static void
a_tail_half_written_is_the_old_one(void **state)
{
	struct world *w = *state;

	assert_true(put(w, 1000, 1) && put(w, 1000, 2));
	w->r->top->tail += 32;
	again(w);
	expect(w, "12");
}

static void
the_oldest_are_given_up_for_new_ones(void **state)
{
	struct world *w = *state;
	struct ring_frame what;
	bool waits;

	assert_false(ring_drop(w->r, &what, &waits));
	assert_true(put(w, 100, 1) && put(w, 100, 2) && put(w, 100, 3));
	ring_sent(w->r, 5);
	assert_true(ring_drop(w->r, &what, &waits));
	assert_false(waits);
	assert_int_equal(what.records, 1);
	assert_true(ring_drop(w->r, &what, &waits));
	assert_true(waits);
	assert_int_equal(what.records, 2);
	again(w);
	expect(w, "3");
	assert_int_equal(w->found.damaged, 0);
}

static void
another_owners_frames_are_refused_until_they_are_gone(void **state)
{
	struct world *w = *state;

	assert_true(put(w, 100, 1));
	ring_free(w->r);
	w->owner[0] = 1;
	assert_int_equal(take_up(w), D4_EEXIST);
	w->owner[0] = 0;
	assert_int_equal(take_up(w), D4_OK);
	ring_sent(w->r, 1);
	ring_release(w->r);
	ring_free(w->r);
	w->owner[0] = 1;
	assert_int_equal(take_up(w), D4_OK);
}

static void
what_is_no_ring_is_refused_and_half_a_new_one_is_made(void **state)
{
	static const struct {
		const char *bytes;
		enum d4_status st;
	} rows[] = {
	    {"this is something else", D4_EVERSION},
	    {"d4ring2\n", D4_EVERSION},
	    {"", D4_OK},
	};
	struct world *w = *state;
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", w->dir, RING_FILE_NAME);
	for (size_t i = 0; i < COUNT(rows); i++) {
		FILE *f;

		ring_free(w->r);
		f = fopen(path, "w");
		assert_non_null(f);
		assert_int_equal(
		    fwrite(rows[i].bytes, 1, strlen(rows[i].bytes), f),
		    strlen(rows[i].bytes));
		assert_int_equal(fclose(f), 0);
		assert_int_equal(take_up(w), rows[i].st);
	}
}

static void
only_one_has_it_open(void **state)
{
	struct world *w = *state;
	struct ring *first = w->r;

	assert_int_equal(take_up(w), D4_EIO);
	assert_int_equal(errno, EWOULDBLOCK);
	w->r = first;
}

static void
settled_is_what_is_on_the_disk(void **state)
{
	struct world *w = *state;

	assert_true(put(w, 100, 1));
	assert_int_equal(ring_settled(w->r), 0);
	assert_int_equal(ring_sync(w->r), D4_OK);
	assert_int_equal(ring_settled(w->r), 1);
	assert_true(ring_durable(w->r));
}

#define W(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    W(frames_survive_and_those_released_do_not),
	    W(an_empty_one_is_made_anew_with_its_book),
	    W(frames_that_lie_over_the_end_are_found),
	    W(what_an_earlier_round_left_is_not_taken),
	    W(a_damaged_frame_is_skipped_and_its_records_counted),
	    W(frames_behind_an_old_head_are_found),
	    W(a_tail_half_written_is_the_old_one),
	    W(the_oldest_are_given_up_for_new_ones),
	    W(another_owners_frames_are_refused_until_they_are_gone),
	    W(what_is_no_ring_is_refused_and_half_a_new_one_is_made),
	    W(only_one_has_it_open),
	    W(settled_is_what_is_on_the_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

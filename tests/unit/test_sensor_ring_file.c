#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "sensor/ring_file.h"
#include "sensor/ring_parts.h"
#include "tmpdir.h"

/* Frames whose bytes are all the same are whole. */
static bool
check_same(void *arg, struct d4_slice wire)
{
	(void)arg;
	for (size_t i = 1; i < wire.n; i++) {
		if (wire.p[i] != wire.p[0])
			return false;
	}
	return true;
}

struct world {
	char dir[64];
	uint8_t owner[32];
	struct ring_file_conf conf;
	struct ring_found found;
	struct ring *r;
};

static enum d4_status
take_up(struct world *w)
{
	w->conf = (struct ring_file_conf){
	    .dir = w->dir,
	    .bytes = RING_MIN,
	    .owner = w->owner,
	    .check = check_same,
	};
	w->r = NULL;
	return ring_open(&w->conf, &w->found, &w->r);
}

/* As after a kill: nothing is told, the file is as it is. */
static void
again(struct world *w)
{
	ring_free(w->r);
	assert_int_equal(take_up(w), D4_OK);
}

static int
set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	tmpdir_make(w->dir, sizeof(w->dir));
	assert_int_equal(take_up(w), D4_OK);
	*state = w;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *w = *state;

	ring_free(w->r);
	tmpdir_remove(w->dir);
	free(w);
	return 0;
}

static bool
put(struct world *w, size_t len, uint8_t mark)
{
	uint8_t *at = ring_reserve(w->r, len);

	if (at == NULL)
		return false;
	memset(at, mark, len);
	ring_commit(w->r, len, mark);
	return true;
}

/* The frames that wait have these marks, and no others. */
static void
expect(struct world *w, const char *marks)
{
	for (; *marks != '\0'; marks++) {
		const struct ring_frame *f = ring_next(w->r);

		assert_non_null(f);
		assert_int_equal(ring_bytes(f).p[0], *marks - '0');
		assert_int_equal(f->records, *marks - '0');
		ring_sent(w->r, 1);
	}
	assert_null(ring_next(w->r));
	ring_rewind(w->r);
}

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
	    W(the_opening_stays_as_long_as_frames_do),
	    W(an_opening_of_any_length_that_there_is_survives),
	    W(an_older_file_keeps_frames_and_a_short_opening),
	    W(settled_is_what_is_on_the_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <sys/stat.h>
#include "libd4/kit/spool_format.h"
#include "spool_files.h"

static void
everything_written_is_read_back_with_every_field(void **state)
{
	struct d4_spool_writer *w = open_writer(dir, "r1", NULL);
	struct d4_spool_entry e = make_entry(5, "ab\0cd", 5), got = {.n = 0};
	struct d4_spool_lane want = make_lane("r1");
	const struct d4_spool_lane *lane = NULL;
	struct d4_spool_reader *r;
	uint8_t bytes[2][D4_SPOOL_FIXED];
	struct d4_buf text[2];

	(void)state;
	e.opening = 2;
	assert_int_equal(d4_spool_append(w, &e), D4_OK);
	assert_int_equal(d4_spool_append(w, &e), D4_OK);
	assert_int_equal(d4_spool_commit(w), D4_OK);
	assert_int_equal(d4_spool_seq(w), 2);
	assert_int_equal(d4_spool_total(w), 6);
	r = open_reader(dir, 1);
	assert_int_equal(d4_spool_next(r, &lane, &got), D4_OK);
	assert_int_equal(got.seq, 2);
	assert_int_equal(got.base, 3);
	got.seq = e.seq;
	got.base = e.base;
	assert_true(d4_slice_eq(got.data, e.data));
	spool_entry_encode(&got, bytes[0]);
	spool_entry_encode(&e, bytes[1]);
	assert_memory_equal(bytes[0], bytes[1], D4_SPOOL_FIXED);
	d4_buf_init(&text[0], 4096);
	d4_buf_init(&text[1], 4096);
	assert_int_equal(spool_lane_encode(lane, "", &text[0]), D4_OK);
	assert_int_equal(spool_lane_encode(&want, "", &text[1]), D4_OK);
	assert_true(
	    d4_slice_eq(d4_buf_slice(&text[0]), d4_buf_slice(&text[1])));
	d4_buf_fini(&text[0]);
	d4_buf_fini(&text[1]);
	d4_spool_reader_close(r);
	d4_spool_writer_close(w);
}

static void
entries_written_in_place_are_as_those_that_were_copied(void **state)
{
	struct d4_spool_writer *w = open_writer(dir, "r1", NULL);
	struct d4_spool_entry e = make_entry(1, "xyz", 3);
	struct d4_spool_reader *r;
	struct d4_buf *out;

	(void)state;
	assert_int_equal(d4_spool_begin(w, &out), D4_OK);
	assert_int_equal(d4_buf_adds(out, "dropped"), D4_OK);
	assert_int_equal(d4_spool_end(w, NULL), D4_OK);
	assert_int_equal(d4_spool_queued(w), 0);
	assert_int_equal(d4_spool_begin(w, &out), D4_OK);
	assert_int_equal(d4_buf_adds(out, "xyz"), D4_OK);
	assert_int_equal(d4_spool_end(w, &e), D4_OK);
	assert_int_equal(d4_spool_commit(w), D4_OK);
	r = open_reader(dir, 0);
	expect_text(r, 1, "xyz");
	expect_end(r);
	d4_spool_reader_close(r);
	d4_spool_writer_close(w);
}

static void
a_reopened_lane_goes_on_and_knows_what_it_holds(void **state)
{
	struct d4_spool_writer *w = open_writer(dir, "r1", NULL);
	struct d4_spool_reader *r;
	uint64_t ms = 0, n = 0;

	(void)state;
	assert_false(d4_spool_held(w, 7, &ms, &n));
	put_text(w, 5, "one");
	put_text(w, 9, "two");
	d4_spool_writer_close(w);
	w = open_writer(dir, "r1", NULL);
	assert_true(d4_spool_held(w, 7, &ms, &n));
	assert_int_equal(ms, 9);
	assert_int_equal(n, 1);
	assert_false(d4_spool_held(w, 8, &ms, &n));
	put_text(w, 10, "three");
	assert_int_equal(segment_size(3), -1);
	r = open_reader(dir, 0);
	expect_text(r, 1, "one");
	expect_text(r, 2, "two");
	expect_text(r, 3, "three");
	expect_end(r);
	put_text(w, 11, "four");
	expect_text(r, 4, "four");
	d4_spool_reader_close(r);
	d4_spool_writer_close(w);
}

static void
another_rule_begins_another_segment(void **state)
{
	struct d4_spool_writer *w = open_writer(dir, "r1", NULL);
	struct d4_spool_lane lane = make_lane("r3");
	const struct d4_spool_lane *got = NULL;
	struct d4_spool_entry e = {.n = 0};
	struct d4_spool_reader *r;

	(void)state;
	put_text(w, 1, "one");
	r = open_reader(dir, 0);
	expect_text(r, 1, "one");
	d4_spool_writer_close(w);
	w = open_writer(dir, "r2", NULL);
	put_text(w, 2, "two");
	assert_int_equal(d4_spool_relabel(w, &lane), D4_OK);
	put_text(w, 3, "three");
	assert_int_equal(d4_spool_relabel(w, &lane), D4_OK);
	put_text(w, 4, "four");
	assert_int_equal(segment_size(4), -1);
	expect_text(r, 2, "two");
	assert_int_equal(d4_spool_next(r, &got, &e), D4_OK);
	assert_string_equal(got->rule, "r3");
	assert_int_equal(got->base, 6);
	expect_text(r, 4, "four");
	d4_spool_reader_close(r);
	d4_spool_writer_close(w);
}

static void
full_segments_are_left_and_confirmed_ones_deleted(void **state)
{
	struct d4_spool_writer *w = open_writer(dir, "r1", NULL);
	size_t n = 6u << 20;
	char *big = malloc(n);
	struct d4_spool_entry e;
	uint64_t seq, total, used;
	char path[256];

	(void)state;
	assert_non_null(big);
	memset(big, 'x', n);
	for (uint64_t i = 1; i <= 9; i++) {
		e = make_entry(i, big, n);
		assert_int_equal(d4_spool_append(w, &e), D4_OK);
		assert_int_equal(d4_spool_commit(w), D4_OK);
	}
	used = d4_spool_bytes(w);
	assert_true(used > 9 * n);
	assert_true(segment_size(4) > 0 && segment_size(7) > 0);
	assert_int_equal(d4_spool_trim(w, 5), D4_OK);
	assert_int_equal(segment_size(1), -1);
	assert_true(segment_size(4) > 0);
	assert_true(d4_spool_bytes(w) < used - 3 * n);
	assert_int_equal(d4_spool_trim(w, 9), D4_OK);
	assert_int_equal(segment_size(7), -1);
	assert_true(d4_spool_bytes(w) < 4096);
	d4_spool_writer_close(w);
	lane_path(dir, "", path, sizeof(path));
	assert_int_equal(d4_spool_tail(path, &seq, &total), D4_OK);
	assert_int_equal(seq, 9);
	assert_int_equal(total, 27);
	w = open_writer(dir, "r2", NULL);
	assert_int_equal(d4_spool_seq(w), 9);
	put_text(w, 10, "ten");
	assert_int_equal(d4_spool_total(w), 30);
	free(big);
	d4_spool_writer_close(w);
}

static void
a_reader_follows_an_empty_segment_that_is_begun_again(void **state)
{
	struct d4_spool_writer *w = open_writer(dir, "r1", NULL);
	const struct d4_spool_lane *lane = NULL;
	struct d4_spool_lane other = make_lane("r2");
	struct d4_spool_entry e = {.n = 0};
	struct d4_spool_reader *r;

	(void)state;
	put_text(w, 1, "one");
	r = open_reader(dir, 0);
	expect_text(r, 1, "one");
	assert_int_equal(d4_spool_trim(w, 1), D4_OK);
	expect_end(r);
	assert_int_equal(d4_spool_relabel(w, &other), D4_OK);
	put_text(w, 2, "two");
	assert_int_equal(d4_spool_next(r, &lane, &e), D4_OK);
	assert_int_equal(e.seq, 2);
	assert_string_equal(lane->rule, "r2");
	d4_spool_reader_close(r);
	d4_spool_writer_close(w);
}

static void
names_that_would_leave_the_folder_are_refused(void **state)
{
	struct d4_spool_lane lane = make_lane("r");
	struct d4_spool_writer *w;
	uint64_t torn;

	(void)state;
	(void)snprintf(lane.partner, sizeof(lane.partner), "../x");
	assert_int_equal(
	    d4_spool_writer_open(dir, &lane, &torn, &w), D4_EINVAL);
	lane.partner[0] = '\0';
	assert_int_equal(
	    d4_spool_writer_open(dir, &lane, &torn, &w), D4_EINVAL);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(everything_written_is_read_back_with_every_field),
	    T(entries_written_in_place_are_as_those_that_were_copied),
	    T(a_reopened_lane_goes_on_and_knows_what_it_holds),
	    T(another_rule_begins_another_segment),
	    T(full_segments_are_left_and_confirmed_ones_deleted),
	    T(a_reader_follows_an_empty_segment_that_is_begun_again),
	    T(names_that_would_leave_the_folder_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

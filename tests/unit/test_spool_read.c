#include <fcntl.h>
#include <sys/stat.h>
#include "spool_files.h"

static const char *const first_segment = "00000000000000000001.seg";

/* Three entries; answers the file's size after each. */
static void
three_entries(off_t size[4])
{
	static const char *const text[] = {"one", "two", "three"};
	struct d4_spool_writer *w = open_writer(dir, "r1", NULL);
	char path[256];
	struct stat sb;

	lane_path(dir, first_segment, path, sizeof(path));
	for (unsigned i = 0; i < 3; i++) {
		put_text(w, i + 1, text[i]);
		assert_int_equal(stat(path, &sb), 0);
		size[i + 1] = sb.st_size;
	}
	size[0] = size[1] - 112 - 3;
	d4_spool_writer_close(w);
}

static void
flip(off_t at, uint8_t mask)
{
	char path[256];
	uint8_t b;
	int fd;

	lane_path(dir, first_segment, path, sizeof(path));
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &b, 1, at), 1);
	b ^= mask;
	assert_int_equal(pwrite(fd, &b, 1, at), 1);
	(void)close(fd);
}

static void
a_flipped_bit_anywhere_costs_that_entry_and_no_other(void **state)
{
	const struct d4_spool_lane *lane;
	struct d4_spool_reader *r;
	struct d4_spool_entry e;
	off_t size[4];

	(void)state;
	three_entries(size);
	for (off_t at = size[1]; at < size[2]; at++) {
		flip(at, 0x40);
		r = open_reader(dir, 0);
		expect_text(r, 1, "one");
		assert_int_equal(d4_spool_next(r, &lane, &e), D4_ECHECKSUM);
		assert_int_equal(e.data.n, size[2] - size[1]);
		expect_text(r, 3, "three");
		expect_end(r);
		d4_spool_reader_close(r);
		flip(at, 0x40);
	}
}

/* The end of a file that does not grow: what is behind the second one, too. */
static void
two_damaged_entries_cost_these_two_and_no_other(void **state)
{
	const struct d4_spool_lane *lane;
	struct d4_spool_writer *w;
	struct d4_spool_reader *r;
	struct d4_spool_entry e;
	off_t size[4];

	(void)state;
	three_entries(size);
	w = open_writer(dir, "r1", NULL);
	put_text(w, 4, "four");
	flip(size[0] + 113, 1);
	flip(size[2] + 113, 1);
	r = open_reader(dir, 0);
	assert_int_equal(d4_spool_next(r, &lane, &e), D4_ECHECKSUM);
	expect_text(r, 2, "two");
	assert_int_equal(d4_spool_next(r, &lane, &e), D4_ECHECKSUM);
	expect_text(r, 4, "four");
	expect_end(r);
	d4_spool_reader_close(r);
	d4_spool_writer_close(w);
}

static void
a_damaged_last_entry_is_reported_once_when_a_newer_one_follows(void **state)
{
	const struct d4_spool_lane *lane;
	struct d4_spool_writer *w;
	struct d4_spool_reader *r;
	struct d4_spool_entry e;
	off_t size[4];

	(void)state;
	three_entries(size);
	flip(size[2] + 113, 1);
	r = open_reader(dir, 0);
	expect_text(r, 1, "one");
	expect_text(r, 2, "two");
	expect_end(r); /* could still be a write under way */
	/* The writer finds it as a torn tail after a crash. */
	w = open_writer(dir, "r1", &(uint64_t){0});
	put_text(w, 4, "four");
	expect_text(r, 3, "four");
	d4_spool_reader_close(r);
	d4_spool_writer_close(w);
	flip(size[0] + 113, 1);
	w = open_writer(dir, "r2", NULL);
	put_text(w, 5, "five");
	r = open_reader(dir, 0);
	assert_int_equal(d4_spool_next(r, &lane, &e), D4_ECHECKSUM);
	expect_text(r, 2, "two");
	expect_text(r, 3, "four");
	expect_text(r, 4, "five");
	expect_end(r);
	d4_spool_reader_close(r);
	d4_spool_writer_close(w);
}

static void
a_finished_segment_with_a_bad_tail_is_reported_and_left(void **state)
{
	const struct d4_spool_lane *lane;
	struct d4_spool_writer *w = open_writer(dir, "r1", NULL);
	struct d4_spool_lane other = make_lane("r2");
	struct d4_spool_reader *r;
	struct d4_spool_entry e;
	char path[256];
	int fd;

	(void)state;
	put_text(w, 1, "one");
	r = open_reader(dir, 0);
	expect_text(r, 1, "one");
	assert_int_equal(d4_spool_relabel(w, &other), D4_OK);
	put_text(w, 2, "two");
	lane_path(dir, first_segment, path, sizeof(path));
	fd = open(path, O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, "garbage", 7), 7);
	(void)close(fd);
	assert_int_equal(d4_spool_next(r, &lane, &e), D4_ECHECKSUM);
	assert_int_equal(e.data.n, 7);
	expect_text(r, 2, "two");
	expect_end(r);
	d4_spool_reader_close(r);
	d4_spool_writer_close(w);
}

static void
a_segment_with_a_damaged_header_is_never_delivered(void **state)
{
	const struct d4_spool_lane *lane;
	struct d4_spool_writer *w;
	struct d4_spool_reader *r;
	struct d4_spool_entry e;
	off_t size[4];

	(void)state;
	three_entries(size);
	flip(40, 4);
	r = open_reader(dir, 0);
	expect_end(r);
	w = open_writer(dir, "r1", NULL);
	assert_int_equal(d4_spool_seq(w), 3);
	assert_int_equal(d4_spool_total(w), 9);
	put_text(w, 4, "four");
	assert_int_equal(d4_spool_next(r, &lane, &e), D4_ECHECKSUM);
	assert_int_equal(e.data.n, size[3]);
	expect_text(r, 4, "four");
	expect_end(r);
	d4_spool_reader_close(r);
	d4_spool_writer_close(w);
}

static void
an_entry_of_a_later_version_is_passed_over_and_said(void **state)
{
	struct d4_spool_reader *r;
	off_t size[4];
	char path[256];

	(void)state;
	three_entries(size);
	/* Only the flag, with the old checksum: damage like any other. */
	flip(size[1] + 8, 1);
	lane_path(dir, "", path, sizeof(path));
	r = open_reader(dir, 1);
	{
		const struct d4_spool_lane *lane;
		struct d4_spool_entry e;

		assert_int_equal(d4_spool_next(r, &lane, &e), D4_ECHECKSUM);
	}
	expect_text(r, 3, "three");
	d4_spool_reader_close(r);
}

static void
a_reader_starts_behind_any_entry(void **state)
{
	struct d4_spool_writer *w = open_writer(dir, "r1", NULL);
	struct d4_spool_reader *r;
	struct d4_spool_lane lane = make_lane("r1");
	char text[8];

	(void)state;
	for (unsigned i = 1; i <= 12; i++) {
		(void)snprintf(text, sizeof(text), "e%u", i);
		put_text(w, i, text);
		(void)snprintf(lane.rule, sizeof(lane.rule), "r%u", i / 3);
		assert_int_equal(d4_spool_relabel(w, &lane), D4_OK);
	}
	for (unsigned after = 0; after <= 12; after++) {
		r = open_reader(dir, after);
		for (unsigned i = after + 1; i <= 12; i++) {
			(void)snprintf(text, sizeof(text), "e%u", i);
			expect_text(r, i, text);
		}
		expect_end(r);
		d4_spool_reader_close(r);
	}
	d4_spool_writer_close(w);
}

static void
a_reader_whose_segments_were_trimmed_goes_on_behind_them(void **state)
{
	struct d4_spool_writer *w = open_writer(dir, "r1", NULL);
	struct d4_spool_lane lane = make_lane("r2");
	struct d4_spool_reader *r;

	(void)state;
	put_text(w, 1, "one");
	r = open_reader(dir, 0);
	expect_text(r, 1, "one");
	assert_int_equal(d4_spool_relabel(w, &lane), D4_OK);
	put_text(w, 2, "two");
	assert_int_equal(d4_spool_trim(w, 2), D4_OK);
	put_text(w, 3, "three");
	expect_text(r, 3, "three");
	d4_spool_reader_close(r);
	d4_spool_writer_close(w);
}

static void
a_lane_without_a_segment_is_not_there_and_has_no_tail(void **state)
{
	struct d4_spool_writer *w = open_writer(dir, "r1", NULL);
	struct d4_spool_reader *r;
	uint64_t seq = 9, total = 9;
	char path[256];

	(void)state;
	lane_path(dir, "", path, sizeof(path));
	assert_int_equal(d4_spool_reader_open(path, 0, &r), D4_ENOENT);
	assert_int_equal(d4_spool_tail(path, &seq, &total), D4_OK);
	assert_int_equal(seq, 0);
	assert_int_equal(total, 0);
	d4_spool_writer_close(w);
	assert_int_equal(d4_spool_reader_open("/nowhere", 0, &r), D4_ENOENT);
}

static void
the_head_of_a_lane_is_that_of_its_last_whole_segment(void **state)
{
	struct d4_spool_writer *w = open_writer(dir, "r1", NULL);
	struct d4_spool_lane lane = make_lane("r2"), got = {.type = 0};
	struct d4_buf meta;
	char path[256], file[256];

	(void)state;
	d4_buf_init(&meta, 65536);
	lane_path(dir, "", path, sizeof(path));
	assert_int_equal(d4_spool_head(path, &meta, &got), D4_ENOENT);
	put_text(w, 1, "one");
	assert_int_equal(d4_spool_relabel(w, &lane), D4_OK);
	assert_int_equal(d4_spool_head(path, &meta, &got), D4_OK);
	assert_string_equal(got.rule, "r1");
	put_text(w, 2, "two");
	assert_int_equal(d4_spool_head(path, &meta, &got), D4_OK);
	assert_string_equal(got.rule, "r2");
	assert_true(d4_slice_eq(got.meta, lane.meta));
	d4_spool_writer_close(w);
	flip(40, 1);
	assert_int_equal(d4_spool_head(path, &meta, &got), D4_OK);
	flip(40, 1);
	/* Of the one before, where the last is damaged; of none. */
	lane_path(dir, "00000000000000000002.seg", file, sizeof(file));
	assert_int_equal(truncate(file, 30), 0);
	assert_int_equal(d4_spool_head(path, &meta, &got), D4_OK);
	assert_string_equal(got.rule, "r1");
	flip(40, 1);
	assert_int_equal(d4_spool_head(path, &meta, &got), D4_EMALFORMED);
	d4_buf_fini(&meta);
}

/* The same header, entries and numbers, but for the id of the lane. */
static void
a_segment_of_another_lane_is_never_delivered(void **state)
{
	static const char other[] = "00000000000000ff";
	struct d4_spool_lane lane = make_lane("r1");
	struct d4_spool_writer *w = open_writer(dir, "r1", NULL), *o = NULL;
	const struct d4_spool_lane *head = NULL;
	struct d4_spool_reader *r;
	struct d4_spool_entry e;
	char path[256], from[256];
	uint64_t torn;

	(void)state;
	put_text(w, 1, "one");
	lane_path(dir, "", path, sizeof(path));
	memcpy(lane.id, other, sizeof(lane.id));
	assert_int_equal(d4_spool_writer_open(dir, &lane, &torn, &o), D4_OK);
	d4_spool_floor(o, 1);
	put_text(o, 1, "not for you");
	(void)snprintf(from, sizeof(from),
	    "%s/acme-csirt/%s/00000000000000000002.seg", dir, other);
	lane_path(dir, "00000000000000000002.seg", path, sizeof(path));
	assert_int_equal(rename(from, path), 0);
	d4_spool_floor(w, 2);
	lane = make_lane("r2");
	assert_int_equal(d4_spool_relabel(w, &lane), D4_OK);
	put_text(w, 3, "three");
	r = open_reader(dir, 0);
	expect_text(r, 1, "one");
	assert_int_equal(d4_spool_next(r, &head, &e), D4_ECHECKSUM);
	expect_text(r, 3, "three");
	expect_end(r);
	d4_spool_reader_close(r);
	d4_spool_writer_close(w);
	d4_spool_writer_close(o);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(a_flipped_bit_anywhere_costs_that_entry_and_no_other),
	    T(two_damaged_entries_cost_these_two_and_no_other),
	    T(a_damaged_last_entry_is_reported_once_when_a_newer_one_follows),
	    T(a_finished_segment_with_a_bad_tail_is_reported_and_left),
	    T(a_segment_with_a_damaged_header_is_never_delivered),
	    T(an_entry_of_a_later_version_is_passed_over_and_said),
	    T(a_reader_starts_behind_any_entry),
	    T(a_reader_whose_segments_were_trimmed_goes_on_behind_them),
	    T(the_head_of_a_lane_is_that_of_its_last_whole_segment),
	    T(a_segment_of_another_lane_is_never_delivered),
	    T(a_lane_without_a_segment_is_not_there_and_has_no_tail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

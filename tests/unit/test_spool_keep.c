#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "libd4/kit/spool_keep.h"
#include "libd4/kit/spool_look.h"
#include "libd4/wire.h"
#include "spool_files.h"

#define SENT(seq, part) ((struct d4_spool_sent){seq, part})

/* Entries 1..n, each a segment of its own; received at second 1000 + id. */
static struct d4_spool_writer *
one_each(uint64_t n)
{
	struct d4_spool_writer *w = open_writer(dir, "r1", NULL);

	d4_spool_limit(w, 1);
	for (uint64_t i = 1; i <= n; i++) {
		struct d4_spool_entry e = make_entry(i, "data", 4);

		e.t_first_us = e.t_last_us = (1000 + i) * 1000000;
		e.expires_s = 2000 + i;
		assert_int_equal(d4_spool_append(w, &e), D4_OK);
		assert_int_equal(d4_spool_commit(w), D4_OK);
	}
	return w;
}

static void
the_oldest_that_was_not_sent_goes_first_and_is_counted(void **state)
{
	struct d4_spool_writer *w = one_each(5);
	struct d4_spool_pick p;
	struct d4_spool_reader *r;

	(void)state;
	assert_true(d4_spool_oldest(w, SENT(2, 0), true, &p));
	assert_int_equal(p.first, 3);
	assert_int_equal(p.from, 3);
	assert_int_equal(p.to, 3);
	assert_int_equal(p.records, 3);
	assert_int_equal(p.t_first_us, 1003000000);
	assert_true(p.whole && p.bytes > 100);
	assert_int_equal(d4_spool_remove(w, &p), D4_OK);
	assert_int_equal(d4_spool_remove(w, &p), D4_EINVAL);
	assert_false(segment_size(3) >= 0);
	assert_true(d4_spool_oldest(w, SENT(2, 0), true, &p));
	assert_int_equal(p.first, 4);
	r = open_reader(dir, 1);
	expect_text(r, 2, "data");
	expect_text(r, 4, "data");
	expect_text(r, 5, "data");
	expect_end(r);
	d4_spool_reader_close(r);
	d4_spool_writer_close(w);
}

static void
a_segment_sent_in_part_is_counted_from_there(void **state)
{
	struct d4_spool_writer *w = open_writer(dir, "r1", NULL);
	struct d4_spool_pick p;

	(void)state;
	for (uint64_t i = 1; i <= 5; i++)
		put_text(w, i, "data");
	assert_false(d4_spool_oldest(w, SENT(2, 0), true, &p));
	assert_true(d4_spool_oldest(w, SENT(2, 0), false, &p));
	assert_false(p.whole);
	assert_int_equal(p.from, 3);
	assert_int_equal(p.to, 5);
	assert_int_equal(p.records, 9);
	assert_false(d4_spool_oldest(w, SENT(5, 0), false, &p));
	d4_spool_writer_close(w);
}

/* A bit of the data of the k-th entry (from 1) of a segment of 3 records each.
 */
static void
flip_entry(uint64_t first, unsigned k)
{
	uint8_t head[20], length[4], byte;
	char path[256];
	off_t at;
	int fd;

	segment_path(first, path, sizeof(path));
	fd = open(path, O_RDWR);
	assert_int_equal(pread(fd, head, 20, 0), 20);
	at = 20 + (off_t)d4_get_le32(head + 12);
	while (--k > 0) {
		assert_int_equal(pread(fd, length, 4, at), 4);
		at += 8 + (off_t)d4_get_le32(length);
	}
	assert_int_equal(pread(fd, &byte, 1, at + D4_SPOOL_FIXED), 1);
	byte ^= 0x10;
	assert_int_equal(pwrite(fd, &byte, 1, at + D4_SPOOL_FIXED), 1);
	(void)close(fd);
}

/* Two segments of five entries of three records each. */
static struct d4_spool_writer *
two_of_five(void)
{
	struct d4_spool_writer *w = open_writer(dir, "r1", NULL);

	for (uint64_t i = 1; i <= 10; i++) {
		d4_spool_limit(w, i == 6 ? 1 : D4_SPOOL_SEGMENT);
		put_text(w, i, "data");
	}
	assert_true(segment_size(6) > 0);
	return w;
}

static void
what_cannot_be_read_is_counted_when_it_goes(void **state)
{
	static const struct {
		unsigned damaged;
		uint64_t seq, part, records;
	} cases[] = {
	    {1, 0, 0, 15},
	    {3, 0, 0, 15},
	    {5, 0, 0, 15}, /* not sent at all */
	    {4, 2, 0, 9},
	    {5, 2, 0, 9},
	    {2, 2, 0, 9}, /* in part */
	    {4, 2, 1, 8},
	    {5, 4, 2, 1},
	    {1, 0, 2, 13}, /* inside an entry */
	    {3, 2, 0, 9},
	    {3, 3, 0, 6},
	};
	struct d4_spool_writer *w;
	struct d4_spool_pick p;

	(void)state;
	w = two_of_five();
	d4_spool_writer_close(w);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		flip_entry(1, cases[i].damaged);
		w = open_writer(dir, "r1", NULL);
		assert_true(d4_spool_oldest(
		    w, SENT(cases[i].seq, cases[i].part), false, &p));
		assert_int_equal(p.first, 1);
		assert_int_equal(p.records, cases[i].records);
		assert_int_equal(p.to, 5);
		assert_int_equal(
		    p.whole, cases[i].seq == 0 && cases[i].part == 0);
		d4_spool_writer_close(w);
		flip_entry(1, cases[i].damaged); /* back */
	}
}

static void
a_segment_of_which_nothing_can_be_read_goes_and_is_counted(void **state)
{
	struct d4_spool_writer *w = two_of_five();
	struct d4_spool_pick p;
	char path[256];

	(void)state;
	put_text(w, 11, "data");
	d4_spool_writer_close(w);
	segment_path(1, path, sizeof(path));
	assert_int_equal(truncate(path, 3), 0); /* not even its header */
	for (unsigned k = 1; k <= 5; k++)
		flip_entry(6, k);
	w = open_writer(dir, "r1", NULL);
	while (d4_spool_survey(w) == D4_OK)
		continue;
	assert_true(d4_spool_oldest(w, SENT(0, 0), true, &p));
	assert_int_equal(p.first, 1);
	assert_int_equal(d4_spool_remove(w, &p), D4_OK);
	assert_true(d4_spool_oldest(w, SENT(0, 0), true, &p));
	assert_int_equal(p.first, 6);
	assert_int_equal(p.records, 18);
	d4_spool_writer_close(w);
}

/* Post has not seen yet that its end cannot be read. */
static void
a_segment_with_a_damaged_end_is_not_trimmed_before_that_is_settled(void **state)
{
	struct d4_spool_writer *w = two_of_five();

	(void)state;
	d4_spool_writer_close(w);
	flip_entry(1, 5);
	w = open_writer(dir, "r1", NULL);
	while (d4_spool_survey(w) == D4_OK)
		continue;
	assert_int_equal(d4_spool_trim(w, 4), D4_OK);
	assert_true(segment_size(1) > 0);
	assert_int_equal(d4_spool_trim(w, 5), D4_OK);
	assert_false(segment_size(1) > 0);
	d4_spool_writer_close(w);
}

/* The last segment leaves an empty one behind, which keeps the numbers. */
static void
all_may_be_removed_and_no_number_is_used_twice(void **state)
{
	struct d4_spool_writer *w = one_each(3);
	struct d4_spool_pick p;
	struct d4_spool_reader *r;

	(void)state;
	while (d4_spool_oldest(w, SENT(0, 0), true, &p))
		assert_int_equal(d4_spool_remove(w, &p), D4_OK);
	d4_spool_writer_close(w);
	w = open_writer(dir, "r1", NULL);
	assert_int_equal(d4_spool_total(w), 9);
	put_text(w, 4, "four");
	assert_int_equal(d4_spool_seq(w), 4);
	r = open_reader(dir, 0);
	expect_text(r, 4, "four");
	expect_end(r);
	d4_spool_reader_close(r);
	d4_spool_writer_close(w);
}

static void
nothing_is_removed_while_something_is_queued(void **state)
{
	struct d4_spool_writer *w = one_each(2);
	struct d4_spool_entry e = make_entry(9, "queued", 6);
	struct d4_spool_pick p;

	(void)state;
	assert_true(d4_spool_oldest(w, SENT(0, 0), true, &p));
	assert_int_equal(d4_spool_append(w, &e), D4_OK);
	assert_int_equal(d4_spool_remove(w, &p), D4_EINVAL);
	assert_int_equal(d4_spool_commit(w), D4_OK);
	assert_int_equal(d4_spool_remove(w, &p), D4_OK);
	d4_spool_writer_close(w);
}

static void
what_expired_goes_and_only_that(void **state)
{
	struct d4_spool_writer *w = one_each(3);
	struct d4_spool_entry e = make_entry(4, "kept", 4);
	struct d4_spool_pick p;

	(void)state;
	e.expires_s = 0; /* never */
	assert_int_equal(d4_spool_append(w, &e), D4_OK);
	assert_int_equal(d4_spool_commit(w), D4_OK);
	assert_false(d4_spool_expired(w, SENT(0, 0), 2000, &p));
	assert_true(d4_spool_expired(w, SENT(0, 0), 2002, &p));
	assert_int_equal(p.first, 1);
	assert_int_equal(d4_spool_remove(w, &p), D4_OK);
	assert_true(d4_spool_expired(w, SENT(0, 0), 2002, &p));
	assert_int_equal(p.first, 2);
	assert_int_equal(d4_spool_remove(w, &p), D4_OK);
	assert_false(d4_spool_expired(w, SENT(0, 0), 2002, &p));
	assert_true(d4_spool_expired(w, SENT(0, 0), UINT64_MAX, &p));
	assert_int_equal(p.first, 3);
	assert_int_equal(d4_spool_remove(w, &p), D4_OK);
	assert_false(d4_spool_expired(w, SENT(0, 0), UINT64_MAX, &p));
	d4_spool_writer_close(w);
}

/* Post may be confirmed up to an entry behind which others were dropped. */
static void
a_confirmed_segment_before_a_gap_is_trimmed(void **state)
{
	struct d4_spool_writer *w = one_each(4);
	struct d4_spool_pick p;

	(void)state;
	while (d4_spool_oldest(w, SENT(1, 0), true, &p))
		assert_int_equal(d4_spool_remove(w, &p), D4_OK);
	assert_true(segment_size(1) >= 0);
	assert_int_equal(d4_spool_trim(w, 1), D4_OK);
	assert_false(segment_size(1) >= 0);
	assert_true(segment_size(5) >= 0); /* the empty one */
	d4_spool_writer_close(w);
}

static void
old_segments_are_surveyed_one_by_one_after_a_restart(void **state)
{
	struct d4_spool_writer *w = one_each(5);
	struct d4_spool_pick p;
	unsigned n = 0;

	(void)state;
	d4_spool_writer_close(w);
	w = open_writer(dir, "r1", NULL);
	assert_true(d4_spool_oldest(w, SENT(0, 0), true, &p));
	assert_int_equal(p.first, 4); /* the last two are known at once */
	while (d4_spool_survey(w) == D4_OK)
		n++;
	assert_int_equal(n, 3);
	assert_true(d4_spool_oldest(w, SENT(0, 0), true, &p));
	assert_int_equal(p.first, 1);
	assert_int_equal(p.records, 3);
	assert_int_equal(p.t_last_us, 1001000000);
	d4_spool_writer_close(w);
}

static void
a_lane_made_anew_goes_on_where_its_cursor_stands(void **state)
{
	struct d4_spool_writer *w = open_writer(dir, "r1", NULL);

	(void)state;
	d4_spool_resume(w, 41, 100);
	put_text(w, 1, "one");
	assert_int_equal(d4_spool_seq(w), 42);
	assert_int_equal(d4_spool_total(w), 103);
	d4_spool_resume(w, 99, 999); /* it has a segment now */
	put_text(w, 2, "two");
	assert_int_equal(d4_spool_seq(w), 43);
	assert_int_equal(d4_spool_total(w), 106);
	d4_spool_writer_close(w);
}

/* Deleted under a reader: it ends that one and goes to the next there is. */
static void
a_reader_copes_with_segments_that_vanish(void **state)
{
	struct d4_spool_writer *w = one_each(6);
	struct d4_spool_reader *r = open_reader(dir, 0);
	struct d4_spool_where at;
	struct d4_spool_pick p;

	(void)state;
	expect_text(r, 1, "data");
	while (d4_spool_oldest(w, SENT(0, 0), true, &p) && p.first < 5)
		assert_int_equal(d4_spool_remove(w, &p), D4_OK);
	expect_text(r, 5, "data");
	at = d4_spool_where(r);
	assert_int_equal(at.segment, 5);
	assert_true(at.offset > 100);
	while (d4_spool_oldest(w, SENT(0, 0), true, &p))
		assert_int_equal(d4_spool_remove(w, &p), D4_OK);
	expect_end(r);
	put_text(w, 7, "seven");
	expect_text(r, 7, "seven");
	d4_spool_reader_close(r);
	d4_spool_writer_close(w);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(the_oldest_that_was_not_sent_goes_first_and_is_counted),
	    T(a_segment_sent_in_part_is_counted_from_there),
	    T(what_cannot_be_read_is_counted_when_it_goes),
	    T(a_segment_of_which_nothing_can_be_read_goes_and_is_counted),
	    T(a_segment_with_a_damaged_end_is_not_trimmed_before_that_is_settled),
	    T(all_may_be_removed_and_no_number_is_used_twice),
	    T(nothing_is_removed_while_something_is_queued),
	    T(what_expired_goes_and_only_that),
	    T(a_confirmed_segment_before_a_gap_is_trimmed),
	    T(old_segments_are_surveyed_one_by_one_after_a_restart),
	    T(a_lane_made_anew_goes_on_where_its_cursor_stands),
	    T(a_reader_copes_with_segments_that_vanish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * The end of a lane, damaged: what a commit had made durable, and somebody
 * noted, is lost and told; what nobody noted is a tear.
 */
#include <fcntl.h>
#include <unistd.h>
#include "libd4/kit/spool_keep.h"
#include "libd4/kit/spool_look.h"
#include "spool_files.h"

#define ENTRY (D4_SPOOL_FIXED + 4) /* bytes of one that says "data" */

static const char *
path_of(uint64_t first)
{
	static char path[256];

	segment_path(first, path, sizeof(path));
	return path;
}

/*
 * Entries 1 and 2 in a segment, 3 to 5 in the last one; *m: what was noted
 * behind entry `noted`. Answers the size of the last segment.
 */
static off_t
five(uint64_t noted, struct d4_spool_mark *m)
{
	struct d4_spool_writer *w = open_writer(dir, "r1", NULL);

	assert_false(d4_spool_mark(w, m));
	for (uint64_t i = 1; i <= 5; i++) {
		d4_spool_limit(w, i == 3 ? 1 : D4_SPOOL_SEGMENT);
		put_text(w, i, "data");
		if (i == noted)
			assert_true(d4_spool_mark(w, m));
	}
	d4_spool_writer_close(w);
	return segment_size(3);
}

static void
flip(off_t at)
{
	int fd = open(path_of(3), O_RDWR);
	uint8_t b;

	assert_int_equal(pread(fd, &b, 1, at), 1);
	b ^= (uint8_t)(1u << at % 8);
	assert_int_equal(pwrite(fd, &b, 1, at), 1);
	assert_int_equal(close(fd), 0);
}

static struct d4_spool_writer *
reopen(const struct d4_spool_mark *m, struct d4_spool_end *end)
{
	struct d4_spool_lane lane = make_lane("r1");
	struct d4_spool_writer *w = NULL;

	*end = (struct d4_spool_end){.mark = m};
	assert_int_equal(d4_spool_writer_open_at(dir, &lane, end, &w), D4_OK);
	return w;
}

/* Behind entry 2: `left` entries of the last segment, and then damage. */
static struct d4_spool_reader *
read_damage(unsigned left, off_t offset)
{
	struct d4_spool_reader *r = open_reader(dir, 2);
	const struct d4_spool_lane *lane;
	struct d4_spool_entry e;

	for (unsigned i = 0; i < left; i++)
		expect_text(r, 3 + i, "data");
	assert_int_equal(d4_spool_next(r, &lane, &e), D4_ECHECKSUM);
	assert_int_equal(d4_spool_where(r).segment, 3);
	assert_int_equal(d4_spool_where(r).offset, offset);
	return r;
}

static void
a_flip_anywhere_in_the_last_entry_is_counted_and_passed(void **state)
{
	struct d4_spool_reader *r;
	struct d4_spool_writer *w;
	struct d4_spool_mark m;
	struct d4_spool_end end;
	off_t size = five(5, &m);
	uint64_t seq, total;
	char lane[256];

	(void)state;
	lane_path(dir, "", lane, sizeof(lane));
	for (off_t at = size - ENTRY; at < size; at += at % 3 + 1) {
		flip(at);
		w = reopen(&m, &end);
		assert_int_equal(end.torn, 0);
		assert_int_equal(end.lost, 3);
		assert_int_equal(end.lost_bytes, ENTRY);
		assert_int_equal(d4_spool_seq(w), 5);
		assert_int_equal(d4_spool_total(w), 15);
		assert_int_equal(d4_spool_turn(w, 3), D4_OK);
		d4_spool_writer_close(w);
		assert_int_equal(segment_size(3), size);
		assert_int_equal(d4_spool_tail(lane, &seq, &total), D4_OK);
		assert_int_equal(seq, 5);
		assert_int_equal(total, 15);
		r = read_damage(2, size - ENTRY);
		expect_end(r);
		d4_spool_reader_close(r);
		assert_int_equal(unlink(path_of(6)), 0);
		flip(at);
	}
}

static void
the_lane_goes_on_behind_what_is_damaged(void **state)
{
	const struct d4_spool_lane *lane;
	struct d4_spool_reader *r;
	struct d4_spool_writer *w;
	struct d4_spool_mark m;
	struct d4_spool_end end;
	struct d4_spool_entry e;
	off_t size = five(5, &m);

	(void)state;
	flip(size - 1);
	w = reopen(&m, &end);
	put_text(w, 6, "data");
	r = read_damage(2, size - ENTRY);
	assert_int_equal(d4_spool_next(r, &lane, &e), D4_OK);
	assert_int_equal(e.seq, 6);
	assert_int_equal(e.base, 15);
	expect_end(r);
	d4_spool_reader_close(r);
	assert_int_equal(d4_spool_trim(w, 5), D4_OK);
	assert_int_equal(segment_size(3), -1);
	d4_spool_writer_close(w);
}

static void
what_was_cut_off_is_counted_from_any_byte_on(void **state)
{
	struct d4_spool_writer *w;
	struct d4_spool_mark m;
	struct d4_spool_end end;
	off_t size = five(5, &m), head = size - (off_t)(3 * ENTRY);

	(void)state;
	for (off_t at = size - 1; at >= 0; at -= 5) {
		uint64_t left = at < head ? 0 : (uint64_t)(at - head) / ENTRY;

		assert_int_equal(truncate(path_of(3), at), 0);
		w = reopen(&m, &end);
		assert_int_equal(end.torn, 0);
		assert_int_equal(end.lost, 9 - 3 * left);
		assert_int_equal(d4_spool_seq(w), 5);
		assert_int_equal(d4_spool_turn(w, 3), D4_OK);
		d4_spool_writer_close(w);
		assert_int_equal(unlink(path_of(6)), 0);
	}
}

static void
a_damaged_header_costs_what_its_segment_held(void **state)
{
	struct d4_spool_reader *r;
	struct d4_spool_writer *w;
	struct d4_spool_mark m;
	struct d4_spool_end end;

	(void)state;
	(void)five(5, &m);
	flip(30);
	w = reopen(&m, &end);
	/* Its entries can be read by the writer, but by no reader. */
	assert_int_equal(d4_spool_seq(w), 5);
	assert_int_equal(d4_spool_total(w), 15);
	put_text(w, 6, "data");
	d4_spool_writer_close(w);
	r = read_damage(0, 0);
	expect_text(r, 6, "data");
	d4_spool_reader_close(r);
}

static void
what_nobody_noted_is_a_tear(void **state)
{
	struct d4_spool_writer *w;
	struct d4_spool_mark four, other;
	struct d4_spool_end end;
	off_t size = five(4, &four);

	(void)state;
	flip(size - 1);
	other = four;
	other.seq = other.total = 99; /* of another lane's segment */
	other.seed++;
	w = reopen(&other, &end);
	assert_int_equal(end.lost, 0);
	assert_int_equal(end.torn, ENTRY);
	assert_int_equal(d4_spool_seq(w), 4);
	d4_spool_writer_close(w);
	assert_int_equal(segment_size(3), size - (off_t)ENTRY);
	w = reopen(&four, &end);
	assert_int_equal(end.lost + end.torn, 0);
	put_text(w, 5, "data");
	assert_int_equal(segment_size(3), size);
	d4_spool_writer_close(w);
}

static void
only_the_last_segment_is_turned_and_only_when_it_holds_something(void **state)
{
	struct d4_spool_entry e = make_entry(6, "data", 4);
	struct d4_spool_writer *w;
	struct d4_spool_mark m;

	(void)state;
	(void)five(5, &m);
	w = open_writer(dir, "r1", NULL);
	assert_int_equal(d4_spool_turn(w, 1), D4_AGAIN);
	assert_int_equal(d4_spool_turn(w, 3), D4_OK);
	assert_int_equal(d4_spool_turn(w, 3), D4_AGAIN);
	assert_int_equal(d4_spool_turn(w, 6), D4_AGAIN);
	assert_true(segment_size(6) > 0);
	d4_spool_writer_close(w);
	w = open_writer(dir, "r1", NULL);
	assert_int_equal(d4_spool_seq(w), 5);
	assert_int_equal(d4_spool_total(w), 15);
	put_text(w, 6, "data");
	assert_int_equal(d4_spool_append(w, &e), D4_OK);
	assert_int_equal(d4_spool_turn(w, 6), D4_AGAIN); /* it is queued */
	assert_int_equal(d4_spool_commit(w), D4_OK);
	assert_int_equal(d4_spool_turn(w, 6), D4_OK);
	d4_spool_writer_close(w);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(a_flip_anywhere_in_the_last_entry_is_counted_and_passed),
	    T(the_lane_goes_on_behind_what_is_damaged),
	    T(what_was_cut_off_is_counted_from_any_byte_on),
	    T(a_damaged_header_costs_what_its_segment_held),
	    T(what_nobody_noted_is_a_tear),
	    T(only_the_last_segment_is_turned_and_only_when_it_holds_something),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * A bit flip in every byte of a segment: the header, an entry's fixed part,
 * its data. Whatever it hits is skipped, said once with its place, and what
 * stands behind it is delivered.
 */
#include <fcntl.h>
#include <unistd.h>
#include "libd4/kit/file.h"
#include "libd4/kit/spool_keep.h"
#include "libd4/kit/spool_look.h"
#include "spool_files.h"

#define TEN    "a line of text, a line of text, a line\n"
#define TEXT   TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define TEXT_N (sizeof(TEXT) - 1)

/* The lane's only segment. */
static const char *
segment(void)
{
	static char path[256];

	segment_path(1, path, sizeof(path));
	return path;
}

static void
flip(off_t at)
{
	int fd = open(segment(), O_RDWR);
	uint8_t b;

	assert_int_equal(pread(fd, &b, 1, at), 1);
	b ^= (uint8_t)(1u << at % 8);
	assert_int_equal(pwrite(fd, &b, 1, at), 1);
	assert_int_equal(close(fd), 0);
}

struct seen {
	unsigned entries, damages;
	uint64_t bytes; /* skipped */
	bool seq[8];
	struct d4_spool_where first;
};

/* Reads all; it must end, and every damage has a place in this segment. */
static struct seen
read_all(off_t size)
{
	struct d4_spool_reader *r = open_reader(dir, 0);
	const struct d4_spool_lane *lane;
	struct seen s = {.entries = 0};
	struct d4_spool_entry e;
	enum d4_status st;

	for (unsigned i = 0; i < 100; i++) {
		st = d4_spool_next(r, &lane, &e);
		if (st == D4_AGAIN)
			break;
		if (st == D4_OK) {
			s.entries++;
			assert_true(e.seq < 8);
			assert_false(s.seq[e.seq]);
			s.seq[e.seq] = true;
			continue;
		}
		assert_true(st == D4_ECHECKSUM || st == D4_EVERSION);
		if (s.damages++ == 0)
			s.first = d4_spool_where(r);
		s.bytes += e.data.n;
		assert_true(d4_spool_where(r).segment == 1);
		assert_true(d4_spool_where(r).offset < (uint64_t)size);
	}
	assert_int_equal(st, D4_AGAIN);
	d4_spool_reader_close(r);
	return s;
}

/* Segment 1 with entries 1..4, its successor with 5; head: bytes of it. */
static off_t
write_two(size_t *head)
{
	struct d4_spool_writer *w = open_writer(dir, "r1", NULL);
	struct stat sb;

	for (uint64_t i = 1; i <= 4; i++)
		put_text(w, i, TEXT);
	d4_spool_limit(w, 1);
	put_text(w, 5, "behind");
	d4_spool_writer_close(w);
	assert_int_equal(stat(segment(), &sb), 0);
	*head = (size_t)sb.st_size - 4 * (D4_SPOOL_FIXED + TEXT_N);
	return sb.st_size;
}

static void
a_flip_in_any_byte_of_a_segment_is_skipped_located_and_said(void **state)
{
	size_t head, entry = D4_SPOOL_FIXED + TEXT_N;
	off_t size = write_two(&head);

	(void)state;
	for (off_t at = 0; at < size; at++) {
		size_t hit =
		    (size_t)at < head ? 0 : ((size_t)at - head) / entry + 1;
		struct seen s;

		flip(at);
		s = read_all(size);
		flip(at);
		assert_true(s.seq[5]); /* the next segment, always */
		assert_int_equal(s.damages, 1);
		if (hit == 0) { /* without its header nothing is known */
			assert_int_equal(s.entries, 1);
			assert_int_equal(s.bytes, size);
			assert_int_equal(s.first.offset, 0);
			continue;
		}
		assert_false(s.seq[hit]);
		assert_int_equal(s.entries, 4);
		assert_int_equal(s.first.offset, head + (hit - 1) * entry);
		assert_int_equal(s.bytes, entry);
	}
}

static void
the_same_for_a_compressed_segment(void **state)
{
	struct d4_spool_writer *w;
	struct d4_spool_packer *p;
	size_t head;
	off_t before = write_two(&head);
	struct stat sb;

	(void)state;
	w = open_writer(dir, "r1", NULL);
	assert_int_equal(d4_spool_packer_new(&p), D4_OK);
	while (d4_spool_pack(p, w, 0, 0) == D4_OK)
		continue;
	d4_spool_packer_free(p);
	d4_spool_writer_close(w);
	assert_int_equal(stat(segment(), &sb), 0);
	assert_true(sb.st_size < before * 3 / 4);
	assert_int_equal(read_all(sb.st_size).entries, 5);
	for (off_t at = 0; at < sb.st_size; at++) {
		struct seen s;

		flip(at);
		s = read_all(sb.st_size);
		flip(at);
		assert_true(s.seq[5]);
		assert_int_equal(s.damages, 1);
		assert_int_equal(s.entries, (size_t)at < head ? 1 : 4);
	}
}

/* The last segment: an entry that is whole but wrong is told from a torn one.
 */
static void
a_flip_in_the_last_entry_of_all_is_seen_as_what_is_left(void **state)
{
	struct d4_spool_writer *w = open_writer(dir, "r1", NULL);
	struct d4_spool_reader *r;
	struct stat sb;
	bool whole;

	(void)state;
	put_text(w, 1, "one");
	put_text(w, 2, "two");
	d4_spool_writer_close(w);
	assert_int_equal(stat(segment(), &sb), 0);
	flip(sb.st_size - 1);
	r = open_reader(dir, 0);
	expect_text(r, 1, "one");
	expect_end(r);
	assert_int_equal(d4_spool_left(r, &whole), D4_SPOOL_FIXED + 3);
	assert_true(whole);
	assert_int_equal(truncate(segment(), sb.st_size - 1), 0);
	expect_end(r);
	assert_int_equal(d4_spool_left(r, &whole), D4_SPOOL_FIXED + 2);
	assert_false(whole);
	d4_spool_reader_close(r);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(a_flip_in_any_byte_of_a_segment_is_skipped_located_and_said),
	    T(the_same_for_a_compressed_segment),
	    T(a_flip_in_the_last_entry_of_all_is_seen_as_what_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "libd4/kit/spool_format.h"
#include "libd4/kit/spool_keep.h"
#include "libd4/kit/spool_look.h"
#include "spool_files.h"

#define BIG 40000u

/* What an entry of that number holds: compressible, each another one. */
static void
fill(uint64_t id, char *text)
{
	for (size_t i = 0; i < BIG; i++)
		text[i] = (char)('a' + (id + i / 100) % 23);
}

static void
put_big(struct d4_spool_writer *w, uint64_t id)
{
	static char text[BIG];
	struct d4_spool_entry e;

	fill(id, text);
	e = make_entry(id, text, BIG);
	assert_int_equal(d4_spool_append(w, &e), D4_OK);
	assert_int_equal(d4_spool_commit(w), D4_OK);
}

static void
expect_big(struct d4_spool_reader *r, uint64_t id)
{
	static char text[BIG];
	const struct d4_spool_lane *lane;
	struct d4_spool_entry e, want;

	fill(id, text);
	want = make_entry(id, text, BIG);
	assert_int_equal(d4_spool_next(r, &lane, &e), D4_OK);
	assert_int_equal(e.seq, id);
	assert_int_equal(e.base, (id - 1) * 3);
	assert_int_equal(e.opening, want.opening);
	assert_int_equal(e.id_ms, id);
	assert_false(e.packed);
	assert_true(d4_slice_eq(e.data, want.data));
}

/* Segments of two entries each, ids 1..n; the last one is not closed. */
static struct d4_spool_writer *
write_some(uint64_t n)
{
	struct d4_spool_writer *w = open_writer(dir, "r1", NULL);

	d4_spool_limit(w, 2 * BIG);
	for (uint64_t i = 1; i <= n; i++)
		put_big(w, i);
	return w;
}

static void
pack_all(struct d4_spool_packer *p, struct d4_spool_writer *w, uint64_t sent,
    uint64_t behind)
{
	enum d4_status st = D4_OK;

	for (unsigned i = 0; st == D4_OK; i++) {
		assert_true(i < 1000);
		st = d4_spool_pack(p, w, sent, behind);
	}
	assert_int_equal(st, D4_AGAIN);
}

static void
what_waits_is_compressed_and_read_as_it_was(void **state)
{
	struct d4_spool_writer *w = write_some(8);
	uint64_t before = d4_spool_bytes(w), b, a;
	struct d4_spool_reader *r;
	struct d4_spool_packer *p;

	(void)state;
	assert_int_equal(d4_spool_packer_new(&p), D4_OK);
	pack_all(p, w, 0, 0);
	assert_true(segment_size(1) < 8000);
	assert_true(segment_size(5) < 8000);
	assert_true(segment_size(7) > 2 * BIG); /* the last one is open */
	assert_true(d4_spool_bytes(w) < before / 2);
	d4_spool_packer_sums(p, &b, &a);
	assert_true(b > 6 * BIG && a < 30000);
	put_big(w, 9);
	r = open_reader(dir, 0);
	for (uint64_t i = 1; i <= 9; i++)
		expect_big(r, i);
	expect_end(r);
	d4_spool_reader_close(r);
	d4_spool_packer_free(p);
	d4_spool_writer_close(w);
	w = open_writer(dir, "r1", NULL);
	assert_int_equal(d4_spool_seq(w), 9);
	assert_int_equal(d4_spool_total(w), 27);
	d4_spool_writer_close(w);
}

static void
what_is_sent_soon_is_left_alone(void **state)
{
	struct d4_spool_writer *w = write_some(8);
	struct d4_spool_packer *p;

	(void)state;
	assert_int_equal(d4_spool_packer_new(&p), D4_OK);
	pack_all(p, w, 0, 2 * BIG);
	assert_true(segment_size(1) > 2 * BIG); /* where post reads */
	assert_true(segment_size(3) < 8000);
	pack_all(p, w, 6, 0);
	assert_true(segment_size(1) > 2 * BIG); /* sent already */
	d4_spool_packer_free(p);
	d4_spool_writer_close(w);
}

/* A reader inside a segment goes on in the file that it has. */
static void
a_reader_does_not_notice(void **state)
{
	struct d4_spool_writer *w = write_some(6);
	struct d4_spool_reader *r = open_reader(dir, 0);
	struct d4_spool_packer *p;

	(void)state;
	assert_int_equal(d4_spool_packer_new(&p), D4_OK);
	expect_big(r, 1);
	pack_all(p, w, 0, 0);
	for (uint64_t i = 2; i <= 6; i++)
		expect_big(r, i);
	expect_end(r);
	d4_spool_reader_close(r);
	d4_spool_packer_free(p);
	d4_spool_writer_close(w);
}

static void
a_segment_that_is_deleted_under_the_packer_stays_deleted(void **state)
{
	struct d4_spool_writer *w = write_some(6);
	struct d4_spool_packer *p;
	struct d4_spool_pick pick;

	(void)state;
	for (unsigned steps = 1; steps < 4; steps++) {
		assert_int_equal(d4_spool_packer_new(&p), D4_OK);
		for (unsigned i = 0; i < steps; i++)
			assert_true(d4_spool_pack(p, w, 0, 0) >= D4_OK);
		if (d4_spool_oldest(w, (struct d4_spool_sent){0}, true, &pick))
			assert_int_equal(d4_spool_remove(w, &pick), D4_OK);
		pack_all(p, w, 0, 0);
		assert_int_equal(segment_size(pick.first), -1);
		d4_spool_packer_free(p);
	}
	d4_spool_writer_close(w);
}

/* kill -9 between any two steps: the old or the new file, and no litter. */
static void
a_packer_may_die_after_each_step(void **state)
{
	struct d4_spool_writer *w = write_some(6);
	struct d4_spool_reader *r;
	struct d4_spool_packer *p;
	char path[256];

	(void)state;
	d4_spool_writer_close(w);
	for (unsigned steps = 0; steps < 12; steps++) {
		w = open_writer(dir, "r1", NULL);
		d4_spool_limit(w, 2 * BIG);
		assert_int_equal(d4_spool_packer_new(&p), D4_OK);
		for (unsigned i = 0; i < steps; i++)
			assert_true(d4_spool_pack(p, w, 0, 0) >= D4_OK);
		/* Its end as a crash: what is on disk stays there. */
		lane_path(
		    dir, "00000000000000000001.seg.pack", path, sizeof(path));
		if (steps % 2 == 1)
			assert_true(
			    close(open(path, O_WRONLY | O_CREAT, 0600)) == 0);
		d4_spool_packer_free(p);
		d4_spool_writer_close(w);
		w = open_writer(dir, "r1", NULL);
		assert_int_equal(access(path, F_OK), -1);
		d4_spool_writer_close(w);
		r = open_reader(dir, 0);
		for (uint64_t i = 1; i <= 6; i++)
			expect_big(r, i);
		expect_end(r);
		d4_spool_reader_close(r);
	}
}

static void
a_damaged_segment_is_left_as_it_is(void **state)
{
	struct d4_spool_writer *w = write_some(6);
	const struct d4_spool_lane *lane;
	struct d4_spool_reader *r;
	struct d4_spool_packer *p;
	struct d4_spool_where at;
	struct d4_spool_entry e;
	char path[256];
	off_t size = segment_size(3);
	int fd;

	(void)state;
	lane_path(dir, "00000000000000000003.seg", path, sizeof(path));
	fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, "!", 1, size - 10), 1);
	(void)close(fd);
	assert_int_equal(d4_spool_packer_new(&p), D4_OK);
	pack_all(p, w, 0, 0);
	assert_int_equal(segment_size(3), size);
	r = open_reader(dir, 0);
	for (uint64_t i = 1; i <= 3; i++)
		expect_big(r, i);
	assert_int_equal(d4_spool_next(r, &lane, &e), D4_ECHECKSUM);
	at = d4_spool_where(r);
	assert_int_equal(at.segment, 3);
	assert_int_equal(at.offset, size - BIG - D4_SPOOL_FIXED);
	expect_big(r, 5);
	expect_big(r, 6);
	d4_spool_reader_close(r);
	d4_spool_packer_free(p);
	d4_spool_writer_close(w);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(what_waits_is_compressed_and_read_as_it_was),
	    T(what_is_sent_soon_is_left_alone),
	    T(a_reader_does_not_notice),
	    T(a_segment_that_is_deleted_under_the_packer_stays_deleted),
	    T(a_packer_may_die_after_each_step),
	    T(a_damaged_segment_is_left_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

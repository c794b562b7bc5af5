#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "spool_files.h"

static int sync_fails; /* calls of fdatasync that are still to fail */

int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);

int
__wrap_fdatasync(int fd)
{
	if (sync_fails > 0) {
		sync_fails--;
		errno = EIO;
		return -1;
	}
	return __real_fdatasync(fd);
}

static int
setup_sync(void **state)
{
	sync_fails = 0;
	return setup(state);
}

static void
cut_segment(uint64_t first, off_t size)
{
	char path[256];

	segment_path(first, path, sizeof(path));
	assert_int_equal(truncate(path, size), 0);
}

static void
a_torn_tail_at_any_byte_is_cut_off_and_counted(void **state)
{
	struct d4_spool_writer *w = open_writer(dir, "r1", NULL);
	struct d4_spool_reader *r;
	uint64_t torn;
	off_t one, two;

	(void)state;
	put_text(w, 1, "one");
	one = segment_size(1);
	d4_spool_writer_close(w);
	for (off_t cut = 1; cut < 115; cut++) {
		w = open_writer(dir, "r1", NULL);
		put_text(w, 2, "two");
		d4_spool_writer_close(w);
		two = segment_size(1);
		cut_segment(1, two - cut);
		r = open_reader(dir, 1);
		expect_end(r);
		w = open_writer(dir, "r1", &torn);
		assert_int_equal(torn, two - cut - one);
		put_text(w, 2, "TWO");
		expect_text(r, 2, "TWO");
		d4_spool_reader_close(r);
		d4_spool_writer_close(w);
		cut_segment(1, one);
	}
}

/* A power cut: the length was written, the last pages were not. */
static void
a_lost_last_page_full_of_zeros_is_a_torn_tail(void **state)
{
	struct d4_spool_writer *w = open_writer(dir, "r1", NULL);
	struct d4_spool_reader *r;
	uint64_t torn;
	off_t size;

	(void)state;
	put_text(w, 1, "one");
	size = segment_size(1);
	d4_spool_writer_close(w);
	cut_segment(1, size + 4096);
	w = open_writer(dir, "r1", &torn);
	assert_int_equal(torn, 4096);
	put_text(w, 2, "two");
	r = open_reader(dir, 0);
	expect_text(r, 1, "one");
	expect_text(r, 2, "two");
	d4_spool_reader_close(r);
	d4_spool_writer_close(w);
}

static void
a_failed_sync_holds_nothing_and_the_next_try_everything(void **state)
{
	struct d4_spool_writer *w = open_writer(dir, "r1", NULL);
	struct d4_spool_entry e = make_entry(2, "two", 3);
	struct d4_spool_reader *r;
	uint64_t ms, n;

	(void)state;
	put_text(w, 1, "one");
	r = open_reader(dir, 0);
	expect_text(r, 1, "one");
	assert_int_equal(d4_spool_append(w, &e), D4_OK);
	for (int i = 0; i < 3; i++) {
		sync_fails = 1;
		assert_int_equal(d4_spool_commit(w), D4_EIO);
		assert_int_equal(errno, EIO);
		assert_true(d4_spool_held(w, 7, &ms, &n));
		assert_int_equal(ms, 1);
		expect_end(r);
	}
	assert_int_equal(d4_spool_commit(w), D4_OK);
	assert_true(d4_spool_held(w, 7, &ms, &n));
	assert_int_equal(ms, 2);
	expect_text(r, 2, "two");
	expect_end(r);
	d4_spool_reader_close(r);
	d4_spool_writer_close(w);
}

static void
dropped_entries_leave_a_gap_and_no_number_is_used_twice(void **state)
{
	struct d4_spool_writer *w = open_writer(dir, "r1", NULL);
	struct d4_spool_entry e = make_entry(2, "two", 3);
	struct d4_spool_reader *r;

	(void)state;
	sync_fails = 1;
	assert_int_equal(d4_spool_append(w, &e), D4_OK);
	assert_int_equal(d4_spool_commit(w), D4_EIO);
	d4_spool_drop(w);
	put_text(w, 3, "three");
	d4_spool_floor(w, 41);
	put_text(w, 4, "four");
	assert_int_equal(d4_spool_total(w), 6);
	r = open_reader(dir, 0);
	expect_text(r, 2, "three");
	expect_text(r, 42, "four");
	d4_spool_reader_close(r);
	d4_spool_writer_close(w);
}

/* What was flushed is in the file, and nothing is held by it. */
static void
flushed_entries_are_held_by_a_commit_only(void **state)
{
	struct d4_spool_writer *w = open_writer(dir, "r1", NULL);
	struct d4_spool_entry e = make_entry(2, "two", 3);
	struct d4_spool_reader *r;
	uint64_t ms, n;
	off_t size;

	(void)state;
	put_text(w, 1, "one");
	size = segment_size(1);
	assert_int_equal(d4_spool_append(w, &e), D4_OK);
	d4_spool_flush(w);
	assert_true(segment_size(1) > size);
	assert_true(d4_spool_held(w, 7, &ms, &n));
	assert_int_equal(ms, 1);
	e = make_entry(3, "three", 5);
	assert_int_equal(d4_spool_append(w, &e), D4_OK);
	d4_spool_flush(w);
	d4_spool_flush(w);
	sync_fails = 1;
	assert_int_equal(d4_spool_commit(w), D4_EIO);
	assert_int_equal(segment_size(1), size);
	d4_spool_flush(w);
	assert_int_equal(d4_spool_commit(w), D4_OK);
	e = make_entry(4, "never", 5);
	assert_int_equal(d4_spool_append(w, &e), D4_OK);
	d4_spool_flush(w);
	d4_spool_drop(w);
	put_text(w, 5, "five");
	r = open_reader(dir, 0);
	expect_text(r, 1, "one");
	expect_text(r, 2, "two");
	expect_text(r, 3, "three");
	expect_text(r, 5, "five");
	expect_end(r);
	assert_int_equal(d4_spool_total(w), 12);
	d4_spool_reader_close(r);
	d4_spool_writer_close(w);
}

/* A full disk, played by a limit on the size of files. */
static void
a_full_disk_is_cut_back_to_the_last_commit(void **state)
{
	struct d4_spool_writer *w = open_writer(dir, "r1", NULL);
	struct rlimit old, small;
	struct d4_spool_entry e;
	struct d4_spool_reader *r;
	char big[8192];
	off_t size;

	(void)state;
	put_text(w, 1, "one");
	size = segment_size(1);
	memset(big, 'x', sizeof(big));
	e = make_entry(2, big, sizeof(big));
	assert_int_equal(d4_spool_append(w, &e), D4_OK);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = (rlim_t)size + 4096;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(d4_spool_commit(w), D4_ENOSPC);
	assert_int_equal(d4_spool_commit(w), D4_ENOSPC);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(segment_size(1), size);
	assert_int_equal(d4_spool_commit(w), D4_OK);
	r = open_reader(dir, 0);
	expect_text(r, 1, "one");
	big[8191] = '\0';
	e.data.n--;
	put_text(w, 3, "three");
	e = (struct d4_spool_entry){.n = 0};
	{
		const struct d4_spool_lane *lane;

		assert_int_equal(d4_spool_next(r, &lane, &e), D4_OK);
		assert_int_equal(e.data.n, sizeof(big));
	}
	expect_text(r, 3, "three");
	d4_spool_reader_close(r);
	d4_spool_writer_close(w);
}

/* The child: numbers its entries and tells, over the pipe, each commit. */
static void
write_for_ever(int told)
{
	struct d4_spool_writer *w = open_writer(dir, "r1", &(uint64_t){0});
	char text[2048];
	struct d4_spool_entry e;
	uint64_t id = d4_spool_seq(w);

	for (;;) {
		id++;
		memset(text, (int)('a' + id % 26), sizeof(text));
		e = make_entry(id, text, (size_t)(1 + id * 67 % 2000));
		e.opening = 0;
		if (d4_spool_append(w, &e) != D4_OK ||
		    d4_spool_commit(w) != D4_OK ||
		    write(told, &id, sizeof(id)) != sizeof(id))
			_exit(1);
	}
}

static uint64_t
kill_a_writer(unsigned after)
{
	uint64_t id, last = 0;
	int told[2];
	pid_t pid;

	assert_int_equal(pipe(told), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)close(told[0]);
		write_for_ever(told[1]);
	}
	(void)close(told[1]);
	for (unsigned i = 0; i < after; i++)
		assert_int_equal(
		    read(told[0], &last, sizeof(last)), (ssize_t)sizeof(last));
	assert_int_equal(kill(pid, SIGKILL), 0);
	while (read(told[0], &id, sizeof(id)) == (ssize_t)sizeof(id))
		last = id;
	(void)close(told[0]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return last;
}

static void
what_was_committed_survives_kill_9(void **state)
{
	const struct d4_spool_lane *lane;
	struct d4_spool_reader *r;
	struct d4_spool_entry e;
	uint64_t told = 0, seq = 0;

	(void)state;
	for (unsigned i = 0; i < 20; i++)
		told = kill_a_writer(1 + i * 3 % 17);
	r = open_reader(dir, 0);
	while (d4_spool_next(r, &lane, &e) == D4_OK) {
		assert_int_equal(e.seq, seq + 1);
		assert_int_equal(e.id_ms, e.seq);
		assert_int_equal(e.data.n, 1 + e.seq * 67 % 2000);
		assert_int_equal(e.data.p[0], 'a' + e.seq % 26);
		seq = e.seq;
	}
	assert_true(seq >= told && seq <= told + 1);
	d4_spool_reader_close(r);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup_sync, teardown)
	const struct CMUnitTest tests[] = {
	    T(a_torn_tail_at_any_byte_is_cut_off_and_counted),
	    T(a_lost_last_page_full_of_zeros_is_a_torn_tail),
	    T(a_failed_sync_holds_nothing_and_the_next_try_everything),
	    T(dropped_entries_leave_a_gap_and_no_number_is_used_twice),
	    T(flushed_entries_are_held_by_a_commit_only),
	    T(a_full_disk_is_cut_back_to_the_last_commit),
	    T(what_was_committed_survives_kill_9),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

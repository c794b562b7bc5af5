/* Part files on the disk: full disks, crashes, few descriptors, their end. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include "hub/archive_finish.h"
#include "hub/archive_recover.h"
#include "test.h"
#include "tmpdir.h"

#define T0 1709251100000000ull /* 2024-02-29T23:58:20 */

struct box {
	char dir[64];
	struct archive_conf conf;
	struct parts *parts;
	struct archive_seen *seen;
	struct d4_account *account;
	struct archive_finish *finish;
};

static void
box_open(struct box *b)
{
	assert_int_equal(parts_new(&b->conf, &b->parts), D4_OK);
	assert_int_equal(seen_new(&b->seen), D4_OK);
	assert_int_equal(finish_new(&b->conf, b->parts, &b->finish), D4_OK);
}

static void
box_close(struct box *b)
{
	finish_free(b->finish);
	parts_free(b->parts);
	seen_free(b->seen);
}

static int
setup(void **state)
{
	struct box *b = calloc(1, sizeof(*b));

	tmpdir_make(b->dir, sizeof(b->dir));
	b->conf = (struct archive_conf){.dir = b->dir,
	    .every_us = 300000000,
	    .open_files = 4,
	    .pack = D4_PACK_GZIP};
	assert_int_equal(d4_account_open(b->dir, "a", &b->account), D4_OK);
	box_open(b);
	*state = b;
	return 0;
}

static int
teardown(void **state)
{
	struct box *b = *state;

	box_close(b);
	d4_account_close(b->account);
	tmpdir_remove(b->dir);
	free(b);
	return 0;
}

/* One line of a sensor, in a session of its own. */
static enum d4_status
put(struct box *b, uint8_t sensor, uint64_t seq, uint64_t t_us,
    const char *line)
{
	const struct d4_entry e = {.sess = {{sensor, 1}},
	    .seq = seq,
	    .n = 1,
	    .sensor = {{sensor}},
	    .type = 8,
	    .t_rx_us = t_us,
	    .data = d4_slice_str(line)};
	const struct parts_entry in = {&e, 0, 1000};

	return parts_put(b->parts, &in);
}

static void
finish_all(struct box *b, unsigned *files)
{
	struct archive_file f;
	struct part *part;
	enum d4_status st;

	parts_end(b->parts);
	while ((part = parts_first(b->parts)) != NULL) {
		do
			st = finish_step(b->finish, part, 10, &f);
		while (st == D4_AGAIN);
		assert_int_equal(st, D4_OK);
		(*files)++;
		assert_int_equal(parts_done(b->parts, part), D4_OK);
	}
}

/* The unpacked file of a sensor that began then. */
static void
content(const struct box *b, uint8_t sensor, const char *name, char out[512])
{
	char path[512];
	gzFile f;
	int n;

	(void)snprintf(path, sizeof(path),
	    "%s/%02x000000000000000000000000000000/8/2024/02/29/"
	    "%02x000000000000000000000000000000-2024-02-29-%s",
	    b->dir, sensor, sensor, name);
	f = gzopen(path, "rb");
	assert_non_null(f);
	n = gzread(f, out, 511);
	assert_true(n >= 0);
	out[n] = '\0';
	assert_int_equal(gzclose(f), Z_OK);
}

static void
many_sensors_share_few_descriptors(void **state)
{
	struct box *b = *state;
	unsigned files = 0;
	char text[512];

	for (uint64_t seq = 1; seq <= 3; seq++) {
		for (uint8_t s = 1; s <= 40; s++)
			assert_int_equal(put(b, s, seq, T0, "x\n"), D4_OK);
		assert_int_equal(parts_commit(b->parts), D4_OK);
		assert_true(parts_open(b->parts) <= 4);
	}
	assert_int_equal(parts_count(b->parts), 40);
	finish_all(b, &files);
	assert_int_equal(files, 40);
	content(b, 40, "235820.passivedns.txt.gz", text);
	assert_string_equal(text, "x\nx\nx\n");
	assert_int_equal(parts_bytes(b->parts), 0);
}

static void
a_part_ends_at_midnight_and_names_do_not_collide(void **state)
{
	struct box *b = *state;
	unsigned files = 0;
	char text[512];

	assert_int_equal(put(b, 1, 1, T0, "a\n"), D4_OK);
	assert_int_equal(put(b, 1, 2, T0 + 100000000, "b\n"), D4_OK);
	assert_int_equal(parts_count(b->parts), 2);
	finish_all(b, &files);
	/* The same second again: another file. */
	assert_int_equal(put(b, 1, 3, T0 + 5, "c\n"), D4_OK);
	finish_all(b, &files);
	assert_int_equal(files, 3);
	content(b, 1, "235820.passivedns.txt.gz", text);
	assert_string_equal(text, "a\n");
	content(b, 1, "235820z001.passivedns.txt.gz", text);
	assert_string_equal(text, "c\n");
}

static void
what_is_due_ends_when_it_rests(void **state)
{
	struct box *b = *state;

	assert_int_equal(put(b, 1, 1, T0, "a\n"), D4_OK);
	parts_due(b->parts, T0, 100000);
	assert_null(parts_first(b->parts));
	parts_due(b->parts, T0 + 400000000, 1500);
	assert_null(parts_first(b->parts));
	parts_due(b->parts, T0 + 400000000, 100000);
	assert_non_null(parts_first(b->parts));
}

/* The kernel says EFBIG where a disk says ENOSPC: both take nothing. */
static void
a_full_disk_takes_all_or_nothing(void **state)
{
	struct box *b = *state;
	struct rlimit was, few;
	unsigned files = 0;
	uint64_t bytes;
	char text[512];

	assert_int_equal(put(b, 1, 1, T0, "a\n"), D4_OK);
	bytes = parts_bytes(b->parts);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	few = was;
	few.rlim_cur = bytes + 20; /* a frame does not fit, some of it does */
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &few), 0);
	assert_int_equal(put(b, 1, 2, T0, "b\n"), D4_ENOSPC);
	assert_int_equal(parts_bytes(b->parts), bytes);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	assert_int_equal(put(b, 1, 3, T0, "c\n"), D4_OK);
	finish_all(b, &files);
	content(b, 1, "235820.passivedns.txt.gz", text);
	assert_string_equal(text, "a\nc\n");
}

static void
a_disk_without_its_reserve_takes_nothing(void **state)
{
	struct box *b = *state;

	b->conf.reserve = UINT64_MAX;
	assert_int_equal(put(b, 1, 1, T0, "a\n"), D4_ENOSPC);
	assert_int_equal(put(b, 1, 1, T0, "a\n"), D4_ENOSPC);
	assert_int_equal(parts_count(b->parts), 0);
	b->conf.reserve = 1;
	assert_int_equal(put(b, 1, 1, T0, "a\n"), D4_OK);
}

static void
a_second_process_is_kept_out(void **state)
{
	struct box *b = *state;
	struct parts *other = NULL;

	assert_int_equal(parts_new(&b->conf, &other), D4_EEXIST);
}

/* Killed anywhere: whole frames are found again, a torn one is cut off. */
static void
after_a_kill_whole_frames_are_there(void **state)
{
	struct box *b = *state;
	char path[160], text[512];
	struct d4_uuid sess = {{1, 1}};
	unsigned files = 0;
	uint64_t size;

	assert_int_equal(put(b, 1, 1, T0, "a\n"), D4_OK);
	assert_int_equal(put(b, 1, 2, T0, "b\n"), D4_OK);
	assert_int_equal(put(b, 1, 3, T0, "c\n"), D4_OK);
	assert_int_equal(parts_commit(b->parts), D4_OK);
	size = parts_bytes(b->parts);
	box_close(b);
	(void)snprintf(path, sizeof(path),
	    "%s/" PARTS_DIR "/00000000000000000001.part", b->dir);
	assert_int_equal(truncate(path, (off_t)size - 1), 0);
	box_open(b);
	assert_int_equal(archive_recover(b->parts, b->seen, b->account), D4_OK);
	assert_int_equal(parts_count(b->parts), 1);
	assert_true(seen_has(b->seen, &sess, 2));
	assert_false(seen_has(b->seen, &sess, 3));
	/* What was torn comes again, as another part. */
	assert_int_equal(put(b, 1, 3, T0 + 1, "c\n"), D4_OK);
	finish_all(b, &files);
	assert_int_equal(files, 2);
	content(b, 1, "235820.passivedns.txt.gz", text);
	assert_string_equal(text, "a\nb\n");
	content(b, 1, "235820z001.passivedns.txt.gz", text);
	assert_string_equal(text, "c\n");
	assert_int_equal(access(path, F_OK), -1);
}

/* Killed between the file's name and the removal of its part. */
static void
a_part_that_was_finished_already_makes_the_same_file(void **state)
{
	struct box *b = *state;
	struct archive_file f;
	unsigned files = 0;
	char text[512];

	assert_int_equal(put(b, 1, 1, T0, "a\n"), D4_OK);
	assert_int_equal(parts_commit(b->parts), D4_OK);
	parts_end(b->parts);
	assert_int_equal(
	    finish_step(b->finish, parts_first(b->parts), 4096, &f), D4_OK);
	box_close(b);
	box_open(b);
	assert_int_equal(archive_recover(b->parts, b->seen, b->account), D4_OK);
	finish_all(b, &files);
	assert_int_equal(files, 1);
	content(b, 1, "235820.passivedns.txt.gz", text);
	assert_string_equal(text, "a\n");
}

static void
a_part_that_is_none_is_kept_and_accounted(void **state)
{
	struct box *b = *state;
	char path[160];
	int fd;

	(void)snprintf(path, sizeof(path),
	    "%s/" PARTS_DIR "/00000000000000000009.part", b->dir);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(close(fd), 0);
	assert_int_equal(archive_recover(b->parts, b->seen, b->account), D4_OK);
	assert_int_equal(parts_count(b->parts), 0);
	assert_int_equal(access(path, F_OK), -1);
	memcpy(path + strlen(path) - 5, ".bad", 5);
	assert_int_equal(access(path, F_OK), 0);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(many_sensors_share_few_descriptors),
	    T(a_part_ends_at_midnight_and_names_do_not_collide),
	    T(what_is_due_ends_when_it_rests),
	    T(a_full_disk_takes_all_or_nothing),
	    T(a_disk_without_its_reserve_takes_nothing),
	    T(a_second_process_is_kept_out),
	    T(after_a_kill_whole_frames_are_there),
	    T(a_part_that_was_finished_already_makes_the_same_file),
	    T(a_part_that_is_none_is_kept_and_accounted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <fcntl.h>
#include <sys/stat.h>
#include <openssl/evp.h>
#include "libd4/kit/file.h"
#include "relay/source_file.h"
#include "test.h"
#include "tmpfixture.h"

#define GZIP (15 + 16)

static void
put(const char *name, const void *p, size_t n)
{
	assert_int_equal(
	    d4_file_replace(in_dir(name), d4_slice_of(p, n), 0644), D4_OK);
}

/* gzip of n bytes at p behind out->n. */
static void
pack(struct d4_buf *out, const void *p, size_t n)
{
	z_stream z = {.next_in = (uint8_t *)(uintptr_t)p, .avail_in = (uInt)n};

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, GZIP, 8, 0), Z_OK);
	assert_int_equal(d4_buf_reserve(out, n + 100), D4_OK);
	z.next_out = out->p + out->n;
	z.avail_out = (uInt)(out->cap - out->n);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	out->n += z.total_out;
	(void)deflateEnd(&z);
}

/* What a file gave in all. */
struct got {
	uint64_t n, lost, blocks;
	enum d4_reason why;
};

static struct got
read_all(const char *name, uint64_t max)
{
	struct source_file *f = NULL;
	struct got g = {.n = 0};
	enum d4_status st;

	assert_int_equal(
	    source_file_new(dir, name, &d4_cutter_lines, max, &f), D4_OK);
	while ((st = source_file_next(f)) == D4_OK) {
		assert_int_equal(f->cut.seq, g.n);
		g.blocks++;
		g.n += f->cut.n;
		for (size_t i = 0; i < f->cut.n_lost; i++)
			g.lost += f->cut.lost[i].n;
	}
	assert_int_equal(st, D4_END);
	assert_true(f->unpacked <= max);
	g.why = f->why;
	source_file_free(f);
	return g;
}

static void
plain_and_gzip_give_the_same_lines_in_blocks(void **state)
{
	static char text[3 * CUT_BLOCK];
	struct d4_buf b;
	struct got g;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 8 == 7 ? '\n' : (char)('a' + i / 8 % 26);
	put("plain", text, sizeof(text) - 3);
	g = read_all("plain", 1u << 30);
	assert_int_equal(g.n, sizeof(text) / 8);
	assert_int_equal(g.lost, 0);
	assert_int_equal(g.blocks, 3);
	assert_int_equal(g.why, D4_R_NONE);
	d4_buf_init(&b, 1u << 24);
	pack(&b, text, 100);
	pack(&b, text + 100, sizeof(text) - 100); /* two members */
	put("packed", b.p, b.n);
	g = read_all("packed", 1u << 30);
	assert_int_equal(g.n, sizeof(text) / 8);
	assert_int_equal(g.why, D4_R_NONE);
	d4_buf_fini(&b);
}

static void
damaged_or_cut_off_gzip_ends_the_file_with_its_reason(void **state)
{
	static char text[CUT_BLOCK];
	struct d4_buf b;
	struct got g;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 8 == 7 ? '\n' : (char)('a' + i * i % 23);
	d4_buf_init(&b, 1u << 24);
	pack(&b, text, sizeof(text));
	put("cut", b.p, b.n / 2);
	g = read_all("cut", 1u << 30);
	assert_int_equal(g.why, D4_R_FILE_GZIP);
	assert_true(g.n < sizeof(text) / 8);
	put("head", b.p, 3);
	assert_int_equal(read_all("head", 1u << 30).why, D4_R_FILE_GZIP);
	b.p[b.n - 6] ^= 1; /* the checksum */
	put("crc", b.p, b.n);
	assert_int_equal(read_all("crc", 1u << 30).why, D4_R_FILE_GZIP);
	b.p[b.n - 6] ^= 1;
	assert_int_equal(d4_buf_adds(&b, "tail"), D4_OK);
	put("tail", b.p, b.n);
	g = read_all("tail", 1u << 30);
	assert_int_equal(g.why, D4_R_FILE_GZIP);
	assert_int_equal(g.n, sizeof(text) / 8);
	d4_buf_fini(&b);
}

static void
a_bomb_stops_at_the_limit(void **state)
{
	static char zeros[8u << 20];
	struct d4_buf b;

	(void)state;
	memset(zeros, '\n', sizeof(zeros));
	d4_buf_init(&b, 1u << 24);
	pack(&b, zeros, sizeof(zeros));
	put("bomb", b.p, b.n);
	d4_buf_fini(&b);
	assert_int_equal(read_all("bomb", 65536).why, D4_R_FILE_TOOBIG);
	assert_int_equal(read_all("bomb", 65536).n, 65536);
	assert_int_equal(read_all("bomb", sizeof(zeros)).why, D4_R_NONE);
	assert_int_equal(read_all("bomb", sizeof(zeros)).n, sizeof(zeros));
	assert_int_equal(
	    read_all("bomb", sizeof(zeros) - 1).why, D4_R_FILE_TOOBIG);
}

static void
a_whole_file_is_one_record_in_base64(void **state)
{
	static const size_t sizes[] = {0, 1, 2, 3, 4, CUT_BLOCK / 3 * 3,
	    CUT_BLOCK / 3 * 3 + 1, 500000, 786000, 800000};
	static uint8_t bytes[800000], text[1100000];

	(void)state;
	memset(bytes, 0x1f, 1); /* not to be taken for gzip */
	memset(bytes + 1, 0x8b, sizeof(bytes) - 1);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		int n = EVP_EncodeBlock(text, bytes, (int)sizes[i]);
		struct d4_buf all;
		struct source_file *f = NULL;
		uint64_t records = 0, lost = 0;

		put("whole", bytes, sizes[i]);
		d4_buf_init(&all, 1u << 22);
		assert_int_equal(source_file_new(dir, "whole", &d4_cutter_lines,
				     1u << 30, &f),
		    D4_OK);
		assert_int_equal(source_file_whole(f, true), D4_OK);
		while (source_file_next(f) == D4_OK) {
			records += f->cut.n;
			for (size_t j = 0; j < f->cut.n_lost; j++)
				lost += f->cut.lost[j].n;
			assert_int_equal(
			    d4_buf_add(&all, f->cut.out.p, f->cut.out.n),
			    D4_OK);
		}
		assert_true(source_file_over(f));
		assert_int_equal(records, sizes[i] > 0 && n < (1 << 20));
		assert_int_equal(lost, n >= 1 << 20);
		if (records > 0) {
			text[n++] = '\n';
			assert_int_equal(all.n, n);
			assert_memory_equal(all.p, text, (size_t)n);
		}
		source_file_free(f);
		d4_buf_fini(&all);
	}
}

static void
an_empty_file_has_nothing(void **state)
{
	struct got g;

	(void)state;
	put("empty", "", 0);
	g = read_all("empty", 65536);
	assert_int_equal(g.n + g.lost + g.blocks, 0);
	assert_int_equal(g.why, D4_R_NONE);
}

static void
nothing_but_regular_files_below_the_folder_is_opened(void **state)
{
	static const struct {
		const char *path;
		enum d4_status st;
	} rows[] = {
	    {"sub/file", D4_OK},
	    {"./sub//file", D4_OK},
	    {"sub/../sub/file", D4_OK},
	    {"../outside", D4_EDENIED},
	    {"sub/../../outside", D4_EDENIED},
	    {"/etc/passwd", D4_EDENIED},
	    {"link", D4_EDENIED},
	    {"linked/file", D4_EDENIED},
	    {"up/outside", D4_EDENIED},
	    {"proc/self/root/etc/passwd", D4_ENOENT},
	    {"", D4_ENOENT},
	    {"gone", D4_ENOENT},
	    {"sub/file/x", D4_ENOENT},
	    {"sub", D4_EINVAL},
	    {"fifo", D4_EINVAL},
	    {"null", D4_EDENIED},
	};
	char path[128], top[80];

	(void)state;
	(void)snprintf(top, sizeof(top), "%s/top", dir);
	(void)snprintf(path, sizeof(path), "%s/sub", top);
	assert_int_equal(d4_dir_make(path, 0700), D4_OK);
	put("outside", "x\n", 2);
	put("top/sub/file", "x\n", 2);
	(void)snprintf(path, sizeof(path), "%s/link", top);
	assert_int_equal(symlink("sub/file", path), 0);
	(void)snprintf(path, sizeof(path), "%s/linked", top);
	assert_int_equal(symlink("sub", path), 0);
	(void)snprintf(path, sizeof(path), "%s/up", top);
	assert_int_equal(symlink("..", path), 0);
	(void)snprintf(path, sizeof(path), "%s/null", top);
	assert_int_equal(symlink("/dev/null", path), 0);
	(void)snprintf(path, sizeof(path), "%s/fifo", top);
	assert_int_equal(mkfifo(path, 0600), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct source_file *f = NULL;
		enum d4_status st = source_file_new(
		    top, rows[i].path, &d4_cutter_lines, 65536, &f);

		if (st != rows[i].st)
			fail_msg("%s: %s", rows[i].path, d4_status_text(st));
		source_file_free(f);
	}
}

static void
a_folder_that_is_not_there_is_no_fault_of_the_file(void **state)
{
	struct source_file *f = NULL;
	char path[128];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/nowhere", dir);
	assert_int_equal(
	    source_file_new(path, "x", &d4_cutter_lines, 65536, &f), D4_EIO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		plain_and_gzip_give_the_same_lines_in_blocks, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		damaged_or_cut_off_gzip_ends_the_file_with_its_reason, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(
		a_bomb_stops_at_the_limit, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		a_whole_file_is_one_record_in_base64, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		an_empty_file_has_nothing, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		nothing_but_regular_files_below_the_folder_is_opened, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(
		a_folder_that_is_not_there_is_no_fault_of_the_file, setup,
		teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

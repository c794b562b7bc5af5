#include "test.h"
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <openssl/sha.h>
#include <zlib.h>
#include <zstd.h>
#include "libd4/kit/file.h"
#include "libd4/kit/pack.h"
#include "tmpdir.h"

#define SIZE 3000000u

static char dir[64], path[96];
static uint8_t *data, *back;

static int
setup(void **state)
{
	(void)state;
	tmpdir_make(dir, sizeof(dir));
	(void)snprintf(path, sizeof(path), "%s/file", dir);
	data = malloc(SIZE);
	back = malloc(SIZE);
	if (data == NULL || back == NULL)
		return -1;
	for (size_t i = 0; i < SIZE; i++)
		data[i] = (uint8_t)(i % 251 ^ i >> 12);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	tmpdir_remove(dir);
	free(data);
	free(back);
	return 0;
}

/* Writes all of it in pieces of odd sizes. */
static void
fill(struct d4_pack *f)
{
	for (size_t at = 0, n; at < SIZE; at += n) {
		n = 1 + at * 7919 % 60000;
		n = n > SIZE - at ? SIZE - at : n;
		assert_int_equal(
		    d4_pack_write(f, d4_slice_of(data + at, n)), D4_OK);
	}
}

/* The file as it is, whose sum and size must be what was said. */
static void
written(enum d4_pack_kind pack, struct d4_buf *out)
{
	struct d4_pack *f = NULL;
	char sum[D4_PACK_SUM], want[D4_PACK_SUM];
	uint8_t md[SHA256_DIGEST_LENGTH];
	uint64_t bytes = 0;
	struct stat sb;

	assert_int_equal(d4_pack_open(path, pack, &f), D4_OK);
	assert_int_equal(stat(path, &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0600); /* not public yet */
	fill(f);
	assert_int_equal(d4_pack_finish(f, 0640, &bytes, sum), D4_OK);
	d4_pack_close(f);
	d4_buf_init(out, 2 * (size_t)SIZE);
	assert_int_equal(d4_file_read(path, out), D4_OK);
	assert_int_equal(out->n, bytes);
	(void)SHA256(out->p, out->n, md);
	for (size_t i = 0; i < sizeof(md); i++)
		(void)snprintf(want + 2 * i, 3, "%02x", md[i]);
	assert_string_equal(sum, want);
	assert_int_equal(stat(path, &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0640);
}

static void
plain_is_what_was_written(void **state)
{
	struct d4_buf b;

	(void)state;
	written(D4_PACK_PLAIN, &b);
	assert_int_equal(b.n, SIZE);
	assert_memory_equal(b.p, data, SIZE);
	d4_buf_fini(&b);
}

static void
gzip_is_unpacked_to_what_was_written(void **state)
{
	gzFile g;

	struct d4_buf b;

	(void)state;
	written(D4_PACK_GZIP, &b);
	assert_true(b.n < SIZE);
	g = gzopen(path, "rb");
	assert_non_null(g);
	assert_int_equal(gzread(g, back, SIZE), SIZE);
	assert_int_equal(gzclose(g), Z_OK); /* and the end was there */
	assert_memory_equal(back, data, SIZE);
	d4_buf_fini(&b);
}

/* Bytes of the file at a level; it is not the one that there is no level of. */
static uint64_t
packed(enum d4_pack_kind pack, unsigned level)
{
	struct d4_pack *f = NULL;
	char sum[D4_PACK_SUM];
	uint64_t bytes = 0;

	assert_int_equal(d4_pack_open(path, pack, &f), D4_OK);
	assert_int_equal(d4_pack_level(f, 1000), D4_EINVAL);
	assert_int_equal(d4_pack_level(f, UINT32_MAX), D4_EINVAL);
	assert_int_equal(d4_pack_level(f, level), D4_OK);
	fill(f);
	assert_int_equal(d4_pack_finish(f, 0640, &bytes, sum), D4_OK);
	d4_pack_close(f);
	assert_int_equal(unlink(path), 0);
	return bytes;
}

static void
a_higher_level_packs_harder(void **state)
{
	struct d4_pack *f = NULL;

	(void)state;
	assert_true(packed(D4_PACK_GZIP, 1) > packed(D4_PACK_GZIP, 9));
	assert_int_equal(packed(D4_PACK_GZIP, 0), packed(D4_PACK_GZIP, 6));
	assert_true(packed(D4_PACK_ZSTD, 1) > packed(D4_PACK_ZSTD, 19));
	assert_int_equal(packed(D4_PACK_ZSTD, 0), packed(D4_PACK_ZSTD, 3));
	assert_int_equal(d4_pack_open(path, D4_PACK_PLAIN, &f), D4_OK);
	assert_int_equal(d4_pack_level(f, 1), D4_EINVAL);
	assert_int_equal(d4_pack_level(f, 0), D4_OK);
	d4_pack_close(f);
}

static void
zstd_is_unpacked_to_what_was_written(void **state)
{
	ZSTD_DCtx *ctx = ZSTD_createDCtx();
	struct d4_buf b;

	(void)state;
	written(D4_PACK_ZSTD, &b);
	assert_true(b.n < SIZE);
	assert_int_equal(ZSTD_decompressDCtx(ctx, back, SIZE, b.p, b.n), SIZE);
	assert_memory_equal(back, data, SIZE);
	(void)ZSTD_freeDCtx(ctx);
	d4_buf_fini(&b);
}

static void
an_empty_file_is_whole_too(void **state)
{
	char sum[D4_PACK_SUM];
	uint64_t bytes = 1;

	(void)state;
	for (unsigned p = D4_PACK_PLAIN; p <= D4_PACK_ZSTD; p++) {
		struct d4_pack *f = NULL;

		assert_int_equal(
		    d4_pack_open(path, (enum d4_pack_kind)p, &f), D4_OK);
		assert_int_equal(d4_pack_finish(f, 0640, &bytes, sum), D4_OK);
		assert_true(p == D4_PACK_PLAIN ? bytes == 0 : bytes > 0);
		d4_pack_close(f);
		assert_int_equal(unlink(path), 0);
	}
}

static void
a_file_that_is_there_is_not_replaced(void **state)
{
	struct d4_pack *f = NULL, *g = NULL;

	(void)state;
	assert_int_equal(d4_pack_open(path, D4_PACK_PLAIN, &f), D4_OK);
	assert_int_equal(d4_pack_open(path, D4_PACK_PLAIN, &g), D4_EEXIST);
	assert_null(g);
	d4_pack_close(f);
}

/* A limit of the process stands for the disk: EFBIG, as ENOSPC. */
static void
no_room_is_said(void **state)
{
	struct rlimit was, small;
	enum d4_status st = D4_OK;
	char sum[D4_PACK_SUM];
	uint64_t bytes;

	(void)state;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	small = was;
	small.rlim_cur = 100000;
	for (unsigned p = D4_PACK_PLAIN; p <= D4_PACK_ZSTD; p++) {
		struct d4_pack *f = NULL;

		assert_int_equal(
		    d4_pack_open(path, (enum d4_pack_kind)p, &f), D4_OK);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
		for (st = D4_OK; st == D4_OK && p == D4_PACK_PLAIN;)
			st = d4_pack_write(f, d4_slice_of(data, 60000));
		for (unsigned i = 0; st == D4_OK && i < 1000; i++) {
			arc4random_buf(back, 60000);
			st = d4_pack_write(f, d4_slice_of(back, 60000));
		}
		if (st == D4_OK)
			st = d4_pack_finish(f, 0640, &bytes, sum);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
		assert_int_equal(st, D4_ENOSPC);
		d4_pack_close(f);
		assert_int_equal(unlink(path), 0);
	}
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(plain_is_what_was_written),
	    T(gzip_is_unpacked_to_what_was_written),
	    T(zstd_is_unpacked_to_what_was_written),
	    T(a_higher_level_packs_harder),
	    T(an_empty_file_is_whole_too),
	    T(a_file_that_is_there_is_not_replaced),
	    T(no_room_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

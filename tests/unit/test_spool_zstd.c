#include <zstd.h>
#include "libd4/kit/spool_zstd.h"
#include "spool_make.h"

static struct spool_zstd *z;
static struct d4_buf packed, plain;

static int
setup(void **state)
{
	(void)state;
	d4_buf_init(&packed, 64u << 20);
	d4_buf_init(&plain, D4_SPOOL_ENTRY + 1);
	return spool_zstd_new(&z) == D4_OK ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	spool_zstd_free(z);
	d4_buf_fini(&packed);
	d4_buf_fini(&plain);
	return 0;
}

static enum d4_status
unpack(struct d4_slice data, uint32_t opening, struct d4_spool_entry *e)
{
	*e = (struct d4_spool_entry){
	    .data = data, .opening = opening, .packed = true};
	return spool_zstd_unpack(z, e, &plain);
}

static void
data_comes_back_as_it_was(void **state)
{
	static const size_t sizes[] = {0, 1, 1000, 65536, D4_SPOOL_ENTRY};
	uint8_t *data = malloc(D4_SPOOL_ENTRY);
	struct d4_spool_entry e;

	(void)state;
	assert_non_null(data);
	for (size_t i = 0; i < D4_SPOOL_ENTRY; i++)
		data[i] = (uint8_t)(i * i >> 7);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		packed.n = 0;
		assert_int_equal(
		    spool_zstd_pack(z, d4_slice_of(data, sizes[i]), &packed),
		    D4_OK);
		assert_int_equal(unpack(d4_buf_slice(&packed), 0, &e), D4_OK);
		assert_false(e.packed);
		assert_true(d4_slice_eq(e.data, d4_slice_of(data, sizes[i])));
	}
	free(data);
}

static void
an_opening_longer_than_the_data_is_damage(void **state)
{
	struct d4_spool_entry e;

	(void)state;
	assert_int_equal(
	    spool_zstd_pack(z, d4_slice_str("hello"), &packed), D4_OK);
	assert_int_equal(unpack(d4_buf_slice(&packed), 5, &e), D4_OK);
	assert_int_equal(unpack(d4_buf_slice(&packed), 6, &e), D4_ECHECKSUM);
}

/* A bomb: its header says a size that is over the limit, or none. */
static void
sizes_that_are_not_allowed_are_not_tried(void **state)
{
	size_t big = D4_SPOOL_ENTRY + 1, n;
	uint8_t *data = calloc(1, big);
	ZSTD_CCtx *c = ZSTD_createCCtx();
	struct d4_spool_entry e;
	uint8_t out[4096];

	(void)state;
	assert_non_null(data);
	n = ZSTD_compress(out, sizeof(out), data, big, 1);
	assert_false(ZSTD_isError(n));
	assert_int_equal(unpack(d4_slice_of(out, n), 0, &e), D4_ECHECKSUM);
	assert_true(plain.cap < 100000);
	assert_false(
	    ZSTD_isError(ZSTD_CCtx_setParameter(c, ZSTD_c_contentSizeFlag, 0)));
	n = ZSTD_compress2(c, out, sizeof(out), data, 1000);
	assert_false(ZSTD_isError(n));
	assert_int_equal(unpack(d4_slice_of(out, n), 0, &e), D4_ECHECKSUM);
	(void)ZSTD_freeCCtx(c);
	free(data);
}

static void
anything_but_one_whole_frame_is_damage(void **state)
{
	struct d4_spool_entry e;
	struct d4_buf two;

	(void)state;
	assert_int_equal(
	    spool_zstd_pack(
		z, d4_slice_str("some text, some text, some text"), &packed),
	    D4_OK);
	for (size_t n = 0; n < packed.n; n++)
		assert_int_equal(
		    unpack(d4_slice_of(packed.p, n), 0, &e), D4_ECHECKSUM);
	d4_buf_init(&two, 4096);
	assert_int_equal(d4_buf_add(&two, packed.p, packed.n), D4_OK);
	assert_int_equal(d4_buf_add(&two, "x", 1), D4_OK);
	assert_int_equal(unpack(d4_buf_slice(&two), 0, &e), D4_ECHECKSUM);
	two.n--;
	assert_int_equal(d4_buf_add(&two, packed.p, packed.n), D4_OK);
	assert_int_equal(unpack(d4_buf_slice(&two), 0, &e), D4_ECHECKSUM);
	d4_buf_fini(&two);
}

/* Never more than the limit is written, whatever was flipped. */
static void
flipped_bits_are_damage_or_other_bytes_of_the_same_size(void **state)
{
	struct d4_spool_entry e;
	enum d4_status st;

	(void)state;
	assert_int_equal(
	    spool_zstd_pack(
		z, d4_slice_str("some text, some text, some text"), &packed),
	    D4_OK);
	for (size_t i = 0; i < 8 * packed.n; i++) {
		packed.p[i / 8] ^= (uint8_t)(1u << i % 8);
		st = unpack(d4_buf_slice(&packed), 0, &e);
		assert_true(st == D4_ECHECKSUM ||
			    (st == D4_OK && e.data.n <= D4_SPOOL_ENTRY));
		packed.p[i / 8] ^= (uint8_t)(1u << i % 8);
	}
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(data_comes_back_as_it_was),
	    T(an_opening_longer_than_the_data_is_damage),
	    T(sizes_that_are_not_allowed_are_not_tried),
	    T(anything_but_one_whole_frame_is_damage),
	    T(flipped_bits_are_damage_or_other_bytes_of_the_same_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

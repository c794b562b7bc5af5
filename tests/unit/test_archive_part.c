/* Part files: what is written is read back; what is not ours is refused. */
#include "hub/archive_part.h"
#include "guard.h"
#include "test.h"

static const struct part_head lines = {
    .sensor = {{1, 2, 3}}, .type = 8, .t_us = 1700000000000000, .nth = 3};

static struct d4_buf
head_bytes(const struct part_head *h, uint32_t *seed)
{
	struct d4_buf b;

	d4_buf_init(&b, PART_HEAD_MAX);
	assert_int_equal(part_head_put(h, &b, seed), D4_OK);
	return b;
}

static void
a_header_is_read_back(void **unused)
{
	struct part_head h = lines, got;
	uint32_t seed = 0, again = 1;
	struct d4_buf b;
	size_t used;

	(void)unused;
	h.type = 254;
	h.ext = d4_slice_str("ja3-jl");
	h.meta = d4_slice_str("{\"type\":\"ja3-jl\"}");
	b = head_bytes(&h, &seed);
	assert_int_equal(
	    part_head_get(d4_buf_slice(&b), &got, &again, &used), D4_OK);
	assert_int_equal(used, b.n);
	assert_int_equal(seed, again);
	assert_true(d4_uuid_eq(&h.sensor, &got.sensor));
	assert_int_equal(got.type, 254);
	assert_int_equal(got.t_us, h.t_us);
	assert_int_equal(got.nth, 3);
	assert_slice(got.ext, "ja3-jl");
	assert_slice(got.meta, "{\"type\":\"ja3-jl\"}");
	d4_buf_fini(&b);
}

/* Every shorter one is not all there; every flipped bit is noticed. */
static void
a_damaged_header_is_no_header(void **unused)
{
	uint32_t seed = 0;
	struct d4_buf b = head_bytes(&lines, &seed);
	struct part_head got;
	struct guard g;
	size_t used;

	(void)unused;
	for (size_t n = 0; n < b.n; n++) {
		struct d4_slice s = guard_new(&g, d4_slice_of(b.p, n));

		assert_int_equal(
		    part_head_get(s, &got, &seed, &used), D4_AGAIN);
		assert_true(used > n);
		guard_free(&g);
	}
	for (size_t bit = 0; bit < 8 * b.n; bit++) {
		b.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_not_equal(
		    part_head_get(d4_buf_slice(&b), &got, &seed, &used), D4_OK);
		b.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	d4_buf_fini(&b);
}

/* It becomes a path: nothing may lead out of the folder. */
static void
an_extended_type_is_one_of_a_meta_header(void **unused)
{
	static const char *const bad[] = {"..", ".", "a/b", "", "a b", "/etc"};
	struct part_head h = lines, got;
	uint32_t seed = 0;
	size_t used;

	(void)unused;
	h.type = 254;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct d4_buf b;

		h.ext = d4_slice_str(bad[i]);
		b = head_bytes(&h, &seed);
		assert_int_equal(
		    part_head_get(d4_buf_slice(&b), &got, &seed, &used),
		    D4_EMALFORMED);
		d4_buf_fini(&b);
	}
}

static void
a_frame_is_read_back_and_belongs_to_its_header(void **unused)
{
	const struct part_frame f = {.sess = {{7}},
	    .seq = 5,
	    .n = 2,
	    .t_rx_us = 99,
	    .opening = 2,
	    .data = {(const uint8_t *)"abcdef", 6}};
	uint8_t bytes[PART_FRAME + 6];
	struct part_frame got;
	struct guard g;
	size_t used;

	(void)unused;
	part_frame_put(&f, 42, bytes);
	memcpy(bytes + PART_FRAME, f.data.p, f.data.n);
	assert_int_equal(
	    part_frame_get(d4_slice_of(bytes, sizeof(bytes)), 42, &got, &used),
	    D4_OK);
	assert_int_equal(used, sizeof(bytes));
	assert_slice(got.data, "abcdef");
	assert_int_equal(got.seq, 5);
	assert_int_equal(got.n, 2);
	assert_int_equal(got.opening, 2);
	assert_true(d4_uuid_eq(&got.sess, &f.sess));
	assert_int_equal(
	    part_frame_get(d4_slice_of(bytes, sizeof(bytes)), 43, &got, &used),
	    D4_ECHECKSUM);
	for (size_t n = 0; n < sizeof(bytes); n++) {
		struct d4_slice s = guard_new(&g, d4_slice_of(bytes, n));

		assert_int_equal(part_frame_get(s, 42, &got, &used), D4_AGAIN);
		assert_true(used > n);
		guard_free(&g);
	}
}

static void
a_frame_over_the_limit_or_all_opening_is_refused(void **unused)
{
	struct part_frame f = {.seq = 1, .n = 1, .opening = 4}, got;
	uint8_t bytes[PART_FRAME + 4] = {0};
	size_t used;

	(void)unused;
	f.data = d4_slice_of(bytes + PART_FRAME, 3);
	part_frame_put(&f, 0, bytes);
	assert_int_equal(
	    part_frame_get(d4_slice_of(bytes, sizeof(bytes)), 0, &got, &used),
	    D4_ECHECKSUM);
	memset(bytes, 0xff, 4);
	assert_int_equal(
	    part_frame_get(d4_slice_of(bytes, sizeof(bytes)), 0, &got, &used),
	    D4_ECHECKSUM);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_header_is_read_back),
	    cmocka_unit_test(a_damaged_header_is_no_header),
	    cmocka_unit_test(an_extended_type_is_one_of_a_meta_header),
	    cmocka_unit_test(a_frame_is_read_back_and_belongs_to_its_header),
	    cmocka_unit_test(a_frame_over_the_limit_or_all_opening_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

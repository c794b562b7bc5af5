#include "frames.h"

/* Lines of these lengths (newline included), fed in one run. */
static struct d4_cutter *
feed(struct frames *f, const size_t *len, size_t n, enum d4_status *st)
{
	static uint8_t text[8u << 20];
	struct d4_cutter *c = NULL;
	struct d4_run run = {0};
	struct d4_slice in = {text, 0};

	assert_int_equal(d4_cutter_new(&d4_cutter_lines, &c), D4_OK);
	for (size_t i = 0; i < n; i++) {
		memset(text + in.n, 'a' + (int)(i % 26), len[i] - 1);
		in.n += len[i];
		text[in.n - 1] = '\n';
	}
	*st = D4_OK;
	while (*st == D4_OK && d4_cutter_feed(c, &in, &run) == D4_OK)
		*st = framer_take(f->framer, c, &run);
	return c;
}

static void
frames_are_filled_with_whole_records_up_to_the_target(void **state)
{
	const size_t len[] = {40, 40, 20, 100, 1, 60, 50};
	const size_t want[] = {100, 100, 61, 50};
	const uint32_t records[] = {3, 1, 2, 1};
	struct d4_cutter *c;
	struct frames f;
	enum d4_status st;
	uint32_t n;

	(void)state;
	frames_init(&f, 8, 100);
	c = feed(&f, len, COUNT(len), &st);
	assert_int_equal(st, D4_OK);
	assert_true(framer_pending(f.framer));
	assert_int_equal(framer_flush(f.framer), D4_OK);
	assert_false(framer_pending(f.framer));
	for (size_t i = 0; i < COUNT(want); i++) {
		assert_int_equal(frames_next(&f, 8, &n).n, want[i]);
		assert_int_equal(n, records[i]);
	}
	assert_null(ring_next(f.ring));
	d4_cutter_free(c);
	frames_fini(&f);
}

static void
a_record_over_the_target_has_a_frame_of_its_own(void **state)
{
	const size_t len[] = {10, 5000, 10, 1000000, 10};
	const size_t want[] = {10, 5000, 10, 1000000, 10};
	struct d4_cutter *c;
	struct frames f;
	enum d4_status st;
	uint32_t n;

	(void)state;
	frames_init(&f, 3, 100);
	c = feed(&f, len, COUNT(len), &st);
	assert_int_equal(st, D4_OK);
	assert_int_equal(framer_flush(f.framer), D4_OK);
	for (size_t i = 0; i < COUNT(want); i++)
		assert_int_equal(frames_next(&f, 3, &n).n, want[i]);
	d4_cutter_free(c);
	frames_fini(&f);
}

static void
a_record_that_fits_no_frame_is_dropped_and_counted(void **state)
{
	const size_t len[] = {10, 1000001, 20};
	struct d4_cutter *c;
	struct frames f;
	enum d4_status st;
	uint32_t n;

	(void)state;
	frames_init(&f, 3, 100);
	c = feed(&f, len, COUNT(len), &st);
	assert_int_equal(st, D4_OK);
	assert_int_equal(framer_flush(f.framer), D4_OK);
	assert_int_equal(frames_next(&f, 3, &n).n, 10);
	assert_int_equal(frames_next(&f, 3, &n).n, 20);
	assert_int_equal(f.counts.tally.records[D4_R_WIRE_TOOBIG], 1);
	assert_int_equal(f.counts.tally.bytes[D4_R_WIRE_TOOBIG], 1000001);
	d4_cutter_free(c);
	frames_fini(&f);
}

static void
a_full_ring_stops_and_nothing_is_lost_after_it(void **state)
{
	static uint8_t text[1000 * 6000];
	struct d4_slice in = {text, sizeof(text)}, got;
	struct d4_cutter *c = NULL;
	struct d4_run run = {0};
	struct frames f;
	uint64_t sum = 0, stops = 0;
	uint32_t n;

	(void)state;
	memset(text, 'x', sizeof(text));
	for (size_t i = 999; i < sizeof(text); i += 1000)
		text[i] = '\n';
	frames_init(&f, 3, 10000);
	assert_int_equal(d4_cutter_new(&d4_cutter_lines, &c), D4_OK);
	assert_int_equal(d4_cutter_feed(c, &in, &run), D4_OK);
	while (framer_take(f.framer, c, &run) == D4_AGAIN) {
		stops++;
		for (unsigned i = 0; i < 3; i++) {
			got = frames_next(&f, 3, &n);
			sum += got.n;
		}
	}
	assert_int_equal(framer_flush(f.framer), D4_OK);
	while (ring_next(f.ring) != NULL)
		sum += frames_next(&f, 3, &n).n;
	assert_int_equal(sum, sizeof(text));
	assert_true(stops > 10);
	d4_cutter_free(c);
	frames_fini(&f);
}

static void
bytes_without_records_fill_every_frame(void **state)
{
	struct d4_run run = {0};
	uint8_t text[250] = {7};
	struct frames f;
	uint32_t n;

	(void)state;
	frames_init(&f, 4, 100);
	run.data = d4_slice_of(text, sizeof(text));
	assert_int_equal(framer_take(f.framer, NULL, &run), D4_OK);
	assert_int_equal(framer_flush(f.framer), D4_OK);
	assert_int_equal(frames_next(&f, 4, &n).n, 100);
	assert_int_equal(n, 1);
	assert_int_equal(frames_next(&f, 4, &n).n, 100);
	assert_int_equal(frames_next(&f, 4, &n).n, 50);
	assert_int_equal(f.counts.tally.in, 3);
	frames_fini(&f);
}

static void
control_frames_are_cut_into_tls_records(void **state)
{
	static uint8_t meta[40000];
	struct frames f;
	struct d4_buf b;
	struct d4_header h;
	size_t sizes[] = {16322, 16322, 7356}, at = 0;

	(void)state;
	frames_init(&f, 254, 100);
	d4_buf_init(&b, 1 << 20);
	assert_int_equal(
	    framer_control(f.framer, 2, d4_slice_of(meta, sizeof(meta)), &b),
	    D4_OK);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		assert_int_equal(d4_header_decode(b.p + at, &h), D4_OK);
		assert_int_equal(h.type, 2);
		assert_int_equal(h.size, sizes[i]);
		at += D4_HEADER_LEN + h.size;
	}
	assert_int_equal(at, b.n);
	assert_int_equal(
	    framer_control(f.framer, 2, d4_slice_of(NULL, 0), &b), D4_OK);
	assert_int_equal(at, b.n);
	d4_buf_fini(&b);
	frames_fini(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		frames_are_filled_with_whole_records_up_to_the_target),
	    cmocka_unit_test(a_record_over_the_target_has_a_frame_of_its_own),
	    cmocka_unit_test(
		a_record_that_fits_no_frame_is_dropped_and_counted),
	    cmocka_unit_test(a_full_ring_stops_and_nothing_is_lost_after_it),
	    cmocka_unit_test(bytes_without_records_fill_every_frame),
	    cmocka_unit_test(control_frames_are_cut_into_tls_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

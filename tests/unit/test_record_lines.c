#include "test.h"
#include "cuts.h"
#include "libd4/cutter.h"

static struct d4_cutter *
cutter(void)
{
	struct d4_cutter *c = NULL;

	assert_int_equal(d4_cutter_new(&d4_cutter_lines, &c), D4_OK);
	return c;
}

static void
a_run_ends_at_the_last_newline_of_the_input(void **state)
{
	struct d4_cutter *c = cutter();
	struct d4_slice in = d4_slice_str("one\n\nthree\r\nfo");
	struct d4_slice start = in;
	struct d4_run run;

	(void)state;
	assert_int_equal(d4_cutter_feed(c, &in, &run), D4_OK);
	assert_slice(run.data, "one\n\nthree\r\n");
	assert_ptr_equal(run.data.p, start.p);
	assert_int_equal(run.n, 3);
	assert_int_equal(run.bytes, run.data.n);
	assert_int_equal(d4_cutter_feed(c, &in, &run), D4_AGAIN);
	assert_int_equal(in.n, 0);
	assert_int_equal(d4_cutter_held(c), 2);
	in = d4_slice_str("ur\nfive\n");
	assert_int_equal(d4_cutter_feed(c, &in, &run), D4_OK);
	assert_slice(run.data, "four\n");
	assert_int_equal(run.n, 1);
	assert_int_equal(d4_cutter_feed(c, &in, &run), D4_OK);
	assert_slice(run.data, "five\n");
	assert_int_equal(d4_cutter_feed(c, &in, &run), D4_AGAIN);
	assert_int_equal(d4_cutter_finish(c, &run), D4_OK);
	d4_cutter_free(c);
}

static void
an_unterminated_last_line_is_one_partial_record(void **state)
{
	struct d4_cutter *c = cutter();
	struct d4_slice in = d4_slice_str("one\ntwo");
	struct d4_run run;

	(void)state;
	assert_int_equal(d4_cutter_feed(c, &in, &run), D4_OK);
	assert_int_equal(d4_cutter_feed(c, &in, &run), D4_AGAIN);
	assert_int_equal(d4_cutter_finish(c, &run), D4_ETRUNC);
	assert_int_equal(run.n, 1);
	assert_int_equal(run.bytes, 3);
	assert_int_equal(run.data.n, 0);
	assert_int_equal(run.reason, D4_R_EOF_PARTIAL);
	/* As new: nothing of it is in the next session. */
	in = d4_slice_str("three\n");
	assert_int_equal(d4_cutter_feed(c, &in, &run), D4_OK);
	assert_slice(run.data, "three\n");
	d4_cutter_free(c);
}

/* Feeds s in pieces of step bytes; counts good lines and dropped ones. */
static void
count_lines(struct d4_slice s, size_t step, uint64_t good[2], uint64_t bad[2])
{
	struct cuts pieces = {.rest = s, .cut = step};
	struct d4_cutter *c = cutter();
	struct d4_run run;

	good[0] = good[1] = bad[0] = bad[1] = 0;
	while (cuts_next(&pieces, c, &run)) {
		bool ok = run.reason == D4_R_NONE;
		uint64_t *to = ok ? good : bad;

		if (!ok) {
			assert_int_equal(run.reason, D4_R_LINE_TOOLONG);
			assert_int_equal(run.n, 1);
			assert_int_equal(run.data.n, 0);
		}
		to[0] += run.n;
		to[1] += run.bytes;
		assert_true(d4_cutter_held(c) <= D4_LINE_MAX);
	}
	assert_int_equal(d4_cutter_finish(c, &run), D4_OK);
	d4_cutter_free(c);
}

static void
only_a_line_over_the_limit_is_dropped_and_the_stream_goes_on(void **state)
{
	static const struct {
		size_t len; /* of the long line, with its newline */
		bool ok;
	} rows[] = {
	    {D4_LINE_MAX - 1, true},
	    {D4_LINE_MAX, true},
	    {D4_LINE_MAX + 1, false},
	    {3 * (size_t)D4_LINE_MAX + 7, false},
	};
	static const size_t steps[] = {1000, 65536, D4_LINE_MAX, SIZE_MAX};
	uint8_t *text = malloc(4 * (size_t)D4_LINE_MAX);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < COUNT(rows) * COUNT(steps); i++) {
		size_t len = rows[i / COUNT(steps)].len;
		bool ok = rows[i / COUNT(steps)].ok;
		uint64_t good[2], bad[2];

		memset(text, 'x', len + 8);
		memcpy(text, "ab\n", 3);
		text[3 + len - 1] = '\n';
		memcpy(text + 3 + len, "cd\n", 3);
		count_lines(d4_slice_of(text, len + 6), steps[i % COUNT(steps)],
		    good, bad);
		assert_int_equal(good[0], ok ? 3 : 2);
		assert_int_equal(good[1], ok ? len + 6 : 6);
		assert_int_equal(bad[0], ok ? 0 : 1);
		assert_int_equal(bad[1], ok ? 0 : len);
	}
	free(text);
}

static void
an_endless_line_is_not_held(void **state)
{
	struct d4_cutter *c = cutter();
	uint8_t *text = calloc(1, D4_LINE_MAX);
	struct d4_run run;

	(void)state;
	assert_non_null(text);
	for (unsigned i = 0; i < 5; i++) {
		struct d4_slice in = d4_slice_of(text, D4_LINE_MAX);

		assert_int_equal(d4_cutter_feed(c, &in, &run), D4_AGAIN);
		assert_int_equal(d4_cutter_held(c), 0);
	}
	assert_int_equal(d4_cutter_finish(c, &run), D4_ETRUNC);
	assert_int_equal(run.bytes, 5 * D4_LINE_MAX);
	free(text);
	d4_cutter_free(c);
}

static void
it_reads_no_byte_behind_the_input(void **state)
{
	(void)state;
	cuts_guarded(&d4_cutter_lines, d4_slice_str("one\ntwo\nthree"));
}

static void
what_fits_are_whole_lines(void **state)
{
	static const struct {
		const char *data;
		size_t room, bytes;
		uint64_t n;
	} cases[] = {
	    {"", 9, 0, 0},
	    {"one\n", 3, 0, 0},
	    {"one\n", 4, 4, 1},
	    {"one\n\n\ntwo\n", 6, 6, 3},
	    {"one\n\n\ntwo\n", 9, 6, 3},
	    {"one\n\n\ntwo\n", 10, 10, 4},
	    {"one\n\n\ntwo\n", 0, 0, 0},
	    {"one\n\n\ntwo\n", SIZE_MAX, 10, 4},
	};
	struct d4_cutter *c = cutter();
	uint64_t n;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		n = 77;
		assert_int_equal(d4_cutter_fit(c, d4_slice_str(cases[i].data),
				     cases[i].room, &n),
		    cases[i].bytes);
		assert_int_equal(n, cases[i].n);
	}
	d4_cutter_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_run_ends_at_the_last_newline_of_the_input),
	    cmocka_unit_test(an_unterminated_last_line_is_one_partial_record),
	    cmocka_unit_test(
		only_a_line_over_the_limit_is_dropped_and_the_stream_goes_on),
	    cmocka_unit_test(an_endless_line_is_not_held),
	    cmocka_unit_test(it_reads_no_byte_behind_the_input),
	    cmocka_unit_test(what_fits_are_whole_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

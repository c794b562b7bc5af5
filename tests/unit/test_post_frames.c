#include "post_frames_world.h"

static void
small_entries_share_a_frame(void **state)
{
	struct world *w = *state;

	make(w, d4_type_find(D4_TYPE_PDNS), "");
	give_text(w, 1, "a\nb\n", 2);
	give_text(w, 2, "c\n", 1);
	assert_int_equal(w->seen.frames, 0);
	assert_int_equal(post_frames_held(w->f), 6);
	flush(w);
	assert_int_equal(w->seen.frames, 1);
	assert_slice(d4_buf_slice(&w->seen.data), "a\nb\nc\n");
	assert_int_equal(w->seen.seq, 2);
	assert_int_equal(w->seen.counts.fresh, 3);
	flush(w);
	assert_int_equal(w->seen.frames, 1);
}

static void
frames_are_cut_at_line_ends(void **state)
{
	struct world *w = *state;
	size_t n = 0;
	uint32_t lines = 0;

	make(w, d4_type_find(D4_TYPE_PDNS), "");
	while (n < 100000) {
		size_t len = 1 + lines * 7919 % 700;

		memset(w->room + n, 'x', len - 1);
		w->room[n + len - 1] = '\n';
		n += len;
		lines++;
	}
	for (size_t at = 0, end; at < n; at = end) {
		struct d4_spool_entry e;

		for (end = at + 9999 > n ? n : at + 9999;
		     w->room[end - 1] != '\n';)
			end--;
		e = entry(at + 1, d4_slice_of(w->room + at, end - at), 0, 0);
		for (size_t i = at; i < end; i++)
			e.n += w->room[i] == '\n';
		give(w, &e);
		if (w->seen.data.n != 0)
			assert_int_equal(
			    w->seen.data.p[w->seen.data.n - 1], '\n');
	}
	flush(w);
	assert_int_equal(w->seen.data.n, n);
	assert_memory_equal(w->seen.data.p, w->room, n);
	assert_true(w->seen.largest <= 10000);
	assert_true(w->seen.frames <= 12);
	assert_int_equal(w->seen.counts.fresh, lines);
	assert_int_equal(w->seen.counts.damaged, 0);
}

static void
the_timestamp_is_the_first_records(void **state)
{
	struct world *w = *state;
	struct d4_spool_entry e = entry(1, d4_slice_str("a\n"), 1, 0);
	struct post_frame fr;
	struct d4_header h;

	make(w, d4_type_find(D4_TYPE_LOG), "");
	e.t_first_us = 1700000001999999u;
	give(w, &e);
	e.seq = 2;
	e.t_first_us = 1800000000000000u;
	give(w, &e);
	assert_int_equal(post_frames_flush(w->f, &fr), D4_OK);
	assert_int_equal(d4_header_decode(fr.wire.p, &h), D4_OK);
	assert_int_equal(h.timestamp_s, 1700000001);
}

static void
a_coarse_time_is_told_in_whole_hours(void **state)
{
	struct world *w = *state;
	struct d4_spool_entry e = entry(1, d4_slice_str("a\n"), 1, 0);
	struct post_take t = {.coarse_us = UINT64_C(3600000000)};
	struct post_frame fr;
	struct d4_header h;

	make(w, d4_type_find(D4_TYPE_LOG), "");
	e.t_first_us = 1700000001999999u;
	assert_int_equal(post_frames_entry(w->f, &e, t), D4_OK);
	assert_int_equal(post_frames_next(w->f, &fr), D4_AGAIN);
	assert_int_equal(post_frames_flush(w->f, &fr), D4_OK);
	assert_int_equal(d4_header_decode(fr.wire.p, &h), D4_OK);
	assert_int_equal(h.timestamp_s, 1699999200);
}

static void
the_meta_header_goes_first_in_frames_of_its_own(void **state)
{
	struct world *w = *state;
	struct post_framing no_meta = {
	    .row = d4_type_handler("lines"), .hmac = w->hmac};
	static char meta[40001];

	assert_int_equal(post_frames_new(&no_meta, &w->f), D4_EINVAL);
	memset(meta, '{', sizeof(meta) - 1);
	make(w, d4_type_handler("lines"), meta);
	for (unsigned i = 1; i <= 2; i++) {
		w->seen.data.n = w->seen.meta.n = w->seen.seq = 0;
		w->seen.part = 0;
		w->seen.frames = w->seen.meta_frames = 0;
		post_frames_begin(w->f);
		give_text(w, i, "{}\n", 1);
		flush(w);
		assert_int_equal(w->seen.meta_frames, 3);
		assert_slice(d4_buf_slice(&w->seen.meta), meta);
		assert_slice(d4_buf_slice(&w->seen.data), "{}\n");
	}
}

static void
a_record_over_a_million_bytes_is_dropped_and_counted(void **state)
{
	struct world *w = *state;
	size_t big = 1000001;
	struct d4_spool_entry e;

	make(w, d4_type_find(D4_TYPE_PDNS), "");
	memset(w->room, 'x', 4 << 20);
	w->room[1] = '\n';
	w->room[2 + big - 1] = '\n';
	w->room[2 + big + 1000000 - 1] = '\n';
	w->room[2 + big + 1000000 + 2] = '\n';
	e = entry(1, d4_slice_of(w->room, 2 + big + 1000000 + 3), 4, 0);
	give(w, &e);
	flush(w);
	assert_int_equal(w->seen.frames, 3);
	assert_int_equal(w->seen.data.n, 2 + 1000000 + 3);
	assert_int_equal(w->seen.counts.toobig, 1);
	assert_int_equal(w->seen.counts.fresh, 3);
	assert_int_equal(w->seen.counts.damaged, 0);
}

static void
an_unfinished_or_missing_record_counts_as_damaged(void **state)
{
	struct world *w = *state;

	make(w, d4_type_find(D4_TYPE_PDNS), "");
	give_text(w, 1, "a\nb", 2);
	give_text(w, 2, "c\n", 4);
	flush(w);
	assert_slice(d4_buf_slice(&w->seen.data), "a\nc\n");
	assert_int_equal(w->seen.counts.fresh, 2);
	assert_int_equal(w->seen.counts.damaged, 4);
}

static void
passed_entries_are_told_with_the_next_frame_or_at_the_flush(void **state)
{
	struct world *w = *state;

	make(w, d4_type_find(D4_TYPE_PDNS), "");
	post_frames_pass(w->f, 1, &(struct post_counts){.expired = 5});
	give_text(w, 2, "a\n", 1);
	post_frames_pass(w->f, 3, &(struct post_counts){.withheld = 6});
	flush(w);
	assert_int_equal(w->seen.seq, 3);
	assert_int_equal(w->seen.counts.expired, 5);
	assert_int_equal(w->seen.counts.withheld, 6);
	post_frames_pass(w->f, 4, &(struct post_counts){.damaged = 7});
	flush(w);
	assert_int_equal(w->seen.frames, 1);
	assert_int_equal(w->seen.seq, 4);
	assert_int_equal(w->seen.counts.damaged, 7);
}

/* 100 lines of 1,000 bytes in one entry: ten frames. */
static struct d4_spool_entry
long_entry(struct world *w)
{
	memset(w->room, 'x', 100000);
	for (unsigned i = 0; i < 100; i++) {
		w->room[i * 1000] = (uint8_t)i;
		w->room[i * 1000 + 999] = '\n';
	}
	w->room[10 * 1000] = 'x'; /* no newline but at the ends */
	return entry(5, d4_slice_of(w->room, 100000), 100, 0);
}

static void
each_frame_tells_how_far_it_goes_into_an_entry(void **state)
{
	struct world *w = *state;
	struct d4_spool_entry e;
	struct post_frame fr;
	unsigned before = 0;
	uint64_t again = 0;

	make(w, d4_type_find(D4_TYPE_PDNS), "");
	e = long_entry(w);
	assert_int_equal(
	    post_frames_entry(w->f, &e, (struct post_take){.again = 25}),
	    D4_OK);
	while (post_frames_next(w->f, &fr) == D4_OK) {
		assert_true(fr.marked);
		before++;
		assert_int_equal(fr.at.seq, 0);
		assert_int_equal(fr.at.part, 10 * before);
		assert_int_equal(fr.counts.fresh + fr.counts.again, 10);
		again += fr.counts.again;
	}
	assert_int_equal(before, 9);
	assert_int_equal(again, 25);
	assert_int_equal(post_frames_flush(w->f, &fr), D4_OK);
	assert_true(fr.marked);
	assert_int_equal(fr.at.seq, 5);
	assert_int_equal(fr.at.part, 0);
	assert_int_equal(fr.counts.fresh, 10);
}

static void
records_that_arrived_are_not_sent_again(void **state)
{
	struct world *w = *state;
	struct d4_spool_entry e;

	make(w, d4_type_find(D4_TYPE_PDNS), "");
	e = long_entry(w);
	assert_int_equal(post_frames_entry(w->f, &e,
			     (struct post_take){.skip = 93, .again = 95}),
	    D4_OK);
	drive(w);
	flush(w);
	assert_int_equal(w->seen.data.n, 7000);
	assert_int_equal(w->seen.data.p[0], 93);
	assert_int_equal(w->seen.counts.again, 2);
	assert_int_equal(w->seen.counts.fresh, 5);
	assert_int_equal(w->seen.counts.damaged, 0);
	assert_int_equal(w->seen.seq, 5);
	e.seq = 6;
	e.n = 90; /* it holds more than it says: nothing is hidden */
	assert_int_equal(post_frames_entry(w->f, &e,
			     (struct post_take){.skip = 90, .again = 90}),
	    D4_OK);
	drive(w);
	flush(w);
	assert_int_equal(w->seen.counts.fresh, 15);
	assert_int_equal(w->seen.counts.damaged, 0);
}

/* The sizes that wire.md names, and all around the borders. */
static void
no_tls_record_of_a_frame_is_too_short(void **state)
{
	(void)state;
	for (size_t frame = 63; frame <= 1000062; frame++) {
		size_t head = post_frames_head(frame), rest = frame - head;
		size_t tail = rest % 16384;

		if (frame > 200000 && frame < 900000)
			continue;
		assert_true(head == 0 || (head >= 62 && head <= 16384));
		assert_true(head < frame);
		assert_true(tail == 0 || tail >= 62);
		assert_true(frame > 16384 || head == 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(small_entries_share_a_frame),
	    TEST(frames_are_cut_at_line_ends),
	    TEST(the_timestamp_is_the_first_records),
	    TEST(a_coarse_time_is_told_in_whole_hours),
	    TEST(the_meta_header_goes_first_in_frames_of_its_own),
	    TEST(a_record_over_a_million_bytes_is_dropped_and_counted),
	    TEST(an_unfinished_or_missing_record_counts_as_damaged),
	    TEST(passed_entries_are_told_with_the_next_frame_or_at_the_flush),
	    TEST(each_frame_tells_how_far_it_goes_into_an_entry),
	    TEST(records_that_arrived_are_not_sent_again),
	    TEST(no_tls_record_of_a_frame_is_too_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

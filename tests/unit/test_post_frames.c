#include "test.h"
#include "libd4/frame.h"
#include "pcap.h"
#include "relay/post_frames.h"

#define KEY "a key"

/* What the frames of a session said, put together again. */
struct seen {
	struct d4_buf data, meta;
	unsigned frames, meta_frames;
	size_t largest;
	uint64_t seq;
	struct post_counts counts;
};

struct world {
	struct d4_hmac *hmac;
	struct post_frames *f;
	const struct d4_type_row *row;
	struct seen seen;
	uint8_t *room;
};

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	if (w == NULL || d4_hmac_new(d4_slice_str(KEY), &w->hmac) != D4_OK)
		return -1;
	w->room = malloc(4 << 20);
	d4_buf_init(&w->seen.data, 16 << 20);
	d4_buf_init(&w->seen.meta, 1 << 20);
	*state = w;
	return w->room == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	post_frames_free(w->f);
	d4_hmac_free(w->hmac);
	d4_buf_fini(&w->seen.data);
	d4_buf_fini(&w->seen.meta);
	free(w->room);
	free(w);
	return 0;
}

static void
make(struct world *w, const struct d4_type_row *row, const char *meta)
{
	struct post_framing of = {
	    .row = row, .hmac = w->hmac, .meta = d4_slice_str(meta)};

	memset(of.uuid.b, 0x11, sizeof(of.uuid.b));
	d4_uuid_force(&of.uuid, 4);
	w->row = row;
	assert_int_equal(post_frames_new(&of, &w->f), D4_OK);
}

/* Every frame is whole, sealed, of the right type and never empty. */
static void
take(struct world *w, const struct post_frame *fr)
{
	struct d4_parser *p = NULL;
	struct d4_slice in = fr->wire;
	struct d4_frame f;
	bool meta;

	assert_int_equal(d4_parser_new(D4_PAYLOAD_MAX, &p), D4_OK);
	assert_int_equal(d4_parser_feed(p, &in, &f), D4_OK);
	assert_int_equal(in.n, 0);
	assert_true(f.payload.n > 0);
	assert_int_equal(d4_hmac_check(w->hmac, f.wire, f.payload), D4_OK);
	assert_true(d4_uuid_is_v4(&f.header.uuid));
	meta = f.header.type == D4_TYPE_META;
	assert_true(meta || f.header.type == w->row->type);
	assert_true(!meta || w->seen.data.n == 0);
	assert_int_equal(d4_buf_add(meta ? &w->seen.meta : &w->seen.data,
			     f.payload.p, f.payload.n),
	    D4_OK);
	*(meta ? &w->seen.meta_frames : &w->seen.frames) += 1;
	if (f.payload.n > w->seen.largest)
		w->seen.largest = f.payload.n;
	d4_parser_free(p);
}

static void
mark(struct world *w, const struct post_frame *fr)
{
	if (!fr->marked)
		return;
	assert_true(fr->seq > w->seen.seq);
	w->seen.seq = fr->seq;
	post_counts_add(&w->seen.counts, &fr->counts);
}

static struct d4_spool_entry
entry(uint64_t seq, struct d4_slice data, uint32_t n, uint32_t opening)
{
	return (struct d4_spool_entry){.seq = seq,
	    .n = n,
	    .opening = opening,
	    .t_first_us = 1700000000000000u + seq,
	    .data = data};
}

static void
give(struct world *w, const struct d4_spool_entry *e)
{
	struct post_frame fr;
	enum d4_status st;

	assert_int_equal(post_frames_entry(w->f, e, false), D4_OK);
	while ((st = post_frames_next(w->f, &fr)) == D4_OK) {
		take(w, &fr);
		mark(w, &fr);
	}
	assert_int_equal(st, D4_AGAIN);
}

static void
flush(struct world *w)
{
	struct post_frame fr;
	enum d4_status st = post_frames_flush(w->f, &fr);

	if (st == D4_OK)
		take(w, &fr);
	else
		assert_int_equal(st, D4_AGAIN);
	mark(w, &fr);
}

static void
give_text(struct world *w, uint64_t seq, const char *text, uint32_t n)
{
	struct d4_spool_entry e = entry(seq, d4_slice_str(text), n, 0);

	give(w, &e);
}

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

static struct d4_spool_entry
capture(struct world *w, uint64_t seq, unsigned format, uint32_t snaplen)
{
	struct pcap_out o = {.p = w->room, .format = format};
	uint32_t packets = 3;

	pcap_put_opening(&o, 1);
	o.n = 16;
	pcap_put32(&o, snaplen);
	o.n = 24;
	for (uint32_t i = 0; i < packets; i++)
		pcap_put_packet(&o, 100 + i, (uint8_t)seq);
	return entry(seq, d4_slice_of(w->room, o.n), packets, 24);
}

static void
a_session_has_one_pcap_header_and_whole_packets(void **state)
{
	struct world *w = *state;
	struct d4_spool_entry e;
	struct d4_buf want;

	d4_buf_init(&want, 1 << 20);
	make(w, d4_type_find(D4_TYPE_PCAP), "");
	for (uint64_t seq = 1; seq <= 200; seq++) {
		e = capture(w, seq, 1, 65535);
		assert_int_equal(
		    d4_buf_add(&want, e.data.p + (seq == 1 ? 0 : 24),
			e.data.n - (seq == 1 ? 0 : 24)),
		    D4_OK);
		give(w, &e);
	}
	flush(w);
	assert_int_equal(w->seen.data.n, want.n);
	assert_memory_equal(w->seen.data.p, want.p, want.n);
	assert_true(w->seen.largest <= 16322);
	assert_true(w->seen.frames <= 6);
	assert_int_equal(w->seen.counts.fresh, 600);
	d4_buf_fini(&want);
}

static void
every_session_begins_with_the_pcap_header_again(void **state)
{
	struct world *w = *state;
	struct d4_spool_entry e = capture(w, 1, 4, 65535);

	make(w, d4_type_find(D4_TYPE_PCAP), "");
	for (unsigned i = 0; i < 3; i++) {
		w->seen.data.n = w->seen.seq = 0;
		post_frames_begin(w->f);
		give(w, &e);
		flush(w);
		assert_int_equal(w->seen.data.n, e.data.n);
		assert_memory_equal(w->seen.data.p, e.data.p, e.data.n);
	}
}

static void
another_opening_needs_another_session(void **state)
{
	struct world *w = *state;
	struct d4_spool_entry e = capture(w, 1, 1, 65535);

	make(w, d4_type_find(D4_TYPE_PCAP), "");
	give(w, &e);
	e = capture(w, 2, 3, 65535);
	assert_int_equal(post_frames_entry(w->f, &e, false), D4_END);
	flush(w);
	assert_int_equal(w->seen.seq, 1);
	post_frames_begin(w->f);
	give(w, &e);
	flush(w);
	assert_int_equal(w->seen.seq, 2);
}

static void
the_largest_snaplen_is_announced_and_others_share_the_session(void **state)
{
	struct world *w = *state;
	struct d4_spool_entry e = capture(w, 1, 1, 96);

	make(w, d4_type_find(D4_TYPE_PCAP), "");
	give(w, &e);
	flush(w);
	e = capture(w, 2, 1, 1500);
	assert_int_equal(post_frames_entry(w->f, &e, false), D4_END);
	post_frames_begin(w->f);
	give(w, &e);
	flush(w);
	e = capture(w, 3, 1, 96);
	give(w, &e);
	flush(w);
	post_frames_begin(w->f);
	w->seen.data.n = 0;
	e = capture(w, 4, 1, 96);
	give(w, &e);
	flush(w);
	assert_int_equal(w->seen.seq, 4);
	assert_memory_equal(w->seen.data.p + 16, "\xdc\x05\0\0", 4);
}

static void
an_entry_without_an_opening_is_damaged(void **state)
{
	struct world *w = *state;
	struct d4_spool_entry e = capture(w, 1, 1, 96);

	make(w, d4_type_find(D4_TYPE_PCAP), "");
	e.opening = 0;
	give(w, &e);
	e = capture(w, 2, 1, 96);
	w->room[0] = 'x';
	give(w, &e);
	e = capture(w, 3, 1, 96);
	give(w, &e);
	flush(w);
	assert_int_equal(w->seen.counts.damaged, 6);
	assert_int_equal(w->seen.counts.fresh, 3);
	assert_int_equal(w->seen.seq, 3);
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

static void
an_entry_counts_as_sent_with_its_last_frame_only(void **state)
{
	struct world *w = *state;
	struct d4_spool_entry e;
	struct post_frame fr;
	unsigned before = 0;

	make(w, d4_type_find(D4_TYPE_PDNS), "");
	memset(w->room, 'x', 100000);
	for (unsigned i = 0; i < 100; i++)
		w->room[i * 1000 + 999] = '\n';
	e = entry(1, d4_slice_of(w->room, 100000), 100, 0);
	assert_int_equal(post_frames_entry(w->f, &e, true), D4_OK);
	while (post_frames_next(w->f, &fr) == D4_OK) {
		assert_false(fr.marked);
		before++;
	}
	assert_int_equal(before, 9);
	assert_int_equal(post_frames_flush(w->f, &fr), D4_OK);
	assert_true(fr.marked);
	assert_int_equal(fr.seq, 1);
	assert_int_equal(fr.counts.again, 100);
	assert_int_equal(fr.counts.fresh, 0);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(small_entries_share_a_frame),
	    TEST(frames_are_cut_at_line_ends),
	    TEST(the_timestamp_is_the_first_records),
	    TEST(the_meta_header_goes_first_in_frames_of_its_own),
	    TEST(a_record_over_a_million_bytes_is_dropped_and_counted),
	    TEST(an_unfinished_or_missing_record_counts_as_damaged),
	    TEST(a_session_has_one_pcap_header_and_whole_packets),
	    TEST(every_session_begins_with_the_pcap_header_again),
	    TEST(another_opening_needs_another_session),
	    TEST(the_largest_snaplen_is_announced_and_others_share_the_session),
	    TEST(an_entry_without_an_opening_is_damaged),
	    TEST(passed_entries_are_told_with_the_next_frame_or_at_the_flush),
	    TEST(an_entry_counts_as_sent_with_its_last_frame_only),
	    TEST(no_tls_record_of_a_frame_is_too_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

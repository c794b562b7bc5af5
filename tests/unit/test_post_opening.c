#include "post_frames_world.h"
#include "ipfix.h"
#include "pcap.h"
#include "pcapng.h"

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
	assert_int_equal(
	    post_frames_entry(w->f, &e, (struct post_take){0}), D4_END);
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
	assert_int_equal(
	    post_frames_entry(w->f, &e, (struct post_take){0}), D4_END);
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

/* Section header and interface, and a packet of n bytes. */
static struct d4_spool_entry
section(struct world *w, uint64_t seq, bool big, uint32_t n)
{
	struct png_out o = {.p = w->room, .big = big};
	size_t opening;

	png_put_section(&o, UINT64_MAX);
	png_put_interface(&o, 1, 0, 0);
	opening = o.n;
	png_put_packet(&o, 0, n, (uint8_t)seq);
	png_put_packet(&o, 0, n, (uint8_t)seq);
	return entry(seq, d4_slice_of(w->room, o.n), 2, (uint32_t)opening);
}

/* Sections of two sensors by turns, and one after a gap, all in a session. */
static void
each_entry_of_a_capture_with_sections_brings_its_own(void **state)
{
	struct world *w = *state;
	struct d4_buf want;

	d4_buf_init(&want, 1 << 20);
	make(w, d4_type_find(D4_TYPE_PCAPNG), "");
	for (uint64_t seq = 1; seq <= 50; seq++) {
		struct d4_spool_entry e =
		    section(w, seq, seq % 2, (uint32_t)(seq * 50));

		assert_int_equal(d4_buf_add(&want, e.data.p, e.data.n), D4_OK);
		give(w, &e);
	}
	flush(w);
	assert_int_equal(w->seen.data.n, want.n);
	assert_memory_equal(w->seen.data.p, want.p, want.n);
	assert_int_equal(w->seen.counts.fresh, 100);
	assert_int_equal(w->seen.counts.damaged, 0);
	assert_int_equal(w->seen.seq, 50);
	d4_buf_fini(&want);
}

/* What the session has is not sent again, until another one was. */
static void
an_opening_that_the_session_has_is_not_sent_again(void **state)
{
	struct world *w = *state;
	struct d4_buf want;

	d4_buf_init(&want, 1 << 20);
	make(w, d4_type_find(D4_TYPE_PCAPNG), "");
	for (uint64_t seq = 1; seq <= 9; seq++) {
		bool other = seq == 5, first = seq == 1;
		struct d4_spool_entry e = section(w, seq, other, 40);
		size_t skip = first || other || seq == 6 ? 0 : e.opening;

		assert_int_equal(
		    d4_buf_add(&want, e.data.p + skip, e.data.n - skip), D4_OK);
		give(w, &e);
	}
	flush(w);
	assert_int_equal(w->seen.data.n, want.n);
	assert_memory_equal(w->seen.data.p, want.p, want.n);
	assert_int_equal(w->seen.counts.fresh, 18);
	d4_buf_fini(&want);
}

static struct d4_spool_entry
flows(struct world *w, uint64_t seq, unsigned messages, bool mixed)
{
	struct ipfix_out o = {.p = w->room};
	size_t opening;

	ipfix_put_template(&o, 1, 256, 2);
	opening = o.n;
	for (unsigned i = 0; i < messages; i++)
		ipfix_put_data(&o, 1, 256, 24); /* three records */
	if (mixed) {
		ipfix_message(&o, 1);
		ipfix_set(&o, 2);
		ipfix_template(&o, 256, 1);
		d4_put_be16(o.p + o.set + 2, (uint16_t)(o.n - o.set));
		ipfix_set(&o, 256);
		memset(o.p + o.n, 'd', 8); /* two, of the new one */
		o.n += 8;
		ipfix_end(&o);
	}
	return entry(seq, d4_slice_of(w->room, o.n), messages + mixed,
	    (uint32_t)opening);
}

/* Sequence numbers count what the session has, and start again with it. */
static void
messages_of_flows_are_numbered_by_session(void **state)
{
	static const uint32_t want[] = {0, 0, 3, 6, 9, 12, 14, 14, 0, 0};
	struct world *w = *state;
	struct d4_slice sent;
	struct d4_spool_entry e;

	make(w, d4_type_find(D4_TYPE_YAF), "");
	e = flows(w, 1, 2, false);
	give(w, &e);
	e = flows(w, 2, 2, true); /* its opening is known, then it changes */
	give(w, &e);
	e = flows(w, 3, 1, false); /* so this one is sent again */
	give(w, &e);
	flush(w);
	w->seen.seq = 0;
	post_frames_begin(w->f);
	e = flows(w, 1, 1, false);
	give(w, &e);
	flush(w);
	sent = d4_buf_slice(&w->seen.data);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		assert_true(sent.n >= 16);
		assert_int_equal(d4_get_be32(sent.p + 8), want[i]);
		(void)d4_slice_skip(&sent, d4_get_be16(sent.p + 2));
	}
	assert_int_equal(sent.n, 0);
}

/* Of an entry that was sent in part the rest stands under its opening, too. */
static void
the_rest_of_an_entry_is_sent_with_its_opening(void **state)
{
	struct world *w = *state;
	struct d4_spool_entry e = section(w, 1, true, 40);

	make(w, d4_type_find(D4_TYPE_PCAPNG), "");
	assert_int_equal(
	    post_frames_entry(w->f, &e, (struct post_take){.skip = 1}), D4_OK);
	drive(w);
	flush(w);
	assert_int_equal(w->seen.data.n, 48 + 72);
	assert_memory_equal(w->seen.data.p, e.data.p, 48);
	assert_int_equal(w->seen.counts.fresh, 1);
}

static void
flows_may_have_no_templates_yet_and_bad_ones_are_damaged(void **state)
{
	struct world *w = *state;
	struct ipfix_out o = {.p = w->room};
	struct d4_spool_entry e;
	size_t opening;

	make(w, d4_type_find(D4_TYPE_YAF), "");
	ipfix_put_data(&o, 1, 256, 8);
	e = entry(1, d4_slice_of(w->room, o.n), 1, 0);
	give(w, &e);
	o = (struct ipfix_out){.p = w->room};
	ipfix_put_template(&o, 1, 256, 2);
	opening = o.n;
	ipfix_put_data(&o, 1, 256, 12);
	e = entry(2, d4_slice_of(w->room, o.n), 1, (uint32_t)opening);
	give(w, &e);
	e.seq = 3;
	e.opening--; /* not a whole message */
	give(w, &e);
	e.seq = 4;
	e.opening = (uint32_t)o.n; /* a record is no opening */
	give(w, &e);
	flush(w);
	assert_int_equal(w->seen.counts.fresh, 2);
	assert_int_equal(w->seen.counts.damaged, 2);
	assert_int_equal(w->seen.data.n, 28 + o.n);
	assert_int_equal(w->seen.seq, 4);
}

/* A session of type 4 is a capture or a text, never both. */
static void
text_and_captures_of_dnscap_have_sessions_of_their_own(void **state)
{
	static const char text[] = "[1] a \\\n\tb\n[2] c\n";
	struct d4_spool_entry e = entry(1, d4_slice_str(text), 2, 0);
	struct world *w = *state;

	make(w, d4_type_find(D4_TYPE_DNSCAP), "");
	give(w, &e);
	flush(w);
	assert_slice(d4_buf_slice(&w->seen.data), text);
	assert_int_equal(w->seen.counts.fresh, 2);
	e = capture(w, 2, 1, 96);
	assert_int_equal(
	    post_frames_entry(w->f, &e, (struct post_take){0}), D4_END);
	post_frames_begin(w->f);
	give(w, &e);
	e = entry(3, d4_slice_str(text), 2, 0);
	assert_int_equal(
	    post_frames_entry(w->f, &e, (struct post_take){0}), D4_END);
	post_frames_begin(w->f);
	give(w, &e);
	flush(w);
	assert_int_equal(w->seen.seq, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_session_has_one_pcap_header_and_whole_packets),
	    TEST(every_session_begins_with_the_pcap_header_again),
	    TEST(another_opening_needs_another_session),
	    TEST(the_largest_snaplen_is_announced_and_others_share_the_session),
	    TEST(an_entry_without_an_opening_is_damaged),
	    TEST(each_entry_of_a_capture_with_sections_brings_its_own),
	    TEST(an_opening_that_the_session_has_is_not_sent_again),
	    TEST(messages_of_flows_are_numbered_by_session),
	    TEST(the_rest_of_an_entry_is_sent_with_its_opening),
	    TEST(flows_may_have_no_templates_yet_and_bad_ones_are_damaged),
	    TEST(text_and_captures_of_dnscap_have_sessions_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

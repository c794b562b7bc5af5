#include "post_frames_world.h"
#include "pcap.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_session_has_one_pcap_header_and_whole_packets),
	    TEST(every_session_begins_with_the_pcap_header_again),
	    TEST(another_opening_needs_another_session),
	    TEST(the_largest_snaplen_is_announced_and_others_share_the_session),
	    TEST(an_entry_without_an_opening_is_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

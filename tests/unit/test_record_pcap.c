#include "test.h"
#include "cuts.h"
#include "guard.h"
#include "pcap.h"
#include "libd4/cutter.h"

#define OPENING 24u
#define HEAD    16u

static uint8_t room[2 * D4_CAPLEN_MAX];

static struct pcap_out
fresh(unsigned format)
{
	return (struct pcap_out){.p = room, .format = format};
}

static struct d4_cutter *
cutter(void)
{
	struct d4_cutter *c = NULL;

	assert_int_equal(d4_cutter_new(&d4_cutter_pcap, &c), D4_OK);
	return c;
}

static struct d4_slice
written(const struct pcap_out *o)
{
	return d4_slice_of(o->p, o->n);
}

static void
whole_packets_are_one_run_without_a_copy_in_every_format(void **state)
{
	(void)state;
	for (unsigned format = 1; format <= 4; format++) {
		struct pcap_out o = fresh(format);
		struct d4_cutter *c = cutter();
		struct d4_slice in;
		struct d4_run run;

		pcap_put_opening(&o, 1);
		pcap_put_packet(&o, 60, 'a');
		pcap_put_packet(&o, 0, 'b');
		pcap_put_packet(&o, 1500, 'c');
		in = written(&o);
		assert_int_equal(d4_cutter_opening(c).n, 0);
		assert_int_equal(d4_cutter_variant(c), 0);
		assert_int_equal(d4_cutter_feed(c, &in, &run), D4_OK);
		assert_int_equal(run.n, 3);
		assert_ptr_equal(run.data.p, room + OPENING);
		assert_int_equal(run.data.n, 60 + 1500 + 3 * HEAD);
		assert_int_equal(run.bytes, run.data.n);
		assert_int_equal(run.reason, D4_R_NONE);
		assert_int_equal(d4_cutter_feed(c, &in, &run), D4_AGAIN);
		assert_int_equal(in.n, 0);
		assert_true(d4_slice_eq(
		    d4_cutter_opening(c), d4_slice_of(room, OPENING)));
		assert_int_equal(d4_cutter_variant(c), format << 28 | 1);
		assert_int_equal(d4_cutter_finish(c, &run), D4_OK);
		assert_int_equal(d4_cutter_opening(c).n, 0);
		d4_cutter_free(c);
	}
}

static void
split_walks_a_run_packet_by_packet(void **state)
{
	struct pcap_out o = fresh(2);
	struct d4_cutter *c = cutter();
	struct d4_slice in, rest;
	struct d4_run run;

	(void)state;
	pcap_put_opening(&o, 1);
	pcap_put_packet(&o, 60, 'a');
	pcap_put_packet(&o, 0, 'b');
	in = written(&o);
	assert_int_equal(d4_cutter_feed(c, &in, &run), D4_OK);
	rest = run.data;
	assert_int_equal(d4_cutter_split(c, rest), HEAD + 60);
	d4_slice_skip(&rest, HEAD + 60);
	assert_int_equal(d4_cutter_split(c, rest), HEAD);
	d4_slice_skip(&rest, HEAD);
	assert_int_equal(d4_cutter_split(c, rest), 0);
	rest = (struct d4_slice){run.data.p, HEAD - 1};
	assert_int_equal(d4_cutter_split(c, rest), 0);
	rest.n = HEAD + 59;
	assert_int_equal(d4_cutter_split(c, rest), 0);
	d4_cutter_free(c);
}

static void
what_is_no_pcap_of_version_2_4_is_pcap_magic(void **state)
{
	static const struct {
		const char *name;
		size_t at;
		uint8_t value;
	} rows[] = {
	    {"first byte", 0, 0},
	    {"pcapng", 0, 0x0a},
	    {"major 1", 4, 1},
	    {"minor 3", 6, 3},
	    {"version in the other order", 5, 2},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct pcap_out o = fresh(1);
		struct d4_cutter *c = cutter();
		struct d4_slice in;
		struct d4_run run;

		pcap_put_opening(&o, 1);
		pcap_put_packet(&o, 60, 'a');
		room[rows[i].at] = rows[i].value;
		for (unsigned k = 0; k < 3; k++) {
			in = written(&o);
			assert_int_equal(
			    d4_cutter_feed(c, &in, &run), D4_EMALFORMED);
			assert_int_equal(c->failed, D4_R_PCAP_MAGIC);
		}
		assert_int_equal(d4_cutter_opening(c).n, 0);
		assert_int_equal(d4_cutter_held(c), 0);
		d4_cutter_free(c);
	}
}

static void
the_link_field_is_checked_and_fcs_has_its_own_variant(void **state)
{
	static const struct {
		uint32_t link;
		uint32_t variant; /* 0: refused as linktype */
	} rows[] = {
	    {1, 0x10000001},
	    {113, 0x10000071},
	    {0xffff, 0x1000ffff},
	    {0x04000001, 0x14000001}, /* FCS flag */
	    {0x24000001, 0x14020001}, /* FCS of 2 x 16 bits */
	    {0x00010001, 0},
	    {0x02000001, 0},
	    {0x08000001, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct pcap_out o = fresh(1);
		struct d4_cutter *c = cutter();
		struct d4_slice in;
		struct d4_run run;
		bool ok = rows[i].variant != 0;

		pcap_put_opening(&o, rows[i].link);
		in = written(&o);
		assert_int_equal(d4_cutter_feed(c, &in, &run),
		    ok ? D4_AGAIN : D4_EMALFORMED);
		assert_int_equal(c->failed, ok ? D4_R_NONE : D4_R_LINKTYPE);
		assert_int_equal(d4_cutter_variant(c), rows[i].variant);
		d4_cutter_free(c);
	}
}

static void
packets_before_an_impossible_length_are_given_then_desync(void **state)
{
	struct pcap_out o = fresh(3);
	struct d4_cutter *c = cutter();
	struct d4_slice in;
	struct d4_run run;

	(void)state;
	pcap_put_opening(&o, 1);
	pcap_put_packet(&o, D4_CAPLEN_MAX, 'a');
	pcap_put32(&o, 0);
	pcap_put32(&o, 0);
	pcap_put32(&o, D4_CAPLEN_MAX + 1);
	pcap_put32(&o, 0);
	in = written(&o);
	assert_int_equal(d4_cutter_feed(c, &in, &run), D4_OK);
	assert_int_equal(run.n, 1);
	assert_int_equal(run.data.n, HEAD + D4_CAPLEN_MAX);
	assert_int_equal(d4_cutter_feed(c, &in, &run), D4_EMALFORMED);
	assert_int_equal(c->failed, D4_R_PCAP_DESYNC);
	assert_int_equal(d4_cutter_opening(c).n, OPENING);
	assert_int_equal(d4_cutter_finish(c, &run), D4_OK);
	/* As new: the next session may be a good one. */
	o = fresh(1);
	pcap_put_opening(&o, 1);
	pcap_put_packet(&o, 5, 'b');
	in = written(&o);
	assert_int_equal(d4_cutter_feed(c, &in, &run), D4_OK);
	assert_int_equal(run.n, 1);
	d4_cutter_free(c);
}

static void
a_packet_cut_by_the_end_is_one_partial_record(void **state)
{
	struct pcap_out o = fresh(1);
	struct d4_run run;
	size_t whole;

	(void)state;
	pcap_put_opening(&o, 1);
	pcap_put_packet(&o, 60, 'a');
	whole = o.n;
	pcap_put_packet(&o, 60, 'b');
	for (size_t end = 0; end <= o.n; end++) {
		size_t left = end < OPENING ? end
		              : end < whole ? end - OPENING
		                            : end - whole;
		struct d4_slice in = d4_slice_of(room, end);
		struct d4_cutter *c = cutter();
		struct guard g;

		left = end == o.n ? 0 : left;
		in = guard_new(&g, in);
		while (d4_cutter_feed(c, &in, &run) == D4_OK)
			assert_int_equal(run.reason, D4_R_NONE);
		guard_free(&g);
		assert_int_equal(d4_cutter_held(c), left);
		assert_int_equal(
		    d4_cutter_finish(c, &run), left == 0 ? D4_OK : D4_ETRUNC);
		if (left != 0) {
			assert_int_equal(run.n, 1);
			assert_int_equal(run.bytes, left);
			assert_int_equal(run.data.n, 0);
			assert_int_equal(run.reason, D4_R_EOF_PARTIAL);
		}
		assert_int_equal(d4_cutter_held(c), 0);
		d4_cutter_free(c);
	}
}

/* tcpdump restarted: the same opening again, in one piece and in bytes. */
static void
the_same_opening_again_is_skipped(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		struct pcap_out o = fresh(1 + i / 2);
		size_t step = i % 2 ? 1 : SIZE_MAX, packets = 0;
		struct d4_cutter *c = cutter();
		struct cuts s = {.cut = step};
		struct d4_run run;

		pcap_put_opening(&o, 1);
		pcap_put_packet(&o, 60, 'a');
		pcap_put_opening(&o, 1);
		pcap_put_opening(&o, 1);
		pcap_put_packet(&o, 61, 'b');
		pcap_put_packet(&o, 62, 'c');
		s.rest = written(&o);
		while (cuts_next(&s, c, &run))
			packets += run.n;
		assert_int_equal(packets, 3);
		assert_int_equal(c->failed, D4_R_NONE);
		assert_int_equal(d4_cutter_finish(c, &run), D4_OK);
		d4_cutter_free(c);
	}
}

static void
another_opening_in_the_middle_is_a_desync(void **state)
{
	(void)state;
	for (unsigned second = 1; second <= 4; second++) {
		struct pcap_out o = fresh(1);
		struct d4_cutter *c = cutter();
		struct d4_slice in;
		struct d4_run run;

		pcap_put_opening(&o, 1);
		pcap_put_packet(&o, 60, 'a');
		o.format = second;
		pcap_put_opening(&o, 113);
		pcap_put_packet(&o, 60, 'b');
		in = written(&o);
		assert_int_equal(d4_cutter_feed(c, &in, &run), D4_OK);
		assert_int_equal(run.n, 1);
		assert_int_equal(d4_cutter_feed(c, &in, &run), D4_EMALFORMED);
		assert_int_equal(c->failed, D4_R_PCAP_DESYNC);
		d4_cutter_free(c);
	}
}

/* 2011-01-23 03:38:41 UTC is a magic in the other byte order. */
static void
a_packet_in_the_second_of_a_magic_is_a_packet(void **state)
{
	static const uint32_t seconds[] = {
	    0x4d3cb2a1, 0xd4c3b2a1, 0xa1b2c3d4, 0xa1b23c4d};

	(void)state;
	for (size_t i = 0; i < COUNT(seconds); i++) {
		struct pcap_out o = fresh(1);
		struct d4_cutter *c = cutter();
		struct d4_slice in;
		struct d4_run run;

		pcap_put_opening(&o, 1);
		pcap_put32(&o, seconds[i]);
		pcap_put16(&o, 2);
		pcap_put16(&o, 4);
		pcap_put32(&o, 4);
		pcap_put32(&o, 4);
		pcap_put32(&o, 0);
		in = written(&o);
		assert_int_equal(d4_cutter_feed(c, &in, &run), D4_OK);
		assert_int_equal(run.n, 1);
		assert_int_equal(run.data.n, HEAD + 4);
		assert_int_equal(d4_cutter_feed(c, &in, &run), D4_AGAIN);
		d4_cutter_free(c);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		whole_packets_are_one_run_without_a_copy_in_every_format),
	    cmocka_unit_test(split_walks_a_run_packet_by_packet),
	    cmocka_unit_test(what_is_no_pcap_of_version_2_4_is_pcap_magic),
	    cmocka_unit_test(
		the_link_field_is_checked_and_fcs_has_its_own_variant),
	    cmocka_unit_test(
		packets_before_an_impossible_length_are_given_then_desync),
	    cmocka_unit_test(a_packet_cut_by_the_end_is_one_partial_record),
	    cmocka_unit_test(the_same_opening_again_is_skipped),
	    cmocka_unit_test(another_opening_in_the_middle_is_a_desync),
	    cmocka_unit_test(a_packet_in_the_second_of_a_magic_is_a_packet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "hub/draft.h"
#include "test.h"

#define LINES 30000u

/* Entries that came out: where each began, and all of their bytes. */
struct out {
	struct d4_buf bytes;
	uint64_t seq[64], n[64];
	size_t size[64];
	struct draft_time first[64];
	size_t n_entries;
	enum d4_status answer;
};

static enum d4_status
take(void *arg, struct draft *d)
{
	struct out *o = arg;

	if (o->answer != D4_OK)
		return o->answer;
	assert_true(o->n_entries < 64);
	o->seq[o->n_entries] = d->seq;
	o->n[o->n_entries] = d->n;
	o->size[o->n_entries] = d->data.n;
	o->first[o->n_entries] = d->first;
	o->n_entries++;
	return d4_buf_add(&o->bytes, d->data.p, d->data.n);
}

/* Input in pieces of `cut` bytes through cutter and draft. */
static void
run_cut(struct out *o, const struct d4_cutter_kind *kind, struct d4_slice in,
    size_t cut)
{
	const struct draft_sink sink = {take, o};
	struct draft_time when = {1, 1};
	struct d4_cutter *c = NULL;
	struct draft d;

	*o = (struct out){.answer = D4_OK};
	d4_buf_init(&o->bytes, 8 << 20);
	draft_init(&d);
	assert_int_equal(d4_cutter_new(kind, &c), D4_OK);
	while (in.n != 0) {
		struct d4_slice part =
		    d4_slice_skip(&in, in.n < cut ? in.n : cut);
		struct d4_run run;

		while (d4_cutter_feed(c, &part, &run) == D4_OK)
			assert_int_equal(
			    draft_add(&d, c, &run, &when, &sink), D4_OK);
		when.t_rx_us++;
	}
	assert_int_equal(draft_close(&d, &sink), D4_OK);
	assert_int_equal(draft_close(&d, &sink), D4_OK); /* nothing left */
	d4_cutter_free(c);
	draft_fini(&d);
}

/* Entries follow each other without a gap, and none is over its limit. */
static void
check_entries(const struct out *o, uint64_t records, size_t longest)
{
	uint64_t next = 1;

	for (size_t i = 0; i < o->n_entries; i++) {
		assert_int_equal(o->seq[i], next);
		next += o->n[i];
		assert_true(o->size[i] < D4_ENTRY_TARGET + longest);
		if (i + 1 < o->n_entries)
			assert_true(o->size[i] >= D4_ENTRY_TARGET);
	}
	assert_int_equal(next - 1, records);
}

static void
any_cut_gives_identical_entries(void **unused)
{
	static const size_t cuts[] = {
	    1 << 30, 1, 7, 61, 1000, 4096, 16322, 65536, 131072};
	struct out whole, cut;
	struct d4_buf in;

	(void)unused;
	d4_buf_init(&in, 8 << 20);
	for (unsigned i = 0; i < LINES; i++)
		assert_int_equal(
		    d4_buf_addf(&in, "%u%.*s\n", i, (int)(i % 40),
			"........................................"),
		    D4_OK);
	run_cut(&whole, &d4_cutter_lines, d4_buf_slice(&in), cuts[0]);
	check_entries(&whole, LINES, 64);
	assert_int_equal(whole.bytes.n, in.n);
	assert_memory_equal(whole.bytes.p, in.p, in.n);
	for (size_t i = 1; i < COUNT(cuts); i++) {
		run_cut(&cut, &d4_cutter_lines, d4_buf_slice(&in), cuts[i]);
		assert_int_equal(cut.n_entries, whole.n_entries);
		assert_memory_equal(cut.seq, whole.seq, sizeof(cut.seq));
		assert_memory_equal(cut.n, whole.n, sizeof(cut.n));
		assert_memory_equal(cut.size, whole.size, sizeof(cut.size));
		assert_memory_equal(cut.bytes.p, whole.bytes.p, in.n);
		d4_buf_fini(&cut.bytes);
	}
	d4_buf_fini(&whole.bytes);
	d4_buf_fini(&in);
}

static void
every_capture_entry_begins_with_the_opening(void **unused)
{
	static const uint8_t opening[24] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0,
	    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1};
	uint8_t packet[16 + 1000] = {0};
	struct d4_buf in;
	struct out o;
	size_t at = 0;

	(void)unused;
	packet[8] = packet[12] = 0xe8; /* 1000, little-endian */
	packet[9] = packet[13] = 3;
	d4_buf_init(&in, 1 << 20);
	assert_int_equal(d4_buf_add(&in, opening, 24), D4_OK);
	for (int i = 0; i < 300; i++)
		assert_int_equal(
		    d4_buf_add(&in, packet, sizeof(packet)), D4_OK);
	run_cut(&o, &d4_cutter_pcap, d4_buf_slice(&in), 777);
	check_entries(&o, 300, sizeof(packet));
	assert_true(o.n_entries > 3);
	for (size_t i = 0; i < o.n_entries; i++) {
		assert_memory_equal(o.bytes.p + at, opening, 24);
		assert_int_equal(o.size[i], 24 + o.n[i] * sizeof(packet));
		at += o.size[i];
	}
	d4_buf_fini(&o.bytes);
	d4_buf_fini(&in);
}

static void
an_entry_has_the_time_of_its_first_record(void **unused)
{
	struct out o = {.answer = D4_OK};
	const struct draft_sink sink = {take, &o};
	struct d4_cutter *c = NULL;
	struct d4_run run;
	struct draft d;

	(void)unused;
	d4_buf_init(&o.bytes, 1 << 20);
	draft_init(&d);
	assert_int_equal(d4_cutter_new(&d4_cutter_lines, &c), D4_OK);
	for (uint64_t i = 1; i <= 4; i++) {
		struct d4_slice in = d4_slice_str("x\n");

		assert_int_equal(d4_cutter_feed(c, &in, &run), D4_OK);
		assert_int_equal(draft_add(&d, c, &run,
				     &(struct draft_time){i, 10 * i}, &sink),
		    D4_OK);
		if (i % 2 == 0)
			assert_int_equal(draft_close(&d, &sink), D4_OK);
	}
	assert_int_equal(o.n_entries, 2);
	assert_int_equal(o.first[0].t_hdr_s, 1);
	assert_int_equal(o.first[0].t_rx_us, 10);
	assert_int_equal(o.first[1].t_hdr_s, 3);
	assert_int_equal(o.seq[1], 3);
	d4_cutter_free(c);
	draft_fini(&d);
	d4_buf_fini(&o.bytes);
}

static void
what_is_not_taken_stays(void **unused)
{
	struct out o = {.answer = D4_ENOMEM};
	const struct draft_sink sink = {take, &o};
	struct d4_slice in = d4_slice_str("one\ntwo\n");
	struct d4_cutter *c = NULL;
	struct d4_run run;
	struct draft d;

	(void)unused;
	d4_buf_init(&o.bytes, 1 << 20);
	draft_init(&d);
	assert_int_equal(d4_cutter_new(&d4_cutter_lines, &c), D4_OK);
	assert_int_equal(d4_cutter_feed(c, &in, &run), D4_OK);
	assert_int_equal(
	    draft_add(&d, c, &run, &(struct draft_time){0, 0}, &sink), D4_OK);
	assert_int_equal(draft_close(&d, &sink), D4_ENOMEM);
	assert_int_equal(d.n, 2);
	o.answer = D4_OK;
	assert_int_equal(draft_close(&d, &sink), D4_OK);
	assert_int_equal(o.n[0], 2);
	assert_int_equal(o.bytes.n, 8);
	d4_cutter_free(c);
	draft_fini(&d);
	d4_buf_fini(&o.bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(any_cut_gives_identical_entries),
	    cmocka_unit_test(every_capture_entry_begins_with_the_opening),
	    cmocka_unit_test(an_entry_has_the_time_of_its_first_record),
	    cmocka_unit_test(what_is_not_taken_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

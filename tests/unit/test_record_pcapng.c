#include "test.h"
#include "cuts.h"
#include "pcapng.h"
#include "libd4/cutter.h"
#include "libd4/wire.h"

#define SECTION 28u
#define FACE    20u

static uint8_t room[4u << 20];

static struct png_out
fresh(bool big)
{
	return (struct png_out){.p = room, .big = big};
}

/* One section with an interface. */
static struct png_out
opened(bool big)
{
	struct png_out o = fresh(big);

	png_put_section(&o, UINT64_MAX);
	png_put_interface(&o, 1, 65535, 0);
	return o;
}

static struct d4_cutter *
cutter(void)
{
	struct d4_cutter *c = NULL;

	assert_int_equal(d4_cutter_new(&d4_cutter_pcapng, &c), D4_OK);
	return c;
}

static struct d4_slice
written(const struct png_out *o)
{
	return d4_slice_of(o->p, o->n);
}

static void
whole_blocks_are_one_run_without_a_copy_in_both_byte_orders(void **state)
{
	(void)state;
	for (unsigned big = 0; big < 2; big++) {
		struct png_out o = opened(big);
		struct d4_cutter *c = cutter();
		size_t at = o.n;
		struct d4_slice in;
		struct d4_run run;

		png_put_packet(&o, 0, 61, 'a');
		png_put_simple(&o, 9, 9);
		png_put_block(&o, 4, 8);          /* names */
		png_put_block(&o, 0x80000001, 0); /* somebody's own */
		in = written(&o);
		assert_int_equal(d4_cutter_opening(c).n, 0);
		assert_int_equal(d4_cutter_feed(c, &in, &run), D4_OK);
		assert_int_equal(run.n, 4);
		assert_ptr_equal(run.data.p, room + at);
		assert_int_equal(run.data.n, o.n - at);
		assert_int_equal(run.bytes, run.data.n);
		assert_int_equal(run.reason, D4_R_NONE);
		assert_int_equal(d4_cutter_split(c, run.data), 96);
		assert_int_equal(d4_cutter_feed(c, &in, &run), D4_AGAIN);
		assert_true(
		    d4_slice_eq(d4_cutter_opening(c), d4_slice_of(room, at)));
		assert_int_equal(d4_cutter_finish(c, &run), D4_OK);
		assert_int_equal(d4_cutter_opening(c).n, 0);
		d4_cutter_free(c);
	}
}

/* Feeds all of in, expects runs of n records, the opening of the last run. */
static void
expect_run(struct d4_cutter *c, struct d4_slice *in, uint64_t n, size_t opening)
{
	struct d4_run run;

	assert_int_equal(d4_cutter_feed(c, in, &run), D4_OK);
	assert_int_equal(run.reason, D4_R_NONE);
	assert_int_equal(run.n, n);
	assert_int_equal(d4_cutter_opening(c).n, opening);
}

static void
a_new_interface_ends_the_run_and_is_in_the_next_opening(void **state)
{
	struct png_out o = opened(false);
	struct d4_cutter *c = cutter();
	struct d4_slice in;
	struct d4_run run;

	(void)state;
	png_put_packet(&o, 0, 10, 'a');
	png_put_packet(&o, 0, 11, 'b');
	png_put_interface(&o, 113, 0, 5);
	png_put_packet(&o, 1, 12, 'c');
	in = written(&o);
	expect_run(c, &in, 2, SECTION + FACE);
	expect_run(c, &in, 1, SECTION + FACE + FACE + 12);
	assert_int_equal(d4_cutter_feed(c, &in, &run), D4_AGAIN);
	d4_cutter_free(c);
}

static void
a_new_section_has_its_own_order_and_interfaces(void **state)
{
	struct png_out o = opened(false);
	struct d4_cutter *c = cutter();
	struct d4_slice in;
	struct d4_run run;

	(void)state;
	png_put_interface(&o, 1, 0, 0);
	png_put_packet(&o, 1, 10, 'a');
	o.big = true;
	png_put_section(&o, 1234);
	png_put_interface(&o, 1, 0, 0);
	png_put_packet(&o, 0, 10, 'b');
	png_put_packet(&o, 1, 10, 'c'); /* not in this section */
	png_put_packet(&o, 0, 10, 'd');
	in = written(&o);
	expect_run(c, &in, 1, SECTION + 2 * FACE);
	expect_run(c, &in, 1, SECTION + FACE);
	assert_memory_equal(d4_cutter_opening(c).p + 8, "\x1a\x2b\x3c\x4d", 4);
	/* Its length would be wrong for any part of it. */
	assert_memory_equal(
	    d4_cutter_opening(c).p + 16, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
	assert_int_equal(d4_cutter_feed(c, &in, &run), D4_OK);
	assert_int_equal(run.reason, D4_R_PCAPNG_BLOCK);
	assert_int_equal(run.n, 1);
	assert_int_equal(run.bytes, 44);
	assert_int_equal(run.data.n, 0);
	expect_run(c, &in, 1, SECTION + FACE);
	d4_cutter_free(c);
}

static void
any_cut_gives_the_same_blocks(void **state)
{
	struct png_out o = opened(true);
	size_t records = 0;

	(void)state;
	png_put_packet(&o, 0, 3, 'a');
	png_put_simple(&o, 70000, 100); /* more than there is: dropped */
	png_put_interface(&o, 1, 0, 3);
	png_put_packet(&o, 1, 0, 'b');
	o.big = false;
	png_put_section(&o, 0);
	png_put_block(&o, 4, 40);
	for (size_t cut = 1; cut <= o.n; cut++) {
		struct cuts s = {.rest = written(&o), .cut = cut};
		struct d4_cutter *c = cutter();
		size_t n = 0, bad = 0;
		struct d4_run run;

		while (cuts_next(&s, c, &run)) {
			n += run.reason == D4_R_NONE ? run.n : 0;
			bad += run.reason == D4_R_NONE ? 0 : run.n;
		}
		assert_int_equal(c->failed, D4_R_NONE);
		assert_int_equal(bad, 1);
		records = records != 0 ? records : n;
		assert_int_equal(n, records);
		assert_int_equal(n, 3);
		assert_int_equal(d4_cutter_held(c), 0);
		assert_int_equal(d4_cutter_finish(c, &run), D4_OK);
		d4_cutter_free(c);
	}
}

static void
a_packet_that_a_reader_would_stop_at_is_dropped_alone(void **state)
{
	/* Where four bytes of the first packet's block are changed. */
	static const struct {
		size_t at;
		uint32_t to;
		enum d4_reason why;
	} rows[] = {
	    {8, 1, D4_R_PCAPNG_BLOCK},   /* interface 1 of 1 */
	    {20, 17, D4_R_PCAPNG_BLOCK}, /* caplen over the block */
	    {20, UINT32_MAX, D4_R_PCAPNG_BLOCK}, {20, 16, D4_R_NONE},
	    {24, UINT32_MAX, D4_R_NONE}, /* length on the wire */
	    {0, 77, D4_R_NONE},          /* an unknown type */
	    {0, 5, D4_R_NONE},           /* counters */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct png_out o = opened(false);
		struct d4_cutter *c = cutter();
		size_t at = o.n;
		struct d4_slice in;
		struct d4_run run;

		png_put_packet(&o, 0, 16, 'a');
		d4_put_le32(room + at + rows[i].at, rows[i].to);
		in = written(&o);
		assert_int_equal(d4_cutter_feed(c, &in, &run), D4_OK);
		assert_int_equal(run.reason, rows[i].why);
		assert_int_equal(run.bytes, 48);
		d4_cutter_free(c);
	}
}

/* What `damage` makes of a good file ends the stream for this reason. */
static void
refused(size_t at, uint32_t to, enum d4_reason why)
{
	struct png_out o = opened(false);
	struct d4_cutter *c = cutter();
	enum d4_status st = D4_OK;
	struct d4_slice in;
	struct d4_run run;

	png_put_packet(&o, 0, 16, 'a');
	d4_put_le32(room + at, to);
	in = written(&o);
	while (st == D4_OK)
		st = d4_cutter_feed(c, &in, &run);
	assert_int_equal(st, D4_EMALFORMED);
	assert_string_equal(d4_reason_name(c->failed), d4_reason_name(why));
	assert_int_equal(d4_cutter_feed(c, &in, &run), D4_EMALFORMED);
	assert_int_equal(d4_cutter_held(c), 0);
	assert_int_equal(d4_cutter_finish(c, &run), D4_OK);
	d4_cutter_free(c);
}

static void
lost_sync_ends_the_stream(void **state)
{
	size_t packet = SECTION + FACE;

	(void)state;
	refused(0, 6, D4_R_PCAPNG_MAGIC);
	refused(8, 0xa1b2c3d4, D4_R_PCAPNG_MAGIC);
	refused(12, 2, D4_R_PCAPNG_MAGIC); /* version 2.0 */
	refused(4, 24, D4_R_PCAPNG_MAGIC); /* the end says otherwise */
	refused(4, 30, D4_R_PCAPNG_DESYNC);
	refused(SECTION + 4, 16, D4_R_PCAPNG_DESYNC);
	refused(packet + 4, 8, D4_R_PCAPNG_DESYNC);
	refused(packet + 4, 46, D4_R_PCAPNG_DESYNC);
	refused(packet + 4, D4_BLOCK_MAX + 4, D4_R_PCAPNG_DESYNC);
	refused(packet + 4, UINT32_MAX, D4_R_PCAPNG_DESYNC);
	refused(packet + 44, 52, D4_R_PCAPNG_DESYNC);
	refused(packet, 0x0a0d0d0a, D4_R_PCAPNG_DESYNC);
}

static void
an_opening_has_a_limit(void **state)
{
	struct png_out o = fresh(false);
	struct d4_cutter *c = cutter();
	enum d4_status st = D4_OK;
	struct d4_slice in;
	struct d4_run run;

	(void)state;
	png_put_section(&o, UINT64_MAX);
	while (o.n + FACE <= D4_OPENING_MAX)
		png_put_interface(&o, 1, 0, 0);
	png_put_packet(&o, 1, 1, 'a');
	png_put_interface(&o, 1, 0, 0);
	in = written(&o);
	assert_int_equal(d4_cutter_feed(c, &in, &run), D4_OK);
	assert_int_equal(run.n, 1);
	while (st == D4_OK)
		st = d4_cutter_feed(c, &in, &run);
	assert_int_equal(st, D4_EMALFORMED);
	assert_int_equal(c->failed, D4_R_OPENING_TOOBIG);
	d4_cutter_free(c);
}

static void
a_section_header_over_the_limit_is_no_opening(void **state)
{
	struct d4_cutter *c = cutter();
	struct d4_slice in;
	struct d4_run run;

	(void)state;
	memset(room, 0, 65536);
	d4_put_le32(room, 0x0a0d0d0a);
	d4_put_le32(room + 4, D4_OPENING_MAX + 4);
	d4_put_le32(room + 8, 0x1a2b3c4d);
	d4_put_le32(room + 12, 1);
	d4_put_le32(room + D4_OPENING_MAX, D4_OPENING_MAX + 4);
	in = d4_slice_of(room, 65536);
	assert_int_equal(d4_cutter_feed(c, &in, &run), D4_EMALFORMED);
	assert_int_equal(c->failed, D4_R_OPENING_TOOBIG);
	d4_cutter_free(c);
}

static void
the_longest_block_passes_and_a_cut_one_is_partial(void **state)
{
	struct png_out o = opened(false);
	struct d4_cutter *c = cutter();
	struct d4_slice in, tail;
	struct d4_run run;

	(void)state;
	png_put_block(&o, 77, D4_BLOCK_MAX - 12);
	png_put_packet(&o, 0, 20, 'z');
	in = written(&o);
	expect_run(c, &in, 2, SECTION + FACE);
	tail = d4_slice_of(room + o.n - 52, 51);
	assert_int_equal(d4_cutter_feed(c, &tail, &run), D4_AGAIN);
	assert_int_equal(d4_cutter_held(c), 51);
	assert_int_equal(d4_cutter_finish(c, &run), D4_ETRUNC);
	assert_int_equal(run.reason, D4_R_EOF_PARTIAL);
	assert_int_equal(run.bytes, 51);
	/* As new: the next stream begins with its own section. */
	tail = d4_slice_of(room + o.n - 52, 52);
	assert_int_equal(d4_cutter_feed(c, &tail, &run), D4_EMALFORMED);
	assert_int_equal(c->failed, D4_R_PCAPNG_MAGIC);
	d4_cutter_free(c);
}

static void
it_reads_no_byte_behind_the_input(void **state)
{
	struct png_out o = opened(false);

	(void)state;
	png_put_packet(&o, 0, 5, 'a');
	png_put_simple(&o, 5, 5);
	png_put_block(&o, 5, 12);
	cuts_guarded(&d4_cutter_pcapng, written(&o));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		whole_blocks_are_one_run_without_a_copy_in_both_byte_orders),
	    cmocka_unit_test(
		a_new_interface_ends_the_run_and_is_in_the_next_opening),
	    cmocka_unit_test(a_new_section_has_its_own_order_and_interfaces),
	    cmocka_unit_test(any_cut_gives_the_same_blocks),
	    cmocka_unit_test(
		a_packet_that_a_reader_would_stop_at_is_dropped_alone),
	    cmocka_unit_test(lost_sync_ends_the_stream),
	    cmocka_unit_test(an_opening_has_a_limit),
	    cmocka_unit_test(a_section_header_over_the_limit_is_no_opening),
	    cmocka_unit_test(the_longest_block_passes_and_a_cut_one_is_partial),
	    cmocka_unit_test(it_reads_no_byte_behind_the_input),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

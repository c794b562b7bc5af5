#include "test.h"
#include "cuts.h"
#include "ipfix.h"
#include "libd4/cutter.h"

static uint8_t room[1u << 20];

static struct d4_cutter *
cutter(void)
{
	struct d4_cutter *c = NULL;

	assert_int_equal(d4_cutter_new(&d4_cutter_ipfix, &c), D4_OK);
	return c;
}

/* A message with a new template behind data, and data behind that. */
static void
put_mixed(struct ipfix_out *o, unsigned id)
{
	size_t sets;

	ipfix_message(o, 1);
	ipfix_set(o, 256);
	memset(o->p + o->n, 'm', 8);
	o->n += 8;
	ipfix_end(o);
	ipfix_set(o, 2);
	ipfix_template(o, id, 2);
	ipfix_end(o);
	sets = o->message;
	ipfix_set(o, id);
	memset(o->p + o->n, 'M', 8);
	o->n += 8;
	o->message = sets;
	ipfix_end(o);
}

static void
data_messages_are_one_run_under_the_templates_so_far(void **state)
{
	struct ipfix_out o = {.p = room};
	struct d4_cutter *c = cutter();
	struct d4_slice in;
	struct d4_run run;
	size_t at;

	(void)state;
	ipfix_put_template(&o, 1, 256, 2);
	ipfix_put_template(&o, 2, 256, 1);
	at = o.n;
	ipfix_put_data(&o, 1, 256, 80);
	ipfix_put_data(&o, 2, 256, 4);
	ipfix_put_data(&o, 3, 999, 4); /* nobody said what it is: kept */
	in = d4_slice_of(room, o.n);
	assert_int_equal(d4_cutter_feed(c, &in, &run), D4_OK);
	assert_int_equal(run.n, 3);
	assert_ptr_equal(run.data.p, room + at);
	assert_int_equal(run.data.n, o.n - at);
	assert_int_equal(run.bytes, run.data.n);
	assert_int_equal(d4_cutter_split(c, run.data), 100);
	assert_true(d4_slice_eq(d4_cutter_opening(c), d4_slice_of(room, at)));
	assert_int_equal(d4_cutter_feed(c, &in, &run), D4_AGAIN);
	assert_int_equal(d4_cutter_finish(c, &run), D4_OK);
	assert_int_equal(d4_cutter_opening(c).n, 0);
	d4_cutter_free(c);
}

static void
templates_that_come_with_data_hold_for_what_follows(void **state)
{
	struct ipfix_out o = {.p = room};
	struct d4_cutter *c = cutter();
	size_t first, mixed;
	struct d4_slice in;
	struct d4_run run;

	(void)state;
	ipfix_put_template(&o, 1, 256, 2);
	first = o.n;
	put_mixed(&o, 257);
	mixed = o.n - first;
	ipfix_put_data(&o, 1, 257, 8);
	put_mixed(&o, 257); /* the same again: a plain record */
	in = d4_slice_of(room, o.n);
	assert_int_equal(d4_cutter_feed(c, &in, &run), D4_OK);
	assert_int_equal(run.n, 1);
	assert_int_equal(run.data.n, mixed);
	assert_memory_equal(run.data.p, room + first, mixed);
	assert_int_equal(d4_cutter_opening(c).n, first);
	assert_int_equal(d4_cutter_feed(c, &in, &run), D4_OK);
	assert_int_equal(run.n, 2);
	assert_int_equal(d4_cutter_opening(c).n, first + 12);
	assert_int_equal(d4_cutter_feed(c, &in, &run), D4_AGAIN);
	d4_cutter_free(c);
}

static void
any_cut_gives_the_same_messages(void **state)
{
	struct ipfix_out o = {.p = room};

	(void)state;
	put_mixed(&o, 256); /* first of all, under nothing */
	ipfix_put_data(&o, 1, 256, 20);
	ipfix_put_template(&o, 1, 300, 5);
	ipfix_put_template(&o, 1, 255, 1); /* no id of a template: dropped */
	ipfix_put_data(&o, 1, 300, 0);
	put_mixed(&o, 300);
	ipfix_put_data(&o, 1, 300, 60);
	for (size_t cut = 1; cut <= o.n; cut++) {
		struct cuts s = {.rest = d4_slice_of(room, o.n), .cut = cut};
		struct d4_cutter *c = cutter();
		size_t n = 0, bad = 0, openings = 0;
		struct d4_run run;

		while (cuts_next(&s, c, &run)) {
			n += run.reason == D4_R_NONE ? run.n : 0;
			bad += run.reason == D4_R_IPFIX_SET ? run.n : 0;
			openings += run.n * d4_cutter_opening(c).n;
		}
		assert_int_equal(c->failed, D4_R_NONE);
		assert_int_equal(n, 5);
		assert_int_equal(bad, 1);
		/* 0 | 256 | bad under both | both twice | 300 is another. */
		assert_int_equal(openings, 0 + 32 + 3 * 60 + 44);
		assert_int_equal(d4_cutter_finish(c, &run), D4_OK);
		d4_cutter_free(c);
	}
}

static void
a_set_that_cannot_be_costs_its_message(void **state)
{
	static const uint16_t lengths[] = {0, 3, 9, 13, UINT16_MAX};

	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		struct ipfix_out o = {.p = room};
		struct d4_cutter *c = cutter();
		struct d4_slice in;
		struct d4_run run;

		ipfix_put_data(&o, 1, 256, 8);
		d4_put_be16(room + 18, lengths[i]); /* the set's, 12 */
		ipfix_put_data(&o, 1, 256, 8);
		in = d4_slice_of(room, o.n);
		assert_int_equal(d4_cutter_feed(c, &in, &run), D4_OK);
		assert_int_equal(run.reason, D4_R_IPFIX_SET);
		assert_int_equal(run.bytes, 28);
		assert_int_equal(run.data.n, 0);
		assert_int_equal(d4_cutter_feed(c, &in, &run), D4_OK);
		assert_int_equal(run.reason, D4_R_NONE);
		assert_int_equal(run.n, 1);
		d4_cutter_free(c);
	}
}

/* A second message header that is `to` at `at` ends the stream. */
static void
refused(size_t at, uint16_t to, enum d4_reason why)
{
	struct ipfix_out o = {.p = room};
	struct d4_cutter *c = cutter();
	enum d4_status st = D4_OK;
	struct d4_slice in;
	struct d4_run run;

	ipfix_put_data(&o, 1, 256, 8);
	ipfix_put_data(&o, 1, 256, 8);
	d4_put_be16(room + at, to);
	in = d4_slice_of(room, o.n);
	while (st == D4_OK)
		st = d4_cutter_feed(c, &in, &run);
	assert_int_equal(st, D4_EMALFORMED);
	assert_string_equal(d4_reason_name(c->failed), d4_reason_name(why));
	assert_int_equal(d4_cutter_feed(c, &in, &run), D4_EMALFORMED);
	assert_int_equal(d4_cutter_held(c), 0);
	d4_cutter_free(c);
}

static void
lost_sync_ends_the_stream(void **state)
{
	(void)state;
	refused(0, 9, D4_R_IPFIX_VERSION); /* NetFlow */
	refused(2, 15, D4_R_IPFIX_DESYNC);
	refused(28, 11, D4_R_IPFIX_DESYNC);
	refused(30, 0, D4_R_IPFIX_DESYNC);
}

static void
too_many_templates_end_the_stream(void **state)
{
	struct ipfix_out o = {.p = room};
	struct d4_cutter *c = cutter();
	struct d4_slice in;
	struct d4_run run;

	(void)state;
	for (unsigned i = 0; i < 1100; i++)
		ipfix_put_template(&o, i, 256, 1);
	in = d4_slice_of(room, o.n);
	assert_int_equal(d4_cutter_feed(c, &in, &run), D4_EMALFORMED);
	assert_int_equal(c->failed, D4_R_OPENING_TOOBIG);
	d4_cutter_free(c);
}

static void
a_cut_message_is_partial_and_the_next_stream_knows_nothing(void **state)
{
	struct ipfix_out o = {.p = room};
	struct d4_cutter *c = cutter();
	struct d4_slice in;
	struct d4_run run;

	(void)state;
	ipfix_put_template(&o, 1, 256, 2);
	ipfix_put_data(&o, 1, 256, 8);
	in = d4_slice_of(room, o.n - 1);
	assert_int_equal(d4_cutter_feed(c, &in, &run), D4_AGAIN);
	assert_int_equal(d4_cutter_held(c), 27);
	assert_int_equal(d4_cutter_finish(c, &run), D4_ETRUNC);
	assert_int_equal(run.bytes, 27);
	assert_int_equal(run.reason, D4_R_EOF_PARTIAL);
	in = d4_slice_of(room + o.n - 28, 28);
	assert_int_equal(d4_cutter_feed(c, &in, &run), D4_OK);
	assert_int_equal(d4_cutter_opening(c).n, 0);
	d4_cutter_free(c);
}

static void
it_reads_no_byte_behind_the_input(void **state)
{
	struct ipfix_out o = {.p = room};

	(void)state;
	ipfix_put_template(&o, 1, 256, 3);
	put_mixed(&o, 257);
	ipfix_put_data(&o, 1, 257, 5);
	cuts_guarded(&d4_cutter_ipfix, d4_slice_of(room, o.n));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		data_messages_are_one_run_under_the_templates_so_far),
	    cmocka_unit_test(
		templates_that_come_with_data_hold_for_what_follows),
	    cmocka_unit_test(any_cut_gives_the_same_messages),
	    cmocka_unit_test(a_set_that_cannot_be_costs_its_message),
	    cmocka_unit_test(lost_sync_ends_the_stream),
	    cmocka_unit_test(too_many_templates_end_the_stream),
	    cmocka_unit_test(
		a_cut_message_is_partial_and_the_next_stream_knows_nothing),
	    cmocka_unit_test(it_reads_no_byte_behind_the_input),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "ipfix_read.h"
#include "ipfix_world.h"

#define DOMAIN 0x0a010203u

/* Of a domain: a selector, how it chooses, and what does not leave. */
static const struct field sampled[] = {{149, 4, 0}, {302, 8, 0}, {304, 2, 0},
    {305, 4, 0}, {306, 4, 0}, {82, 65535, 0}, {10, 4, 0}, {34, 4, 9},
    {130, 4, 0}};

#define SAMPLED 41u /* bytes */

static const uint8_t rate[SAMPLED] = {10, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 7, 0, 1,
    0, 0, 0, 1, 0, 0, 3, 0xe7, 6, 'u', 'p', 'l', 'i', 'n', 'k', 10, 1, 2, 4, 9,
    9, 9, 9, 10, 1, 2, 5};

static void
a_partner_learns_how_was_sampled_and_nothing_of_the_exporter(void **state)
{
	static const uint8_t want[] = {0, 3, 0, 46, 1, 44, 0, 9, 0, 2, 0, 149,
	    0, 4, 1, 46, 0, 8, 1, 48, 0, 2, 1, 49, 0, 4, 1, 50, 0, 4, 0, 210,
	    0xff, 0xff, 0, 210, 0, 4, 0, 210, 0, 4, 0, 210, 0, 4};
	static const uint8_t left[] = {0, 0, 0, 0, 0, 0, 0, 7, 0, 1, 0, 0, 0, 1,
	    0, 0, 3, 0xe7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
	struct d4_slice head, data;
	struct d4_tally t;
	struct d4_buf out;
	struct file f;

	(void)state;
	begin(&f);
	put_options(&f, 300, 2, sampled, 9);
	put_data(&f, DOMAIN, 300, rate, SAMPLED);
	assert_int_equal(run(STEPS, &f, 0, &out, &t), D4_OK);
	assert_int_equal(t.records[D4_R_NONE], 1);
	assert_int_equal(part(&t, D4_R_NONE), 1);
	head = message(&out, 0);
	data = message(&out, 1);
	assert_int_equal(head.n, 16 + sizeof(want));
	assert_memory_equal(head.p + 16, want, sizeof(want));
	assert_int_equal(data.n, 16 + 4 + 4 + sizeof(left));
	/* the domain is called what the message's is */
	assert_memory_equal(data.p + 20, data.p + 12, 4);
	assert_int_not_equal(d4_get_be32(data.p + 12), DOMAIN);
	assert_memory_equal(data.p + 24, left, sizeof(left));
	assert_int_equal(ipfix_readable(&out), 1);
	d4_buf_fini(&out);
}

/* Each is a template with one scope field of 4 bytes and one more of 4. */
static void
what_is_said_of_an_interface_or_says_nothing_does_not_leave(void **state)
{
	static const struct {
		struct field scope, more;
		bool leaves;
	} rows[] = {
	    {{144, 4, 0}, {34, 4, 0}, true},  /* of a process: its rate */
	    {{130, 4, 0}, {34, 4, 0}, true},  /* of an exporter */
	    {{10, 4, 0}, {34, 4, 0}, false},  /* of an interface */
	    {{14, 4, 0}, {34, 4, 0}, false},  /* of another */
	    {{141, 4, 0}, {34, 4, 0}, false}, /* of a line card */
	    {{8, 4, 0}, {34, 4, 0}, false},   /* of a host */
	    {{144, 4, 9}, {34, 4, 0}, false}, /* of somebody's */
	    {{145, 4, 0}, {34, 4, 0}, false}, /* no template has this */
	    {{144, 4, 0}, {10, 4, 0}, false}, /* an interface */
	    {{144, 4, 0}, {130, 4, 0}, false},
	    {{144, 4, 0}, {143, 4, 0}, false}, /* a name says nothing */
	    {{144, 4, 0}, {35, 4, 0}, false},  /* too long for it */
	    {{144, 4, 0}, {82, 4, 0}, false},
	};
	uint8_t data[8] = {0, 0, 0, 1, 0, 0, 0, 100};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct field list[] = {rows[i].scope, rows[i].more};
		enum d4_reason why =
		    rows[i].leaves ? D4_R_NONE : D4_R_IPFIX_OPTIONS;
		struct d4_tally t;
		struct d4_buf out;
		struct file f;

		begin(&f);
		put_options(&f, 300, 1, list, 2);
		put_data(&f, DOMAIN, 300, data, 8);
		assert_int_equal(run(STEPS, &f, 0, &out, &t), D4_OK);
		assert_int_equal(t.records[why], 1);
		assert_int_equal(part(&t, why), 1);
		assert_int_equal(out.n != 0, rows[i].leaves);
		d4_buf_fini(&out);
	}
}

static void
an_exporter_s_address_is_found_wherever_it_stands(void **state)
{
	uint8_t bad[SAMPLED];
	struct d4_tally t;
	struct d4_buf out;
	struct file f;

	(void)state;
	memcpy(bad, rate, SAMPLED);
	memcpy(bad + 18, rate + SAMPLED - 4, 4); /* as an interval */
	begin(&f);
	put_options(&f, 300, 2, sampled, 9);
	put_data(&f, DOMAIN, 300, bad, SAMPLED);
	put_data(&f, DOMAIN, 300, rate, SAMPLED);
	assert_int_equal(run(STEPS, &f, 0, &out, &t), D4_OK);
	assert_int_equal(t.quarantined, 1);
	assert_int_equal(t.records[D4_R_NONE], 1);
	assert_null(memmem(out.p, out.n, bad + 18, 4));
	d4_buf_fini(&out);
}

/* Of any length: small ones stay, others are the same token. */
static void
a_flow_s_selector_is_the_one_that_options_tell_of(void **state)
{
	static const struct field flows[] = {{12, 4, 0}, {302, 8, 0}};
	static const struct field list[] = {{302, 4, 0}, {305, 4, 0}};
	static const uint8_t flow_of[] = {10, 1, 2, 3, 0, 0, 0, 0, 10, 1, 9, 9};
	static const uint8_t said[] = {10, 1, 9, 9, 0, 0, 0, 5};
	struct d4_slice a, b;
	struct d4_tally t;
	struct d4_buf out;
	struct file f;

	(void)state;
	begin(&f);
	put_template(&f, DOMAIN, 256, flows, 2);
	put_options(&f, 300, 1, list, 2);
	put_data(&f, DOMAIN, 256, flow_of, sizeof(flow_of));
	put_data(&f, DOMAIN, 300, said, sizeof(said));
	assert_int_equal(run(STEPS, &f, 0, &out, &t), D4_OK);
	assert_int_equal(t.records[D4_R_NONE], 2);
	a = message(&out, 1);
	b = message(&out, 2);
	assert_memory_equal(a.p + 28, b.p + 20, 4);
	assert_int_equal(d4_get_be32(a.p + 24), 0);
	assert_true(a.p[28] >= 0x80);
	assert_memory_not_equal(b.p + 20, said, 4);
	assert_int_equal(d4_get_be32(b.p + 24), 5);
	d4_buf_fini(&out);
}

static void
a_template_may_become_one_of_options_and_back(void **state)
{
	static const struct field list[] = {{144, 4, 0}, {34, 4, 0}};
	static const struct field none[] = {{10, 4, 0}, {34, 4, 0}};
	static const uint8_t said[] = {0, 0, 0, 1, 0, 0, 0, 5};
	struct d4_buf out;
	struct d4_tally t;
	struct file f;

	(void)state;
	begin(&f);
	put_template(&f, DOMAIN, 256, flow, 4);
	put_data(&f, DOMAIN, 256, inside, FLOW);
	put_options(&f, 256, 1, list, 2);
	put_data(&f, DOMAIN, 256, said, 8);
	put_options(&f, 256, 1, none, 2); /* ends what was told */
	put_data(&f, DOMAIN, 256, said, 8);
	put_template(&f, DOMAIN, 256, flow, 4);
	put_data(&f, DOMAIN, 256, inside, FLOW);
	assert_int_equal(run(STEPS, &f, 0, &out, &t), D4_OK);
	assert_int_equal(t.records[D4_R_NONE], 3);
	assert_int_equal(t.records[D4_R_IPFIX_OPTIONS], 1);
	assert_int_equal(ipfix_readable(&out), 3);
	/* withdrawn, and defined as the other */
	assert_memory_equal(message(&out, 2).p + 16, "\0\2\0\10\1\0\0\0", 8);
	assert_memory_equal(message(&out, 2).p + 24, "\0\3\0\22\1\0\0\2", 8);
	test_blocks_cut(STEPS, 7, d4_slice_of(f.bytes, f.o.n), 90,
	    &(struct test_made){&out, &t});
	d4_buf_fini(&out);
}

/* In one message, behind its templates, beside flows that do not leave. */
static void
options_leave_beside_flows_that_do_not(void **state)
{
	static const struct field list[] = {{144, 4, 0}, {34, 4, 0}};
	static const uint8_t said[] = {0, 0, 0, 1, 0, 0, 0, 5};
	struct d4_tally t;
	struct d4_buf out;
	struct file f;

	(void)state;
	begin(&f);
	put_template(&f, DOMAIN, 256, flow, 4);
	put_options(&f, 300, 1, list, 2);
	ipfix_message(&f.o, DOMAIN);
	put_set(&f, 256, outside, FLOW);
	put_set(&f, 300, said, 8);
	f.o.set = 0;
	ipfix_end(&f.o);
	assert_int_equal(run(STEPS, &f, 0, &out, &t), D4_OK);
	assert_int_equal(part(&t, D4_R_SCOPE_MISS), 1);
	assert_int_equal(part(&t, D4_R_NONE), 1);
	assert_int_equal(message(&out, 1).n, 16 + 4 + 8);
	assert_int_equal(ipfix_readable(&out), 1);
	d4_buf_fini(&out);
}

static void
what_is_said_of_an_exporter_concerns_nobody(void **state)
{
	static const struct field list[] = {{144, 4, 0}, {34, 4, 0}};
	static const uint8_t said[] = {0, 0, 0, 1, 0, 0, 0, 5};
	struct san_chain *c = concerned();
	struct san_stream *s = test_stream(c, 7, "");
	struct d4_buf out;
	struct file f;

	(void)state;
	begin(&f);
	put_options(&f, 300, 1, list, 2);
	put_data(&f, DOMAIN, 300, said, 8);
	d4_buf_init(&out, ROOM);
	assert_int_equal(
	    test_run(s, d4_slice_of(f.bytes, f.o.n), 0, &out), D4_OK);
	assert_int_equal(part(san_stream_tally(s), D4_R_CONCERNS_MISS), 1);
	assert_int_equal(san_stream_tally(s)->records[D4_R_NONE], 0);
	d4_buf_fini(&out);
	san_stream_free(s);
	san_chain_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		a_partner_learns_how_was_sampled_and_nothing_of_the_exporter),
	    cmocka_unit_test(
		what_is_said_of_an_interface_or_says_nothing_does_not_leave),
	    cmocka_unit_test(an_exporter_s_address_is_found_wherever_it_stands),
	    cmocka_unit_test(a_flow_s_selector_is_the_one_that_options_tell_of),
	    cmocka_unit_test(a_template_may_become_one_of_options_and_back),
	    cmocka_unit_test(options_leave_beside_flows_that_do_not),
	    cmocka_unit_test(what_is_said_of_an_exporter_concerns_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

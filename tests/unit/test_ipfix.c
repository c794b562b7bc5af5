#include "ipfix_world.h"

static void
addresses_are_replaced_and_flows_without_the_scope_stay(void **state)
{
	struct d4_tally t;
	struct d4_buf out;
	struct d4_slice m;
	struct file f;

	(void)state;
	begin(&f);
	put_template(&f, 0, 256, flow, 4);
	ipfix_message(&f.o, 0);
	ipfix_set(&f.o, 256);
	for (unsigned i = 0; i < 3; i++) {
		memcpy(f.o.p + f.o.n, i == 1 ? outside : inside, FLOW);
		f.o.n += FLOW;
	}
	ipfix_end(&f.o);
	put_data(&f, 0, 256, outside, FLOW);
	put_data(&f, 0, 256, inside, FLOW);
	assert_int_equal(run(STEPS, &f, 0, &out, &t), D4_OK);
	assert_int_equal(t.in, 3);
	assert_int_equal(t.records[D4_R_NONE], 2);
	assert_int_equal(t.records[D4_R_SCOPE_MISS], 1);
	assert_int_equal(part(&t, D4_R_NONE), 3);
	assert_int_equal(part(&t, D4_R_SCOPE_MISS), 2);
	/* the template, as it was */
	m = message(&out, 0);
	assert_int_equal(m.n, 16 + 4 + 4 + 16);
	assert_memory_equal(m.p + 16, f.bytes + 16, m.n - 16);
	m = message(&out, 1);
	assert_int_equal(m.n, 16 + 4 + 2 * FLOW);
	assert_int_equal(d4_get_be32(m.p + 8), 0);
	assert_memory_equal(m.p + 20, inside, 4); /* others: keep */
	assert_memory_not_equal(m.p + 24, inside + 4, 4);
	assert_memory_equal(m.p + 28, inside + 8, FLOW - 8);
	assert_memory_equal(m.p + 20, m.p + 20 + FLOW, FLOW);
	/* two flows left before this one */
	m = message(&out, 2);
	assert_int_equal(d4_get_be32(m.p + 8), 2);
	assert_null(memmem(out.p, out.n, inside + 4, 4));
	d4_buf_fini(&out);
}

static void
what_is_not_listed_is_zero_or_empty(void **state)
{
	static const struct field list[] = {{8, 4, 0}, {56, 6, 0}, {82, 8, 0},
	    {130, 4, 0}, {18, 65535, 6871}, {293, 65535, 0}, {7, 65535, 0},
	    {77, 3, 0x0a010203}, {14, 1, 6871}, {16398, 1, 6871},
	    {106, 4, 6871}, {2, 4, 29305}, {28, 16, 0}, {8, 3, 0}, {4, 2, 0},
	    {96, 65535, 0}};
	static const uint8_t data[] = {10, 1, 2, 3, 0, 17, 34, 51, 68, 85, 'e',
	    't', 'h', '0', 0, 0, 0, 0, 192, 0, 2, 1, 5, 'G', 'E', 'T', ' ', '/',
	    255, 0, 3, 0xff, 1, 2, 2, 0, 80, 'x', 'y', 'z', 2, 18, 1, 2, 3, 4,
	    0, 0, 0, 9, 0x20, 1, 0xd, 0xb8, 0, 0x77, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	    5, 10, 1, 2, 0, 6, 0};
	static const uint8_t want[24] = {0};
	struct d4_tally t;
	struct d4_buf out;
	struct d4_slice m;
	struct file f;

	(void)state;
	begin(&f);
	put_template(&f, 0, 300, list, 16);
	put_data(&f, 0, 300, data, sizeof(data));
	assert_int_equal(run(STEPS, &f, 0, &out, &t), D4_OK);
	assert_int_equal(t.records[D4_R_NONE], 1);
	m = message(&out, 0);
	/* lists and unknown enterprises are padding now */
	assert_int_equal(d4_get_be16(m.p + 24 + 5 * 4 + 4), 210);
	assert_null(memmem(m.p, m.n, list + 7, 4));
	assert_null(memmem(m.p, m.n, "\x0a\1\2\3", 4));
	m = message(&out, 1);
	assert_int_equal(m.n, 16 + 4 + 60);
	assert_memory_not_equal(m.p + 20, data, 4);
	/* from the MAC to the counter: 6 + 8 + 4 + 3 + 3, then what is kept */
	assert_memory_equal(m.p + 24, want, 24);
	assert_memory_equal(m.p + 24 + 24, "\2\22\0\0\0\0\0\0\0\11", 10);
	assert_int_equal(d4_get_be32(m.p + m.n - 6), 0);
	assert_int_equal(d4_get_be16(m.p + m.n - 2), 0);
	d4_buf_fini(&out);
}

static void
data_without_a_template_and_of_options_do_not_leave(void **state)
{
	static const uint8_t some[12] = {10, 1, 2, 3};
	struct d4_tally t;
	struct d4_buf out;
	struct file f;

	(void)state;
	begin(&f);
	ipfix_message(&f.o, 5);
	ipfix_set(&f.o, 3);
	ipfix_option(&f.o, 400, 2);
	ipfix_end(&f.o);
	put_template(&f, 5, 256, flow, 4);
	put_data(&f, 5, 400, some, 12);     /* of options */
	put_data(&f, 5, 257, some, 12);     /* unknown */
	put_data(&f, 6, 256, inside, FLOW); /* of another domain */
	ipfix_message(&f.o, 5);             /* withdrawn */
	ipfix_set(&f.o, 2);
	ipfix_put16(&f.o, 256);
	ipfix_put16(&f.o, 0);
	ipfix_end(&f.o);
	put_data(&f, 5, 256, inside, FLOW);
	assert_int_equal(run(STEPS, &f, 0, &out, &t), D4_OK);
	assert_int_equal(out.n, 0);
	assert_int_equal(t.records[D4_R_IPFIX_OPTIONS], 1);
	assert_int_equal(t.records[D4_R_IPFIX_TEMPLATE], 3);
	assert_int_equal(part(&t, D4_R_IPFIX_TEMPLATE), 3);
	d4_buf_fini(&out);
}

static void
templates_may_change_at_any_time(void **state)
{
	static const struct field other[] = {{12, 4, 0}, {8, 4, 0}};
	static const uint8_t two[] = {10, 1, 2, 3, 10, 1, 2, 4};
	struct d4_buf out;
	struct d4_tally t;
	struct file f;

	(void)state;
	begin(&f);
	put_template(&f, 0, 256, flow, 4);
	put_data(&f, 0, 256, inside, FLOW);
	put_template(&f, 0, 256, flow, 4); /* nothing new */
	put_data(&f, 0, 256, inside, FLOW);
	put_template(&f, 0, 257, other, 2); /* one more */
	put_data(&f, 0, 257, two, 8);
	put_template(&f, 0, 256, other, 2); /* another meaning */
	put_data(&f, 0, 256, two, 8);
	ipfix_message(&f.o, 0); /* with data behind its definition */
	put_define(&f, 258, flow, 4);
	put_set(&f, 258, inside, FLOW);
	f.o.set = 0;
	ipfix_end(&f.o);
	put_data(&f, 0, 258, inside, FLOW);
	assert_int_equal(run(STEPS, &f, 0, &out, &t), D4_OK);
	assert_int_equal(t.records[D4_R_NONE], 6);
	/* template, data, data, template, data, new meaning, data, both, data
	 */
	assert_int_equal(message(&out, 3).n, 16 + 4 + 4 + 8);
	assert_int_equal(message(&out, 5).n, 16 + 8 + 4 + 4 + 8);
	assert_int_equal(d4_get_be16(message(&out, 5).p + 22), 0);
	assert_int_equal(message(&out, 7).n, 16 + 24 + 4 + FLOW);
	assert_int_equal(message(&out, 8).n, 16 + 4 + FLOW);
	assert_int_equal(d4_get_be32(message(&out, 8).p + 8), 5);
	assert_memory_equal(
	    message(&out, 4).p + 20, message(&out, 6).p + 20, 8);
	test_blocks_cut(STEPS, 7, d4_slice_of(f.bytes, f.o.n), 120,
	    &(struct test_made){&out, &t});
	d4_buf_fini(&out);
}

static void
who_strips_openings_sees_one_only(void **state)
{
	static const struct field other[] = {{12, 4, 0}, {8, 4, 0}};
	struct san_chain *c = test_chain(STEPS, 7, "");
	struct san_stream *s = test_stream(c, 7, "");
	struct d4_buf out;
	struct file f;

	(void)state;
	begin(&f);
	put_template(&f, 0, 256, flow, 4);
	put_data(&f, 0, 256, inside, FLOW);
	d4_buf_init(&out, ROOM);
	assert_int_equal(
	    test_run(s, d4_slice_of(f.bytes, f.o.n), 0, &out), D4_OK);
	assert_int_equal(san_stream_opening(s), 40);
	assert_int_equal(out.n, 40 + 20 + FLOW);
	put_template(&f, 0, 257, other, 2);
	put_data(&f, 0, 256, inside, FLOW);
	out.n = 0;
	assert_int_equal(
	    test_run(s, d4_slice_of(f.bytes, f.o.n), 0, &out), D4_EMALFORMED);
	assert_int_equal(out.n, 40 + 20 + FLOW);
	d4_buf_fini(&out);
	san_stream_free(s);
	san_chain_free(c);
}

static void
domains_are_tokens_but_zero(void **state)
{
	struct d4_tally t;
	struct d4_buf out;
	struct file f;
	uint32_t as;

	(void)state;
	begin(&f);
	put_template(&f, 0x0a010203, 256, flow, 4);
	put_template(&f, 0, 256, flow, 4);
	put_data(&f, 0x0a010203, 256, inside, FLOW);
	put_data(&f, 0, 256, inside, FLOW);
	put_data(&f, 0x0a010203, 256, inside, FLOW);
	assert_int_equal(run(STEPS, &f, 0, &out, &t), D4_OK);
	as = d4_get_be32(message(&out, 2).p + 12);
	assert_int_not_equal(as, 0x0a010203);
	assert_int_not_equal(as, 0);
	assert_int_equal(d4_get_be32(message(&out, 1).p + 12), as);
	assert_int_equal(d4_get_be32(message(&out, 0).p + 12), 0);
	assert_int_equal(d4_get_be32(message(&out, 3).p + 12), 0);
	/* each counts for itself */
	assert_int_equal(d4_get_be32(message(&out, 3).p + 8), 0);
	assert_int_equal(d4_get_be32(message(&out, 4).p + 8), 1);
	d4_buf_fini(&out);
}

static void
a_pipeline_is_worth_what_its_addresses_are(void **state)
{
	static const struct {
		const char *steps;
		unsigned cls;
	} rows[] = {
	    {STEPS, 2},
	    {ALL, 2},
	    {"[time: 1h]", 0},
	    {"[addr: {method: mask}]", 0},
	    {"[]", 0},
	};
	struct san_chain *c;
	struct d4_diag diag;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		c = test_chain(rows[i].steps, 7, "");
		assert_int_equal(san_chain_class(c), rows[i].cls);
		san_chain_free(c);
	}
	assert_int_equal(
	    test_compile("[payload: zero]", 7, "", &diag, &c), D4_EINVAL);
	assert_int_equal(
	    test_compile("[time: shift]", 7, "", &diag, &c), D4_EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		addresses_are_replaced_and_flows_without_the_scope_stay),
	    cmocka_unit_test(what_is_not_listed_is_zero_or_empty),
	    cmocka_unit_test(
		data_without_a_template_and_of_options_do_not_leave),
	    cmocka_unit_test(templates_may_change_at_any_time),
	    cmocka_unit_test(who_strips_openings_sees_one_only),
	    cmocka_unit_test(domains_are_tokens_but_zero),
	    cmocka_unit_test(a_pipeline_is_worth_what_its_addresses_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

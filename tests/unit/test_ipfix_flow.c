#include "ipfix_world.h"

static void
times_are_rounded_down_where_they_stand(void **state)
{
	static const struct field list[] = {
	    {12, 4, 0}, {150, 4, 0}, {152, 8, 0}, {153, 4, 0}, {156, 8, 0}};
	uint8_t data[28] = {10, 1, 2, 3};
	struct d4_tally t;
	struct d4_buf out;
	struct d4_slice m;
	struct file f;

	(void)state;
	d4_put_be32(data + 4, 1700001234);
	d4_put_be64(data + 8, 1700001234567);
	memset(data + 16, 0xee, 12);
	begin(&f);
	put_template(&f, 0, 256, list, 5);
	put_data(&f, 0, 256, data, 28);
	assert_int_equal(run("[addr: {}, time: 1h]", &f, 0, &out, &t), D4_OK);
	m = message(&out, 1);
	assert_int_equal(d4_get_be32(m.p + 4), 1699999200);
	assert_int_equal(d4_get_be32(m.p + 24), 1699999200);
	assert_int_equal(d4_get_be64(m.p + 28), 1699999200000);
	for (size_t i = 0; i < 12; i++) /* too short, and not listed */
		assert_int_equal(m.p[36 + i], 0);
	d4_buf_fini(&out);
}

static void
a_flow_that_holds_its_address_twice_is_withheld_with_its_message(void **state)
{
	uint8_t bad[FLOW];
	struct d4_tally t;
	struct d4_buf out;
	struct file f;

	(void)state;
	memcpy(bad, inside, FLOW);
	memcpy(bad + 12, inside + 4, 4);
	begin(&f);
	put_template(&f, 0, 256, flow, 4);
	put_data(&f, 0, 256, bad, FLOW);
	put_data(&f, 0, 256, inside, FLOW);
	assert_int_equal(run(STEPS, &f, 0, &out, &t), D4_OK);
	assert_int_equal(t.quarantined, 1);
	assert_int_equal(t.records[D4_R_SELFCHECK], 1);
	assert_int_equal(t.records[D4_R_NONE], 1);
	assert_null(memmem(out.p, out.n, inside + 4, 4));
	d4_buf_fini(&out);
}

static void
broken_records_end_their_set(void **state)
{
	static const struct field list[] = {{12, 4, 0}, {96, 65535, 0}};
	static const uint8_t data[] = {
	    10, 1, 2, 3, 1, 'a', 10, 1, 2, 4, 200, 'b', 'c', 10, 1, 2, 5, 0};
	static const struct field none[] = {{12, 0, 0}, {8, 0, 0}};
	struct d4_tally t;
	struct d4_buf out;
	struct file f;

	(void)state;
	begin(&f);
	put_template(&f, 0, 256, list, 2);
	put_template(&f, 0, 257, none, 2);
	put_data(&f, 0, 256, data, sizeof(data));
	put_data(&f, 0, 257, data, 4); /* records of no bytes */
	assert_int_equal(run(STEPS, &f, 0, &out, &t), D4_OK);
	assert_int_equal(part(&t, D4_R_NONE), 1);
	assert_int_equal(part(&t, D4_R_IPFIX_SET), 1);
	assert_int_equal(part(&t, D4_R_IPFIX_TEMPLATE), 1);
	assert_int_equal(message(&out, 1).n, 16 + 4 + 4 + 1);
	d4_buf_fini(&out);
}

/* By protocol and port; nothing else has a hash for its source port. */
static void
a_tunnel_s_source_port_does_not_leave(void **state)
{
	static const struct field list[] = {
	    {96, 65535, 0}, {7, 2, 0}, {12, 4, 0}, {11, 2, 0}, {4, 1, 0}};
	static const struct {
		uint8_t port[2], proto;
		uint16_t from;
	} rows[] = {{{0x12, 0xb5}, 17, 0xf000}, {{0x12, 0xb5}, 6, 0x0203},
	    {{0x17, 0xc1}, 17, 0xf000}, {{0x08, 0x68}, 17, 0xf000},
	    {{0, 53}, 17, 0x0203}, {{0x0d, 0xd8}, 17, 0x0203}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t data[] = {2, 'a', 'b', 2, 3, 10, 1, 2, 3,
		    rows[i].port[0], rows[i].port[1], rows[i].proto};
		struct d4_tally t;
		struct d4_buf out;
		struct file f;

		begin(&f);
		put_template(&f, 0, 256, list, 5);
		put_data(&f, 0, 256, data, sizeof(data));
		assert_int_equal(run(STEPS, &f, 0, &out, &t), D4_OK);
		assert_int_equal(t.records[D4_R_NONE], 1);
		assert_int_equal(
		    d4_get_be16(message(&out, 1).p + 21), rows[i].from);
		assert_memory_equal(message(&out, 1).p + 27, data + 9, 3);
		d4_buf_fini(&out);
	}
}

static void
flows_concern_whom_their_ends_are_of(void **state)
{
	struct san_chain *c = concerned();
	struct san_stream *s = test_stream(c, 7, "");
	const struct d4_tally *t = san_stream_tally(s);
	uint8_t other[FLOW];
	struct d4_buf out;
	struct file f;

	(void)state;
	memcpy(other, inside, FLOW);
	other[2] = 114;
	begin(&f);
	put_template(&f, 0, 256, flow, 4);
	put_data(&f, 0, 256, inside, FLOW);
	put_data(&f, 0, 256, other, FLOW);
	d4_buf_init(&out, ROOM);
	assert_int_equal(
	    test_run(s, d4_slice_of(f.bytes, f.o.n), 0, &out), D4_OK);
	assert_int_equal(t->records[D4_R_NONE], 1);
	assert_int_equal(t->records[D4_R_CONCERNS_MISS], 1);
	assert_int_equal(part(t, D4_R_CONCERNS_MISS), 1);
	d4_buf_fini(&out);
	san_stream_free(s);
	san_chain_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(times_are_rounded_down_where_they_stand),
	    cmocka_unit_test(
		a_flow_that_holds_its_address_twice_is_withheld_with_its_message),
	    cmocka_unit_test(broken_records_end_their_set),
	    cmocka_unit_test(a_tunnel_s_source_port_does_not_leave),
	    cmocka_unit_test(flows_concern_whom_their_ends_are_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

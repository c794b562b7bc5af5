#include "pcapng_world.h"

static void
each_interface_has_its_link_type_times_and_checksums(void **state)
{
	static const struct option raw[] = {{9, 1, {3}}, {13, 1, {32}}};
	static const struct option bad[] = {{9, 1, {20}}};
	const struct said said[] = {{0, 1700000000123456u, NULL, 0},
	    {1, 1700000000123u, NULL, 0}, {2, 1, NULL, 0}, {3, 1, NULL, 0},
	    {4, 1, NULL, 0}};
	uint8_t p[GOLDEN_MAX];
	struct d4_tally t;
	struct d4_buf out;
	struct file f;
	size_t n = udp().n - 14;

	(void)state;
	begin(&f, false);
	put_face(&f, 1, NULL, 0);
	put_face(&f, 101, raw, 2);
	put_face(&f, 105, NULL, 0); /* 802.11 */
	put_face(&f, 1, bad, 1);
	memcpy(p, udp().p + 14, n);
	memset(p + n, 0xee, 4);
	for (unsigned i = 0; i < 2; i++) {
		put_packet(&f, &said[0], udp());
		put_packet(&f, &said[1], d4_slice_of(p, n + 4));
	}
	for (unsigned i = 2; i < 5; i++)
		put_packet(&f, &said[i], udp());
	assert_int_equal(run("[addr: {scope: telescope, others: keep}, "
			     "payload: keep, time: 1s]",
			     &f, 0, &out, &t),
	    D4_OK);
	assert_int_equal(t.records[D4_R_NONE], 4);
	assert_int_equal(t.records[D4_R_LINKTYPE], 1);
	assert_int_equal(t.records[D4_R_PCAPNG_BLOCK], 2);
	for (unsigned i = 5; i < 9; i++) {
		size_t at = block(&out, false, i), raw_ip = i % 2 == 0;
		uint64_t when = (uint64_t)get32(&out, false, at + 12) << 32 |
		                get32(&out, false, at + 16);

		assert_int_equal(get32(&out, false, at + 8), raw_ip);
		assert_int_equal(
		    when, 1700000000 * UINT64_C(1000) * (raw_ip ? 1 : 1000));
		assert_int_equal(
		    get32(&out, false, at + 20), raw_ip ? n : n + 14);
		assert_int_equal(
		    get32(&out, false, at + 24), raw_ip ? n : n + 14);
	}
	/* the checksum is cut off, so there is none: if_fcslen 0 */
	assert_int_equal(out.p[block(&out, false, 2) + 16 + 8], 13);
	assert_int_equal(out.p[block(&out, false, 2) + 16 + 12], 0);
	d4_buf_fini(&out);
}

static void
times_of_any_resolution_and_offset_are_the_same_moment(void **state)
{
	/* if_tsresol, if_tsoffset, the time, the same in units of `digits` */
	static const struct {
		uint8_t resolution, digits;
		int64_t offset;
		uint64_t time, want;
		bool bad;
	} rows[] = {
	    {6, 6, 0, 1700000000123456u, 1700000000123456u, false},
	    {0, 0, 0, 1700000000, 1700000000, false},
	    {9, 9, 0, 1700000000123456789u, 1700000000123456789u, false},
	    {12, 9, 0, 1700000123456u, 1700000123, false},
	    {19, 9, 0, 15000000000000000000u, 1500000000, false},
	    {6, 6, 1700000000, 123456, 1700000000123456u, false},
	    {6, 6, -10, 17123456, 7123456, false},
	    {6, 6, -10, 7123456, 0, true},
	    {6, 6, INT64_MIN, 1, 0, true},
	    {6, 6, INT64_MAX, 1, 0, true},
	    {0x80, 9, 0, 1700000000, 1700000000000000000u, false},
	    {0x8a, 9, 5, 1024 * 7 + 512, 12500000000u, false},
	    {0xbf, 9, 0, UINT64_C(3) << 62, 1500000000, false},
	    {0xa0, 9, 0, (UINT64_C(1700000000) << 32) + (1u << 31),
		1700000000500000000u, false},
	    {0x80, 9, 0, UINT64_MAX, 0, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct option list[2] = {
		    {9, 1, {rows[i].resolution}}, {14, 8, {0}}};
		const struct said said = {0, rows[i].time, NULL, 0};
		struct d4_tally t;
		struct d4_buf out;
		struct file f;
		size_t at;

		d4_put_be64(list[1].value, (uint64_t)rows[i].offset);
		begin(&f, true);
		put_face(&f, 1, list, 2);
		put_packet(&f, &said, udp());
		assert_int_equal(run(STEPS, &f, 0, &out, &t), D4_OK);
		assert_int_equal(t.records[D4_R_TIME_VALUE], rows[i].bad);
		if (!rows[i].bad) {
			at = block(&out, true, 2);
			assert_int_equal(at, 60); /* no if_tsoffset */
			assert_int_equal(out.p[28 + 16 + 4], rows[i].digits);
			assert_int_equal(
			    d4_get_be64(out.p + at + 12), rows[i].want);
		}
		d4_buf_fini(&out);
	}
}

static void
sections_and_interfaces_may_come_at_any_time(void **state)
{
	const struct said said[] = {{.face = 0}, {.face = 1}};
	struct d4_buf out;
	struct d4_tally t;
	struct file f;

	(void)state;
	begin(&f, false);
	put_face(&f, 1, NULL, 0);
	put_packet(&f, &said[0], udp());
	put_face(&f, 101, NULL, 0); /* a new interface, the same section */
	put_packet(&f, &said[0], udp());
	put_face(&f, 1, NULL, 0); /* of which nothing comes */
	f.o.big = true;
	png_put_section(&f.o, 0);
	put_face(&f, 1, NULL, 0);
	put_packet(&f, &said[0], udp());
	put_packet(&f, &said[1], udp()); /* no such interface any more */
	assert_int_equal(run(STEPS, &f, 0, &out, &t), D4_OK);
	assert_int_equal(t.records[D4_R_NONE], 3);
	assert_int_equal(t.records[D4_R_PCAPNG_BLOCK], 1);
	/* section, interface, packet, interface, packet, section ... */
	assert_int_equal(out.n, 2 * 28 + 3 * 20 + 3 * 76);
	assert_int_equal(get32(&out, false, 48 + 76), 1);
	assert_int_equal(get32(&out, true, 48 + 76 + 20 + 76 + 8), 0x1a2b3c4d);
	test_blocks_cut(STEPS, 5, d4_slice_of(f.bytes, f.o.n), 200,
	    &(struct test_made){&out, &t});
	d4_buf_fini(&out);
}

static void
an_opening_whose_packets_all_stay_is_not_written(void **state)
{
	const struct said said[] = {{.face = 0}, {.face = 1}};
	struct d4_tally t;
	struct d4_buf out;
	struct file f;

	(void)state;
	begin(&f, false);
	put_face(&f, 105, NULL, 0);
	put_packet(&f, &said[0], udp());
	assert_int_equal(run(STEPS, &f, 0, &out, &t), D4_OK);
	assert_int_equal(out.n, 0);
	d4_buf_fini(&out);
	put_face(&f, 1, NULL, 0);
	put_packet(&f, &said[1], udp());
	assert_int_equal(run(STEPS, &f, 0, &out, &t), D4_OK);
	assert_int_equal(out.n, 28 + 2 * 20 + 76);
	d4_buf_fini(&out);
}

/* More interfaces and another section, for who keeps the output as one. */
static void
without_steps_openings_pass_where_they_stood(void **state)
{
	const struct said first = {.face = 0}, second = {.face = 1};
	struct d4_buf out;
	struct d4_tally t;
	struct file f;

	(void)state;
	begin(&f, false);
	put_face(&f, 1, NULL, 0);
	put_packet(&f, &first, udp());
	put_face(&f, 101, NULL, 0);
	put_packet(&f, &second, udp());
	f.o.big = true;
	png_put_section(&f.o, UINT64_MAX);
	put_face(&f, 1, NULL, 0);
	put_packet(&f, &first, udp());
	for (size_t cut = 0; cut < 90; cut++) {
		assert_int_equal(run("[]", &f, cut, &out, &t), D4_OK);
		/* but for the length of the first section */
		memset(f.bytes + 16, 0xff, 8);
		assert_int_equal(out.n, f.o.n);
		assert_memory_equal(out.p, f.bytes, out.n);
		assert_int_equal(t.records[D4_R_NONE], 3);
		d4_buf_fini(&out);
	}
}

static void
who_strips_openings_sees_one_only(void **state)
{
	struct san_chain *c = test_chain(STEPS, 5, "");
	struct san_stream *s = test_stream(c, 5, "");
	const struct said said = {.face = 0};
	struct d4_buf out;
	struct file f;

	(void)state;
	begin(&f, false);
	put_face(&f, 1, NULL, 0);
	put_packet(&f, &said, udp());
	d4_buf_init(&out, ROOM);
	assert_int_equal(
	    test_run(s, d4_slice_of(f.bytes, f.o.n), 0, &out), D4_OK);
	assert_int_equal(san_stream_opening(s), 48);
	assert_int_equal(san_stream_variant(s), 0);
	put_face(&f, 1, NULL, 0);
	put_packet(&f, &said, udp());
	out.n = 0;
	assert_int_equal(
	    test_run(s, d4_slice_of(f.bytes, f.o.n), 0, &out), D4_EMALFORMED);
	assert_int_equal(san_stream_tally(s)->records[D4_R_OPENING_CHANGE], 1);
	assert_int_equal(out.n, 48 + 76);
	d4_buf_fini(&out);
	san_stream_free(s);
	san_chain_free(c);
}

static void
filters_are_compiled_for_each_link_type(void **state)
{
	const struct said said[] = {{.face = 0}, {.face = 1}};
	struct d4_slice ip = udp();
	struct d4_tally t;
	struct d4_buf out;
	struct file f;

	(void)state;
	(void)d4_slice_skip(&ip, 14);
	begin(&f, false);
	put_face(&f, 1, NULL, 0);
	put_face(&f, 101, NULL, 0);
	for (unsigned i = 0; i < 3; i++) {
		put_packet(&f, &said[0], udp());
		put_packet(&f, &said[1], ip);
	}
	assert_int_equal(run("[bpf: udp, addr: {}]", &f, 0, &out, &t), D4_OK);
	assert_int_equal(t.records[D4_R_NONE], 6);
	d4_buf_fini(&out);
	assert_int_equal(run("[bpf: tcp, addr: {}]", &f, 0, &out, &t), D4_OK);
	assert_int_equal(t.records[D4_R_BPF_MISS], 6);
	d4_buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		each_interface_has_its_link_type_times_and_checksums),
	    cmocka_unit_test(
		times_of_any_resolution_and_offset_are_the_same_moment),
	    cmocka_unit_test(sections_and_interfaces_may_come_at_any_time),
	    cmocka_unit_test(an_opening_whose_packets_all_stay_is_not_written),
	    cmocka_unit_test(without_steps_openings_pass_where_they_stood),
	    cmocka_unit_test(who_strips_openings_sees_one_only),
	    cmocka_unit_test(filters_are_compiled_for_each_link_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

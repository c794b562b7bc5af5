#include "pcapng_world.h"

static void
blocks_are_rebuilt_in_both_byte_orders(void **state)
{
	static const struct option face[] = {
	    {2, 4, "eth0"}, {9, 1, {6}}, {4, 8, {10, 1, 2, 3}}, {1, 4, "note"}};
	static const struct option packet[] = {{1, 7, "comment"},
	    {2, 4, {1, 0xfe, 0xfe, 2}}, {3, 8, "hashhash"},
	    {4, 8, {0, 0, 0, 0, 0, 0, 0, 9}}, {5, 8, "packetid"}};
	const struct said said = {0, 1700000000123456u, packet, 5};

	(void)state;
	for (unsigned big = 0; big < 2; big++) {
		struct d4_tally t;
		struct d4_buf out;
		struct file f;

		begin(&f, big);
		put_face(&f, 1, face, 4);
		put_packet(&f, &said, udp());
		assert_int_equal(run(STEPS, &f, 0, &out, &t), D4_OK);
		assert_memory_equal(out.p, f.bytes, 12 + 2);
		assert_int_equal(get32(&out, big, 4), 28);
		assert_int_equal(get32(&out, big, 16), 0xffffffffu);
		assert_int_equal(get32(&out, big, 28 + 4), 20 + 8 + 4);
		assert_int_equal(get32(&out, big, 28 + 12), 262144);
		assert_int_equal(out.p[28 + 16 + (big ? 1 : 0)], 9);
		/* 42 bytes of headers; flags, drops and their end */
		assert_int_equal(block(&out, big, 2), 60);
		assert_int_equal(out.n, 60 + 32 + 44 + 8 + 12 + 4);
		assert_int_equal(get32(&out, big, 60 + 20), 42);
		assert_int_equal(get32(&out, big, 60 + 24), udp().n);
		assert_int_equal(get32(&out, big, 60 + 28 + 44 + 4),
		    big ? 0x01000002 : 0x02000001);
		assert_memory_equal(
		    out.p + 60 + 28 + 44 + 12, packet[3].value, 8);
		assert_false(holds(&out, "eth0", 4));
		assert_false(holds(&out, "comment", 7));
		assert_false(holds(&out, "hash", 4));
		assert_false(holds(&out, "packetid", 8));
		assert_false(holds(&out, face[2].value, 4));
		for (size_t i = 0; i < D4_PARTS; i++)
			assert_int_equal(t.parts[i],
			    d4_part_reason(i) == D4_R_PCAPNG_OPTION ? 6 : 0);
		d4_buf_fini(&out);
	}
}

static void
blocks_without_packets_are_dropped_and_counted(void **state)
{
	/* packet (old), names, counters, systemd, secrets, custom, unknown */
	static const uint32_t types[] = {2, 4, 5, 9, 10, 0xbad, 0x40000bad, 99};
	const struct said said = {.face = 0};
	struct d4_tally t;
	struct d4_buf out;
	struct file f;

	(void)state;
	begin(&f, false);
	put_face(&f, 1, NULL, 0);
	for (size_t i = 0; i < 8; i++)
		png_put_block(&f.o, types[i], 20);
	put_packet(&f, &said, udp());
	assert_int_equal(run(STEPS, &f, 0, &out, &t), D4_OK);
	assert_int_equal(t.in, 9);
	assert_int_equal(t.records[D4_R_PCAPNG_META], 8);
	assert_int_equal(t.records[D4_R_NONE], 1);
	assert_int_equal(block(&out, false, 2), 48);
	d4_buf_fini(&out);
}

static void
a_simple_packet_is_filled_with_zeros_where_it_is_cut(void **state)
{
	uint8_t p[GOLDEN_MAX];
	struct d4_tally t;
	struct d4_buf out;
	struct file f;
	size_t n;

	(void)state;
	begin(&f, true);
	put_face(&f, 1, NULL, 0);
	n = udp().n;
	memcpy(p, udp().p, n);
	memset(p + 42, 0xee, n - 42);
	put_simple(&f, d4_slice_of(p, n));
	assert_int_equal(run(STEPS, &f, 0, &out, &t), D4_OK);
	assert_int_equal(t.records[D4_R_NONE], 1);
	assert_int_equal(out.n, 48 + 16 + (n + 3) / 4 * 4);
	assert_int_equal(get32(&out, true, 48), 3);
	assert_int_equal(get32(&out, true, 48 + 8), n);
	for (size_t i = 42; i < n; i++)
		assert_int_equal(out.p[48 + 12 + i], 0);
	d4_buf_fini(&out);
}

static void
a_packet_that_says_its_checksum_loses_it(void **state)
{
	static const struct option flags[] = {{2, 4, {0, 0, 0, 4 << 5}}};
	const struct said said = {0, 0, flags, 1};
	struct d4_tally t;
	struct d4_buf out;
	uint8_t p[GOLDEN_MAX];
	struct file f;
	char steps[128];

	(void)state;
	memcpy(p, udp().p, udp().n);
	memset(p + udp().n, 0xee, 4);
	begin(&f, true);
	put_face(&f, 1, NULL, 0);
	put_packet(&f, &said, d4_slice_of(p, udp().n + 4));
	(void)snprintf(steps, sizeof(steps), KEEP, "");
	assert_int_equal(run(steps, &f, 0, &out, &t), D4_OK);
	assert_int_equal(get32(&out, true, 48 + 20), udp().n);
	assert_int_equal(get32(&out, true, 48 + 24), udp().n);
	assert_int_equal(get32(&out, true, out.n - 12), 0); /* the flags */
	d4_buf_fini(&out);
}

static void
files_that_go_wrong_are_refused_from_there_on(void **state)
{
	static const struct {
		size_t at;
		uint32_t value;
		enum d4_reason why;
		uint64_t left;
	} rows[] = {
	    {0, 0xa1b2c3d4, D4_R_PCAPNG_MAGIC, 0},
	    {8, 0x1a2b3c4e, D4_R_PCAPNG_MAGIC, 0},
	    {48 + 4, 18, D4_R_PCAPNG_DESYNC, 0}, /* no multiple of 4 */
	    {48 + 4, 0xfffffff0, D4_R_PCAPNG_DESYNC, 0},
	    {32, 16, D4_R_PCAPNG_DESYNC, 0}, /* an interface too small */
	};
	const struct said said = {.face = 0};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct d4_tally t;
		struct d4_buf out;
		struct file f;

		begin(&f, false);
		put_face(&f, 1, NULL, 0);
		put_packet(&f, &said, udp());
		put_packet(&f, &said, udp());
		d4_put_le32(f.bytes + rows[i].at, rows[i].value);
		assert_int_equal(run(STEPS, &f, 0, &out, &t), D4_EMALFORMED);
		assert_int_equal(t.records[rows[i].why], 1);
		assert_int_equal(t.records[D4_R_NONE], rows[i].left);
		d4_buf_fini(&out);
	}
}

static void
broken_options_stop_their_block_only(void **state)
{
	static const struct option bad[] = {{2, 4, "flag"}};
	const struct said said[] = {{0, 0, bad, 1}, {.face = 0}};
	struct d4_tally t;
	struct d4_buf out;
	struct file f;

	(void)state;
	begin(&f, false);
	put_face(&f, 1, NULL, 0);
	put_packet(&f, &said[0], udp());
	/* the option's length: more than the block has */
	f.bytes[f.o.n - 4 - 12 + 2] = 40;
	put_packet(&f, &said[1], udp());
	assert_int_equal(run(STEPS, &f, 0, &out, &t), D4_OK);
	assert_int_equal(t.records[D4_R_PCAPNG_BLOCK], 1);
	assert_int_equal(t.records[D4_R_NONE], 1);
	d4_buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(blocks_are_rebuilt_in_both_byte_orders),
	    cmocka_unit_test(blocks_without_packets_are_dropped_and_counted),
	    cmocka_unit_test(
		a_simple_packet_is_filled_with_zeros_where_it_is_cut),
	    cmocka_unit_test(a_packet_that_says_its_checksum_loses_it),
	    cmocka_unit_test(files_that_go_wrong_are_refused_from_there_on),
	    cmocka_unit_test(broken_options_stop_their_block_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

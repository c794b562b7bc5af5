#include "golden.h"

#define SCTP (14u + 20u)
#define ADDR "addr: {scope: telescope, others: keep}"

/* Made by tests/support/packets.py: INIT with the address that it goes to. */
static const char init[] =
    "02000000000202000000000108004500003c123400003c8423fdcb007109"
    "0a010203115c0b591122334489560c190100001c00000007000040000001"
    "000100000009000500080a010203";

/* DATA: 16 bytes of header, 8 of somebody's. */
static const char data[] =
    "020000000002020000000001080045000038123400003c842401cb007109"
    "0a010203115c0b5911223344c17f01fd0003001800000000000000000000"
    "00007061796c6f616421";

struct frame {
	uint8_t b[GOLDEN_MAX];
	size_t n;
};

static void
read_hex(const char *text, struct frame *f)
{
	f->n = test_hex(text, f->b, sizeof(f->b));
}

static enum d4_reason
pass(const char *steps, const struct frame *in, struct frame *out)
{
	struct san_chain *c = test_chain(steps, 1, "");
	struct san_stream *s = test_stream(c, 1, "");
	enum d4_reason why =
	    test_packet(s, 1, d4_slice_of(in->b, in->n), out->b, &out->n);

	san_stream_free(s);
	san_chain_free(c);
	return why;
}

/* CRC-32C bit by bit, of what a frame holds and `zeros` that were cut. */
static bool
right(const struct frame *f, size_t zeros)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = SCTP; i < f->n + zeros; i++) {
		bool own = i - SCTP >= 8 && i - SCTP < 12;

		crc ^= own || i >= f->n ? 0 : f->b[i];
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ ((crc & 1) != 0 ? 0x82f63b78u : 0);
	}
	return d4_get_le32(f->b + SCTP + 8) == (uint32_t)~crc;
}

static void
an_address_in_a_parameter_becomes_the_header_s(void **state)
{
	struct frame in, out;

	(void)state;
	read_hex(init, &in);
	assert_true(right(&in, 0));
	assert_int_equal(pass("[" ADDR "]", &in, &out), D4_R_NONE);
	assert_int_equal(out.n, in.n);
	assert_memory_equal(out.b + out.n - 4, out.b + 30, 4);
	assert_memory_not_equal(out.b + out.n - 4, in.b + in.n - 4, 4);
	assert_true(right(&out, 0));
}

static void
data_are_cut_and_count_as_zeros(void **state)
{
	struct frame in, out, other;

	(void)state;
	read_hex(data, &in);
	assert_true(right(&in, 0));
	assert_int_equal(
	    pass("[" ADDR ", payload: keep]", &in, &out), D4_R_NONE);
	assert_int_equal(out.n, SCTP + 12 + 16);
	assert_true(right(&out, 8));
	in.b[in.n - 1] ^= 0x55;
	assert_int_equal(
	    pass("[" ADDR ", payload: keep]", &in, &other), D4_R_NONE);
	assert_int_equal(other.n, out.n);
	assert_memory_equal(other.b, out.b, out.n);
}

static void
where_statuses_are_kept_a_wrong_checksum_stays_wrong(void **state)
{
	struct frame in, out;

	(void)state;
	read_hex(init, &in);
	assert_int_equal(
	    pass("[" ADDR ", checksums: keep-status]", &in, &out), D4_R_NONE);
	assert_true(right(&out, 0));
	in.b[SCTP + 8] ^= 4;
	assert_int_equal(
	    pass("[" ADDR ", checksums: keep-status]", &in, &out), D4_R_NONE);
	assert_false(right(&out, 0));
	out.b[SCTP + 11] ^= 1;
	assert_true(right(&out, 0));
}

/* Each breaks one byte of INIT, or cuts it. */
static void
what_cannot_be_read_does_not_leave(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		enum d4_reason why;
	} rows[] = {
	    {SCTP + 12 + 3, 3, D4_R_L4_HDR},      /* chunk too short */
	    {SCTP + 12 + 3, 19, D4_R_L4_HDR},     /* no room for its numbers */
	    {SCTP + 12 + 2, 1, D4_R_L4_HDR},      /* past the packet */
	    {SCTP + 12 + 20 + 3, 3, D4_R_L4_HDR}, /* parameter too short */
	    {SCTP + 12 + 20 + 3, 9, D4_R_L4_HDR}, /* past the chunk */
	    {SCTP + 12 + 20 + 3, 7, D4_R_L4_HDR}, /* no IPv4 address */
	    {SCTP + 12 + 20 + 1, 6, D4_R_L4_HDR}, /* no IPv6 address */
	};
	struct frame in, out;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		read_hex(init, &in);
		in.b[rows[i].at] = rows[i].value;
		assert_int_equal(pass("[" ADDR "]", &in, &out), rows[i].why);
	}
	read_hex(init, &in);
	in.n = SCTP + 11;
	assert_int_equal(pass("[" ADDR "]", &in, &out), D4_R_TRUNC_L4);
	read_hex(init, &in);
	in.n -= 2; /* the parameter is not all there */
	assert_int_equal(pass("[" ADDR "]", &in, &out), D4_R_NONE);
	assert_int_equal(out.n, SCTP + 12 + 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_address_in_a_parameter_becomes_the_header_s),
	    cmocka_unit_test(data_are_cut_and_count_as_zeros),
	    cmocka_unit_test(
		where_statuses_are_kept_a_wrong_checksum_stays_wrong),
	    cmocka_unit_test(what_cannot_be_read_does_not_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

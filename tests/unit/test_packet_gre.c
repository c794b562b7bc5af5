#include "golden.h"
#include "sanitizers/checksum.h"

#define ETH   14u
#define OUTER (ETH + 20u) /* where GRE stands */
#define ADDR  "addr: {scope: telescope, others: keep}, tunnels: decode"

struct frame {
	uint8_t b[GOLDEN_MAX];
	size_t n;
};

/* "mirai", its frame or its packet, behind a header of GRE in its packet. */
static void
make(struct frame *f, const char *head, size_t n, bool frame)
{
	size_t from = frame ? 0 : ETH, len = golden_packet("mirai", f->b);
	uint8_t inside[GOLDEN_MAX];

	memcpy(inside, f->b + from, len - from);
	memcpy(f->b + OUTER, head, n);
	memcpy(f->b + OUTER + n, inside, len - from);
	f->n = OUTER + n + len - from;
	f->b[ETH + 9] = 47;
	d4_put_be16(f->b + ETH + 2, (uint16_t)(f->n - ETH));
	if (((uint8_t)head[0] & 0x80) != 0)
		san_sum_put(f->b + OUTER + 4,
		    san_sum_fold(san_sum(f->b + OUTER, f->n - OUTER, 0)));
}

static void
pass(const char *steps, const struct frame *in, struct frame *out)
{
	struct san_chain *c = test_chain(steps, 1, "");
	struct san_stream *s = test_stream(c, 1, "");

	assert_int_equal(
	    test_packet(s, 1, d4_slice_of(in->b, in->n), out->b, &out->n),
	    D4_R_NONE);
	san_stream_free(s);
	san_chain_free(c);
}

static bool
right(const struct frame *f)
{
	return san_sum_fold(san_sum(f->b + OUTER, f->n - OUTER, 0)) == 0;
}

static void
a_checksum_is_made_anew_over_what_leaves(void **state)
{
	static const char head[8] = "\x80\0\x08\0\0\0\0\0";
	struct frame in, out;

	(void)state;
	make(&in, head, 8, false);
	assert_true(right(&in));
	pass("[" ADDR "]", &in, &out);
	assert_int_equal(out.n, in.n);
	assert_memory_not_equal(out.b + OUTER, in.b + OUTER, in.n - OUTER);
	assert_true(right(&out));
	in.b[OUTER + 5] ^= 1; /* says nothing of what came */
	pass("[" ADDR "]", &in, &out);
	assert_true(right(&out));
}

static void
where_statuses_are_kept_a_wrong_checksum_stays_wrong(void **state)
{
	static const char head[8] = "\x80\0\x08\0\0\0\0\0";
	struct frame in, out;

	(void)state;
	make(&in, head, 8, false);
	pass("[" ADDR ", checksums: keep-status]", &in, &out);
	assert_true(right(&out));
	in.b[OUTER + 4] ^= 7;
	pass("[" ADDR ", checksums: keep-status]", &in, &out);
	assert_false(right(&out));
	out.b[OUTER + 5] ^= 1; /* by one bit, whatever it was wrong by */
	assert_true(right(&out));
}

static void
names_of_customers_leave_only_where_tags_are_kept(void **state)
{
	static const char head[] =
	    "\x30\0\x88\xbe\1\2\3\4\0\0\0\5\x1a\xbc\x7f\xff\xff\xff\xff\xff";
	static const uint8_t none[] = {
	    0x30, 0, 0x88, 0xbe, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0, 0x64, 0};
	static const uint8_t some[] = {0x30, 0, 0x88, 0xbe, 1, 2, 3, 0, 0, 0, 0,
	    0, 0x1a, 0xbc, 0x67, 0xff};
	struct frame in, out;

	(void)state;
	make(&in, head, 20, true);
	pass("[" ADDR "]", &in, &out);
	assert_int_equal(out.n, in.n);
	assert_memory_equal(out.b + OUTER, none, sizeof(none));
	pass("[" ADDR ", tags: keep]", &in, &out);
	assert_memory_equal(out.b + OUTER, some, sizeof(some));
	for (size_t i = 0; i < 4; i++) /* the index of a port */
		assert_int_equal(out.b[OUTER + 16 + i], 0);
}

/* A label that is made from the packet inside stands behind the label 7. */
static void
an_entropy_label_never_leaves(void **state)
{
	static const char head[] = "\0\0\x88\x47\0\x12\x30\x40\0\0\x70\x40"
				   "\xab\xcd\xe1\x40";
	static const uint8_t want[] = {0, 0, 0x88, 0x47, 0, 0x12, 0x30, 0x40, 0,
	    0, 0x70, 0x40, 0, 0, 1, 0x40};
	struct frame in, out;

	(void)state;
	make(&in, head, 16, false);
	pass("[" ADDR ", tags: keep]", &in, &out);
	assert_int_equal(out.n, in.n);
	assert_memory_equal(out.b + OUTER, want, sizeof(want));
}

/* A stack that does not end in front of an IP header goes on in it. */
static void
a_label_is_no_address_of_the_scope(void **state)
{
	static const char head[] = "\0\0\x88\x47\x0a\x01\x22\x40\x0a\x01"
				   "\x23\x22";
	static const uint8_t want[] = {
	    0, 0, 0x88, 0x47, 0, 0, 2, 0x40, 0, 0, 3, 0x22};
	struct frame in, out;

	(void)state;
	make(&in, head, 12, false);
	pass("[" ADDR ", tags: keep]", &in, &out);
	assert_int_equal(out.n, in.n);
	assert_memory_equal(out.b + OUTER, want, sizeof(want));
}

/* What every header looks like that is not followed. */
static void
what_is_unclear_is_cut(void **state)
{
	static const struct {
		const char *head;
		size_t n;
	} rows[] = {
	    {"\x40\0\x08\0\0\0\0\0", 8},                    /* routing */
	    {"\0\1\x08\0", 4},                              /* version 1 */
	    {"\0\0\x12\x34", 4},                            /* type */
	    {"\x10\0\x88\xbe\0\0\0\0\x20\0\0\0\0\0\0", 16}, /* ERSPAN 2? */
	    {"\0\0\x22\xeb\x10\0\0\0\0\0\0\0\0\0\0", 16},   /* ERSPAN 1? */
	};
	struct frame in, out;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		make(&in, rows[i].head, rows[i].n, true);
		pass("[" ADDR "]", &in, &out);
		assert_int_equal(out.n, OUTER);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_checksum_is_made_anew_over_what_leaves),
	    cmocka_unit_test(
		where_statuses_are_kept_a_wrong_checksum_stays_wrong),
	    cmocka_unit_test(names_of_customers_leave_only_where_tags_are_kept),
	    cmocka_unit_test(an_entropy_label_never_leaves),
	    cmocka_unit_test(a_label_is_no_address_of_the_scope),
	    cmocka_unit_test(what_is_unclear_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

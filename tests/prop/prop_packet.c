/*
 * Properties of the packet sanitizers over the golden packets and random
 * damage to them: any cut of the input gives the same output, a packet does
 * not know its neighbours, what is dropped cannot be told from what leaves,
 * and no damage makes an address leave.
 */
#include "guard.h"
#include "packets.h"

#define HEADERS                                            \
	"[addr: {scope: telescope, into: [198.18.0.0/16, " \
	"'2001:db8:fffe::/48'], others: keep}]"
#define KEEP                                               \
	"[addr: {scope: telescope, into: [198.18.0.0/16, " \
	"'2001:db8:fffe::/48'], others: keep}, link: keep, payload: keep]"
#define ZERO "[addr: {method: zero}, link: hmac, payload: zero, time: 1h]"

static void
run_cuts(struct san_stream *s, struct d4_slice in, struct prop *r,
    struct d4_buf *out)
{
	san_stream_begin(s);
	while (in.n != 0) {
		struct guard g;
		struct d4_slice piece;
		size_t n = r == NULL ? in.n : prop_cut(r, in.n);

		piece = guard_new(&g, d4_slice_skip(&in, n));
		assert_int_equal(san_stream_feed(s, piece, out), D4_OK);
		guard_free(&g);
	}
	assert_int_equal(san_stream_finish(s, out), D4_OK);
}

static void
any_cut_gives_the_same_output(void **state)
{
	static const char *const steps[] = {HEADERS, KEEP, ZERO, "[]"};
	uint64_t seed = prop_seed(), cases = prop_cases(20000) / 100;

	(void)state;
	for (uint64_t i = 0; i < cases; i++) {
		struct prop r = prop_case(seed, i);
		struct san_chain *c = test_chain(steps[i % 4], 1, "");
		struct san_stream *a = test_stream(c, 1, "");
		struct san_stream *b = test_stream(c, 1, "");
		struct d4_buf file, one, two;

		make_file(&r, &file);
		d4_buf_init(&one, TEST_FILE_MAX);
		d4_buf_init(&two, TEST_FILE_MAX);
		run_cuts(a, d4_buf_slice(&file), NULL, &one);
		run_cuts(b, d4_buf_slice(&file), &r, &two);
		assert_true(
		    d4_slice_eq(d4_buf_slice(&one), d4_buf_slice(&two)));
		assert_memory_equal(san_stream_tally(a), san_stream_tally(b),
		    sizeof(struct d4_tally));
		test_balance(a);
		d4_buf_fini(&file);
		d4_buf_fini(&one);
		d4_buf_fini(&two);
		san_stream_free(a);
		san_stream_free(b);
		san_chain_free(c);
	}
}

static void
a_packet_leaves_the_same_whatever_came_before(void **state)
{
	struct san_chain *c = test_chain(HEADERS, 1, "");
	struct san_stream *old = test_stream(c, 1, "");
	struct prop r = prop_case(1, 2);

	(void)state;
	for (size_t round = 0; round < 500; round++) {
		struct packet *p = &packets[prop_below(&r, n_packets)];
		struct san_stream *fresh = test_stream(c, 1, "");
		uint8_t one[2 * PACKET_MAX], two[2 * PACKET_MAX];
		size_t n_one, n_two;
		enum d4_reason why;

		why = test_packet(old, 1, d4_slice_of(p->b, p->n), one, &n_one);
		assert_int_equal(
		    why, test_packet(
			     fresh, 1, d4_slice_of(p->b, p->n), two, &n_two));
		assert_int_equal(n_one, n_two);
		assert_memory_equal(one, two, n_one);
		san_stream_free(fresh);
	}
	san_stream_free(old);
	san_chain_free(c);
}

/*
 * Everything behind what left was dropped; and so were link addresses. Other
 * bytes there must give the same output, checksums included.
 */
static void
what_is_dropped_cannot_be_told_from_what_leaves(void **state)
{
	struct san_chain *c = test_chain(HEADERS, 1, "");
	struct san_stream *s = test_stream(c, 1, "");
	uint64_t seed = prop_seed(), cases = prop_cases(10000);

	(void)state;
	for (uint64_t i = 0; i < cases; i++) {
		struct prop r = prop_case(seed, i);
		struct packet p = packets[i % n_packets];
		uint8_t one[2 * PACKET_MAX], two[2 * PACKET_MAX];
		size_t n_one, n_two;

		if (test_packet(s, 1, d4_slice_of(p.b, p.n), one, &n_one) !=
		    D4_R_NONE)
			continue;
		for (size_t k = n_one; k < p.n; k++)
			p.b[k] = (uint8_t)prop_next(&r);
		for (size_t k = 6; k < 12; k++) /* the sender's MAC address */
			p.b[k] = (uint8_t)(prop_next(&r) & 0xfe);
		assert_int_equal(
		    test_packet(s, 1, d4_slice_of(p.b, p.n), two, &n_two),
		    D4_R_NONE);
		assert_int_equal(n_one, n_two);
		assert_memory_equal(one, two, n_one);
	}
	san_stream_free(s);
	san_chain_free(c);
}

static void
check_damaged(struct san_stream *s, const struct packet *p)
{
	static const uint8_t a4[2][4] = {{10, 1, 2, 3}, {10, 1, 255, 255}};
	static const uint8_t a6[2][16] = {
	    {0x20, 1, 0xd, 0xb8, 0, 0x77, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
	    {0x20, 1, 0xd, 0xb8, 0, 0x77, 0, 1, 0, 0, 0, 0, 0, 0, 0, 5}};
	uint8_t out[2 * PACKET_MAX];
	size_t n;

	(void)test_packet(s, 1, d4_slice_of(p->b, p->n), out, &n);
	for (size_t k = 0; k < 2; k++) {
		if (packet_has(p, a4[k], 4))
			assert_false(packet_holds(out, n, a4[k], 4));
		if (packet_has(p, a6[k], 16))
			assert_false(packet_holds(out, n, a6[k], 16));
	}
}

static void
no_damage_makes_an_address_leave(void **state)
{
	static const char *const steps[] = {HEADERS, KEEP, ZERO};
	uint64_t seed = prop_seed(), cases = prop_cases(20000);
	struct san_chain *c[3];
	struct san_stream *s[3];

	(void)state;
	for (size_t k = 0; k < 3; k++) {
		c[k] = test_chain(steps[k], 1, "");
		s[k] = test_stream(c[k], 1, "");
	}
	for (uint64_t i = 0; i < cases; i++) {
		struct prop r = prop_case(seed, i);
		struct packet p = packets[prop_below(&r, n_packets)];
		p.b[prop_below(&r, p.n)] = (uint8_t)prop_next(&r);
		p.b[prop_below(&r, p.n)] = (uint8_t)prop_next(&r);
		check_damaged(s[i % 3], &p);
		if (san_stream_broken(s[i % 3], &(enum d4_reason){0}))
			san_stream_reset(s[i % 3]);
	}
	for (size_t k = 0; k < 3; k++) {
		san_stream_free(s[k]);
		san_chain_free(c[k]);
	}
}

static void
the_scope_maps_one_to_one_into_its_replacement(void **state)
{
	struct san_chain *c = test_chain(HEADERS, 1, "");
	struct san_stream *s = test_stream(c, 1, "");
	uint8_t *seen = calloc(65536, 1);
	struct packet p = packets[0];

	(void)state;
	assert_non_null(seen);
	for (unsigned i = 0; i < 65536; i++) {
		uint8_t out[2 * PACKET_MAX];
		size_t n;

		d4_put_be32(p.b + 30, 0x0a010000u | i);
		assert_int_equal(
		    test_packet(s, 1, d4_slice_of(p.b, p.n), out, &n),
		    D4_R_NONE);
		assert_int_equal(d4_get_be16(out + 30), 0xc612);
		assert_int_equal(seen[d4_get_be16(out + 32)]++, 0);
	}
	free(seen);
	san_stream_free(s);
	san_chain_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(any_cut_gives_the_same_output),
	    cmocka_unit_test(a_packet_leaves_the_same_whatever_came_before),
	    cmocka_unit_test(what_is_dropped_cannot_be_told_from_what_leaves),
	    cmocka_unit_test(no_damage_makes_an_address_leave),
	    cmocka_unit_test(the_scope_maps_one_to_one_into_its_replacement),
	};

	return cmocka_run_group_tests(tests, packets_load, NULL);
}

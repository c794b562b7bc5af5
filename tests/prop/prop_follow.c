/*
 * What follows another partner's stream is, to the last byte and counter,
 * what the stream would have made of the file alone: over the golden packets,
 * random damage to them, the numbers that scanners make from addresses, and
 * other keys.
 */
#include "packets.h"
#include "sanitizers/follow.h"

#define STREAMS 3u

static const char *const chains[] = {
    "[addr: {scope: telescope, into: [198.18.0.0/16, '2001:db8:fffe::/48'], "
    "others: keep, require_scope: dst}]",
    "[addr: {scope: telescope, into: [198.18.0.0/16, '2001:db8:fffe::/48'], "
    "others: keep}, link: keep, payload: keep]",
    "[addr: {method: cryptopan}, payload: 'keep:40', tags: keep]",
    "[addr: {scope: telescope, others: map}, payload: clean, tcp_ts: zero, "
    "time: 1s, match: [backscatter, icmp, udp, tcp]]",
    "[addr: {method: zero}, link: hmac, payload: zero, time: 1h]",
    "[addr: {scope: telescope, others: map}, checksums: keep-status]",
    "[addr: {scope: telescope, others: map}, sample: 1/2]",
    "[addr: {scope: telescope, method: pfx, others: keep}, payload: keep]",
    "[addr: {method: mask, mask4: 24}, payload: 'keep:64']",
    /* Those that lead on the short way (packet_plain.c), as the first. */
    "[addr: {method: cryptopan}]",
    "[addr: {scope: telescope, others: map}, time: 1s, match: [backscatter, "
    "icmp, udp, tcp]]",
};

#define CHAINS (sizeof(chains) / sizeof(chains[0]))

/* Can the others follow at all with these steps? */
static const bool leads[CHAINS] = {
    true, true, true, true, [7] = true, [8] = true, [9] = true, [10] = true};

struct world {
	struct san_chain *chain;
	struct san_trace *trace;
	struct san_keys keys[STREAMS];
	struct san_stream *alone[STREAMS], *joined[STREAMS];
	size_t followed;
};

static void
world_open(struct world *w, const char *steps)
{
	static const uint8_t master[D4_MASTER_LEN] = {9, 8, 7};
	const struct san_facts facts = {.type = 1, .ext = ""};
	char name[2] = "a";

	*w = (struct world){.chain = test_chain(steps, 1, "")};
	assert_int_equal(san_trace_new(&w->trace), D4_OK);
	for (size_t i = 0; i < STREAMS; i++, name[0]++) {
		assert_int_equal(
		    san_keys_derive(master, name, &w->keys[i]), D4_OK);
		assert_int_equal(
		    san_stream_new(w->chain, &w->keys[i], &facts, &w->alone[i]),
		    D4_OK);
		assert_int_equal(san_stream_new(w->chain, &w->keys[i], &facts,
				     &w->joined[i]),
		    D4_OK);
	}
}

static void
world_close(struct world *w)
{
	for (size_t i = 0; i < STREAMS; i++) {
		san_stream_free(w->alone[i]);
		san_stream_free(w->joined[i]);
	}
	san_trace_free(w->trace);
	san_chain_free(w->chain);
}

static void
same(struct world *w, size_t i, const struct d4_buf *one,
    const struct d4_buf *two)
{
	assert_true(d4_slice_eq(d4_buf_slice(one), d4_buf_slice(two)));
	assert_memory_equal(san_stream_tally(w->alone[i]),
	    san_stream_tally(w->joined[i]), sizeof(struct d4_tally));
	assert_int_equal(
	    san_stream_opening(w->alone[i]), san_stream_opening(w->joined[i]));
	assert_int_equal(
	    san_stream_variant(w->alone[i]), san_stream_variant(w->joined[i]));
	test_balance(w->joined[i]);
}

/* The leader's part; what it wrote stays in *led. */
static void
lead(struct world *w, struct d4_slice file, struct d4_buf *led)
{
	san_stream_begin(w->joined[0]);
	(void)!san_stream_lead(w->joined[0], w->trace);
	(void)!san_stream_feed(w->joined[0], file, led);
	(void)!san_stream_finish(w->joined[0], led);
}

static enum d4_status
follow(struct world *w, size_t i, struct d4_slice file,
    const struct d4_buf *led, struct d4_buf *out)
{
	enum d4_status st =
	    san_stream_follow(w->joined[i], w->trace, d4_buf_slice(led), out);

	if (st != D4_ENOTSUP) {
		w->followed++;
		return st;
	}
	return test_run(w->joined[i], file, 0, out);
}

static void
check_file(struct world *w, struct d4_slice file)
{
	struct d4_buf one, two, led;
	enum d4_status st;

	d4_buf_init(&one, TEST_FILE_MAX);
	d4_buf_init(&two, TEST_FILE_MAX);
	d4_buf_init(&led, TEST_FILE_MAX);
	(void)!d4_buf_adds(&led, "in front"); /* a leader's output may */
	(void)!d4_buf_adds(&one, "in front");
	lead(w, file, &led);
	(void)test_run(w->alone[0], file, 0, &one);
	same(w, 0, &one, &led);
	d4_buf_drop(&led, strlen("in front"));
	for (size_t i = 1; i < STREAMS; i++) {
		one.n = two.n = 0;
		st = test_run(w->alone[i], file, 0, &one);
		assert_int_equal(st, follow(w, i, file, &led, &two));
		same(w, i, &one, &two);
	}
	d4_buf_fini(&one);
	d4_buf_fini(&two);
	d4_buf_fini(&led);
}

static void
following_gives_what_the_stream_gives_alone(void **state)
{
	uint64_t seed = prop_seed(), cases = prop_cases(20000) / 100;

	(void)state;
	for (size_t k = 0; k < CHAINS; k++) {
		struct world w;

		world_open(&w, chains[k]);
		for (uint64_t i = 0; i < cases; i++) {
			struct prop r = prop_case(seed, i);
			struct d4_buf file;

			make_file(&r, &file);
			if (prop_below(&r, 8) == 0)
				file.n -= prop_below(&r, 30);
			check_file(&w, d4_buf_slice(&file));
			d4_buf_fini(&file);
		}
		assert_true(leads[k] == (w.followed != 0));
		world_close(&w);
	}
}

/* TCP from anywhere into the telescope, with numbers of one's choice. */
static size_t
make_tcp(uint8_t *p, struct prop *r)
{
	static const uint8_t head[34] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8,
	    0, 0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 80, 1, 2, 3, 10, 1, 0,
	    0};
	uint32_t dst;

	memcpy(p, head, sizeof(head));
	memset(p + 34, 0, 20);
	d4_put_be16(p + 32, (uint16_t)prop_next(r));
	dst = d4_get_be32(p + 30);
	d4_put_be32(p + 34, (uint32_t)prop_next(r));
	p[46] = 0x50;
	p[47] = 2;
	switch (prop_below(r, 5)) {
	case 0:
		d4_put_be32(p + 38, dst);
		break;
	case 1:
		d4_put_be32(p + 38, dst + 1);
		break;
	case 2:
		d4_put_be32(p + 42, dst + 1);
		break;
	case 3:
		d4_put_be32(p + 42, d4_get_be32(p + 26) + 1);
		break;
	default:
		d4_put_be16(p + 18, (uint16_t)(dst ^ d4_get_be16(p + 36)));
		break;
	}
	return 54;
}

/* 33:33:ff and three bytes of an address, which a token replaces. */
static void
multicast_addresses_are_each_partners_own(void **state)
{
	static const uint8_t solicited[3] = {0x33, 0x33, 0xff};
	struct prop r = prop_case(prop_seed(), 8);
	struct d4_buf file;
	struct world w;

	(void)state;
	world_open(&w, "[addr: {scope: telescope, others: map}, link: keep]");
	for (size_t round = 0; round < 50; round++) {
		test_pcap_open(&file, 1);
		for (size_t i = 0; i < 20; i++) {
			uint8_t p[64];
			size_t n = make_tcp(p, &r);

			/* numbers of nobody: most packets are plain ones */
			d4_put_be32(p + 38, (uint32_t)prop_next(&r));
			d4_put_be32(p + 42, (uint32_t)prop_next(&r));
			d4_put_be16(p + 18, (uint16_t)prop_next(&r));
			if (prop_below(&r, 3) == 0)
				memcpy(p + 6 * prop_below(&r, 2), solicited, 3);
			test_pcap_add(&file, p, n, n);
		}
		check_file(&w, d4_buf_slice(&file));
		d4_buf_fini(&file);
	}
	assert_int_equal(w.followed, 50 * (STREAMS - 1));
	world_close(&w);
}

static void
numbers_made_of_addresses_are_each_partners_own(void **state)
{
	struct prop r = prop_case(prop_seed(), 7);
	struct d4_buf file;
	struct world w;

	(void)state;
	world_open(&w, chains[0]);
	for (size_t round = 0; round < 50; round++) {
		test_pcap_open(&file, 1);
		for (size_t i = 0; i < 20; i++) {
			uint8_t p[64];
			size_t n = make_tcp(p, &r);

			test_pcap_add(&file, p, n, n);
		}
		check_file(&w, d4_buf_slice(&file));
		d4_buf_fini(&file);
	}
	assert_int_equal(w.followed, 50 * (STREAMS - 1));
	assert_int_equal(
	    san_stream_tally(w.joined[1])->records[D4_R_NONE], 1000);
	world_close(&w);
}

static void
nobody_follows_another_chain_or_a_file_that_was_not_led(void **state)
{
	struct d4_buf file, led, out;
	struct prop r = prop_case(1, 1);
	struct world w, other;

	(void)state;
	world_open(&w, chains[0]);
	world_open(&other, chains[0]);
	make_file(&r, &file);
	d4_buf_init(&led, TEST_FILE_MAX);
	d4_buf_init(&out, TEST_FILE_MAX);
	assert_int_equal(
	    san_stream_follow(w.joined[1], w.trace, d4_buf_slice(&led), &out),
	    D4_ENOTSUP);
	lead(&w, d4_buf_slice(&file), &led);
	assert_int_equal(san_stream_follow(other.joined[1], w.trace,
			     d4_buf_slice(&led), &out),
	    D4_ENOTSUP);
	assert_int_equal(
	    san_stream_follow(w.joined[0], w.trace, d4_buf_slice(&led), &out),
	    D4_ENOTSUP);
	assert_int_equal(out.n, 0);
	/* In two pieces a packet may stand in neither. */
	led.n = 0;
	san_stream_begin(w.joined[0]);
	assert_int_equal(san_stream_lead(w.joined[0], w.trace), D4_OK);
	assert_int_equal(
	    san_stream_feed(w.joined[0], d4_slice_of(file.p, 30), &led), D4_OK);
	assert_int_equal(san_stream_feed(w.joined[0],
			     d4_slice_of(file.p + 30, file.n - 30), &led),
	    D4_OK);
	assert_int_equal(san_stream_finish(w.joined[0], &led), D4_OK);
	assert_int_equal(
	    san_stream_follow(w.joined[1], w.trace, d4_buf_slice(&led), &out),
	    D4_ENOTSUP);
	d4_buf_fini(&file);
	d4_buf_fini(&led);
	d4_buf_fini(&out);
	world_close(&w);
	world_close(&other);
}

/*
 * Payloads are kept, and begin with what ends an address that a port or a
 * checksum may begin: doubts where something was written, some of them hits.
 */
static void
doubts_are_settled_by_the_whole_check(void **state)
{
	struct prop r = prop_case(prop_seed(), 11);
	struct d4_buf file;
	struct world w;

	(void)state;
	world_open(&w, chains[1]);
	for (size_t round = 0; round < 20; round++) {
		test_pcap_open(&file, 1);
		for (size_t i = 0; i < 700; i++) {
			uint8_t p[64];
			size_t n = make_tcp(p, &r);

			memcpy(p + 52, p + 30 + prop_below(&r, 3), 2);
			memcpy(p + n, p + 31, 3);
			memcpy(p + n + 3, "10.1.2.", 7);
			d4_put_be16(p + 16, (uint16_t)(n + 10 - 14));
			d4_put_be16(p + 26, (uint16_t)(p[32] << 8 | p[31]));
			test_pcap_add(&file, p, n + 10, n + 10);
		}
		check_file(&w, d4_buf_slice(&file));
		d4_buf_fini(&file);
	}
	world_close(&w);
}

/* Self-check hits of its own, until its breaker opens in the middle. */
static void
a_followers_own_doubt_stops_it_alone(void **state)
{
	struct prop r = prop_case(3, 3);
	struct d4_buf file;
	struct world w;

	(void)state;
	world_open(&w, chains[1]); /* payloads are kept */
	test_pcap_open(&file, 1);
	for (size_t i = 0; i < 1200; i++) {
		uint8_t p[80] = {0};
		size_t n = make_tcp(p, &r);

		if (i % 100 == 99) { /* its own destination, as text */
			(void)snprintf((char *)p + n, sizeof(p) - n,
			    " 10.1.%u.%u", p[32], p[33]);
			n = sizeof(p);
			d4_put_be16(p + 16, (uint16_t)(n - 14));
		}
		test_pcap_add(&file, p, n, n);
	}
	check_file(&w, d4_buf_slice(&file));
	assert_true(san_stream_broken(w.joined[1], &(enum d4_reason){0}));
	check_file(&w, d4_buf_slice(&file));
	d4_buf_fini(&file);
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(following_gives_what_the_stream_gives_alone),
	    cmocka_unit_test(numbers_made_of_addresses_are_each_partners_own),
	    cmocka_unit_test(multicast_addresses_are_each_partners_own),
	    cmocka_unit_test(
		nobody_follows_another_chain_or_a_file_that_was_not_led),
	    cmocka_unit_test(doubts_are_settled_by_the_whole_check),
	    cmocka_unit_test(a_followers_own_doubt_stops_it_alone),
	};

	return cmocka_run_group_tests(tests, packets_load, NULL);
}

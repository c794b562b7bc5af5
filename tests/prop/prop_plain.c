/*
 * The short way of plain packets says yes only where the long way does, with
 * its bytes: over TCP, UDP and ICMP errors of random content, a part of them
 * damaged, with whatever steps and keys.
 */
#include "libd4/wire.h"
#include "pcapfile.h"
#include "prop.h"
#include "sanitizers/step.h"

#define RECORDS    150u /* of a file: more than one turn takes */
#define RECORD_MAX 256u

static const char *const chains[] = {
    "[addr: {scope: telescope, into: [198.18.0.0/16, '2001:db8:fffe::/48'], "
    "others: keep, require_scope: dst}]",
    "[addr: {scope: telescope, into: [198.18.0.0/16, '2001:db8:fffe::/48'], "
    "others: keep, require_scope: src}, time: 1ms, match: backscatter]",
    "[addr: {method: cryptopan}, tunnels: decode]",
    "[addr: {scope: telescope, others: map}, tcp_ts: zero, time: shift]",
    "[addr: {method: zero}, link: hmac, fixup: off]",
    "[addr: {scope: telescope, others: drop}, link: keep]",
    "[addr: {scope: telescope, method: pfx, others: keep}, match: [icmp, udp]]",
    "[addr: {method: mask, mask4: 24}]",
    "[addr: {scope: telescope, method: pnat, into: [198.18.0.0/16, "
    "'2001:db8:fffe::/48'], keep: [80.0.0.0/8], others: keep}]",
};

#define CHAINS (sizeof(chains) / sizeof(chains[0]))

/* One stream goes the long way only, the other the short one where it can. */
struct world {
	struct san_chain *chain;
	const struct san_family *family;
	struct d4_tally tally;
	void *way[2];
	struct d4_buf out[2];
	uint64_t plain, other, hits;
};

static void
world_open(struct world *w, const char *steps)
{
	static const uint8_t master[D4_MASTER_LEN] = {3, 1, 4};
	const struct san_facts facts = {.type = 1, .ext = ""};
	struct san_keys keys;
	struct san_make m = {.keys = &keys, .facts = &facts};

	*w = (struct world){
	    .chain = test_chain(steps, 1, ""), .family = san_family_of(1, "")};
	assert_int_equal(san_keys_derive(master, "acme", &keys), D4_OK);
	m.chain = w->chain;
	m.tally = &w->tally;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(w->family->make(&m, &w->way[i]), D4_OK);
		d4_buf_init(&w->out[i], TEST_FILE_MAX);
	}
}

static void
world_close(struct world *w)
{
	for (size_t i = 0; i < 2; i++) {
		w->family->destroy(w->way[i]);
		d4_buf_fini(&w->out[i]);
	}
	san_chain_free(w->chain);
}

static uint32_t
any_address(struct prop *r)
{
	static const uint32_t nets[] = {0x0a010000, 0x0a010000, 0x0a010000,
	    0x50000000, 0x50010000, 0xc6120000, 0x7f000000, 0xe0000000,
	    0xffff0000, 0};

	return nets[prop_below(r, sizeof(nets) / sizeof(nets[0]))] |
	       (uint32_t)prop_below(r, prop_below(r, 2) ? 65536 : 4);
}

/* A port that is somebody's, or a tunnel's, or anybody's. */
static uint16_t
any_port(struct prop *r)
{
	static const uint16_t ports[] = {80, 443, 53, 4789, 2152, 3544};
	size_t i = prop_below(r, 12);

	return i < 6 ? ports[i] : (uint16_t)prop_next(r);
}

static size_t
put_ip4(struct prop *r, uint8_t *w, uint8_t proto, size_t len)
{
	w[0] = 0x45;
	w[1] = (uint8_t)prop_next(r);
	d4_put_be16(w + 2, (uint16_t)(20 + len));
	d4_put_be16(w + 4, (uint16_t)prop_next(r));
	d4_put_be16(w + 6, prop_below(r, 2) ? 0x4000 : 0);
	w[8] = (uint8_t)prop_next(r);
	w[9] = proto;
	d4_put_be32(w + 12, any_address(r));
	d4_put_be32(w + 16, any_address(r));
	return 20;
}

/* Numbers that are, or are not, made from the addresses in front of them. */
static uint32_t
any_number(struct prop *r, const uint8_t *ip)
{
	uint32_t end = d4_get_be32(ip + (prop_below(r, 2) ? 12 : 16));

	switch (prop_below(r, 12)) {
	case 0:
		return end;
	case 1:
		return end + 1;
	case 2:
		return __builtin_bswap32(end);
	default:
		return (uint32_t)prop_next(r);
	}
}

/* SACK, a kept option, with an address in it now and then, as text or bytes. */
static size_t
put_options(struct prop *r, uint8_t *w, const uint8_t *ip)
{
	static const uint8_t usual[20] = {
	    2, 4, 5, 180, 4, 2, 8, 10, 0, 1, 2, 3, 0, 0, 9, 9, 1, 3, 3, 7};

	char text[32];

	if (prop_below(r, 3) == 0)
		return 0;
	memcpy(w, usual, sizeof(usual));
	if (prop_below(r, 3) != 0)
		return sizeof(usual);
	w[0] = 5;
	w[1] = 18;
	d4_put_be32(w + 4, any_number(r, ip));
	if (prop_below(r, 4) == 0) {
		(void)snprintf(text, sizeof(text), " %u.%u.%u.%u         ",
		    ip[16], ip[17], ip[18], ip[19]);
		memcpy(w + 2, text, 16);
	}
	w[18] = 1;
	w[19] = prop_below(r, 2) ? 0 : 1;
	return sizeof(usual);
}

static size_t
put_tcp(struct prop *r, uint8_t *w)
{
	size_t n = put_ip4(r, w, 6, 20), more;
	uint8_t *t = w + n;

	d4_put_be16(t, any_port(r));
	d4_put_be16(t + 2, any_port(r));
	d4_put_be32(t + 4, any_number(r, w));
	d4_put_be32(t + 8, any_number(r, w));
	d4_put_be32(t + 12, (uint32_t)prop_next(r));
	d4_put_be32(t + 16, (uint32_t)prop_next(r));
	more = put_options(r, t + 20, w);
	t[12] = (uint8_t)((20 + more) << 2 | prop_below(r, 16));
	if (prop_below(r, 50) == 0) /* as masscan makes them */
		d4_put_be16(
		    w + 4, (uint16_t)(d4_get_be16(w + 18) ^ d4_get_be16(t + 2) ^
				      d4_get_be16(t + 6)));
	d4_put_be16(w + 2, (uint16_t)(n + 20 + more + prop_below(r, 30)));
	return n + 20 + more;
}

static size_t
put_udp(struct prop *r, uint8_t *w)
{
	size_t data = prop_below(r, 40), n = put_ip4(r, w, 17, 8 + data);

	d4_put_be16(w + n, any_port(r));
	d4_put_be16(w + n + 2, any_port(r));
	d4_put_be16(w + n + 4, (uint16_t)(8 + data));
	d4_put_be16(w + n + 6, (uint16_t)prop_next(r));
	return n + 8 + data;
}

static size_t
put_icmp(struct prop *r, uint8_t *w)
{
	static const uint8_t types[] = {3, 3, 3, 11, 11, 5, 8, 0, 12, 4};
	size_t n = put_ip4(r, w, 1, 8), quote;
	uint8_t *c = w + n;

	c[0] = types[prop_below(r, sizeof(types))];
	c[1] = (uint8_t)prop_below(r, 6);
	d4_put_be32(c + 4, (uint32_t)prop_next(r));
	quote = prop_below(r, 2) ? put_udp(r, c + 8) : put_tcp(r, c + 8);
	d4_put_be16(w + 2, (uint16_t)(n + 8 + quote));
	if (prop_below(r, 2) == 0) /* the one that is answered */
		memcpy(c + 8 + 12, w + 16, 4);
	return n + 8 + quote;
}

static size_t
put_packet(struct prop *r, uint8_t *w)
{
	static const uint8_t ether[14] = {
	    2, 0, 0, 0, 0, 1, 2, 66, 10, 1, 0, 2, 8, 0};
	static const uint8_t groups[2][6] = {
	    {1, 0, 0x5e, 1, 2, 3}, {255, 255, 255, 255, 255, 255}};
	size_t kind = prop_below(r, 10);

	memcpy(w, ether, sizeof(ether));
	if (prop_below(r, 10) == 0)
		memcpy(w, groups[prop_below(r, 2)], 6);
	w += sizeof(ether);
	if (kind < 5)
		return sizeof(ether) + put_tcp(r, w);
	return sizeof(ether) + (kind < 7 ? put_udp(r, w) : put_icmp(r, w));
}

/* Damage: bytes changed, cut off, lengths and fractions that cannot be. */
static void
put_record(struct prop *r, bool big, struct d4_buf *file)
{
	void (*put)(uint8_t *, uint32_t) = big ? d4_put_be32 : d4_put_le32;
	uint8_t b[16 + RECORD_MAX] = {0};
	size_t n = put_packet(r, b + 16), len = n;

	if (prop_below(r, 4) == 0)
		b[16 + prop_below(r, n)] = (uint8_t)prop_next(r);
	if (prop_below(r, 8) == 0)
		n = prop_below(r, n + 1);
	if (prop_below(r, 8) == 0)
		len = prop_below(r, 2 * len);
	put(b, (uint32_t)prop_next(r));
	put(b + 4, (uint32_t)prop_below(r, 1000100));
	put(b + 8, (uint32_t)n);
	put(b + 12, (uint32_t)len);
	assert_int_equal(d4_buf_add(file, b, 16 + n), D4_OK);
}

static void
world_begin(struct world *w, struct prop *r, bool big)
{
	uint8_t opening[24] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0};
	void (*put)(uint8_t *, uint32_t) = big ? d4_put_be32 : d4_put_le32;
	struct d4_buf head;

	d4_buf_init(&head, TEST_FILE_MAX);
	put(opening, prop_below(r, 2) ? 0xa1b2c3d4 : 0xa1b23c4d);
	put(opening + 4, big ? 0x00020004 : 0x00040002);
	put(opening + 16, 65535);
	put(opening + 20, 1);
	for (size_t i = 0; i < 2; i++) {
		head.n = 0;
		assert_int_equal(w->family->begin(w->way[i],
				     d4_slice_of(opening, 24), &head),
		    D4_R_NONE);
	}
	d4_buf_fini(&head);
}

/* One record by itself, on one of the ways; as the stream does it. */
static enum d4_reason
alone(struct world *w, size_t way, struct d4_slice rec)
{
	struct d4_buf *out = &w->out[way];
	enum d4_reason why = D4_R_NONE;
	size_t mark = out->n;

	if (w->family->record(w->way[way], rec, out, &why) == SAN_FORWARD)
		return D4_R_NONE;
	out->n = mark;
	return why;
}

/* The next of the file's records on both ways; answers their bytes. */
static size_t
step(struct world *w, struct d4_slice left, bool big)
{
	size_t bytes, n, done = 0;

	n = w->family->plain(w->way[1], left, &w->out[1], &bytes);
	w->plain += n;
	w->other += n == 0;
	for (size_t i = 0; i < n || done == 0; i++) {
		const uint8_t *at = left.p + done;
		size_t len =
		    16 + (big ? d4_get_be32(at + 8) : d4_get_le32(at + 8));
		struct d4_slice rec = d4_slice_of(at, len);
		enum d4_reason why = alone(w, 0, rec);

		if (n == 0)
			assert_int_equal(why, alone(w, 1, rec));
		else
			assert_int_equal(why, D4_R_NONE);
		w->hits += why == D4_R_SELFCHECK;
		done += len;
	}
	assert_int_equal(done, n == 0 ? done : bytes);
	assert_true(
	    d4_slice_eq(d4_buf_slice(&w->out[0]), d4_buf_slice(&w->out[1])));
	return done;
}

static void
one_file(struct world *w, struct prop *r)
{
	bool big = prop_below(r, 2) == 0;
	struct d4_slice left;
	struct d4_buf file;

	d4_buf_init(&file, TEST_FILE_MAX);
	world_begin(w, r, big);
	for (size_t i = 0; i < RECORDS; i++)
		put_record(r, big, &file);
	w->out[0].n = w->out[1].n = 0;
	left = d4_buf_slice(&file);
	while (left.n != 0)
		(void)d4_slice_skip(&left, step(w, left, big));
	d4_buf_fini(&file);
}

static void
the_short_way_writes_what_the_long_one_does(void **state)
{
	uint64_t seed = prop_seed(), files = prop_cases(20000) / 1000 + 1;
	uint64_t hits = 0;

	(void)state;
	for (size_t k = 0; k < CHAINS; k++) {
		struct world w;

		world_open(&w, chains[k]);
		for (uint64_t i = 0; i < files; i++) {
			struct prop r = prop_case(seed, i);

			one_file(&w, &r);
		}
		assert_true(w.plain != 0 && w.other != 0);
		hits += w.hits;
		world_close(&w);
	}
	assert_true(hits != 0);
}

/* A step that asks more of each packet, and a link type without a short way. */
static void
other_steps_and_links_have_no_short_way(void **state)
{
	static const char *const others[] = {
	    "[addr: {method: cryptopan}, payload: keep]",
	    "[addr: {method: cryptopan}, checksums: keep-status]",
	    "[addr: {method: cryptopan}, sample: 1/2]",
	    "[addr: {method: cryptopan}, bpf: tcp]",
	    "[addr: {method: cryptopan}, inner_l4_checksum: incremental]",
	    "[link: zero]",
	};

	(void)state;
	for (size_t k = 0; k < sizeof(others) / sizeof(others[0]); k++) {
		struct prop r = prop_case(5, k);
		struct world w;

		world_open(&w, others[k]);
		one_file(&w, &r);
		assert_int_equal(w.plain, 0);
		world_close(&w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_short_way_writes_what_the_long_one_does),
	    cmocka_unit_test(other_steps_and_links_have_no_short_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * The short way of plain packets says yes only where the long way does, with
 * its bytes: over TCP, UDP and ICMP errors of random content, a part of them
 * damaged, with whatever steps and keys.
 */
#include "libd4/wire.h"
#include "pcapfile.h"
#include "prop.h"
#include "sanitizers/step.h"
#include "traffic.h"

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

	n = w->family->plain(w->way[1], left, &w->out[1], &bytes, NULL);
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

/* Whatever its port, so that it would come out as zero for one of them. */
static void
a_checksum_of_udp_is_never_written_as_none(void **state)
{
	uint8_t b[16 + RECORD_MAX] = {0}, *p = b + 16;
	struct prop r = prop_case(1, 1);
	struct world w;
	size_t n;

	(void)state;
	world_open(&w, "[addr: {method: zero}, match: udp]");
	world_begin(&w, &r, false);
	p[12] = 8;
	n = 14 + put_udp(&r, p + 14);
	d4_put_le32(b + 8, (uint32_t)n);
	d4_put_le32(b + 12, (uint32_t)n);
	for (uint32_t port = 0; port < 65536; port++) {
		d4_put_be16(p + 36, (uint16_t)port);
		w.out[0].n = w.out[1].n = 0;
		(void)step(&w, d4_slice_of(b, 16 + n), false);
		assert_int_not_equal(d4_get_be16(w.out[1].p + 56), 0);
	}
	assert_true(w.plain > 65000);
	world_close(&w);
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
	    cmocka_unit_test(a_checksum_of_udp_is_never_written_as_none),
	    cmocka_unit_test(other_steps_and_links_have_no_short_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

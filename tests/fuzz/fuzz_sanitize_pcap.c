/*
 * Captures through four pipelines. First byte: which, and the size of the
 * pieces; the rest is the file. What must hold, whatever the file is: every
 * record is accounted for, the output is a capture with whole packets and no
 * longer than the input, a packet that leaves holds none of its own addresses
 * of the scope, and the pieces do not matter.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "libd4/wire.h"
#include "sanitizers/step.h"

#define FUZZ_OUT_MAX (64u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const fuzz_steps[] = {
    "[addr: {scope: s, into: [198.18.0.0/16, '2001:db8:fffe::/48'], "
    "others: keep, require_scope: any}]",
    "[addr: {scope: s, others: map}, payload: clean, link: hmac, tags: keep, "
    "inner_l4_checksum: incremental, checksums: keep-status, tcp_ts: zero, "
    "time: {floor: 1s, shift: true}]",
    "[addr: {scope: s, method: zero, others: keep, require_scope: dst}, "
    "payload: keep, link: keep, match: [backscatter, icmp, udp, tcp]]",
    "[addr: {scope: s, into: [198.18.0.0/16, '2001:db8:fffe::/48'], "
    "others: keep}, tunnels: decode, payload: clean, tags: keep]",
};

#define FUZZ_CHAINS (sizeof(fuzz_steps) / sizeof(fuzz_steps[0]))

static const struct d4_prefix_set *
fuzz_network(void *arg, const char *name)
{
	static struct d4_prefix list[] = {
	    {{.family = 4, .b = {10, 1}}, 16},
	    {{.family = 6, .b = {0x20, 1, 0xd, 0xb8, 0, 0x77}}, 48},
	};
	static const struct d4_prefix_set set = {list, 2};

	(void)arg;
	(void)name;
	return &set;
}

static const struct san_keys *
fuzz_keys(void)
{
	static const uint8_t master[D4_MASTER_LEN] = {7};
	static struct san_keys keys;

	if (!keys.have && san_keys_derive(master, "fuzz", &keys) != D4_OK)
		abort();
	return &keys;
}

/* Compiled once; streams are made for each input. */
static const struct san_chain *
fuzz_chain(size_t i)
{
	static struct san_chain *chains[FUZZ_CHAINS];
	const struct san_env env = {.network = fuzz_network};
	static const uint8_t type = 1;
	const struct san_takes takes = {.types = &type, .n_types = 1};
	struct d4_diag diag = {.file = "steps"};
	struct d4_yaml *y = NULL;

	if (chains[i] != NULL)
		return chains[i];
	if (d4_yaml_parse(d4_slice_str(fuzz_steps[i]), &diag, &y) != D4_OK ||
	    san_chain_compile(y, &takes, &env, &diag, &chains[i]) != D4_OK)
		abort();
	d4_yaml_free(y);
	return chains[i];
}

static uint32_t
fuzz_u32(const uint8_t *head, const uint8_t *p)
{
	return head[0] == 0xa1 ? d4_get_be32(p) : d4_get_le32(p);
}

/* Whole packets, lengths that fit; returns how many there are. */
static uint64_t
fuzz_framing(struct d4_slice out)
{
	const uint8_t *head = out.p;
	uint64_t n = 0;

	if (out.n == 0)
		return 0;
	assert(out.n >= 24);
	(void)d4_slice_skip(&out, 24);
	while (out.n != 0) {
		uint32_t cap;

		assert(out.n >= 16);
		cap = fuzz_u32(head, out.p + 8);
		assert(cap <= D4_CAPLEN_MAX && cap <= out.n - 16);
		assert(cap <= fuzz_u32(head, out.p + 12));
		(void)d4_slice_skip(&out, 16 + cap);
		n++;
	}
	return n;
}

/*
 * An opinion of its own: the ends of a plain Ethernet and IPv4 packet; those
 * of the scope must not stand anywhere in what left.
 */
static void
fuzz_leak(struct d4_slice in, struct d4_slice out)
{
	const uint8_t *p;

	if (in.n < 40 + 34)
		return;
	p = in.p + 40;
	if (fuzz_u32(in.p, in.p + 20) != 1 || d4_get_be16(p + 12) != 0x0800)
		return;
	for (size_t at = 26; at < 34; at += 4) {
		if (d4_get_be16(p + at) == 0x0a01 && out.n > 40)
			assert(
			    memmem(out.p + 40, out.n - 40, p + at, 4) == NULL);
	}
}

static void
fuzz_feed(
    struct san_stream *s, struct d4_slice in, size_t piece, struct d4_buf *out)
{
	enum d4_status st = D4_OK;

	d4_buf_init(out, FUZZ_OUT_MAX);
	san_stream_begin(s);
	while (in.n != 0 && st != D4_EDENIED) {
		size_t n = piece < in.n ? piece : in.n;
		/* An exact allocation: reading past it is seen. */
		uint8_t *copy = malloc(n);

		if (copy == NULL)
			abort();
		memcpy(copy, in.p, n);
		(void)d4_slice_skip(&in, n);
		st = san_stream_feed(s, d4_slice_of(copy, n), out);
		free(copy);
		assert(st == D4_OK || st == D4_EMALFORMED || st == D4_EDENIED);
	}
	(void)!san_stream_finish(s, out);
}

/* The same stream again, whole and in pieces, gives the same. */
static void
fuzz_file(size_t chain, struct d4_slice in, size_t piece)
{
	const struct san_facts facts = {.type = 1, .ext = ""};
	const struct d4_tally *t;
	struct san_stream *s[2] = {NULL, NULL};
	struct d4_buf out[2];
	enum d4_reason why;

	for (size_t i = 0; i < 2; i++) {
		if (san_stream_new(
			fuzz_chain(chain), fuzz_keys(), &facts, &s[i]) != D4_OK)
			abort();
		fuzz_feed(s[i], in, i == 0 ? in.n : piece, &out[i]);
		t = san_stream_tally(s[i]);
		assert(t->in == t->records[D4_R_NONE] + d4_tally_withheld(t));
		if (!san_stream_broken(s[i], &why))
			assert(fuzz_framing(d4_buf_slice(&out[i])) ==
			       t->records[D4_R_NONE]);
		assert(out[i].n <= in.n);
	}
	if (!san_stream_broken(s[0], &why))
		assert(
		    d4_slice_eq(d4_buf_slice(&out[0]), d4_buf_slice(&out[1])));
	if (san_stream_tally(s[0])->in == 1)
		fuzz_leak(in, d4_buf_slice(&out[0]));
	for (size_t i = 0; i < 2; i++) {
		d4_buf_fini(&out[i]);
		san_stream_free(s[i]);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	fuzz_file(data[0] % FUZZ_CHAINS, d4_slice_of(data + 1, size - 1),
	    1 + data[0] / FUZZ_CHAINS);
	return 0;
}

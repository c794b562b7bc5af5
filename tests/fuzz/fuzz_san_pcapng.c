/*
 * pcapng through four pipelines. First byte: which, and the size of the
 * pieces; the rest is the file. What must hold besides: only four kinds of
 * blocks leave, with no options but those that may, in sections that know
 * their interfaces, as many packets as were counted; and a packet that leaves
 * holds none of its own addresses of the scope.
 */
#include "fuzz_blocks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const fuzz_steps[] = {
    "[addr: {scope: s, into: [198.18.0.0/16, '2001:db8:fffe::/48'], "
    "others: keep, require_scope: any}]",
    "[addr: {scope: s, others: map}, payload: clean, link: hmac, tags: keep, "
    "inner_l4_checksum: incremental, checksums: keep-status, tcp_ts: zero, "
    "time: {floor: 1s, shift: true}]",
    "[addr: {scope: s, method: zero, others: keep}, payload: keep, link: keep]",
    "[addr: {scope: s, into: [198.18.0.0/16, '2001:db8:fffe::/48'], "
    "others: keep}, epoch: 1h]",
};

#define FUZZ_STEPS ((unsigned)(sizeof(fuzz_steps) / sizeof(fuzz_steps[0])))

/* What is known of the section under way. */
struct section {
	bool big;
	uint32_t faces;
	uint64_t packets; /* of all sections */
};

static uint32_t
get32(const struct section *s, const uint8_t *p)
{
	return s->big ? d4_get_be32(p) : d4_get_le32(p);
}

static uint16_t
get16(const struct section *s, const uint8_t *p)
{
	return s->big ? d4_get_be16(p) : d4_get_le16(p);
}

static void
options(const struct section *s, struct d4_slice at, const uint16_t *allowed)
{
	bool ended = at.n == 0;

	while (at.n != 0) {
		uint16_t code = get16(s, at.p), n = get16(s, at.p + 2);
		size_t i = 0;

		HOLDS(!ended);
		(void)d4_slice_skip(&at, 4);
		while (allowed[i] != code && allowed[i] != 0)
			i++;
		HOLDS(allowed[i] == code);
		ended = code == 0;
		HOLDS((n + 3u) / 4 * 4 <= at.n);
		(void)d4_slice_skip(&at, (n + 3u) / 4 * 4);
	}
	HOLDS(ended);
}

static void
block(struct section *s, struct d4_slice b)
{
	static const uint16_t face[] = {9, 13, 0}, packet[] = {2, 4, 0};
	uint32_t cap;

	switch (get32(s, b.p)) {
	case 0x0a0d0d0a:
		HOLDS(b.n == 28 && get32(s, b.p + 8) == 0x1a2b3c4d);
		s->faces = 0;
		return;
	case 1:
		options(s, d4_slice_of(b.p + 16, b.n - 20), face);
		s->faces++;
		return;
	case 3:
		HOLDS(s->faces > 0);
		s->packets++;
		return;
	default:
		HOLDS(get32(s, b.p) == 6 && get32(s, b.p + 8) < s->faces);
		cap = (get32(s, b.p + 20) + 3) / 4 * 4;
		HOLDS(get32(s, b.p + 20) <= get32(s, b.p + 24));
		HOLDS(cap <= b.n - 32);
		options(s, d4_slice_of(b.p + 28 + cap, b.n - 32 - cap), packet);
		s->packets++;
	}
}

/* Whole blocks; returns how many packets there are. */
static uint64_t
framing(struct d4_slice out)
{
	struct section s = {.packets = 0};

	while (out.n != 0) {
		uint32_t n;

		HOLDS(out.n >= 12);
		if (d4_get_be32(out.p) == 0x0a0d0d0a)
			s.big = d4_get_be32(out.p + 8) == 0x1a2b3c4d;
		n = get32(&s, out.p + 4);
		HOLDS(n >= 12 && n % 4 == 0 && n <= out.n);
		HOLDS(get32(&s, out.p + n - 4) == n);
		block(&s, d4_slice_skip(&out, n));
	}
	return s.packets;
}

/* The only packet, plain Ethernet and IPv4, behind a plain beginning. */
static void
leak(struct d4_slice in, const struct d4_buf *out)
{
	struct section s = {.big = false};
	const uint8_t *p;

	if (in.n < 76 + 34)
		return;
	p = in.p + 76;
	s.big = d4_get_be32(in.p + 8) == 0x1a2b3c4d;
	if (get32(&s, in.p + 4) != 28 || get32(&s, in.p + 32) != 20 ||
	    get16(&s, in.p + 36) != 1 || get32(&s, in.p + 48) != 6 ||
	    get32(&s, in.p + 68) < 34 || d4_get_be16(p + 12) != 0x0800)
		return;
	for (size_t at = 26; at < 34; at += 4) {
		if (d4_get_be16(p + at) == 0x0a01)
			HOLDS(memmem(out->p, out->n, p + at, 4) == NULL);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_run r;

	if (size < 2)
		return 0;
	fuzz_both(fuzz_steps, FUZZ_STEPS, 5, d4_slice_of(data, size), &r);
	if (!r.broken)
		HOLDS(framing(d4_buf_slice(&r.out)) ==
		      r.tally.records[D4_R_NONE]);
	if (r.tally.in == 1 && r.out.n != 0)
		leak(d4_slice_of(data + 1, size - 1), &r.out);
	d4_buf_fini(&r.out);
	return 0;
}

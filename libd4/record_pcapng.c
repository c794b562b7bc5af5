/*
 * pcapng, as draft-ietf-opsawg-pcapng draws it: blocks in the byte order of
 * their section,
 *   block     = type u32 | length u32 | body | length u32
 *   section   = 0a0d0d0a | length | 1a2b3c4d | major u16 | minor u16 |
 *               bytes of the section u64 | options | length
 *   interface = 1 | length | link type u16 | 0 u16 | snaplen u32 | options ...
 *   packet    = 6 | length | interface u32 | time u64 | caplen u32 | len u32 |
 *               data, padded | options | length          (enhanced)
 *   packet    = 3 | length | len u32 | data, padded | length       (simple)
 *   packet    = 2 | length | interface u16 | drops u16 | time ...  (obsolete)
 *   counters  = 5 | length | interface u32 | time u64 | options | length
 *
 * The opening is the section's header and the interfaces that were described
 * so far; all other blocks are records. Entries hold a part of a section, so
 * its length is written as "unknown" in the opening.
 *
 * A length that cannot be (under 12, no multiple of 4, over the limit, not the
 * same at both ends) ends the stream: nobody knows where the next block is. A
 * block of the right length that names an interface that is not there, or
 * more packet than it holds, is dropped alone: a reader would stop at it.
 */
#include <stdlib.h>
#include <string.h>
#include "libd4/cutter.h"
#include "libd4/cutter_join.h"
#include "libd4/wire.h"

#define PCAPNG_LEAST  12u /* bytes of any block */
#define PCAPNG_HEADER 28u /* bytes of a section header, at least */
#define PCAPNG_FACE   20u /* bytes of an interface, at least */
#define PCAPNG_MAGIC  0x1a2b3c4du
#define PCAPNG_KEEP   65536u /* allocation kept for the next cut block */

enum pcapng_type {
	PCAPNG_INTERFACE = 1,
	PCAPNG_PACKET = 2,
	PCAPNG_SIMPLE = 3,
	PCAPNG_COUNTERS = 5,
	PCAPNG_ENHANCED = 6,
	PCAPNG_SECTION = 0x0a0d0d0a, /* the same in both byte orders */
};

struct pcapng {
	struct d4_cutter base;
	struct d4_buf held;    /* the unfinished block */
	struct d4_buf opening; /* empty until the first section's header */
	uint32_t interfaces;   /* in the opening */
	uint32_t snaplen;      /* of the first of them */
	bool big;              /* byte order of the section */
	bool given;            /* held was handed out by the last call */
};

static struct pcapng *
pcapng_of(struct d4_cutter *c)
{
	return (struct pcapng *)c;
}

static enum d4_status
pcapng_make(struct d4_cutter **out)
{
	struct pcapng *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return D4_ENOMEM;
	p->base.kind = &d4_cutter_pcapng;
	d4_buf_init(&p->held, D4_BLOCK_MAX);
	d4_buf_init(&p->opening, D4_OPENING_MAX);
	*out = &p->base;
	return D4_OK;
}

static void
pcapng_destroy(struct d4_cutter *c)
{
	d4_buf_fini(&pcapng_of(c)->held);
	d4_buf_fini(&pcapng_of(c)->opening);
	free(c);
}

static enum d4_status
pcapng_fail(struct pcapng *p, enum d4_reason why)
{
	p->base.failed = why;
	d4_buf_clear(&p->held, 0);
	p->given = false;
	return D4_EMALFORMED;
}

static bool
pcapng_length_ok(uint32_t n)
{
	return n >= PCAPNG_LEAST && n <= D4_BLOCK_MAX && n % 4 == 0;
}

/* The byte order of the section whose header is at `at`; false: none. */
static bool
pcapng_order(const uint8_t *at, bool *big)
{
	*big = d4_get_be32(at + 8) == PCAPNG_MAGIC;
	return *big || d4_get_le32(at + 8) == PCAPNG_MAGIC;
}

/*
 * How many bytes the block at the start of s has, or must have at least
 * before more can be said. D4_EMALFORMED: no block.
 */
static enum d4_status
pcapng_need(struct d4_cutter *c, struct d4_slice s, size_t *need)
{
	struct pcapng *p = pcapng_of(c);
	bool first = p->opening.n == 0, big = p->big;
	uint32_t n;

	*need = PCAPNG_LEAST;
	if (s.n < PCAPNG_LEAST)
		return D4_OK;
	if (d4_get_be32(s.p) == PCAPNG_SECTION) {
		if (!pcapng_order(s.p, &big))
			return pcapng_fail(
			    p, first ? D4_R_PCAPNG_MAGIC : D4_R_PCAPNG_DESYNC);
	} else if (first) {
		return pcapng_fail(p, D4_R_PCAPNG_MAGIC);
	}
	n = d4_get_32(big, s.p + 4);
	if (!pcapng_length_ok(n))
		return pcapng_fail(p, D4_R_PCAPNG_DESYNC);
	*need = n;
	return D4_OK;
}

/* ---- blocks ---- */

/* Is the captured length at `at` there, in a block of `n` bytes? */
static bool
pcapng_holds(uint32_t caplen, uint32_t fixed, uint32_t n)
{
	return caplen <= D4_CAPLEN_MAX && n >= fixed && caplen <= n - fixed;
}

static bool
pcapng_simple_ok(const struct pcapng *p, const uint8_t *b, uint32_t n)
{
	uint32_t len;

	if (n < 16 || p->interfaces == 0)
		return false;
	len = d4_get_32(p->big, b + 8);
	if (p->snaplen != 0 && len > p->snaplen)
		len = p->snaplen;
	return pcapng_holds(len, 16, n);
}

/* A record (no section, no interface) of n bytes: can a reader take it? */
static bool
pcapng_ok(const struct pcapng *p, const uint8_t *b, uint32_t n)
{
	switch (d4_get_32(p->big, b)) {
	case PCAPNG_ENHANCED:
		return n >= 32 && d4_get_32(p->big, b + 8) < p->interfaces &&
		       pcapng_holds(d4_get_32(p->big, b + 20), 32, n);
	case PCAPNG_PACKET:
		return n >= 32 && d4_get_16(p->big, b + 8) < p->interfaces &&
		       pcapng_holds(d4_get_32(p->big, b + 20), 32, n);
	case PCAPNG_SIMPLE:
		return pcapng_simple_ok(p, b, n);
	case PCAPNG_COUNTERS:
		return n >= 24 && d4_get_32(p->big, b + 8) < p->interfaces;
	default:
		return true;
	}
}

static bool
pcapng_opens(const struct pcapng *p, const uint8_t *b)
{
	uint32_t type = d4_get_32(p->big, b);

	return type == PCAPNG_SECTION || type == PCAPNG_INTERFACE;
}

/* A section's header is the new opening. Errors: D4_ENOMEM, not final. */
static enum d4_status
pcapng_section(struct pcapng *p, struct d4_slice b)
{
	bool big = false;
	enum d4_status st;

	(void)pcapng_order(b.p, &big); /* pcapng_need saw to it */
	if (b.n < PCAPNG_HEADER || d4_get_16(big, b.p + 12) != 1)
		return pcapng_fail(p,
		    p->opening.n == 0 ? D4_R_PCAPNG_MAGIC : D4_R_PCAPNG_DESYNC);
	if (b.n > D4_OPENING_MAX)
		return pcapng_fail(p, D4_R_OPENING_TOOBIG);
	if (b.n > p->opening.n) {
		st = d4_buf_reserve(&p->opening, b.n - p->opening.n);
		if (st != D4_OK)
			return st;
	}
	p->opening.n = 0;
	st = d4_buf_add(&p->opening, b.p, b.n);
	if (st != D4_OK)
		return st;
	memset(p->opening.p + 16, 0xff, 8);
	p->big = big;
	p->interfaces = 0;
	return D4_OK;
}

static enum d4_status
pcapng_interface(struct pcapng *p, struct d4_slice b)
{
	enum d4_status st;

	if (b.n < PCAPNG_FACE)
		return pcapng_fail(p, D4_R_PCAPNG_DESYNC);
	st = d4_buf_add(&p->opening, b.p, b.n);
	if (st == D4_ETOOBIG)
		return pcapng_fail(p, D4_R_OPENING_TOOBIG);
	if (st != D4_OK)
		return st;
	if (p->interfaces++ == 0)
		p->snaplen = d4_get_32(p->big, b.p + 12);
	return D4_OK;
}

/* The whole block in held: it opens, is a record, or is dropped. */
static enum d4_status
pcapng_take(struct pcapng *p, struct d4_run *out)
{
	struct d4_slice b = d4_buf_slice(&p->held);
	enum d4_status st = D4_OK;
	bool big = p->big;

	if (d4_get_be32(b.p) == PCAPNG_SECTION)
		(void)pcapng_order(b.p, &big);
	if (d4_get_32(big, b.p + b.n - 4) != b.n)
		return pcapng_fail(p,
		    p->opening.n == 0 ? D4_R_PCAPNG_MAGIC : D4_R_PCAPNG_DESYNC);
	if (d4_get_be32(b.p) == PCAPNG_SECTION) {
		st = pcapng_section(p, b);
	} else if (d4_get_32(big, b.p) == PCAPNG_INTERFACE) {
		st = pcapng_interface(p, b);
	} else {
		*out = (struct d4_run){.n = 1, .bytes = b.n};
		if (pcapng_ok(p, b.p, (uint32_t)b.n))
			out->data = b;
		else
			out->reason = D4_R_PCAPNG_BLOCK;
	}
	p->given = st == D4_OK;
	return st;
}

/* Completes the held block from *in. D4_OK: out->n says whether a run is. */
static enum d4_status
pcapng_join(struct pcapng *p, struct d4_slice *in, struct d4_run *out)
{
	enum d4_status st;

	st = d4_cutter_join(&p->base, &p->held, pcapng_need, in);
	if (st != D4_OK)
		return st;
	return pcapng_take(p, out);
}

/* The whole records at the start of *in, up to what is not simply one. */
static void
pcapng_run(struct pcapng *p, struct d4_slice *in, struct d4_run *out)
{
	const uint8_t *at = in->p, *end = in->p + in->n;
	uint64_t n = 0;

	while ((size_t)(end - at) >= PCAPNG_LEAST) {
		uint32_t len = d4_get_32(p->big, at + 4);

		if (!pcapng_length_ok(len) || len > (size_t)(end - at) ||
		    pcapng_opens(p, at) ||
		    d4_get_32(p->big, at + len - 4) != len ||
		    !pcapng_ok(p, at, len))
			break;
		at += len;
		n++;
	}
	*out = (struct d4_run){.n = n, .bytes = (size_t)(at - in->p)};
	out->data = d4_slice_skip(in, (size_t)(at - in->p));
}

static enum d4_status
pcapng_feed(struct d4_cutter *c, struct d4_slice *in, struct d4_run *out)
{
	struct pcapng *p = pcapng_of(c);
	struct d4_run run = {0};
	enum d4_status st = D4_OK;

	while (st == D4_OK && run.n == 0) {
		if (p->given) {
			d4_buf_clear(&p->held, PCAPNG_KEEP);
			p->given = false;
		}
		if (in->n == 0 && p->held.n == 0)
			return D4_AGAIN;
		if (p->held.n == 0 && p->opening.n != 0)
			pcapng_run(p, in, &run);
		if (run.n == 0)
			st = pcapng_join(p, in, &run);
	}
	if (st == D4_OK)
		*out = run;
	return st;
}

static enum d4_status
pcapng_finish(struct d4_cutter *c, struct d4_run *out)
{
	struct pcapng *p = pcapng_of(c);
	uint64_t left = p->given ? 0 : p->held.n;

	d4_buf_clear(&p->held, PCAPNG_KEEP);
	p->given = false;
	p->opening.n = 0;
	p->interfaces = 0;
	p->base.failed = D4_R_NONE;
	return d4_cutter_left(left, out);
}

static struct d4_slice
pcapng_opening(const struct d4_cutter *c)
{
	return d4_buf_slice(&((const struct pcapng *)c)->opening);
}

static size_t
pcapng_held(const struct d4_cutter *c)
{
	const struct pcapng *p = (const struct pcapng *)c;

	return p->given ? 0 : p->held.n;
}

/* A file may change byte order and link types: all are of one kind. */
static uint32_t
pcapng_variant(const struct d4_cutter *c)
{
	(void)c;
	return 0;
}

static size_t
pcapng_split(const struct d4_cutter *c, struct d4_slice data)
{
	const struct pcapng *p = (const struct pcapng *)c;
	uint32_t n;

	if (data.n < PCAPNG_LEAST)
		return 0;
	n = d4_get_32(p->big, data.p + 4);
	return n >= PCAPNG_LEAST && n <= data.n ? n : 0;
}

const struct d4_cutter_kind d4_cutter_pcapng = {
    .name = "pcapng",
    .make = pcapng_make,
    .destroy = pcapng_destroy,
    .feed = pcapng_feed,
    .finish = pcapng_finish,
    .opening = pcapng_opening,
    .held = pcapng_held,
    .variant = pcapng_variant,
    .split = pcapng_split,
};

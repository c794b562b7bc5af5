/*
 * pcap savefiles, as pcap-savefile(5) draws them:
 *   opening[24] = magic u32 | major u16 | minor u16 | thiszone u32 |
 *                 sigfigs u32 | snaplen u32 | link type and FCS u32
 *   packet      = seconds u32 | fraction u32 | caplen u32 | len u32 |
 *                 caplen bytes
 * in the byte order of the machine that wrote them.
 *
 * A second opening where a packet should begin: tcpdump was restarted into
 * the same session. It is known by a magic (in any of its four forms) with
 * version 2.4 in the same byte order, and thiszone and sigfigs zero as every
 * writer leaves them. Read as a packet that would be an empty packet (caplen
 * 0 and len 0) in the second that equals the magic (2011-01-23 for one of
 * the forms, else 2055 or later) with the fraction that equals the version:
 * an empty packet holds nothing, so no confusion can lose or leak a byte.
 * The same opening again is skipped; another one ends the stream with
 * pcap.desync, because all entries of a session share one opening.
 */
#include <stdlib.h>
#include <string.h>
#include "libd4/cutter.h"
#include "libd4/cutter_join.h"
#include "libd4/wire.h"

#define PCAP_OPENING  24u
#define PCAP_PACKET   16u
#define PCAP_KEEP     65536u /* allocation kept for the next cut packet */
#define PCAP_LINK     20u    /* offset of the link type in the opening */
#define PCAP_RESERVED 0x0bff0000u

enum pcap_format {
	PCAP_NONE,
	PCAP_US_LE,
	PCAP_US_BE,
	PCAP_NS_LE,
	PCAP_NS_BE,
	PCAP_FORMATS,
};

/* Magic and version 2.4 of each format, as they stand on the wire. */
static const uint8_t pcap_marks[PCAP_FORMATS][8] = {
    [PCAP_US_LE] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0},
    [PCAP_US_BE] = {0xa1, 0xb2, 0xc3, 0xd4, 0, 2, 0, 4},
    [PCAP_NS_LE] = {0x4d, 0x3c, 0xb2, 0xa1, 2, 0, 4, 0},
    [PCAP_NS_BE] = {0xa1, 0xb2, 0x3c, 0x4d, 0, 2, 0, 4},
};

struct pcap {
	struct d4_cutter base;
	struct d4_buf held; /* the unfinished packet or opening */
	uint8_t opening[PCAP_OPENING];
	enum pcap_format format; /* PCAP_NONE until the opening is whole */
	bool given;              /* held was handed out by the last call */
};

static struct pcap *
pcap_of(struct d4_cutter *c)
{
	return (struct pcap *)c;
}

static enum d4_status
pcap_make(struct d4_cutter **out)
{
	struct pcap *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return D4_ENOMEM;
	p->base.kind = &d4_cutter_pcap;
	d4_buf_init(&p->held, PCAP_PACKET + D4_CAPLEN_MAX);
	*out = &p->base;
	return D4_OK;
}

static void
pcap_destroy(struct d4_cutter *c)
{
	d4_buf_fini(&pcap_of(c)->held);
	free(c);
}

/* The format whose magic and version stand at mark[8]. */
static enum pcap_format
pcap_format(const uint8_t *mark)
{
	unsigned f = PCAP_US_LE;

	while (f < PCAP_FORMATS && memcmp(mark, pcap_marks[f], 8) != 0)
		f++;
	return f < PCAP_FORMATS ? (enum pcap_format)f : PCAP_NONE;
}

static uint32_t
pcap_u32(const struct pcap *p, const uint8_t *at)
{
	bool le = p->format == PCAP_US_LE || p->format == PCAP_NS_LE;

	return le ? d4_get_le32(at) : d4_get_be32(at);
}

/* head[16] is where a packet should begin: is it an opening instead? */
static bool
pcap_reopens(const uint8_t *head)
{
	static const uint8_t zero[8];

	return memcmp(head + 8, zero, sizeof(zero)) == 0 &&
	       pcap_format(head) != PCAP_NONE;
}

static enum d4_status
pcap_fail(struct pcap *p, enum d4_reason why)
{
	p->base.failed = why;
	d4_buf_clear(&p->held, 0);
	p->given = false;
	return D4_EMALFORMED;
}

/* The whole opening is at `at`: the first is checked, a second compared. */
static enum d4_status
pcap_open(struct pcap *p, const uint8_t *at)
{
	if (p->format != PCAP_NONE) {
		if (memcmp(at, p->opening, PCAP_OPENING) != 0)
			return pcap_fail(p, D4_R_PCAP_DESYNC);
		return D4_OK;
	}
	p->format = pcap_format(at);
	if (p->format == PCAP_NONE)
		return pcap_fail(p, D4_R_PCAP_MAGIC);
	if ((pcap_u32(p, at + PCAP_LINK) & PCAP_RESERVED) != 0) {
		p->format = PCAP_NONE;
		return pcap_fail(p, D4_R_LINKTYPE);
	}
	memcpy(p->opening, at, PCAP_OPENING);
	return D4_OK;
}

/*
 * How many bytes the item at the start of s has (an opening or a packet), or
 * must have at least before more can be said. D4_EMALFORMED: no item at all.
 */
static enum d4_status
pcap_need(struct d4_cutter *c, struct d4_slice s, size_t *need)
{
	struct pcap *p = pcap_of(c);
	uint32_t caplen;

	if (p->format == PCAP_NONE) {
		*need = PCAP_OPENING;
		return D4_OK;
	}
	*need = PCAP_PACKET;
	if (s.n < PCAP_PACKET)
		return D4_OK;
	if (pcap_reopens(s.p)) {
		*need = PCAP_OPENING;
		return D4_OK;
	}
	caplen = pcap_u32(p, s.p + 8);
	if (caplen > D4_CAPLEN_MAX)
		return pcap_fail(p, D4_R_PCAP_DESYNC);
	*need = PCAP_PACKET + caplen;
	return D4_OK;
}

static bool
pcap_is_opening(const struct pcap *p, const uint8_t *at)
{
	return p->format == PCAP_NONE || pcap_reopens(at);
}

/* Completes the held item from *in; an opening is taken in, not given. */
static enum d4_status
pcap_join(struct pcap *p, struct d4_slice *in, struct d4_run *out)
{
	enum d4_status st;

	st = d4_cutter_join(&p->base, &p->held, pcap_need, in);
	if (st != D4_OK)
		return st;
	p->given = true;
	if (pcap_is_opening(p, p->held.p))
		return pcap_open(p, p->held.p);
	*out = (struct d4_run){
	    .data = d4_buf_slice(&p->held), .n = 1, .bytes = p->held.n};
	return D4_OK;
}

/* The whole packets at the start of *in; none when there is no such packet. */
static void
pcap_run(struct pcap *p, struct d4_slice *in, struct d4_run *out)
{
	const uint8_t *at = in->p, *end = in->p + in->n;
	uint64_t n = 0;

	while ((size_t)(end - at) >= PCAP_PACKET) {
		uint32_t caplen = pcap_u32(p, at + 8);

		if (caplen > D4_CAPLEN_MAX ||
		    caplen > (size_t)(end - at) - PCAP_PACKET ||
		    (caplen == 0 && pcap_reopens(at)))
			break;
		at += PCAP_PACKET + caplen;
		n++;
	}
	*out = (struct d4_run){.n = n, .bytes = (size_t)(at - in->p)};
	out->data = d4_slice_skip(in, (size_t)(at - in->p));
}

static enum d4_status
pcap_feed(struct d4_cutter *c, struct d4_slice *in, struct d4_run *out)
{
	struct pcap *p = pcap_of(c);
	struct d4_run run = {0};
	enum d4_status st;

	for (;;) {
		if (p->given) {
			d4_buf_clear(&p->held, PCAP_KEEP);
			p->given = false;
		}
		if (in->n == 0)
			return D4_AGAIN;
		if (p->held.n == 0 && p->format != PCAP_NONE)
			pcap_run(p, in, &run);
		st = run.n != 0 ? D4_OK : pcap_join(p, in, &run);
		if (st != D4_OK)
			return st;
		if (run.n != 0) {
			*out = run;
			return D4_OK;
		}
	}
}

static enum d4_status
pcap_finish(struct d4_cutter *c, struct d4_run *out)
{
	struct pcap *p = pcap_of(c);
	uint64_t left = p->given ? 0 : p->held.n;

	d4_buf_clear(&p->held, PCAP_KEEP);
	p->given = false;
	p->format = PCAP_NONE;
	p->base.failed = D4_R_NONE;
	return d4_cutter_left(left, out);
}

static struct d4_slice
pcap_opening(const struct d4_cutter *c)
{
	const struct pcap *p = (const struct pcap *)c;

	return d4_slice_of(
	    p->opening, p->format == PCAP_NONE ? 0 : PCAP_OPENING);
}

static size_t
pcap_held(const struct d4_cutter *c)
{
	const struct pcap *p = (const struct pcap *)c;

	return p->given ? 0 : p->held.n;
}

/*
 * Captures with and without checksum bytes behind the packets (FCS) must not
 * share a lane, so what the file says of them goes above the 16 bits of the
 * link type: the length in bits 16..19 and the flag in bit 26, where it is.
 */
static uint32_t
pcap_variant(const struct d4_cutter *c)
{
	const struct pcap *p = (const struct pcap *)c;
	uint32_t link;

	if (p->format == PCAP_NONE)
		return 0;
	link = pcap_u32(p, p->opening + PCAP_LINK);
	return (uint32_t)p->format << 28 | (link & 0x0400ffffu) |
	       (link >> 28) << 16;
}

static size_t
pcap_split(const struct d4_cutter *c, struct d4_slice data)
{
	const struct pcap *p = (const struct pcap *)c;
	size_t n;

	if (data.n < PCAP_PACKET)
		return 0;
	n = PCAP_PACKET + (size_t)pcap_u32(p, data.p + 8);
	return n <= data.n ? n : 0;
}

const struct d4_cutter_kind d4_cutter_pcap = {
    .name = "pcap",
    .make = pcap_make,
    .destroy = pcap_destroy,
    .feed = pcap_feed,
    .finish = pcap_finish,
    .opening = pcap_opening,
    .held = pcap_held,
    .variant = pcap_variant,
    .split = pcap_split,
};

/*
 * The same packet for another partner. Decoding it, writing it anew from what
 * was understood, cutting its payload and rounding its time have nothing to do
 * with keys, so that work is taken over as it left. What depends on keys is
 * made by the same functions as ever, from the packet as received: addresses
 * are mapped with this partner's keys, fingerprints fixed up, checksums summed.
 * The note's only part is to say where, and what the sums are without
 * addresses; packet_notes_fit says with which steps that is all.
 */
#include <string.h>
#include "sanitizers/checksum.h"
#include "sanitizers/packet_again.h"

#define AGAIN_TCP 20u /* bytes of a TCP header that was written in full */

void
pkt_alone(const struct pkt *p)
{
	if (p->notes != NULL)
		p->notes->alone = true;
}

/* Sums of 32 bits are as good: 2^32 is 1 as 2^16 is. */
static uint32_t
note_fold(uint64_t sum)
{
	sum = (sum & UINT32_MAX) + (sum >> 32);
	return (uint32_t)((sum & UINT32_MAX) + (sum >> 32));
}

uint32_t
pkt_note_rest(const struct pkt_note *o, const uint8_t had[2], uint32_t to_src,
    uint32_t to_dst)
{
	uint64_t sum;
	uint16_t field;

	memcpy(&field, had, 2);
	sum = (uint16_t)~field;
	if ((o->kept & 1) == 0)
		sum += (uint32_t)~htobe32(to_src);
	if ((o->kept & 2) == 0)
		sum += (uint32_t)~htobe32(to_dst);
	return note_fold(sum);
}

void
pkt_note_head(const struct pkt *p, const struct pkt_ip *ip, const uint8_t *w)
{
	struct pkt_notes *t = p->notes;
	size_t in = (size_t)(ip->head.p - p->in.p);
	struct pkt_note *o;

	if (t->alone || t->n == PKT_NOTES || in > UINT16_MAX) {
		t->alone = true;
		return;
	}
	o = &t->note[t->n++];
	*o = (struct pkt_note){.fixed = ip->fixed,
	    .kept = (uint8_t)((t->kept >> 1 & 1) | (t->kept & 1) << 1),
	    .out = (uint32_t)(w - t->start),
	    .in = (uint16_t)in,
	    .n = (uint8_t)ip->head.n,
	    .src = ip->src4,
	    .dst = ip->dst4};
	o->base = pkt_note_rest(o, w + PKT_IP4_SUM, ip->to_src4, ip->to_dst4);
	o->swift = pkt_note_swift((o->kept & 1) != 0, ip->src4, ip->to_src4) &&
	           pkt_note_swift((o->kept & 2) != 0, ip->dst4, ip->to_dst4);
	/* In a quote, or behind other headers, the numbers stand elsewhere. */
	if (ip->fixed && (p->depth != 0 || ip->ext.n != 0))
		t->alone = true;
}

void
pkt_note_sum(const struct pkt *p, const struct pkt_ip *ip,
    const struct pkt_sum *s, uint64_t sum)
{
	struct pkt_notes *t = p->notes;
	const uint8_t *field = s->at + s->offset;
	struct pkt_note *o = &t->note[0];
	size_t behind;

	/*
	 * Over quoted headers: these sum to nothing, whatever their addresses
	 * are, so it is the same for everybody.
	 */
	if (!s->pseudo || t->alone)
		return;
	behind = (size_t)(field - t->start) - o->out;
	if (t->n != 1 || o->field != 0 || behind > UINT16_MAX) {
		t->alone = true;
		return;
	}
	sum = san_sum_tail(ip->proto, s->len, sum);
	if ((o->kept & 1) != 0)
		sum += htobe32(ip->to_src4);
	if ((o->kept & 2) != 0)
		sum += htobe32(ip->to_dst4);
	o->cover = note_fold(sum);
	o->field = (uint16_t)behind;
	o->udp = ip->proto == PKT_PROTO_UDP;
}

void
pkt_again_fixed(const struct pkt *p, const struct pkt_note *o,
    const struct pkt_again *a, uint64_t sum[2])
{
	uint8_t *tcp = a->w + o->n;
	struct pkt_ip ip = {.version = 4,
	    .proto = PKT_PROTO_TCP,
	    .id = d4_get_be16(a->b + 4),
	    .body = d4_slice_of(a->b + o->n, AGAIN_TCP),
	    .src4 = o->src,
	    .dst4 = o->dst,
	    .to_src4 = a->src,
	    .to_dst4 = a->dst};

	pkt_fixup(p, &ip);
	sum[0] = san_sum_turn(
	    a->w + 4, (uint32_t)ip.id << 16 | d4_get_be16(a->w + 6), sum[0]);
	sum[1] = san_sum_turn(tcp + 4, ip.seq, sum[1]);
	sum[1] = san_sum_turn(tcp + 8, ip.ack, sum[1]);
	d4_put_be16(a->w + 4, ip.id);
	d4_put_be32(tcp + 4, ip.seq);
	d4_put_be32(tcp + 8, ip.ack);
}

/* The addresses with this partner's keys, remembered for its self-check. */
static enum d4_reason
again_map(struct pkt *p, const struct pkt_note *o, struct pkt_again *a,
    bool scoped[2])
{
	enum d4_reason why = D4_R_NONE, second = D4_R_NONE;

	a->src = o->src;
	a->dst = o->dst;
	scoped[0] = scoped[1] = false;
	if ((o->kept & 1) == 0)
		why = pkt_map4(p, o->src, &a->src, &scoped[0]);
	if ((o->kept & 2) == 0)
		second = pkt_map4(p, o->dst, &a->dst, &scoped[1]);
	return why != D4_R_NONE ? why : second;
}

/* The first header is the packet's own; quoted ones come behind it. */
enum d4_reason
pkt_again(struct pkt *p, const struct pkt_note *note, size_t n, uint8_t *head)
{
	enum d4_reason why = D4_R_NONE;
	bool own[2] = {false, false}, quoted[2];

	for (size_t i = 0; why == D4_R_NONE && i < n; i++) {
		struct pkt_again a = {
		    .b = p->in.p + note[i].in, .w = head + note[i].out};

		why = again_map(p, &note[i], &a, i == 0 ? own : quoted);
		if (why == D4_R_NONE)
			pkt_again_head(p, &note[i], &a);
	}
	if (why == D4_R_NONE && !pkt_scope_met(p, own[0], own[1]))
		why = D4_R_SCOPE_MISS;
	return why;
}

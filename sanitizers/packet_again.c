/*
 * The same packet for another partner. Decoding it, writing it anew from what
 * was understood, cutting its payload and rounding its time have nothing to do
 * with keys, so that work is taken over as it left. What depends on keys is
 * made by the same functions as ever, from the packet as received: addresses
 * are mapped with this partner's keys (and so remembered for its self-check),
 * fingerprints fixed up, checksums summed. The note's only part is to say
 * where; packet_notes_fit says with which steps that is all.
 */
#include <string.h>
#include "sanitizers/checksum.h"
#include "sanitizers/packet_again.h"

#define AGAIN_TCP 20u /* bytes of a TCP header that was written in full */

/* A place in the notes; the packet is alone when there is none left. */
static struct pkt_note *
note_next(struct pkt_notes *t)
{
	if (t->n == PKT_NOTES) {
		t->alone = true;
		return NULL;
	}
	return &t->note[t->n++];
}

void
pkt_alone(const struct pkt *p)
{
	if (p->notes != NULL)
		p->notes->alone = true;
}

void
pkt_note_head(const struct pkt *p, const struct pkt_ip *ip, const uint8_t *w)
{
	struct pkt_notes *t = p->notes;
	struct pkt_note *o = note_next(t);

	if (o == NULL)
		return;
	*o = (struct pkt_note){.head = true,
	    .fixed = ip->fixed,
	    .kept = (uint8_t)(san_map_keeps4(p->map, ip->src4) |
			      san_map_keeps4(p->map, ip->dst4) << 1),
	    .out = (uint32_t)(w - t->start),
	    .in = (uint32_t)(ip->head.p - p->in.p),
	    .n = (uint32_t)ip->head.n};
	t->heads++;
	/* In a quote, or behind other headers, the numbers stand elsewhere. */
	if (ip->fixed && (p->depth != 0 || ip->ext.n != 0))
		t->alone = true;
}

void
pkt_note_sum(const struct pkt *p, const struct pkt_ip *ip,
    const struct pkt_sum *s, uint64_t sum)
{
	struct pkt_notes *t = p->notes;
	uint32_t at = (uint32_t)(s->at - t->start);
	bool covers = t->n != 0 && t->note[t->n - 1].out >= at;
	struct pkt_note *o;

	/* Neither addresses in it nor before it: the same for everybody. */
	if (!s->pseudo && !covers)
		return;
	if (covers && s->pseudo)
		t->alone = true;
	o = note_next(t);
	if (o == NULL)
		return;
	*o = (struct pkt_note){.out = at,
	    .in = s->len,
	    .n = (uint32_t)(p->w - s->at),
	    .field = (uint8_t)s->offset,
	    .proto = ip->proto,
	    .pseudo = s->pseudo,
	    .base = sum};
}

/* Numbers of a TCP header behind an IPv4 header that give away addresses. */
static void
again_fixed(const struct pkt *p, struct pkt_ip *ip, size_t n, uint8_t *w)
{
	pkt_fixup(p, ip);
	d4_put_be16(w + 4, ip->id);
	d4_put_be32(w + n + 4, ip->seq);
	d4_put_be32(w + n + 8, ip->ack);
}

/*
 * The header's checksum from that of the other partner's, before its addresses
 * go: a sum of what is not all zero folds to 1..ffff whatever the way, so it
 * is the one that summing anew would give.
 */
static void
again_sum_head(const struct pkt_ip *ip, uint8_t *w)
{
	uint64_t sum;
	uint16_t had;

	memcpy(&had, w + 10, 2);
	sum = (uint16_t)~had;
	sum = san_sum_turn(w + 12, ip->to_src4, sum);
	sum = san_sum_turn(w + 16, ip->to_dst4, sum);
	san_sum_put(w + 10, san_sum_fold(sum));
}

static enum d4_reason
again_head(
    struct pkt *p, const struct pkt_note *o, struct pkt_ip *ip, uint8_t *w)
{
	const uint8_t *b = p->in.p + o->in;
	enum d4_reason why, second;

	ip->src4 = d4_get_be32(b + 12);
	ip->dst4 = d4_get_be32(b + 16);
	ip->to_src4 = ip->src4;
	ip->to_dst4 = ip->dst4;
	ip->src_scoped = ip->dst_scoped = false;
	why = second = D4_R_NONE;
	if ((o->kept & 1) == 0)
		why = pkt_map4(p, ip->src4, &ip->to_src4, &ip->src_scoped);
	if ((o->kept & 2) == 0)
		second = pkt_map4(p, ip->dst4, &ip->to_dst4, &ip->dst_scoped);
	if (why == D4_R_NONE)
		why = second;
	if (why != D4_R_NONE)
		return why;
	if (!o->fixed)
		again_sum_head(ip, w);
	d4_put_be32(w + 12, ip->to_src4);
	d4_put_be32(w + 16, ip->to_dst4);
	if (!o->fixed)
		return D4_R_NONE;
	ip->id = d4_get_be16(b + 4);
	ip->body = d4_slice_of(b + o->n, AGAIN_TCP);
	again_fixed(p, ip, o->n, w);
	w[10] = 0;
	w[11] = 0;
	san_sum_put(w + 10, san_sum_fold(san_sum(w, o->n, 0)));
	return D4_R_NONE;
}

/* outer: the addresses of the packet's own header. */
static void
again_sum(const struct pkt_note *o, const struct pkt_ip *outer, bool anew,
    uint8_t *at)
{
	struct pkt_sum s = {
	    .at = at, .offset = o->field, .len = o->in, .pseudo = o->pseudo};

	pkt_sum_put(
	    outer, &s, anew || !o->pseudo ? pkt_sum_of(&s, o->n) : o->base);
}

/* The first header is the packet's own; quoted ones come behind it. */
enum d4_reason
pkt_again(struct pkt *p, const struct pkt_note *note, size_t n, uint8_t *head)
{
	enum d4_reason why = D4_R_NONE;
	struct pkt_ip outer, quoted;

	assert(n > 0 && note[0].head);
	outer.version = 4;
	outer.later = false;
	outer.src_scoped = outer.dst_scoped = false;
	for (size_t i = 0; why == D4_R_NONE && i < n; i++) {
		uint8_t *w = head + note[i].out;

		if (!note[i].head) {
			outer.proto = note[i].proto;
			again_sum(&note[i], &outer, note[0].fixed, w);
		} else if (i > 0) {
			why = again_head(p, &note[i], &quoted, w);
		} else {
			outer.proto = PKT_PROTO_TCP; /* where it is fixed */
			why = again_head(p, &note[i], &outer, w);
		}
	}
	if (why == D4_R_NONE &&
	    !pkt_scope_met(p, outer.src_scoped, outer.dst_scoped))
		why = D4_R_SCOPE_MISS;
	return why;
}

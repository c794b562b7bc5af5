/*
 * Notes on a packet that was released to one partner, from which the same
 * packet is made for another one with the same steps and other keys.
 */
#ifndef SAN_PACKET_AGAIN_H
#define SAN_PACKET_AGAIN_H

#include "sanitizers/checksum.h"
#include "sanitizers/led.h"
#include "sanitizers/packet.h"

#define PKT_NOTES   6u  /* headers of one packet */
#define PKT_IP4_SUM 10u /* where the checksum of an IPv4 header stands */

/*
 * struct pkt_note -- a header of IPv4 with addresses that keys replace.
 * Shape:  out, where it stands in the record that left; in, where in the
 *         packet as received; n, its bytes. src, dst: as received, host order;
 *         kept: bit 0 source, bit 1 destination: no keys change it. fixed:
 *         numbers behind it are made from the addresses, too (packet_fixup.c).
 *         base: what its checksum sums without the addresses that keys
 *         change. field: where behind `out` a checksum stands that covers the
 *         addresses, 0: none; cover: its sum, as base; udp: it is never 0.
 *         swift: all its addresses were replaced by others, so the leader's
 *         self-check looked for them all.
 */
struct pkt_note {
	uint32_t out;
	uint32_t src, dst;
	uint32_t base, cover;
	uint16_t in, field;
	uint8_t n, kept, fixed, udp, swift;
};

static_assert(sizeof(struct pkt_note) == 32, "counted by a shift");

/*
 * struct pkt_notes -- of the packet under way. start: where its record begins
 * in the output. maps: addresses of IPv4 that were replaced; each must be one
 * of a noted header's, or the packet is alone: what became of it cannot be
 * told from its notes. kept: a bit for each of them, the last one lowest: no
 * keys change it. to: where the notes go, behind its end.
 */
struct pkt_notes {
	const uint8_t *start;
	unsigned n, maps, kept;
	bool alone;
	struct d4_buf *to;
	struct pkt_note *note;
};

static inline void
pkt_notes_begin(struct pkt_notes *t, const uint8_t *start)
{
	size_t room = PKT_NOTES * sizeof(*t->note);

	t->start = start;
	t->n = t->maps = 0;
	t->alone = t->to->cap - t->to->n < room &&
	           d4_buf_reserve(t->to, room) != D4_OK;
	t->note = (void *)(t->to->p + t->to->n);
}

/* pkt_notes_whole -- the packet can be made again from its notes. */
static inline bool
pkt_notes_whole(const struct pkt_notes *t)
{
	return !t->alone && t->n != 0 && t->maps == 2 * t->n;
}

/* pkt_alone -- more of the keys is in the packet than notes can say. */
void pkt_alone(const struct pkt *p);

/* pkt_note_map -- an address was replaced, p->what became of it. */
static inline void
pkt_note_map(const struct pkt *p)
{
	bool kept = p->what == SAN_WHAT_SPECIAL || p->what == SAN_WHAT_KEPT;

	p->notes->maps++;
	p->notes->kept = p->notes->kept << 1 | kept;
}

/*
 * pkt_note_head -- a header of IPv4 was written at w; source and destination
 * were the last addresses that were replaced.
 */
void pkt_note_head(
    const struct pkt *p, const struct pkt_ip *ip, const uint8_t *w);

/*
 * pkt_note_swift -- does the leader's self-check look for an address that a
 * follower's looks for, and are all texts of it as long as selfcheck_near.h
 * wants them?
 */
static inline bool
pkt_note_swift(bool kept, uint32_t was, uint32_t is)
{
	return kept || (was != is && was >> 24 != 0);
}

/*
 * pkt_note_rest -- what a checksum that stands in a packet sums without the
 * addresses that keys replace, here by these: with its checksum all of it sums
 * to nothing, so the rest sums to their complements.
 */
uint32_t pkt_note_rest(const struct pkt_note *o, const uint8_t had[2],
    uint32_t to_src, uint32_t to_dst);

/* pkt_note_sum -- a checksum was made; sum without the pseudo header. */
void pkt_note_sum(const struct pkt *p, const struct pkt_ip *ip,
    const struct pkt_sum *s, uint64_t sum);

/*
 * packet_tunnel.c: what is inside a tunnel, where it is followed; else nothing
 * is written. pkt_tunnel_udp: behind the header of UDP, to a tunnel's port.
 */
D4_USED enum d4_reason pkt_tunnel(struct pkt *p, const struct pkt_ip *ip);
void pkt_tunnel_udp(
    struct pkt *p, const struct pkt_ip *ip, struct d4_slice data);

/*
 * packet_l4.c: pkt_sum_of -- of n bytes that were written, with zero as the
 * field; its four bytes are among them.
 */
uint64_t pkt_sum_of(const struct pkt_sum *s, size_t n);
/* pkt_sum_put -- writes the checksum: of sum, and of the pseudo header. */
void pkt_sum_put(
    const struct pkt_ip *ip, const struct pkt_sum *s, uint64_t sum);

/*
 * struct pkt_again -- a noted header for another partner: b, as received; w,
 * where it stands in the record; src, dst: the addresses as they are now.
 */
struct pkt_again {
	const uint8_t *b;
	uint8_t *w;
	uint32_t src, dst;
};

/*
 * pkt_again_fixed -- numbers of a TCP header behind an IPv4 header that give
 * away addresses; the sums, of both headers, follow what changes.
 */
void pkt_again_fixed(const struct pkt *p, const struct pkt_note *o,
    const struct pkt_again *a, uint64_t sum[2]);

/*
 * pkt_again_head -- writes the addresses and what is made from them. A sum of
 * what is not all zero folds to 1..ffff whatever the way, so these checksums
 * are the ones that summing anew would give.
 */
static inline void
pkt_again_head(
    const struct pkt *p, const struct pkt_note *o, const struct pkt_again *a)
{
	uint64_t sum[2] = {o->base, o->cover}, keyed = 0;
	uint16_t folded;

	if ((o->kept & 1) == 0) {
		keyed = htobe32(a->src);
		d4_put_be32(a->w + 12, a->src);
	}
	if ((o->kept & 2) == 0) {
		keyed += htobe32(a->dst);
		d4_put_be32(a->w + 16, a->dst);
	}
	sum[0] += keyed;
	sum[1] += keyed;
	if (o->fixed)
		pkt_again_fixed(p, o, a, sum);
	san_sum_put(a->w + PKT_IP4_SUM, san_sum_fold(sum[0]));
	if (o->field == 0)
		return;
	folded = san_sum_fold(sum[1]);
	if (folded == 0 && o->udp)
		folded = 0xffff;
	san_sum_put(a->w + o->field, folded);
}

/*
 * pkt_again -- replaces the addresses in the record at head, a copy of
 * another partner's, by this one's. Answers why it must not leave.
 */
D4_USED enum d4_reason pkt_again(
    struct pkt *p, const struct pkt_note *note, size_t n, uint8_t *head);

/* packet_run.c: as san_family.run; skip: bytes of a record's own header. */
size_t pkt_run(struct pkt *p, const struct san_led_run *r, size_t skip);

#endif

/*
 * Notes on a packet that was released to one partner, from which the same
 * packet is made for another one with the same steps and other keys.
 */
#ifndef SAN_PACKET_AGAIN_H
#define SAN_PACKET_AGAIN_H

#include "sanitizers/packet.h"

#define PKT_NOTES 6u /* of one packet: headers and checksums */

/*
 * struct pkt_note -- one place that depends on replaced addresses.
 * Shape:  A header of IPv4: out, where it stands in the record that left; in,
 *         where in the packet as received; n, its bytes. fixed: numbers
 *         behind it are made from the addresses, too (packet_fixup.c).
 *         kept: bit 0 source, bit 1 destination: no keys change it.
 *         A checksum: out, from where on it covers n bytes of the record;
 *         field, where it stands among them; of `in` bytes on the wire with
 *         protocol proto. base: its sum without the addresses of the pseudo
 *         header. pseudo: it has one.
 */
struct pkt_note {
	uint64_t base;
	uint32_t out, in, n;
	uint8_t head, fixed, kept, field, proto, pseudo;
};

/*
 * struct pkt_notes -- of the packet under way. start: where its record begins
 * in the output. maps: addresses of IPv4 that were replaced; each must be one
 * of a noted header's, or the packet is alone: what became of it cannot be
 * told from its notes.
 */
struct pkt_notes {
	const uint8_t *start;
	unsigned n, maps, heads;
	bool alone;
	struct pkt_note note[PKT_NOTES];
};

static inline void
pkt_notes_begin(struct pkt_notes *t, const uint8_t *start)
{
	t->start = start;
	t->n = t->maps = t->heads = 0;
	t->alone = false;
}

/* pkt_notes_whole -- the packet can be made again from its notes. */
static inline bool
pkt_notes_whole(const struct pkt_notes *t)
{
	return !t->alone && t->n != 0 && t->maps == 2 * t->heads;
}

/* pkt_alone -- more of the keys is in the packet than notes can say. */
void pkt_alone(const struct pkt *p);

/* pkt_note_head -- a header of IPv4 was written at w. */
void pkt_note_head(
    const struct pkt *p, const struct pkt_ip *ip, const uint8_t *w);

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

/* packet_l4.c: pkt_sum_of -- of n bytes that were written; the field is 0. */
uint64_t pkt_sum_of(const struct pkt_sum *s, size_t n);
/* pkt_sum_put -- writes the checksum: of sum, and of the pseudo header. */
void pkt_sum_put(
    const struct pkt_ip *ip, const struct pkt_sum *s, uint64_t sum);

/*
 * pkt_again -- replaces the addresses in the record at head, a copy of
 * another partner's, by this one's. Answers why it must not leave.
 */
D4_USED enum d4_reason pkt_again(
    struct pkt *p, const struct pkt_note *note, size_t n, uint8_t *head);

#endif

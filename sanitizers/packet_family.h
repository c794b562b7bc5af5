/* The packet family's state, and how its steps are judged (ADR 0009). */
#ifndef SAN_PACKET_FAMILY_H
#define SAN_PACKET_FAMILY_H

#include "sanitizers/packet_again.h"

#define PACKET_LINKS 10u /* link types that pkt_link_known knows */

/*
 * struct packet -- what every framing of packets keeps; zero, then inited.
 * Shape:  filter: the step `bpf`, for each link type that came. fewer: see
 *         packet_plain.c.
 */
struct packet {
	struct pkt p;
	uint8_t tshift[8];
	unsigned n_filter;
	struct {
		uint16_t link;
		struct san_bpf *bpf;
	} filter[PACKET_LINKS];
	struct pkt_notes notes;
	size_t fewer;
};

extern const struct san_family san_family_packets; /* packet_pcap.c */
extern const struct san_family san_family_pcapng;  /* pcapng.c */

/* packet_init -- s is zero before; packet_fini also after an error. */
D4_USED enum d4_status packet_init(struct packet *s, const struct san_make *m);
void packet_fini(struct packet *s);

/*
 * packet_link -- what comes next is of this link type, with fcs bytes of
 * checksum behind each packet. Errors: LINKTYPE, INTERNAL.
 */
D4_USED enum d4_reason packet_link(
    struct packet *s, uint16_t link, uint8_t fcs);

/*
 * A packet, step by step: enter, wanted, (its time), layers, judge.
 * packet_enter -- the captured bytes of a packet that had len on the wire;
 *         answers that length without the checksum behind it.
 * packet_wanted -- the step `bpf` keeps it.
 * packet_layers -- writes it anew at p->w, in the room up to p->end.
 * packet_judge -- the self-check of the record as it is about to leave.
 */
uint32_t packet_enter(struct pkt *p, struct d4_slice data, uint32_t len);
bool packet_wanted(const struct pkt *p, uint32_t len);
D4_USED enum d4_reason packet_layers(struct pkt *p);
D4_USED enum d4_reason packet_judge(const struct pkt *p, struct d4_slice rec);
enum san_outcome packet_outcome(enum d4_reason why);

/*
 * packet_time -- packet_pcap.c: the time stamp of a record, 8 bytes, as it
 * leaves. Errors: TIME_VALUE.
 */
D4_USED enum d4_reason packet_time(
    const struct packet *s, const uint8_t *in, uint8_t *out);

/* packet_match.c, packet_concerns.c, packet_sample.c */
bool pkt_match(const struct pkt *p, const struct pkt_ip *ip);
bool pkt_concerns(const struct pkt *p, const struct pkt_ip *ip);
D4_USED enum d4_reason pkt_sample(struct pkt *p, const struct pkt_ip *ip);

/* san_packet_class -- 0..3, computed from the steps; never over-claims. */
unsigned san_packet_class(const struct san_chain *c);

/* san_packet_check -- steps that need each other. */
D4_USED enum d4_status san_packet_check(
    const struct san_chain *c, struct d4_diag *diag);

#endif

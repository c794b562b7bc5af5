/* The packet family's state, and how its steps are judged (ADR 0009). */
#ifndef SAN_PACKET_FAMILY_H
#define SAN_PACKET_FAMILY_H

#include "sanitizers/packet_again.h"

struct packet {
	struct pkt p;
	uint8_t tshift[8];
	uint16_t bpf_link; /* what p.bpf is compiled for */
	struct pkt_notes notes;
};

extern const struct san_family san_family_packets;

/* san_packet_class -- 0..3, computed from the steps; never over-claims. */
unsigned san_packet_class(const struct san_chain *c);

/* san_packet_check -- steps that need each other. */
D4_USED enum d4_status san_packet_check(
    const struct san_chain *c, struct d4_diag *diag);

#endif

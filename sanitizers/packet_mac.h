/* MAC addresses by the rule of the `link` step. */
#ifndef SAN_PACKET_MAC_H
#define SAN_PACKET_MAC_H

#include "sanitizers/packet.h"

#define PKT_MACS 256u

struct pkt_mac {
	bool valid;
	uint8_t in[6], out[6];
};

/* Pseudonyms seen lately: there are few stations on a link. */
struct pkt_macs {
	struct pkt_mac list[PKT_MACS];
};

#endif

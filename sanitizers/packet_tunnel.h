/*
 * The rooms of tunnels: what is known of a tunnel's own header, and how what
 * is inside is followed. ADR 0051.
 */
#ifndef SAN_PACKET_TUNNEL_H
#define SAN_PACKET_TUNNEL_H

#include "sanitizers/packet.h"

/* What is inside: an EtherType, or one of these. */
#define PKT_INSIDE_IP       0u /* IP of the version that it says */
#define PKT_INSIDE_NONE     1u /* nothing that we read */
#define PKT_INSIDE_ETHERNET 0x6558u
#define PKT_INSIDE_MPLS     0x8847u
#define PKT_INSIDE_MPLS_MC  0x8848u

/*
 * struct pkt_tunnel -- a tunnel's own header, understood and written anew.
 * Shape:  head[0..n): what leaves. sum: behind its first 4 bytes stands a
 *         checksum (RFC 1071) of itself and all that follows.
 */
struct pkt_tunnel {
	uint16_t inside;
	bool sum;
	size_t n;
	uint8_t head[8 + 4 * 63];
};

/* struct pkt_outer -- a tunnel as received: its bytes; len: on the wire. */
struct pkt_outer {
	struct d4_slice body;
	uint32_t len;
};

/* pkt_inside_known -- do we read what is inside of that EtherType? */
static inline bool
pkt_inside_known(uint16_t type)
{
	return type == PKT_ETH_IP4 || type == PKT_ETH_IP6 ||
	       type == PKT_INSIDE_ETHERNET || type == PKT_INSIDE_MPLS ||
	       type == PKT_INSIDE_MPLS_MC;
}

/*
 * pkt_gre -- reads GRE, and ERSPAN behind it, at the start of b; *out is all
 * zero. False: it is not followed, *out is anything.
 */
D4_USED bool pkt_gre(
    const struct pkt *p, struct d4_slice b, struct pkt_tunnel *out);

/*
 * pkt_tunnel_follow -- writes the header and what is inside by the rules of
 * any packet; where that is unclear, nothing of either.
 */
void pkt_tunnel_follow(
    struct pkt *p, const struct pkt_outer *o, const struct pkt_tunnel *t);

/* packet_link.c: the link layers inside: Ethernet, or labels of MPLS. */
D4_USED enum d4_reason pkt_link_inside(
    struct d4_slice in, bool labels, struct pkt_link *out);

/* packet_tunnel_udp.c: is one of the ports b[4] a tunnel's? */
bool pkt_tunnel_port(const uint8_t *b);

/*
 * pkt_tunnel_ports -- ports of UDP, in[4], as they leave: a source port that
 * is made from the packet inside a tunnel becomes another.
 */
void pkt_tunnel_ports(const uint8_t *in, uint8_t *out);

/*
 * pkt_tunnel_label -- the IPv6 header at w carries a tunnel: its flow label is
 * made from the packet inside (RFC 6438), and becomes 0.
 */
void pkt_tunnel_label(const struct pkt_ip *ip, uint8_t *w);

/* pkt_tunnel_proto -- a protocol whose body is a packet, or labels. */
bool pkt_tunnel_proto(uint8_t proto);

#endif

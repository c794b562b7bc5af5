/*
 * ARP over Ethernet for IPv4 (RFC 826), operations 1 to 4:
 *   hardware u16 | protocol u16 | lengths 6, 4 | operation u16 |
 *   sender MAC[6] | sender IP[4] | target MAC[6] | target IP[4]
 * The trailer is not written.
 */
#include "sanitizers/packet.h"

#define ARP_LEN 28u

static enum d4_reason
arp_check(struct d4_slice in)
{
	uint16_t op;

	if (in.n < ARP_LEN)
		return D4_R_TRUNC_ARP;
	op = d4_get_be16(in.p + 6);
	if (d4_get_be16(in.p) != 1 || d4_get_be16(in.p + 2) != PKT_ETH_IP4 ||
	    in.p[4] != 6 || in.p[5] != 4 || op < 1 || op > 4)
		return D4_R_ARP;
	return D4_R_NONE;
}

/* The addresses: first whether the scope is met, then what they become. */
static enum d4_reason
arp_map(struct pkt *p, const uint8_t *b, uint32_t to[2])
{
	bool src = false, dst = false;
	enum d4_reason a, z;

	a = pkt_map4(p, d4_get_be32(b + 14), &to[0], &src);
	z = pkt_map4(p, d4_get_be32(b + 24), &to[1], &dst);
	if (!pkt_scope_met(p, src, dst))
		return D4_R_SCOPE_MISS;
	return a != D4_R_NONE ? a : z;
}

enum d4_reason
pkt_arp(struct pkt *p, const struct pkt_link *l, struct d4_slice in)
{
	enum d4_reason why = arp_check(in);
	uint32_t to[2];
	uint8_t *w;

	/* No named filter matches ARP, and it concerns no partner. */
	if (why == D4_R_NONE && p->opt.match != 0)
		why = D4_R_MATCH_MISS;
	if (why == D4_R_NONE && p->opt.concerns != NULL)
		why = D4_R_CONCERNS_MISS;
	if (why == D4_R_NONE)
		why = arp_map(p, in.p, to);
	if (why == D4_R_NONE)
		why = pkt_link_write(p, l);
	if (why != D4_R_NONE)
		return why;
	w = pkt_put(p, ARP_LEN);
	for (unsigned i = 0; i < 8; i++)
		w[i] = in.p[i];
	d4_put_be32(w + 14, to[0]);
	d4_put_be32(w + 24, to[1]);
	why = pkt_mac(p, in.p + 8, w + 8);
	return why != D4_R_NONE ? why : pkt_mac(p, in.p + 18, w + 18);
}

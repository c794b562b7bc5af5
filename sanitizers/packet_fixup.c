/*
 * Fields that scanners make from the address they scan: left alone they
 * would give it away, zeroed they would lose the fingerprint. So they are
 * made again from the replacement. Mirai: sequence number == destination
 * (its answers acknowledge it, plus one, and with that its kernel resets what
 * it never opened). masscan: IP id == the low half of destination ^ port ^
 * sequence number. Source: spec sanitizers.md section 4.
 */
#include "sanitizers/packet.h"

#define FIXUP_TCP 8u /* ports and sequence number; all that a quote has */

static void
fixup_numbers(struct pkt_ip *ip)
{
	uint32_t echo = ip->ack - 1;

	ip->fixed = ip->seq == ip->dst4 || ip->seq - 1 == ip->dst4 ||
	            echo == ip->dst4 || echo == ip->src4;
	if (ip->seq == ip->dst4)
		ip->seq = ip->to_dst4;
	else if (ip->seq - 1 == ip->dst4)
		ip->seq = ip->to_dst4 + 1;
	if (echo == ip->dst4)
		ip->ack = ip->to_dst4 + 1;
	else if (echo == ip->src4)
		ip->ack = ip->to_src4 + 1;
}

void
pkt_fixup(const struct pkt *p, struct pkt_ip *ip)
{
	const uint8_t *b = ip->body.p;
	uint32_t seq, port;

	ip->seq = 0;
	ip->ack = 0;
	ip->fixed = false;
	if (ip->proto != PKT_PROTO_TCP || ip->later || ip->body.n < FIXUP_TCP)
		return;
	seq = d4_get_be32(b + 4);
	port = d4_get_be16(b + 2);
	ip->seq = seq;
	if (ip->body.n >= FIXUP_TCP + 4)
		ip->ack = d4_get_be32(b + 8);
	if (!p->opt.fixup || ip->version != 4)
		return;
	fixup_numbers(ip);
	if (ip->id != (uint16_t)(ip->dst4 ^ port ^ seq))
		return;
	ip->fixed = true;
	if (ip->to_dst4 != ip->dst4)
		ip->id = (uint16_t)(ip->to_dst4 ^ port ^ ip->seq);
}

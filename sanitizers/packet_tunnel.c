/*
 * Packets inside packets, by the rules of any packet (`tunnels: decode`):
 *   IP in IP, 6in4 = IP          GRE (RFC 2784) = 0 u16 | type u16 | IP
 *   Teredo (RFC 4380) over UDP 3544 = IPv6
 *   GTP-U (TS 29.281) over UDP 2152 = 30 | ff | length u16 | TEID u32 | IP
 * Whatever is unclear inside is cut, as without the step: a doubt about the
 * inner packet is none about the outer one.
 */
#include "sanitizers/packet_again.h"

#define TUNNEL_GRE    47u
#define TUNNEL_IP4    4u
#define TUNNEL_IP6    41u
#define TUNNEL_TEREDO 3544u
#define TUNNEL_GTP    2152u

/* One IP packet; on an error p->w is anywhere. */
static enum d4_reason
tunnel_inner(struct pkt *p, struct d4_slice in)
{
	struct pkt_ip ip;
	enum d4_reason why = D4_R_IP4_HDR;

	if (in.n == 0 || p->depth + 1 > PKT_NEST)
		return D4_R_NESTING;
	if (in.p[0] >> 4 == 4)
		why = pkt_ip4_decode(in, &ip);
	else if (in.p[0] >> 4 == 6)
		why = pkt_ip6_decode(in, &ip);
	if (why == D4_R_NONE && pkt_l4_denied(&ip))
		why = D4_R_L4_PROTO;
	if (why == D4_R_NONE)
		why = pkt_ip_map(p, &ip);
	if (why == D4_R_NONE)
		why = pkt_ip_write(p, &ip);
	return why != D4_R_NONE ? why : pkt_l4_write(p, &ip);
}

/* head: bytes of the tunnel's own header, which were understood. */
static void
tunnel_follow(
    struct pkt *p, struct d4_slice body, const uint8_t *head, size_t n)
{
	uint8_t *mark = p->w, *outer = p->ip_out;

	(void)pkt_copy(p, head, n);
	(void)d4_slice_skip(&body, n);
	pkt_alone(p);
	p->depth++;
	if (tunnel_inner(p, body) != D4_R_NONE)
		p->w = mark;
	p->depth--;
	p->nd = NULL;
	p->ip_out = outer;
}

enum d4_reason
pkt_tunnel(struct pkt *p, const struct pkt_ip *ip)
{
	static const uint8_t four[4] = {0, 0, 8, 0};
	static const uint8_t six[4] = {0, 0, 0x86, 0xdd};
	const uint8_t *b = ip->body.p;

	if (!p->opt.tunnels || ip->part)
		return D4_R_NONE;
	if (ip->proto != TUNNEL_GRE)
		tunnel_follow(p, ip->body, b, 0);
	else if (ip->body.n > 4 && d4_get_be32(b) == d4_get_be32(four))
		tunnel_follow(p, ip->body, four, 4);
	else if (ip->body.n > 4 && d4_get_be32(b) == d4_get_be32(six))
		tunnel_follow(p, ip->body, six, 4);
	return D4_R_NONE;
}

/* The tunnel's number names a subscriber: it goes. */
void
pkt_tunnel_udp(struct pkt *p, const struct pkt_ip *ip, struct d4_slice data)
{
	uint16_t from = d4_get_be16(ip->body.p);
	uint16_t to = d4_get_be16(ip->body.p + 2);
	uint8_t gtp[8] = {0x30, 0xff};

	if (!p->opt.tunnels || ip->part || data.n <= sizeof(gtp))
		return;
	if (from == TUNNEL_TEREDO || to == TUNNEL_TEREDO) {
		if (data.p[0] >> 4 == 6)
			tunnel_follow(p, data, data.p, 0);
	} else if ((from == TUNNEL_GTP || to == TUNNEL_GTP) &&
		   data.p[0] == gtp[0] && data.p[1] == gtp[1]) {
		gtp[2] = data.p[2];
		gtp[3] = data.p[3];
		tunnel_follow(p, data, gtp, sizeof(gtp));
	}
}

/*
 * Packets inside packets, by the rules of any packet (`tunnels: decode`):
 *   IP in IP, 6in4 = IP
 *   GRE (RFC 2784, 2890, NVGRE: RFC 7637) = 00 K.S. flags u8 | 0 | type u16 |
 *           [key u32] | [sequence u32] | IP or Ethernet
 *   Teredo (RFC 4380) over UDP 3544 = IPv6
 *   GTP-U (TS 29.281) over UDP 2152 = 30 | ff | length u16 | TEID u32 | IP
 *   VXLAN (RFC 7348) over UDP 4789, 8472 = 08 | 0[3] | VNI[3] | 0 | Ethernet
 *   Geneve (RFC 8926) over UDP 6081 = words of options u8 | flags u8 |
 *           type u16 | VNI[3] | 0 | options | IP or Ethernet
 * Keys, TEIDs and VNIs name a customer: zero, unless `tags: keep`; options of
 * Geneve are zero, which is one of no class and no length a word.
 * Whatever is unclear inside is cut, as without the step: a doubt about the
 * inner packet is none about the outer one.
 */
#include <string.h>
#include "sanitizers/packet_again.h"

#define TUNNEL_GRE      47u
#define TUNNEL_TEREDO   3544u
#define TUNNEL_GTP      2152u
#define TUNNEL_VXLAN    4789u
#define TUNNEL_VXLAN_LX 8472u /* Linux's, before there was a number */
#define TUNNEL_GENEVE   6081u
#define TUNNEL_ETHERNET 0x6558u
#define TUNNEL_PORT     0xf000u /* of the dynamic ones, RFC 6335 */

#define GRE_KEY      0x20u
#define GRE_SEQUENCE 0x10u

/*
 * A tunnel's own header, understood and written anew, and what is inside:
 * 0x0800, 0x86dd, TUNNEL_ETHERNET, or 0: IP of the version that it says.
 */
struct tunnel {
	uint16_t inside;
	size_t n;
	uint8_t head[8 + 4 * 63];
};

static enum d4_reason
tunnel_ip(struct pkt *p, struct d4_slice in, const struct pkt_link *l)
{
	struct pkt_ip ip;
	bool sized = p->sized;
	enum d4_reason why = D4_R_IP4_HDR;

	if (in.n != 0 && in.p[0] >> 4 == 4)
		why = pkt_ip4_decode(in, &ip);
	else if (in.n != 0 && in.p[0] >> 4 == 6)
		why = pkt_ip6_decode(in, &ip);
	if (why == D4_R_NONE && pkt_l4_denied(&ip))
		why = D4_R_L4_PROTO;
	if (why == D4_R_NONE)
		why = pkt_ip_map(p, &ip);
	if (why == D4_R_NONE && l != NULL)
		why = pkt_link_write(p, l);
	p->sized |= sized;
	if (why == D4_R_NONE)
		why = pkt_ip_write(p, &ip);
	return why != D4_R_NONE ? why : pkt_l4_write(p, &ip);
}

/* The version must be the one that the header announced. */
static enum d4_reason
tunnel_typed(
    struct pkt *p, struct d4_slice in, uint16_t ether, const struct pkt_link *l)
{
	unsigned version = in.n != 0 ? in.p[0] >> 4 : 0;

	if (version != (ether == PKT_ETH_IP4 ? 4 : 6))
		return D4_R_IP4_HDR;
	return tunnel_ip(p, in, l);
}

static enum d4_reason
tunnel_ethernet(struct pkt *p, struct d4_slice in)
{
	struct pkt_link l;
	enum d4_reason why = pkt_link_ethernet(in, &l);

	if (why != D4_R_NONE)
		return why;
	(void)d4_slice_skip(&in, l.at[l.n]);
	if (l.ether == PKT_ETH_ARP || l.ether == PKT_ETH_RARP)
		return pkt_arp(p, &l, in);
	return tunnel_typed(p, in, l.ether, &l);
}

/* What is inside; on an error p->w is anywhere. */
static enum d4_reason
tunnel_inner(struct pkt *p, struct d4_slice in, uint16_t inside)
{
	if (p->depth >= PKT_NEST)
		return D4_R_NESTING;
	if (inside == TUNNEL_ETHERNET)
		return tunnel_ethernet(p, in);
	return inside == 0 ? tunnel_ip(p, in, NULL)
	                   : tunnel_typed(p, in, inside, NULL);
}

/* The link layer of a frame inside says nothing of the packet's own. */
static void
tunnel_follow(struct pkt *p, struct d4_slice body, const struct tunnel *t)
{
	uint8_t *mark = p->w, *outer = p->ip_out;
	bool sized = p->sized;

	(void)pkt_copy(p, t->head, t->n);
	(void)d4_slice_skip(&body, t->n);
	pkt_alone(p);
	p->depth++;
	if (tunnel_inner(p, body, t->inside) != D4_R_NONE)
		p->w = mark;
	p->depth--;
	p->nd = NULL;
	p->ip_out = outer;
	p->sized = sized;
}

static bool
tunnel_type(uint16_t type)
{
	return type == PKT_ETH_IP4 || type == PKT_ETH_IP6 ||
	       type == TUNNEL_ETHERNET;
}

/* A checksum (RFC 2784) covers what is inside, routing is obsolete: cut. */
static bool
tunnel_gre(const struct pkt *p, struct d4_slice b, struct tunnel *t)
{
	uint8_t flags = b.n < 4 ? 0xff : b.p[0];

	if ((flags & ~(GRE_KEY | GRE_SEQUENCE)) != 0 || b.p[1] != 0)
		return false;
	memset(t->head, 0, sizeof(t->head));
	t->n = 4 + (size_t)((flags & GRE_KEY) != 0 ? 4 : 0) +
	       (size_t)((flags & GRE_SEQUENCE) != 0 ? 4 : 0);
	t->inside = d4_get_be16(b.p + 2);
	if (b.n <= t->n || !tunnel_type(t->inside))
		return false;
	t->head[0] = flags;
	d4_put_be16(t->head + 2, t->inside);
	/* The last byte of NVGRE's is made from the packet inside. */
	if (p->opt.tags_keep && (flags & GRE_KEY) != 0)
		memcpy(t->head + 4, b.p + 4, 3);
	return true;
}

enum d4_reason
pkt_tunnel(struct pkt *p, const struct pkt_ip *ip)
{
	struct tunnel t = {.inside = 0};

	if (!p->opt.tunnels || ip->part)
		return D4_R_NONE;
	if (ip->proto != TUNNEL_GRE || tunnel_gre(p, ip->body, &t))
		tunnel_follow(p, ip->body, &t);
	return D4_R_NONE;
}

static bool
tunnel_teredo(const struct pkt *p, struct d4_slice b, struct tunnel *t)
{
	(void)p;
	t->inside = PKT_ETH_IP6;
	return b.n != 0;
}

static bool
tunnel_gtp(const struct pkt *p, struct d4_slice b, struct tunnel *t)
{
	(void)p;
	if (b.n <= 8 || b.p[0] != 0x30 || b.p[1] != 0xff)
		return false;
	t->n = 8;
	memcpy(t->head, b.p, 4);
	return true;
}

static bool
tunnel_vxlan(const struct pkt *p, struct d4_slice b, struct tunnel *t)
{
	if (b.n <= 8 || (d4_get_be32(b.p) != 0x08000000u) || b.p[7] != 0)
		return false;
	t->n = 8;
	t->inside = TUNNEL_ETHERNET;
	t->head[0] = 0x08;
	if (p->opt.tags_keep)
		memcpy(t->head + 4, b.p + 4, 3);
	return true;
}

/* Version 0; control messages (O) are no packets. */
static bool
tunnel_geneve(const struct pkt *p, struct d4_slice b, struct tunnel *t)
{
	if (b.n <= 8 || b.p[0] > 63 || (b.p[1] & 0xbf) != 0 || b.p[7] != 0)
		return false;
	t->n = 8 + 4 * (size_t)b.p[0];
	t->inside = d4_get_be16(b.p + 2);
	if (b.n <= t->n || !tunnel_type(t->inside))
		return false;
	t->head[0] = b.p[0];
	d4_put_be16(t->head + 2, t->inside);
	if (p->opt.tags_keep)
		memcpy(t->head + 4, b.p + 4, 3);
	return true;
}

/*
 * Tunnels over UDP. hashed: the source port is made from the packet inside
 * (RFC 7348 5, RFC 8926 3.3), often by a function that everybody knows, and the
 * destination port alone says what it is.
 */
static const struct {
	uint16_t port;
	bool hashed;
	bool (*read)(const struct pkt *, struct d4_slice, struct tunnel *);
} tunnels[] = {
    {TUNNEL_TEREDO, false, tunnel_teredo},
    {TUNNEL_GTP, false, tunnel_gtp},
    {TUNNEL_VXLAN, true, tunnel_vxlan},
    {TUNNEL_VXLAN_LX, true, tunnel_vxlan},
    {TUNNEL_GENEVE, true, tunnel_geneve},
};

#define TUNNELS (sizeof(tunnels) / sizeof(tunnels[0]))

void
pkt_tunnel_udp(struct pkt *p, const struct pkt_ip *ip, struct d4_slice data)
{
	uint16_t from = d4_get_be16(ip->body.p);
	uint16_t to = d4_get_be16(ip->body.p + 2);
	struct tunnel t = {.inside = 0};
	size_t i = 0;

	while (i < TUNNELS && tunnels[i].port != to &&
	       (tunnels[i].hashed || tunnels[i].port != from))
		i++;
	if (i == TUNNELS || !tunnels[i].read(p, data, &t))
		return;
	if (tunnels[i].hashed)
		d4_put_be16(p->w - 8, TUNNEL_PORT);
	if (p->opt.tunnels && !ip->part)
		tunnel_follow(p, data, &t);
}

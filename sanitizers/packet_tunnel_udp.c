/*
 * Tunnels over UDP:
 *   Teredo (RFC 4380), port 3544 = IPv6
 *   GTP-U (TS 29.281), 2152 = 30 | ff | length u16 | TEID u32 | IP
 *   VXLAN (RFC 7348), 4789 and 8472 = 08 | 0[3] | VNI[3] | 0 | Ethernet
 *   VXLAN-GPE (draft-ietf-nvo3-vxlan-gpe-13), 4790 = flags u8 | 0[2] |
 *           next u8 | VNI[3] | 0 | Ethernet, IP or MPLS
 *   Geneve (RFC 8926), 6081 = words of options u8 | flags u8 | type u16 |
 *           VNI[3] | 0 | options | inside
 *   GRE (RFC 8086), 4754 = as packet_gre.c draws it
 *   MPLS (RFC 7510), 6635 = labels | IP
 * TEIDs and VNIs name a customer: zero, unless `tags: keep` (VNIs); options of
 * Geneve are zero, which is one of no class and no length a word. The ports
 * 4755 and 6636 are for the last two inside DTLS, which nobody reads: cut.
 */
#include <string.h>
#include "sanitizers/packet_again.h"
#include "sanitizers/packet_tunnel.h"

#define TUNNEL_PORT   0xf000u         /* of the dynamic ones, RFC 6335 */
#define TUNNEL_FIRST  2152u           /* the lowest in the table */
#define TUNNEL_LAST   8472u           /* the highest */
#define TUNNEL_LABELS ((size_t)4 * 8) /* bytes */

#define GPE_VNI  0x08u /* flags: a VNI is there */
#define GPE_NEXT 0x04u /* the next protocol is said */

static bool
tunnel_teredo(const struct pkt *p, struct d4_slice b, struct pkt_tunnel *t)
{
	(void)p;
	t->inside = PKT_ETH_IP6;
	return b.n != 0;
}

static bool
tunnel_gtp(const struct pkt *p, struct d4_slice b, struct pkt_tunnel *t)
{
	(void)p;
	if (b.n <= 8 || b.p[0] != 0x30 || b.p[1] != 0xff)
		return false;
	t->n = 8;
	memcpy(t->head, b.p, 4);
	return true;
}

/* The network's number, where VXLAN and Geneve have it. */
static void
tunnel_vni(const struct pkt *p, struct d4_slice b, struct pkt_tunnel *t)
{
	if (p->opt.tags_keep)
		memcpy(t->head + 4, b.p + 4, 3);
}

static bool
tunnel_vxlan(const struct pkt *p, struct d4_slice b, struct pkt_tunnel *t)
{
	if (b.n <= 8 || (d4_get_be32(b.p) != 0x08000000u) || b.p[7] != 0)
		return false;
	t->n = 8;
	t->inside = PKT_INSIDE_ETHERNET;
	t->head[0] = 0x08;
	tunnel_vni(p, b, t);
	return true;
}

/* Version 0; without OAM and broadcasts' copies. NSH is not read. */
static bool
tunnel_gpe(const struct pkt *p, struct d4_slice b, struct pkt_tunnel *t)
{
	static const uint16_t next[] = {[1] = PKT_ETH_IP4,
	    [2] = PKT_ETH_IP6,
	    [3] = PKT_INSIDE_ETHERNET,
	    [5] = PKT_INSIDE_MPLS};
	uint8_t flags = b.n <= 8 ? 0xff : b.p[0], kind;

	if ((flags & ~(GPE_VNI | GPE_NEXT)) != 0 || b.p[1] != 0 ||
	    b.p[2] != 0 || b.p[7] != 0)
		return false;
	kind = (flags & GPE_NEXT) != 0 ? b.p[3] : 3;
	if (kind >= sizeof(next) / sizeof(next[0]) || next[kind] == 0)
		return false;
	t->n = 8;
	t->inside = next[kind];
	t->head[0] = flags;
	t->head[3] = (flags & GPE_NEXT) != 0 ? kind : 0;
	if ((flags & GPE_VNI) != 0)
		tunnel_vni(p, b, t);
	return true;
}

/* Version 0; control messages (O) are no packets. */
static bool
tunnel_geneve(const struct pkt *p, struct d4_slice b, struct pkt_tunnel *t)
{
	if (b.n <= 8 || b.p[0] > 63 || (b.p[1] & 0xbf) != 0 || b.p[7] != 0)
		return false;
	t->n = 8 + 4 * (size_t)b.p[0];
	t->inside = d4_get_be16(b.p + 2);
	if (b.n <= t->n || !pkt_inside_known(t->inside))
		return false;
	t->head[0] = b.p[0];
	d4_put_be16(t->head + 2, t->inside);
	tunnel_vni(p, b, t);
	return true;
}

/* Labels, the last of them marked, and IP: only so it is surely MPLS. */
static bool
tunnel_mpls(const struct pkt *p, struct d4_slice b, struct pkt_tunnel *t)
{
	size_t at = 0;

	(void)p;
	while (b.n - at > 4 && (b.p[at + 2] & 1) == 0 && at < TUNNEL_LABELS)
		at += 4;
	if (b.n - at <= 4 || (b.p[at + 2] & 1) == 0)
		return false;
	t->inside = PKT_INSIDE_MPLS;
	return b.p[at + 4] >> 4 == 4 || b.p[at + 4] >> 4 == 6;
}

/* A record of DTLS (RFC 6347, 9147): 20 to 26 | fe | ff or fd ... */
static bool
tunnel_dtls(const struct pkt *p, struct d4_slice b, struct pkt_tunnel *t)
{
	(void)p;
	t->inside = PKT_INSIDE_NONE;
	return b.n >= 13 && b.p[0] >= 20 && b.p[0] <= 26 && b.p[1] == 0xfe;
}

/*
 * hashed: the source port is made from the packet inside (RFC 7348 5, 8926
 * 3.3, 8086 3.1, 7510 3, TS 29.281 4.4.2), often by a function that everybody
 * knows. back: the source port alone says what it is, too.
 */
static const struct {
	uint16_t port;
	bool hashed, back;
	bool (*read)(const struct pkt *, struct d4_slice, struct pkt_tunnel *);
} tunnels[] = {
    {3544, false, true, tunnel_teredo},
    {2152, true, true, tunnel_gtp},
    {4789, true, false, tunnel_vxlan},
    {8472, true, false, tunnel_vxlan}, /* Linux's, before it had a number */
    {4790, true, false, tunnel_gpe},
    {6081, true, false, tunnel_geneve},
    {4754, true, false, pkt_gre},
    {4755, true, false, tunnel_dtls},
    {6635, true, false, tunnel_mpls},
    {6636, true, false, tunnel_dtls},
};

#define TUNNELS (sizeof(tunnels) / sizeof(tunnels[0]))

/* Nearly no port is among these: asked of every packet, before the table. */
static bool
tunnel_between(uint16_t port)
{
	return port >= TUNNEL_FIRST && port <= TUNNEL_LAST;
}

bool
pkt_tunnel_port(const uint8_t *b)
{
	uint16_t from = d4_get_be16(b), to = d4_get_be16(b + 2);

	if (!tunnel_between(from) && !tunnel_between(to))
		return false;
	for (size_t i = 0; i < TUNNELS; i++) {
		if (from == tunnels[i].port || to == tunnels[i].port)
			return true;
	}
	return false;
}

/* A port that is the tunnel's own at both ends is no hash. */
void
pkt_tunnel_ports(const uint8_t *in, uint8_t *out)
{
	uint16_t from = d4_get_be16(in), to = d4_get_be16(in + 2);
	size_t i = 0;

	while (i < TUNNELS && tunnels[i].port != to)
		i++;
	memcpy(out, in, 4);
	if (i < TUNNELS && tunnels[i].hashed && from != to)
		d4_put_be16(out, TUNNEL_PORT);
}

void
pkt_tunnel_udp(struct pkt *p, const struct pkt_ip *ip, struct d4_slice data)
{
	struct pkt_outer o = {
	    .body = data, .len = d4_get_be16(ip->body.p + 4) - 8u};
	uint16_t from = d4_get_be16(ip->body.p);
	uint16_t to = d4_get_be16(ip->body.p + 2);
	struct pkt_tunnel t = {.inside = PKT_INSIDE_IP};
	size_t i = 0;

	while (i < TUNNELS && tunnels[i].port != to &&
	       (!tunnels[i].back || tunnels[i].port != from))
		i++;
	if (i == TUNNELS || !tunnels[i].read(p, data, &t))
		return;
	pkt_tunnel_ports(ip->body.p, p->w - 8);
	pkt_tunnel_label(ip, p->ip_out);
	if (p->opt.tunnels && !ip->part)
		pkt_tunnel_follow(p, &o, &t);
}

/*
 * Packets inside packets, by the rules of any packet (`tunnels: decode`):
 *   IP in IP, 6in4 = IP
 *   MPLS in IP (RFC 4023) = labels | IP
 *   GRE, ERSPAN: packet_gre.c
 *   over UDP: packet_tunnel_udp.c
 * Whatever is unclear inside is cut, as without the step: a doubt about the
 * inner packet is none about the outer one.
 */
#include <string.h>
#include "sanitizers/packet_again.h"
#include "sanitizers/packet_tunnel.h"

#define TUNNEL_GRE  47u
#define TUNNEL_MPLS 137u

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

/* Link layers inside: a frame of Ethernet, or labels of MPLS. */
static enum d4_reason
tunnel_frame(struct pkt *p, struct d4_slice in, bool labels)
{
	struct pkt_link l;
	enum d4_reason why = pkt_link_inside(in, labels, &l);

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
	switch (inside) {
	case PKT_INSIDE_IP:
		return tunnel_ip(p, in, NULL);
	case PKT_INSIDE_ETHERNET:
	case PKT_INSIDE_MPLS:
	case PKT_INSIDE_MPLS_MC:
		return tunnel_frame(p, in, inside != PKT_INSIDE_ETHERNET);
	case PKT_ETH_IP4:
	case PKT_ETH_IP6:
		return tunnel_typed(p, in, inside, NULL);
	default:
		return D4_R_L3;
	}
}

/*
 * The checksum of GRE covers all that follows; what is cut of it counts as
 * zeros. Where statuses are kept, one that was wrong is wrong again.
 */
static void
tunnel_sum(
    struct pkt *p, const struct pkt_outer *o, uint8_t *at, struct d4_slice body)
{
	at[4] = 0;
	at[5] = 0;
	san_sum_put(at + 4, san_sum_fold(san_sum(at, (size_t)(p->w - at), 0)));
	if (p->opt.keep_status && body.n == o->len &&
	    san_sum_fold(san_sum(body.p, body.n, 0)) != 0)
		at[5] ^= 1;
}

/* The link layer of a frame inside says nothing of the packet's own. */
void
pkt_tunnel_follow(
    struct pkt *p, const struct pkt_outer *o, const struct pkt_tunnel *t)
{
	uint8_t *mark = p->w, *outer = p->ip_out;
	struct d4_slice in = o->body;
	bool sized = p->sized;

	(void)pkt_copy(p, t->head, t->n);
	(void)d4_slice_skip(&in, t->n);
	pkt_alone(p);
	p->depth++;
	if (tunnel_inner(p, in, t->inside) != D4_R_NONE)
		p->w = mark;
	else if (t->sum)
		tunnel_sum(p, o, mark, o->body);
	p->depth--;
	p->nd = NULL;
	p->ip_out = outer;
	p->sized = sized;
}

bool
pkt_tunnel_proto(uint8_t proto)
{
	return proto == 4 || proto == 41 || proto == TUNNEL_GRE ||
	       proto == TUNNEL_MPLS;
}

void
pkt_tunnel_label(const struct pkt_ip *ip, uint8_t *w)
{
	if (ip->version != 6)
		return;
	w[1] &= 0xf0;
	w[2] = 0;
	w[3] = 0;
}

enum d4_reason
pkt_tunnel(struct pkt *p, const struct pkt_ip *ip)
{
	struct pkt_outer o = {.body = ip->body, .len = ip->body_len};
	struct pkt_tunnel t = {.inside = PKT_INSIDE_IP};

	pkt_tunnel_label(ip, p->ip_out);
	if (!p->opt.tunnels || ip->part)
		return D4_R_NONE;
	if (ip->proto == TUNNEL_MPLS)
		t.inside = PKT_INSIDE_MPLS;
	if (ip->proto != TUNNEL_GRE || pkt_gre(p, ip->body, &t))
		pkt_tunnel_follow(p, &o, &t);
	return D4_R_NONE;
}

/*
 * The packet inside an ICMP error, by the rules of any packet: its addresses
 * are replaced, its header is written anew, 8 bytes of its body are kept and
 * the rest is cut. The telescope's own address stands here, as the source of
 * a packet that somebody spoofed.
 */
#include <string.h>
#include "sanitizers/checksum.h"
#include "sanitizers/packet_tunnel.h"

#define QUOTE_BODY 8u

/* RFC 1624, equation 3: from the bytes as they were to what they are. */
static void
quote_incremental(uint8_t *field, const struct pkt_ip *ip)
{
	uint16_t old;
	uint64_t sum;
	uint8_t b[64];

	if (ip->version == 4) {
		d4_put_be32(b, ~ip->src4);
		d4_put_be32(b + 4, ~ip->dst4);
		d4_put_be32(b + 8, ip->to_src4);
		d4_put_be32(b + 12, ip->to_dst4);
		sum = san_sum(b, 16, 0);
	} else {
		for (size_t i = 0; i < 16; i++) {
			b[i] = (uint8_t)~ip->home.b[i];
			b[16 + i] = (uint8_t)~ip->final.b[i];
		}
		memcpy(b + 32, ip->to_home.b, 16);
		memcpy(b + 48, ip->to_final.b, 16);
		sum = san_sum(b, 64, 0);
	}
	memcpy(&old, field, 2);
	san_sum_put(field, san_sum_fold(sum + (uint16_t)~old));
	if (ip->proto == PKT_PROTO_UDP && field[0] == 0 && field[1] == 0)
		memset(field, 0xff, 2);
}

/* A checksum inside the quote covers what nobody sees: zero, or updated. */
static void
quote_sum(const struct pkt *p, const struct pkt_ip *ip, const uint8_t *in,
    uint8_t *field)
{
	bool none = ip->proto == PKT_PROTO_UDP && d4_get_be16(in) == 0;

	memset(field, 0, 2);
	if (!p->opt.inner_incremental || none)
		return;
	memcpy(field, in, 2);
	if (ip->proto != PKT_PROTO_IC4)
		quote_incremental(field, ip);
}

static enum d4_reason
quote_body(struct pkt *p, const struct pkt_ip *ip)
{
	const uint8_t *b = ip->body.p;
	enum d4_reason why = D4_R_NONE;
	uint8_t *w;

	why = pkt_l4_need(ip, QUOTE_BODY);
	if (why != D4_R_NONE)
		return why;
	w = pkt_put(p, QUOTE_BODY);
	switch (ip->proto) {
	case PKT_PROTO_TCP:
		memcpy(w, b, 4);
		d4_put_be32(w + 4, ip->seq);
		return D4_R_NONE;
	case PKT_PROTO_UDP:
		pkt_tunnel_ports(b, w);
		memcpy(w + 4, b + 4, 2);
		quote_sum(p, ip, b + 6, w + 6);
		return D4_R_NONE;
	case PKT_PROTO_IC4:
		why = pkt_icmp_head(p, b, w);
		break;
	default:
		why = pkt_icmp6_head(b, w);
		break;
	}
	if (why == D4_R_NONE)
		quote_sum(p, ip, b + 2, w + 2);
	return why;
}

/* Whose first 8 bytes do we know? Of others the header only is kept. */
static bool
quote_known(const struct pkt_ip *ip)
{
	if (ip->proto == PKT_PROTO_IC4)
		return ip->version == 4;
	if (ip->proto == PKT_PROTO_IC6)
		return ip->version == 6;
	return ip->proto == PKT_PROTO_TCP || ip->proto == PKT_PROTO_UDP;
}

/* What is inside is not here: by protocol and port. */
static bool
quote_tunnel(const struct pkt_ip *ip)
{
	if (ip->proto == PKT_PROTO_UDP && !ip->later && ip->body.n >= 4)
		return pkt_tunnel_port(ip->body.p);
	return pkt_tunnel_proto(ip->proto);
}

enum d4_reason
pkt_quote(struct pkt *p, struct d4_slice in, unsigned version)
{
	struct pkt_ip ip;
	enum d4_reason why;

	if (p->depth + 1 > PKT_NEST)
		return D4_R_NESTING;
	why = version == 4 ? pkt_ip4_decode(in, &ip) : pkt_ip6_decode(in, &ip);
	if (why != D4_R_NONE)
		return why;
	if (pkt_l4_denied(&ip))
		return D4_R_L4_PROTO;
	p->depth++;
	why = pkt_ip_map(p, &ip);
	if (why == D4_R_NONE)
		why = pkt_ip_write(p, &ip);
	if (why == D4_R_NONE && quote_tunnel(&ip))
		pkt_tunnel_label(&ip, p->ip_out);
	if (why == D4_R_NONE && !ip.later && quote_known(&ip))
		why = quote_body(p, &ip);
	p->depth--;
	p->nd = NULL; /* the outer target is written by now */
	return why;
}

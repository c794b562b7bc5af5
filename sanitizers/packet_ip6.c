/*
 * IPv6 (RFC 8200):
 *   version, class, flow u32 | payload length u16 | next header u8 |
 *   hop limit u8 | source[16] | destination[16] | extension headers
 */
#include <string.h>
#include "sanitizers/packet.h"

#define IP6_HEAD 40u

enum d4_reason
pkt_ip6_decode(struct d4_slice in, struct pkt_ip *out)
{
	const uint8_t *b = in.p;

	if (in.n < IP6_HEAD)
		return D4_R_TRUNC_IP6;
	if (b[0] >> 4 != 6)
		return D4_R_IP6_HDR;
	out->version = 6;
	out->proto = b[6];
	out->ext_proto = b[6];
	out->later = false;
	out->part = false;
	out->src = (struct d4_addr){.family = 6};
	out->dst = (struct d4_addr){.family = 6};
	memcpy(out->src.b, b + 8, 16);
	memcpy(out->dst.b, b + 24, 16);
	out->head = d4_slice_skip(&in, IP6_HEAD);
	out->ext = d4_slice_of(in.p, 0);
	out->body = in;
	out->body_len = d4_get_be16(b + 4);
	if (in.n > out->body_len)
		out->body.n = out->body_len;
	return pkt_ext_decode(out);
}

enum d4_reason
pkt_ip6_write(struct pkt *p, const struct pkt_ip *ip)
{
	const uint8_t *b = ip->head.p;
	uint8_t *w = pkt_put(p, IP6_HEAD);

	memcpy(w, b, 8);
	memcpy(w + 8, ip->to_src.b, 16);
	memcpy(w + 24, ip->to_dst.b, 16);
	return ip->ext.n != 0 ? pkt_ext_write(p, ip) : D4_R_NONE;
}

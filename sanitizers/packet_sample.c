/*
 * One flow in N, the same ones in every run: by a keyed hash of
 *   protocol u8 | lower end | higher end, an end = address | port u16
 * so that both directions go together. Fragments have port 0 at both ends:
 * the later ones cannot say better.
 */
#include <string.h>
#include "sanitizers/packet_family.h"

#define SAMPLE_END 18u

static size_t
sample_end(const struct pkt_ip *ip, bool dst, uint8_t out[SAMPLE_END])
{
	size_t n = ip->version == 4 ? 4 : 16;
	bool ports =
	    (ip->proto == PKT_PROTO_TCP || ip->proto == PKT_PROTO_UDP) &&
	    !ip->part && ip->body.n >= 4;

	if (ip->version == 4)
		d4_put_be32(out, dst ? ip->dst4 : ip->src4);
	else
		memcpy(out, dst ? ip->dst.b : ip->src.b, n);
	memset(out + n, 0, 2);
	if (ports)
		memcpy(out + n, ip->body.p + (dst ? 2 : 0), 2);
	return n + 2;
}

enum d4_reason
pkt_sample(struct pkt *p, const struct pkt_ip *ip)
{
	uint8_t src[SAMPLE_END], dst[SAMPLE_END], h[SAN_TOKEN_LEN];
	uint8_t flow[1 + 2 * SAMPLE_END];
	bool swap;
	size_t n;

	if (p->smp == NULL)
		return D4_R_NONE;
	pkt_alone(p);
	n = sample_end(ip, false, src);
	(void)sample_end(ip, true, dst);
	swap = memcmp(src, dst, n) > 0;
	flow[0] = ip->proto;
	memcpy(flow + 1, swap ? dst : src, n);
	memcpy(flow + 1 + n, swap ? src : dst, n);
	if (san_token_hash(p->smp, "smp", d4_slice_of(flow, 1 + 2 * n), h) !=
	    D4_OK)
		return D4_R_INTERNAL;
	return d4_get_be32(h) % p->opt.sample == 0 ? D4_R_NONE
	                                           : D4_R_SAMPLE_MISS;
}

/* ICMPv6 (RFC 4443): as ICMP, with a checksum over the addresses too. */
#include <string.h>
#include "sanitizers/packet.h"

#define ICMP6_HEAD 8u

enum icmp6_kind {
	ICMP6_UNKNOWN, /* dropped */
	ICMP6_QUOTE,   /* length, unused; a quote */
	ICMP6_NUMBER,  /* MTU or pointer; a quote */
	ICMP6_QUERY,   /* id and sequence number, then data */
	ICMP6_MLD,
	ICMP6_ND,
};

static const uint8_t icmp6_kinds[256] = {
    [1] = ICMP6_QUOTE,   /* destination unreachable */
    [2] = ICMP6_NUMBER,  /* packet too big */
    [3] = ICMP6_QUOTE,   /* time exceeded */
    [4] = ICMP6_NUMBER,  /* parameter problem */
    [128] = ICMP6_QUERY, /* echo request */
    [129] = ICMP6_QUERY, /* echo reply */
    [130] = ICMP6_MLD,
    [131] = ICMP6_MLD,
    [132] = ICMP6_MLD,
    [133] = ICMP6_ND,
    [134] = ICMP6_ND,
    [135] = ICMP6_ND,
    [136] = ICMP6_ND,
    [137] = ICMP6_ND,
    [143] = ICMP6_MLD,
};

enum d4_reason
pkt_icmp6_head(const uint8_t *in, uint8_t *out)
{
	memset(out, 0, ICMP6_HEAD);
	out[0] = in[0];
	out[1] = in[1];
	switch ((enum icmp6_kind)icmp6_kinds[in[0]]) {
	case ICMP6_UNKNOWN:
		return D4_R_ICMP_TYPE;
	case ICMP6_QUOTE:
		out[4] = in[4];
		return D4_R_NONE;
	case ICMP6_NUMBER:
	case ICMP6_QUERY:
		memcpy(out + 4, in + 4, 4);
		return D4_R_NONE;
	case ICMP6_MLD:
		/* number of records, or maximum response delay */
		if (in[0] == 143)
			memcpy(out + 6, in + 6, 2);
		else
			memcpy(out + 4, in + 4, 2);
		return D4_R_NONE;
	case ICMP6_ND:
		if (in[0] == 134) /* hop limit, flags, lifetime */
			memcpy(out + 4, in + 4, 4);
		else if (in[0] == 136) /* flags */
			out[4] = in[4] & 0xe0;
		return D4_R_NONE;
	}
	return D4_R_INTERNAL;
}

static enum d4_reason
icmp6_rest(struct pkt *p, const struct pkt_ip *ip)
{
	struct d4_slice rest = ip->body;

	(void)d4_slice_skip(&rest, ICMP6_HEAD);
	switch ((enum icmp6_kind)icmp6_kinds[ip->body.p[0]]) {
	case ICMP6_UNKNOWN:
		return D4_R_ICMP_TYPE;
	case ICMP6_QUOTE:
	case ICMP6_NUMBER:
		return pkt_quote(p, rest, 6);
	case ICMP6_QUERY:
		pkt_payload(p, rest);
		return D4_R_NONE;
	case ICMP6_MLD:
		return pkt_mld(p, ip);
	case ICMP6_ND:
		return pkt_nd(p, ip);
	}
	return D4_R_INTERNAL;
}

enum d4_reason
pkt_icmp6(struct pkt *p, const struct pkt_ip *ip)
{
	struct pkt_sum sum = {
	    .at = p->w, .offset = 2, .len = ip->body_len, .pseudo = true};
	enum d4_reason why;

	why = pkt_l4_need(ip, ICMP6_HEAD);
	if (why == D4_R_NONE)
		why = pkt_icmp6_head(ip->body.p, pkt_put(p, ICMP6_HEAD));
	if (why == D4_R_NONE)
		why = icmp6_rest(p, ip);
	if (why == D4_R_NONE)
		pkt_checksum(p, ip, &sum);
	return why;
}

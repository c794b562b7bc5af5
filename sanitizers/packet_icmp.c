/*
 * ICMP (RFC 792): type u8 | code u8 | checksum u16 | 4 bytes by the type |
 * the quoted packet, or data. Extensions (RFC 4884) behind the quote are cut.
 */
#include <string.h>
#include "sanitizers/packet.h"

#define ICMP_HEAD 8u

enum icmp_kind {
	ICMP_UNKNOWN, /* dropped */
	ICMP_QUERY,   /* id and sequence number, then data */
	ICMP_UNREACH, /* unused, length, MTU; a quote */
	ICMP_QUOTE,   /* unused, length; a quote */
	ICMP_POINTER, /* pointer, length; a quote */
	ICMP_GATEWAY, /* an address; a quote */
};

static const uint8_t icmp_kinds[256] = {
    [0] = ICMP_QUERY,    /* echo reply */
    [3] = ICMP_UNREACH,  /* destination unreachable */
    [4] = ICMP_QUOTE,    /* source quench */
    [5] = ICMP_GATEWAY,  /* redirect */
    [8] = ICMP_QUERY,    /* echo request */
    [11] = ICMP_QUOTE,   /* time exceeded */
    [12] = ICMP_POINTER, /* parameter problem */
    [13] = ICMP_QUERY,   /* time stamps: the times are data */
    [14] = ICMP_QUERY,
};

/* Only what the type defines; unused bytes could hold anything. */
enum d4_reason
pkt_icmp_head(struct pkt *p, const uint8_t *in, uint8_t *out)
{
	memset(out, 0, ICMP_HEAD);
	out[0] = in[0];
	out[1] = in[1];
	switch ((enum icmp_kind)icmp_kinds[in[0]]) {
	case ICMP_UNKNOWN:
		return D4_R_ICMP_TYPE;
	case ICMP_QUERY:
		memcpy(out + 4, in + 4, 4);
		return D4_R_NONE;
	case ICMP_UNREACH:
		out[5] = in[5];
		if (in[1] == 4) /* fragmentation needed: the MTU */
			memcpy(out + 6, in + 6, 2);
		return D4_R_NONE;
	case ICMP_QUOTE:
		out[5] = in[5];
		return D4_R_NONE;
	case ICMP_POINTER:
		out[4] = in[4];
		out[5] = in[5];
		return D4_R_NONE;
	case ICMP_GATEWAY:
		return pkt_map4_at(p, in + 4, out + 4);
	}
	return D4_R_INTERNAL;
}

enum d4_reason
pkt_icmp(struct pkt *p, const struct pkt_ip *ip)
{
	struct pkt_sum sum = {.at = p->w, .offset = 2, .len = ip->body_len};
	struct d4_slice rest = ip->body;
	enum d4_reason why;

	why = pkt_l4_need(ip, ICMP_HEAD);
	if (why != D4_R_NONE)
		return why;
	why = pkt_icmp_head(p, rest.p, pkt_put(p, ICMP_HEAD));
	if (why != D4_R_NONE)
		return why;
	(void)d4_slice_skip(&rest, ICMP_HEAD);
	if (icmp_kinds[ip->body.p[0]] == ICMP_QUERY)
		pkt_payload(p, rest);
	else
		why = pkt_quote(p, rest, 4);
	if (why == D4_R_NONE)
		pkt_checksum(p, ip, &sum);
	return why;
}

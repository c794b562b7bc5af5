/*
 * IGMP (RFC 2236, 3376): type u8 | code u8 | checksum u16 | group[4], and
 *   version 3 query:  | flags u8 | interval u8 | sources u16 | sources
 *   version 3 report: type 22, reserved u16 | records u16, each of
 *     type u8 | aux length u8 (of 4) | sources u16 | group[4] | sources | aux
 * Groups are kept (they are multicast), sources replaced.
 */
#include <string.h>
#include "sanitizers/packet.h"

#define IGMP_HEAD   8u
#define IGMP_QUERY  0x11u
#define IGMP_QUERY3 12u
#define IGMP_REPORT 0x22u
#define IGMP_RECORD 8u

static enum d4_reason
igmp_sources(struct pkt *p, const struct pkt_ip *ip, uint32_t n, uint32_t *at)
{
	enum d4_reason why = pkt_l4_need(ip, *at + n * 4);

	for (; why == D4_R_NONE && n > 0; n--, *at += 4)
		why = pkt_map4_at(p, ip->body.p + *at, pkt_put(p, 4));
	return why;
}

static enum d4_reason
igmp_record(struct pkt *p, const struct pkt_ip *ip, uint32_t *at)
{
	const uint8_t *b = ip->body.p + *at;
	enum d4_reason why = pkt_l4_need(ip, *at + IGMP_RECORD);
	uint32_t aux;

	if (why == D4_R_NONE && (b[0] < 1 || b[0] > 6))
		why = D4_R_L4_HDR;
	if (why != D4_R_NONE)
		return why;
	memcpy(pkt_put(p, 4), b, 4);
	aux = b[1] * 4u;
	*at += 4;
	why = igmp_sources(p, ip, d4_get_be16(b + 2) + 1u, at);
	if (why == D4_R_NONE)
		why = pkt_l4_need(ip, *at + aux);
	if (why != D4_R_NONE)
		return why;
	memset(pkt_put(p, aux), 0, aux);
	*at += aux;
	return D4_R_NONE;
}

static enum d4_reason
igmp_report(struct pkt *p, const struct pkt_ip *ip)
{
	const uint8_t *b = ip->body.p;
	enum d4_reason why = D4_R_NONE;
	uint8_t *w = pkt_put(p, IGMP_HEAD);
	uint32_t at = IGMP_HEAD;

	memset(w, 0, IGMP_HEAD);
	w[0] = b[0];
	memcpy(w + 6, b + 6, 2);
	for (uint32_t n = d4_get_be16(b + 6); why == D4_R_NONE && n > 0; n--)
		why = igmp_record(p, ip, &at);
	return why;
}

static enum d4_reason
igmp_query(struct pkt *p, const struct pkt_ip *ip)
{
	const uint8_t *b = ip->body.p;
	uint32_t at = IGMP_QUERY3;
	enum d4_reason why;
	uint8_t *w = pkt_put(p, IGMP_HEAD);

	memset(w, 0, IGMP_HEAD);
	w[0] = b[0];
	w[1] = b[1];
	why = pkt_map4_at(p, b + 4, w + 4);
	if (why != D4_R_NONE || b[0] != IGMP_QUERY ||
	    ip->body_len < IGMP_QUERY3)
		return why;
	why = pkt_l4_need(ip, IGMP_QUERY3);
	if (why != D4_R_NONE)
		return why;
	memcpy(pkt_put(p, 4), b + IGMP_HEAD, 4);
	return igmp_sources(p, ip, d4_get_be16(b + 10), &at);
}

enum d4_reason
pkt_igmp(struct pkt *p, const struct pkt_ip *ip)
{
	struct pkt_sum sum = {.at = p->w, .offset = 2, .len = ip->body_len};
	enum d4_reason why = pkt_l4_need(ip, IGMP_HEAD);

	if (why != D4_R_NONE)
		return why;
	switch (ip->body.p[0]) {
	case IGMP_QUERY:
	case 0x12: /* reports of version 1 and 2, leave */
	case 0x16:
	case 0x17:
		why = igmp_query(p, ip);
		break;
	case IGMP_REPORT:
		why = igmp_report(p, ip);
		break;
	default:
		why = D4_R_ICMP_TYPE;
	}
	if (why == D4_R_NONE)
		pkt_checksum(p, ip, &sum);
	return why;
}

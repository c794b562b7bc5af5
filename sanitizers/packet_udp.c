/* UDP (RFC 768): ports u16 u16 | length u16 | checksum u16 */
#include <string.h>
#include "sanitizers/packet_again.h"
#include "sanitizers/packet_dns.h"
#include "sanitizers/packet_tunnel.h"

#define UDP_HEAD 8u

enum d4_reason
pkt_udp(struct pkt *p, const struct pkt_ip *ip)
{
	struct pkt_sum sum = {.at = p->w, .offset = 6, .pseudo = true};
	const uint8_t *b = ip->body.p;
	enum d4_reason why;
	size_t n;

	why = pkt_l4_need(ip, UDP_HEAD);
	if (why != D4_R_NONE)
		return why;
	sum.len = d4_get_be16(b + 4);
	/* Only a first fragment may announce more than it holds. */
	if (sum.len < UDP_HEAD || (sum.len > ip->body_len && !ip->part))
		return D4_R_L4_HDR;
	n = sum.len < ip->body.n ? sum.len : ip->body.n;
	memcpy(pkt_put(p, UDP_HEAD), b, UDP_HEAD);
	if (pkt_dns_is(p, ip, sum.len)) {
		why = pkt_dns(p, ip, &sum);
		if (why != D4_R_NONE)
			return why;
	} else if (!pkt_tunnel_port(b)) {
		pkt_payload(p, d4_slice_of(b + UDP_HEAD, n - UDP_HEAD));
	} else {
		pkt_tunnel_udp(p, ip, d4_slice_of(b + UDP_HEAD, n - UDP_HEAD));
	}
	/* No checksum stays none where statuses are kept. */
	if (p->opt.keep_status && ip->version == 4 && d4_get_be16(b + 6) == 0)
		return D4_R_NONE;
	pkt_checksum(p, ip, &sum);
	return D4_R_NONE;
}

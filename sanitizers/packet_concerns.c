/*
 * Whom a packet concerns: who sent it, whom it was sent to, and, in an ICMP
 * error, both ends of the packet that it quotes. Backscatter is about the
 * victim, who is the sender, or whose traffic a router on the way quotes.
 */
#include "sanitizers/concerns.h"
#include "sanitizers/packet_family.h"

#define CONCERNS_ICMP 8u /* bytes of an ICMP error in front of its quote */

static bool
concerns_ends(const struct pkt *p, const struct pkt_ip *ip)
{
	struct d4_addr src = {.family = 4}, dst = {.family = 4};

	if (ip->version == 6)
		return san_concerns_addr(p->opt.concerns, &ip->src) ||
		       san_concerns_addr(p->opt.concerns, &ip->dst);
	d4_put_be32(src.b, ip->src4);
	d4_put_be32(dst.b, ip->dst4);
	return san_concerns_addr(p->opt.concerns, &src) ||
	       san_concerns_addr(p->opt.concerns, &dst);
}

/* Is it an ICMP error, with a quote behind its header? */
static bool
concerns_quotes(const struct pkt_ip *ip)
{
	unsigned type;

	if (ip->later || ip->body.n <= CONCERNS_ICMP)
		return false;
	type = ip->body.p[0];
	if (ip->version == 6)
		return ip->proto == PKT_PROTO_IC6 && type >= 1 && type <= 4;
	return ip->proto == PKT_PROTO_IC4 &&
	       ((type >= 3 && type <= 5) || type == 11 || type == 12);
}

/* Asked only where a filter is set (opt.concerns). */
bool
pkt_concerns(const struct pkt *p, const struct pkt_ip *ip)
{
	struct d4_slice in = ip->body;
	struct pkt_ip quoted;
	enum d4_reason why;

	if (concerns_ends(p, ip))
		return true;
	if (!concerns_quotes(ip))
		return false;
	(void)d4_slice_skip(&in, CONCERNS_ICMP);
	why = ip->version == 6 ? pkt_ip6_decode(in, &quoted)
	                       : pkt_ip4_decode(in, &quoted);
	return why == D4_R_NONE && concerns_ends(p, &quoted);
}

/* Named filters, on the decoded packet: IPv4, IPv6 and VLAN alike. */
#include "sanitizers/packet_family.h"

#define MATCH_FIN_PORTS 4u
#define MATCH_SYN       0x02u
#define MATCH_RST       0x04u
#define MATCH_ACK       0x10u

static unsigned
match_ports(struct d4_slice b)
{
	if (b.n < MATCH_FIN_PORTS)
		return 0;
	return d4_get_be16(b.p) == 53 || d4_get_be16(b.p + 2) == 53
	           ? SAN_FILTER_DNS
	           : 0;
}

static unsigned
match_tcp(struct d4_slice b)
{
	unsigned bits = SAN_FILTER_TCP | match_ports(b), flags;

	if (b.n < 14)
		return bits;
	flags = b.p[13];
	if ((flags & (MATCH_SYN | MATCH_ACK)) == MATCH_SYN)
		bits |= SAN_FILTER_SYN;
	if ((flags & MATCH_RST) != 0 ||
	    (flags & (MATCH_SYN | MATCH_ACK)) == (MATCH_SYN | MATCH_ACK))
		bits |= SAN_FILTER_BACKSCATTER;
	return bits;
}

static unsigned
match_icmp(struct d4_slice b, bool six)
{
	bool error;
	unsigned type;

	if (b.n == 0)
		return SAN_FILTER_ICMP;
	type = b.p[0];
	if (six)
		error = type >= 1 && type <= 4;
	else
		error = (type >= 3 && type <= 5) || type == 11 || type == 12;
	return SAN_FILTER_ICMP |
	       (error ? SAN_FILTER_ICMP_ERROR | SAN_FILTER_BACKSCATTER : 0);
}

static unsigned
match_bits(const struct pkt_ip *ip)
{
	if (ip->later)
		return 0;
	if (ip->proto == PKT_PROTO_TCP)
		return match_tcp(ip->body);
	if (ip->proto == PKT_PROTO_UDP)
		return SAN_FILTER_UDP | match_ports(ip->body);
	if (ip->proto == PKT_PROTO_IC4 && ip->version == 4)
		return match_icmp(ip->body, false);
	if (ip->proto == PKT_PROTO_IC6 && ip->version == 6)
		return match_icmp(ip->body, true);
	return 0;
}

bool
pkt_match(const struct pkt *p, const struct pkt_ip *ip)
{
	return p->opt.match == 0 || (match_bits(ip) & p->opt.match) != 0;
}

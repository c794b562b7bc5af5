/* The DNS over UDP of a packet, written anew (`payload: dns`). */
#ifndef SAN_PACKET_DNS_H
#define SAN_PACKET_DNS_H

#include "sanitizers/dns.h"
#include "sanitizers/packet.h"

/* pkt_slack -- bytes that a record may grow by. */
static inline size_t
pkt_slack(const struct pkt *p)
{
	return PKT_SLACK + (p->dns != NULL ? SAN_DNS_MAX : 0u);
}

/* pkt_dns_is -- a UDP datagram of len bytes is a message to be written anew. */
bool pkt_dns_is(const struct pkt *p, const struct pkt_ip *ip, uint32_t len);

/*
 * pkt_dns -- writes it behind the UDP header; sets the lengths in *sum and in
 * the headers of UDP and IP. Errors: why the packet must not leave.
 */
D4_USED enum d4_reason pkt_dns(
    struct pkt *p, const struct pkt_ip *ip, struct pkt_sum *sum);

#endif

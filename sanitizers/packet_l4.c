/* The body of an IP packet by its protocol; payloads; checksums. */
#include <string.h>
#include "sanitizers/checksum.h"
#include "sanitizers/clean.h"
#include "sanitizers/packet_again.h"
#include "sanitizers/packet_tunnel.h"

/* Routing protocols: they speak of the network itself. */
static enum d4_reason
l4_deny(struct pkt *p, const struct pkt_ip *ip)
{
	(void)p;
	(void)ip;
	return D4_R_L4_PROTO;
}

/* Encrypted: nothing but payload. */
static enum d4_reason
l4_esp(struct pkt *p, const struct pkt_ip *ip)
{
	pkt_payload(p, ip->body);
	return D4_R_NONE;
}

/*
 * What follows the IP header. versions: bit 0 IPv4, bit 1 IPv6. A protocol
 * without a row: the IP header only.
 */
static const struct {
	uint8_t proto, versions;
	enum d4_reason (*write)(struct pkt *p, const struct pkt_ip *ip);
} l4_rows[] = {
    {PKT_PROTO_TCP, 3, pkt_tcp}, {PKT_PROTO_UDP, 3, pkt_udp},
    {PKT_PROTO_IC4, 1, pkt_icmp}, {PKT_PROTO_IC6, 2, pkt_icmp6},
    {4, 3, pkt_tunnel}, {41, 3, pkt_tunnel}, {47, 3, pkt_tunnel},
    {132, 3, pkt_sctp}, {137, 3, pkt_tunnel}, {2, 1, pkt_igmp}, {50, 3, l4_esp},
    {88, 3, l4_deny},  /* EIGRP */
    {89, 3, l4_deny},  /* OSPF */
    {103, 3, l4_deny}, /* PIM */
    {112, 3, l4_deny}, /* VRRP, CARP */
};

#define L4_ROWS (sizeof(l4_rows) / sizeof(l4_rows[0]))

static size_t
l4_row(const struct pkt_ip *ip)
{
	unsigned version = ip->version == 4 ? 1 : 2;
	size_t i = 0;

	while (i < L4_ROWS && (l4_rows[i].proto != ip->proto ||
				  (l4_rows[i].versions & version) == 0))
		i++;
	return i;
}

bool
pkt_l4_denied(const struct pkt_ip *ip)
{
	size_t i = l4_row(ip);

	return i < L4_ROWS && l4_rows[i].write == l4_deny;
}

/* Of UDP nobody can tell where its ports are not. */
static bool
l4_may_tunnel(const struct pkt_ip *ip)
{
	return ip->proto == PKT_PROTO_UDP || pkt_tunnel_proto(ip->proto);
}

enum d4_reason
pkt_l4_write(struct pkt *p, const struct pkt_ip *ip)
{
	size_t i = l4_row(ip);

	if (i == L4_ROWS)
		return D4_R_NONE;
	/* A later fragment has no header in it: all is cut. */
	if (ip->later && l4_may_tunnel(ip))
		pkt_tunnel_label(ip, p->ip_out);
	if (ip->later)
		return l4_rows[i].write == l4_deny ? D4_R_L4_PROTO : D4_R_NONE;
	return l4_rows[i].write(p, ip);
}

enum d4_reason
pkt_l4_need(const struct pkt_ip *ip, uint32_t n)
{
	if (ip->body_len < n)
		return D4_R_L4_HDR;
	return ip->body.n < n ? D4_R_TRUNC_L4 : D4_R_NONE;
}

void
pkt_payload(struct pkt *p, struct d4_slice data)
{
	switch (p->opt.payload.kind) {
	case SAN_PAYLOAD_HEADERS:
	case SAN_PAYLOAD_DNS: /* packet_dns.c */
		return;
	case SAN_PAYLOAD_ZERO:
		memset(pkt_put(p, data.n), 0, data.n);
		return;
	case SAN_PAYLOAD_CLEAN:
		if (!san_clean(p->opt.addr, data))
			return;
		break;
	case SAN_PAYLOAD_FIRST:
		if (data.n > p->opt.payload.n)
			data.n = p->opt.payload.n;
		break;
	case SAN_PAYLOAD_KEEP:
		break;
	}
	if (data.n != 0)
		memcpy(pkt_put(p, data.n), data.p, data.n);
}

/* The addresses, protocol and length, as they were or as they are now. */
static uint64_t
l4_pseudo(const struct pkt_ip *ip, uint32_t len, bool now)
{
	const struct d4_addr *a = now ? &ip->to_home : &ip->home;
	const struct d4_addr *b = now ? &ip->to_final : &ip->final;
	uint64_t sum;

	if (ip->version == 4)
		sum = (uint64_t)htobe32(now ? ip->to_src4 : ip->src4) +
		      htobe32(now ? ip->to_dst4 : ip->dst4);
	else
		sum = san_sum(b->b, 16, san_sum(a->b, 16, 0));
	return san_sum_tail(ip->proto, len, sum);
}

/* keep-status: could it be judged, and was it wrong? */
static bool
l4_was_wrong(
    const struct pkt *p, const struct pkt_ip *ip, const struct pkt_sum *s)
{
	uint64_t sum = s->pseudo ? l4_pseudo(ip, s->len, false) : 0;

	if (!p->opt.keep_status || ip->part || ip->body.n < s->len)
		return false;
	return san_sum_fold(san_sum(ip->body.p, s->len, sum)) != 0;
}

/*
 * Four bytes are written at once, as they are read again in the sum: else the
 * processor would wait until both parts of them stand in memory.
 */
uint64_t
pkt_sum_of(const struct pkt_sum *s, size_t n)
{
	uint8_t *p = s->at + (s->offset & ~(size_t)3);
	uint32_t kept = (s->offset & 2) != 0 ? 0xffff0000u : 0x0000ffffu;

	assert(n >= (s->offset & ~(size_t)3) + 4 && s->offset % 2 == 0);
	d4_put_be32(p, d4_get_be32(p) & kept);
	return san_sum(s->at, n, 0);
}

void
pkt_sum_put(const struct pkt_ip *ip, const struct pkt_sum *s, uint64_t sum)
{
	uint16_t folded;

	if (s->pseudo)
		sum += l4_pseudo(ip, s->len, true);
	folded = san_sum_fold(sum);
	if (folded == 0 && ip->proto == PKT_PROTO_UDP)
		folded = 0xffff;
	san_sum_put(s->at + s->offset, folded);
}

/*
 * Bytes that were cut count as zeros under the original length, so that the
 * checksum says nothing of them.
 */
void
pkt_checksum(struct pkt *p, const struct pkt_ip *ip, const struct pkt_sum *s)
{
	uint64_t sum = pkt_sum_of(s, (size_t)(p->w - s->at));

	pkt_sum_put(ip, s, sum);
	if (p->notes != NULL)
		pkt_note_sum(p, ip, s, sum);
	if (l4_was_wrong(p, ip, s))
		s->at[s->offset + 1] ^= 1;
}

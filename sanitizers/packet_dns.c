/*
 * DNS over UDP, written anew: the message, then the lengths and checksums of
 * what is around it. What cannot be rebuilt leaves as headers only.
 */
#include <string.h>
#include "sanitizers/checksum.h"
#include "sanitizers/packet_dns.h"

#define DNS_PORT 53u
#define DNS_UDP  8u
#define DNS_IP6  40u

/*
 * In front of everything, whole, and no link layer that counts its bytes;
 * a fragment's message is not here.
 */
bool
pkt_dns_is(const struct pkt *p, const struct pkt_ip *ip, uint32_t len)
{
	const uint8_t *b = ip->body.p;

	if (p->dns == NULL || p->depth != 0 || p->sized || ip->part ||
	    ip->body.n < len)
		return false;
	return d4_get_be16(b) == DNS_PORT || d4_get_be16(b + 2) == DNS_PORT;
}

static enum d4_reason
dns_map(void *arg, struct d4_addr *a)
{
	struct d4_addr was = *a;

	return a->family == 4 ? pkt_map4_at(arg, was.b, a->b)
	                      : pkt_map6_at(arg, was.b, a->b);
}

/* The IP header in front says how much there is now. */
static void
dns_lengths(struct pkt *p, const struct pkt_ip *ip, size_t udp)
{
	uint8_t *h = p->ip_out;
	size_t behind = ip->ext.n + udp;

	if (ip->version == 6) {
		d4_put_be16(h + 4, (uint16_t)behind);
		return;
	}
	d4_put_be16(h + 2, (uint16_t)(ip->head.n + behind));
	h[10] = 0;
	h[11] = 0;
	san_sum_put(h + 10, san_sum_fold(san_sum(h, ip->head.n, 0)));
}

enum d4_reason
pkt_dns(struct pkt *p, const struct pkt_ip *ip, struct pkt_sum *sum)
{
	struct san_dns *d = p->dns;
	uint8_t *udp = p->w - DNS_UDP;

	d->msg = d4_slice_of(ip->body.p + DNS_UDP, sum->len - DNS_UDP);
	d->conf = p->opt.payload.dns;
	d->scope = NULL;
	d->map = p->map != NULL ? dns_map : NULL;
	d->arg = p;
	if (p->opt.addr != NULL && p->opt.addr->scope.n != 0)
		d->scope = &p->opt.addr->scope;
	if (!san_dns_rebuild(d) || d->n > (size_t)(p->end - p->w))
		return D4_R_NONE;
	if (d->why != D4_R_NONE)
		return d->why;
	(void)pkt_copy(p, d->out, d->n);
	sum->len = (uint32_t)(DNS_UDP + d->n);
	d4_put_be16(udp + 4, (uint16_t)sum->len);
	dns_lengths(p, ip, sum->len);
	p->whole = true;
	return D4_R_NONE;
}

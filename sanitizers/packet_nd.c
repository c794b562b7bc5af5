/*
 * Neighbour discovery (RFC 4861, 8106) and multicast listener discovery
 * (RFC 2710, 3810), behind the first 8 bytes of the message.
 *   ND option = type u8 | length u8 (of 8 bytes) | ...
 * Options that we do not know keep type and length, and nothing else: to cut
 * them out would move what follows.
 */
#include <string.h>
#include "sanitizers/packet.h"

#define ND_HEAD     8u
#define ND_RA       16u /* router advertisement: two timers more */
#define ND_TARGET   24u /* a target behind the head */
#define ND_REDIRECT 40u /* and a destination */
#define MLD_QUERY   130u
#define MLD_REPORT2 143u
#define MLD_GROUP   24u
#define MLD_QUERY2  28u /* version 2: flags, interval, number of sources */
#define MLD_RECORD  20u

const uint8_t *
pkt_nd_target(const struct pkt_ip *ip)
{
	const uint8_t *b = ip->body.p;

	if (ip->version != 6 || ip->proto != PKT_PROTO_IC6 || ip->later ||
	    ip->body.n < ND_TARGET || b[0] < 135 || b[0] > 137)
		return NULL;
	return b + ND_HEAD;
}

static enum d4_reason
nd_prefix(struct pkt *p, const uint8_t *b, uint8_t *w)
{
	enum d4_reason why;
	unsigned len = b[2];

	if (len > 128)
		return D4_R_L4_HDR;
	memcpy(w + 2, b + 2, 10); /* length, flags, life times */
	why = pkt_map6_at(p, b + 16, w + 16);
	for (unsigned i = 0; i < 16; i++) {
		if (8 * i >= len)
			w[16 + i] = 0;
		else if (8 * (i + 1) > len)
			w[16 + i] &= (uint8_t)(0xff00u >> len % 8);
	}
	return why;
}

static enum d4_reason
nd_servers(struct pkt *p, const uint8_t *b, size_t n, uint8_t *w)
{
	enum d4_reason why = D4_R_NONE;

	memcpy(w + 4, b + 4, 4); /* life time */
	for (size_t at = 8; why == D4_R_NONE && at + 16 <= n; at += 16)
		why = pkt_map6_at(p, b + at, w + at);
	return why;
}

/* Redirected header: the quote may end early, the option's room stays. */
static enum d4_reason
nd_redirected(struct pkt *p, const uint8_t *b, size_t n)
{
	uint8_t *end = p->w + n;
	enum d4_reason why;

	memset(pkt_put(p, 8), 0, 8);
	end[-(ptrdiff_t)n] = b[0];
	end[1 - (ptrdiff_t)n] = b[1];
	why = pkt_quote(p, d4_slice_of(b + 8, n - 8), 6);
	if (why != D4_R_NONE)
		return why;
	memset(p->w, 0, (size_t)(end - p->w));
	p->w = end;
	return D4_R_NONE;
}

static enum d4_reason
nd_option(struct pkt *p, const uint8_t *b, size_t n)
{
	uint8_t *w;

	if (b[0] == 4)
		return nd_redirected(p, b, n);
	w = pkt_put(p, n);
	memset(w, 0, n);
	w[0] = b[0];
	w[1] = b[1];
	switch (b[0]) {
	case 1: /* link-layer addresses */
	case 2:
		return n == 8 ? pkt_mac(p, b + 2, w + 2) : D4_R_NONE;
	case 3:
		return n == 32 ? nd_prefix(p, b, w) : D4_R_L4_HDR;
	case 25:
		return nd_servers(p, b, n, w);
	default:
		return D4_R_NONE;
	}
}

static enum d4_reason
nd_options(struct pkt *p, const struct pkt_ip *ip, uint32_t at)
{
	enum d4_reason why = D4_R_NONE;

	while (why == D4_R_NONE && at < ip->body_len) {
		const uint8_t *b = ip->body.p + at;
		uint32_t n;

		why = pkt_l4_need(ip, at + 2);
		if (why != D4_R_NONE)
			return why;
		n = b[1] * 8u;
		if (n == 0)
			return D4_R_L4_HDR;
		why = pkt_l4_need(ip, at + n);
		if (why == D4_R_NONE)
			why = nd_option(p, b, n);
		at += n;
	}
	return why;
}

enum d4_reason
pkt_nd(struct pkt *p, const struct pkt_ip *ip)
{
	static const uint8_t sizes[] = {
	    ND_HEAD, ND_RA, ND_TARGET, ND_TARGET, ND_REDIRECT};
	const uint8_t *b = ip->body.p;
	uint8_t n = sizes[b[0] - 133];
	enum d4_reason why = pkt_l4_need(ip, n);

	if (why != D4_R_NONE)
		return why;
	if (b[0] == 134)
		memcpy(pkt_put(p, 8), b + ND_HEAD, 8);
	for (uint8_t at = ND_HEAD; b[0] >= 135 && at < n; at += 16) {
		why = pkt_map6_at(p, b + at, pkt_put(p, 16));
		if (why != D4_R_NONE)
			return why;
	}
	return nd_options(p, ip, n);
}

/* n addresses at `at`, which moves behind them. */
static enum d4_reason
mld_sources(struct pkt *p, const struct pkt_ip *ip, uint32_t n, uint32_t *at)
{
	enum d4_reason why = pkt_l4_need(ip, *at + n * 16);

	for (; why == D4_R_NONE && n > 0; n--, *at += 16)
		why = pkt_map6_at(p, ip->body.p + *at, pkt_put(p, 16));
	return why;
}

/* type u8 | aux length u8 (of 4) | sources u16 | group[16] | sources | aux */
static enum d4_reason
mld_record(struct pkt *p, const struct pkt_ip *ip, uint32_t *at)
{
	const uint8_t *b = ip->body.p + *at;
	enum d4_reason why = pkt_l4_need(ip, *at + MLD_RECORD);
	uint32_t aux;
	uint8_t *w;

	if (why == D4_R_NONE && (b[0] < 1 || b[0] > 6))
		why = D4_R_L4_HDR;
	if (why != D4_R_NONE)
		return why;
	w = pkt_put(p, 4);
	memcpy(w, b, 4);
	aux = b[1] * 4u;
	*at += 4;
	why = mld_sources(p, ip, d4_get_be16(b + 2) + 1u, at);
	if (why == D4_R_NONE)
		why = pkt_l4_need(ip, *at + aux);
	if (why != D4_R_NONE)
		return why;
	memset(pkt_put(p, aux), 0, aux);
	*at += aux;
	return D4_R_NONE;
}

enum d4_reason
pkt_mld(struct pkt *p, const struct pkt_ip *ip)
{
	const uint8_t *b = ip->body.p;
	enum d4_reason why = D4_R_NONE;
	uint32_t at = ND_HEAD;

	if (b[0] == MLD_REPORT2) {
		for (uint32_t n = d4_get_be16(b + 6); why == D4_R_NONE && n > 0;
		     n--)
			why = mld_record(p, ip, &at);
		return why;
	}
	why = mld_sources(p, ip, 1, &at);
	if (why != D4_R_NONE || b[0] != MLD_QUERY || ip->body_len < MLD_QUERY2)
		return why;
	why = pkt_l4_need(ip, MLD_QUERY2);
	if (why != D4_R_NONE)
		return why;
	memcpy(pkt_put(p, 4), b + MLD_GROUP, 4);
	at += 4;
	return mld_sources(p, ip, d4_get_be16(b + 26), &at);
}

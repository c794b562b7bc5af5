/*
 * TCP (RFC 9293):
 *   ports u16 u16 | sequence u32 | acknowledgement u32 | offset u8 |
 *   flags u8 | window u16 | checksum u16 | urgent u16 | options
 */
#include <string.h>
#include "sanitizers/packet.h"

#define TCP_MIN 20u
#define TCP_EOL 0u
#define TCP_NOP 1u
#define TCP_TS  8u

/* Options that are kept, when they have the length that they must have. */
static bool
tcp_option_kept(uint8_t kind, size_t len)
{
	switch (kind) {
	case 2: /* maximum segment size */
		return len == 4;
	case 3: /* window scale */
		return len == 3;
	case 4: /* SACK permitted */
		return len == 2;
	case 5: /* SACK */
		return len == 10 || len == 18 || len == 26 || len == 34;
	case TCP_TS:
		return len == 10;
	default:
		return false;
	}
}

/* One option, as it was copied. */
static inline void
tcp_option(const struct pkt *p, uint8_t *w, size_t len)
{
	if (!tcp_option_kept(w[0], len))
		memset(w, TCP_NOP, len);
	else if (w[0] == TCP_TS && p->opt.tcp_ts_zero)
		memset(w + 2, 0, 8);
}

/* Copied in words first, as the checksum reads them; nearly all are kept. */
bool
pkt_tcp_options(const struct pkt *p, const uint8_t *in, size_t n, uint8_t *out)
{
	size_t len;

	assert(n % 4 == 0);
	for (size_t i = 0; i < n; i += 4)
		memcpy(out + i, in + i, 4);
	for (size_t i = 0; i < n; i += len) {
		len = 1;
		if (in[i] == TCP_NOP)
			continue;
		if (in[i] == TCP_EOL) {
			memset(out + i, 0, n - i);
			return true;
		}
		if (n - i < 2 || in[i + 1] < 2 || in[i + 1] > n - i)
			return false;
		len = in[i + 1];
		tcp_option(p, out + i, len);
	}
	return true;
}

enum d4_reason
pkt_tcp(struct pkt *p, const struct pkt_ip *ip)
{
	struct pkt_sum sum = {
	    .at = p->w, .offset = 16, .len = ip->body_len, .pseudo = true};
	const uint8_t *b = ip->body.p;
	enum d4_reason why;
	uint32_t n;
	uint8_t *w;

	why = pkt_l4_need(ip, TCP_MIN);
	if (why != D4_R_NONE)
		return why;
	n = (b[12] >> 4) * 4u;
	if (n < TCP_MIN)
		return D4_R_L4_HDR;
	why = pkt_l4_need(ip, n);
	if (why != D4_R_NONE)
		return why;
	w = pkt_put(p, n);
	/* In words, as the checksum reads them; without the reserved bits. */
	d4_put_be32(w, d4_get_be32(b));
	d4_put_be32(w + 4, ip->seq);
	d4_put_be32(w + 8, ip->ack);
	d4_put_be32(w + 12, d4_get_be32(b + 12) & 0xf1ffffffu);
	d4_put_be32(w + 16, d4_get_be32(b + 16));
	if (n > TCP_MIN &&
	    !pkt_tcp_options(p, b + TCP_MIN, n - TCP_MIN, w + TCP_MIN))
		return D4_R_L4_HDR;
	pkt_payload(p, d4_slice_of(b + n, ip->body.n - n));
	pkt_checksum(p, ip, &sum);
	return D4_R_NONE;
}

/*
 * IPv4 (RFC 791):
 *   version and length u8 | TOS u8 | total length u16 | id u16 |
 *   flags and offset u16 | TTL u8 | protocol u8 | checksum u16 |
 *   source[4] | destination[4] | options
 */
#include <string.h>
#include "sanitizers/checksum.h"
#include "sanitizers/packet_again.h"

#define IP4_MIN    PKT_IP4
#define IP4_OFFSET 0x1fffu
#define IP4_MORE   0x2000u
#define IP4_EOL    0u
#define IP4_NOP    1u
#define IP4_ALERT  148u

enum d4_reason
pkt_ip4_decode(struct d4_slice in, struct pkt_ip *out)
{
	const uint8_t *b = in.p;
	unsigned ihl, total, flags;

	if (in.n < IP4_MIN)
		return D4_R_TRUNC_IP4;
	ihl = (b[0] & 15u) * 4;
	total = d4_get_be16(b + 2);
	if (b[0] >> 4 != 4 || ihl < IP4_MIN || total < ihl)
		return D4_R_IP4_HDR;
	if (in.n < ihl)
		return D4_R_TRUNC_IP4;
	flags = d4_get_be16(b + 6);
	out->version = 4;
	out->proto = b[9];
	out->ext_proto = b[9];
	out->later = (flags & IP4_OFFSET) != 0;
	out->part = (flags & (IP4_OFFSET | IP4_MORE)) != 0;
	out->src4 = d4_get_be32(b + 12);
	out->dst4 = d4_get_be32(b + 16);
	out->id = d4_get_be16(b + 4);
	out->head = d4_slice_skip(&in, ihl);
	out->ext = d4_slice_of(in.p, 0);
	/* What stands behind the total length is another memory's (Etherleak).
	 */
	out->body = in;
	out->body_len = total - ihl;
	if (in.n > out->body_len)
		out->body.n = out->body_len;
	return out->proto == PKT_PROTO_AH ? pkt_ext_decode(out) : D4_R_NONE;
}

/* How many bytes the option at b[0] has, or 0 when that cannot be. */
static size_t
ip4_option(const uint8_t *b, size_t n)
{
	if (b[0] == IP4_EOL || b[0] == IP4_NOP)
		return 1;
	return n < 2 || b[1] < 2 || b[1] > n ? 0 : b[1];
}

/*
 * Routes, time stamps and everything unknown become NOPs; behind the end of
 * the list there are zeros. False: the list is malformed.
 */
static bool
ip4_options(const uint8_t *in, size_t n, uint8_t *out)
{
	size_t len;

	for (size_t i = 0; i < n; i += len) {
		len = ip4_option(in + i, n - i);
		if (len == 0)
			return false;
		if (in[i] == IP4_EOL) {
			memset(out + i, 0, n - i);
			return true;
		}
		if (in[i] == IP4_ALERT && len == 4)
			memcpy(out + i, in + i, len);
		else
			memset(out + i, IP4_NOP, len);
	}
	return true;
}

/* keep-status: was the original checksum wrong? */
static bool
ip4_was_wrong(const struct pkt *p, const struct pkt_ip *ip)
{
	return p->opt.keep_status &&
	       san_sum_fold(san_sum(ip->head.p, ip->head.n, 0)) != 0;
}

/*
 * The header but for its options, with zero as its checksum; answers what it
 * sums to. Nothing is read again that was just written in smaller pieces: the
 * processor would have to wait until it stands in memory.
 */
static inline uint64_t
ip4_fixed(const struct pkt_ip *ip, uint8_t *w)
{
	const uint8_t *b = ip->head.p;
	uint32_t first = d4_get_be32(b);
	uint32_t second = (uint32_t)ip->id << 16 | d4_get_be16(b + 6);
	uint32_t third = (uint32_t)d4_get_be16(b + 8) << 16;

	d4_put_be32(w, first);
	d4_put_be32(w + 4, second);
	d4_put_be32(w + 8, third);
	d4_put_be32(w + 12, ip->to_src4);
	d4_put_be32(w + 16, ip->to_dst4);
	return (uint64_t)htobe32(first) + htobe32(second) + htobe32(third) +
	       htobe32(ip->to_src4) + htobe32(ip->to_dst4);
}

enum d4_reason
pkt_ip4_write(struct pkt *p, const struct pkt_ip *ip)
{
	const uint8_t *more = ip->head.p + IP4_MIN;
	size_t n = ip->head.n - IP4_MIN;
	uint8_t *w = pkt_put(p, ip->head.n);
	uint64_t sum = ip4_fixed(ip, w);

	if (n != 0 && !ip4_options(more, n, w + IP4_MIN))
		return D4_R_IP4_HDR;
	if (n != 0)
		sum = san_sum(w + IP4_MIN, n, sum);
	san_sum_put(w + 10, san_sum_fold(sum));
	if (ip4_was_wrong(p, ip))
		w[11] ^= 1;
	if (p->notes != NULL)
		pkt_note_head(p, ip, w);
	return ip->ext.n != 0 ? pkt_ext_write(p, ip) : D4_R_NONE;
}

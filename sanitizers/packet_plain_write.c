/*
 * Plain packets written: the bytes that packet_link.c, packet_ip4.c,
 * packet_tcp.c, packet_udp.c, packet_icmp.c and packet_quote.c would write,
 * each word of which is read once and stays in a register for its checksum.
 */
#include <string.h>
#include "sanitizers/packet_plain.h"

/* Behind the record's own header, whose length is filled in later. */
static inline bool
plain_front(struct packet *s, const struct plain *o, uint8_t *w)
{
	const uint8_t *b = o->rec + PLAIN_RECORD;

	if (packet_time(s, o->rec, w) != D4_R_NONE)
		return false;
	d4_put_32(s->p.file.big, w + 12, o->len);
	w += PLAIN_RECORD;
	memcpy(w + 12, b + 12, 2);
	if (s->p.opt.link == SAN_LINK_ZERO && ((b[0] | b[6]) & 1) == 0) {
		memset(w, 0, 12);
		return true;
	}
	/* One that is made with keys is not for those who follow. */
	s->notes.alone = false;
	return pkt_mac(&s->p, b, w) == D4_R_NONE &&
	       pkt_mac(&s->p, b + 6, w + 6) == D4_R_NONE && !s->notes.alone;
}

/*
 * Words as they lie in memory. No arrays of them: the compiler would write
 * these to memory, and read them again in larger pieces than it wrote.
 */
static inline uint32_t
plain_get(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return v;
}

static inline void
plain_put(uint8_t *p, uint32_t v)
{
	memcpy(p, &v, 4);
}

/* The header with these addresses; answers what they sum to. */
static inline uint64_t
plain_ip_write(const uint8_t *b, const uint32_t to[2], uint8_t *w)
{
	uint32_t first = plain_get(b), second = plain_get(b + 4);
	/* without the checksum */
	uint32_t third = plain_get(b + 8) & htobe32(0xffff0000u);
	uint32_t src = htobe32(to[0]), dst = htobe32(to[1]);
	uint64_t ends = (uint64_t)src + dst;

	plain_put(w, first);
	plain_put(w + 4, second);
	plain_put(w + 8, third);
	plain_put(w + 12, src);
	plain_put(w + 16, dst);
	san_sum_put(
	    w + PKT_IP4_SUM, san_sum_fold(ends + first + second + third));
	return ends;
}

/* False: the options are malformed. */
static inline bool
plain_tcp(const struct pkt *p, const struct plain *o, uint64_t ends, uint8_t *w)
{
	const uint8_t *b = o->rec + PLAIN_L4;
	size_t more = o->tcp - PLAIN_TCP;
	uint32_t ports = plain_get(b), seq = plain_get(b + 4);
	uint32_t ack = plain_get(b + 8);
	/* no reserved bits, no checksum */
	uint32_t flags = plain_get(b + 12) & htobe32(0xf1ffffffu);
	uint32_t urgent = plain_get(b + 16) & htobe32(0x0000ffffu);

	plain_put(w, ports);
	plain_put(w + 4, seq);
	plain_put(w + 8, ack);
	plain_put(w + 12, flags);
	plain_put(w + 16, urgent);
	ends += (uint64_t)ports + seq + ack + flags + urgent;
	if (more != 0) {
		if (!pkt_tcp_options(p, b + PLAIN_TCP, more, w + PLAIN_TCP))
			return false;
		ends = san_sum(w + PLAIN_TCP, more, ends);
	}
	ends = san_sum_tail(
	    PKT_PROTO_TCP, d4_get_be16(b - PKT_IP4 + 2) - PKT_IP4, ends);
	san_sum_put(w + 16, san_sum_fold(ends));
	return true;
}

static inline void
plain_udp(const uint8_t *b, uint64_t ends, uint8_t *w)
{
	uint32_t ports = plain_get(b);
	uint32_t len = plain_get(b + 4) & htobe32(0xffff0000u);
	uint16_t folded;

	plain_put(w, ports);
	plain_put(w + 4, len);
	folded = san_sum_fold(san_sum_tail(
	    PKT_PROTO_UDP, d4_get_be16(b + 4), ends + ports + len));
	san_sum_put(w + 6, folded != 0 ? folded : 0xffff);
}

/* A header that has its checksum sums to 0xffff, whatever it says. */
static inline void
plain_icmp(const uint8_t *b, const uint32_t to[2], uint8_t *w)
{
	const uint8_t *q = b + PLAIN_ICMP;
	bool mtu = b[0] == 3 && b[1] == 4;
	uint32_t type = plain_get(b) & htobe32(0xffff0000u);
	uint32_t more =
	    plain_get(b + 4) & htobe32(mtu ? 0x00ffffffu : 0x00ff0000u);
	uint32_t ports = plain_get(q + PKT_IP4);
	uint32_t next = plain_get(q + PKT_IP4 + 4);

	if (q[9] == PKT_PROTO_UDP)
		next &= htobe32(0xffff0000u);
	plain_put(w, type);
	plain_put(w + 4, more);
	(void)plain_ip_write(q, to, w + PLAIN_ICMP);
	plain_put(w + PLAIN_ICMP + PKT_IP4, ports);
	plain_put(w + PLAIN_ICMP + PKT_IP4 + 4, next);
	san_sum_put(
	    w + 2, san_sum_fold((uint64_t)0xffff + type + more + ports + next));
}

size_t
pkt_plain_write(
    struct packet *s, const struct plain *o, const uint32_t *to, uint8_t *w)
{
	const uint8_t *b = o->rec + PLAIN_L4;
	size_t n = PLAIN_L4;
	uint64_t ends;

	if (!plain_front(s, o, w))
		return 0;
	ends = plain_ip_write(b - PKT_IP4, to, w + n - PKT_IP4);
	switch (b[9 - (int)PKT_IP4]) {
	case PKT_PROTO_TCP:
		if (!plain_tcp(&s->p, o, ends, w + n))
			return 0;
		n += o->tcp;
		break;
	case PKT_PROTO_UDP:
		plain_udp(b, ends, w + n);
		n += PLAIN_UDP;
		break;
	default:
		plain_icmp(b, to + 2, w + n);
		n += PLAIN_ICMP + PKT_IP4 + PLAIN_QUOTE;
		break;
	}
	d4_put_32(s->p.file.big, w + 8, (uint32_t)(n - PLAIN_RECORD));
	return n;
}

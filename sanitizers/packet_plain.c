/*
 * Plain packets, many in a row: Ethernet, IPv4 without options or fragments,
 * then TCP, UDP, or an ICMP error about one of these; of each the headers
 * leave. Most of what a telescope sees is so. Four passes, each a short loop:
 * read the headers, map all addresses, write, look for the addresses.
 *
 * It only ever says yes, with the bytes that the long way (packet.c) would
 * write: whatever is not plain, is to be dropped, or has something in it that
 * looks as if it were made from an address is left to the long way. ADR 0065.
 */
#include <string.h>
#include "sanitizers/packet_plain.h"
#include "sanitizers/packet_tunnel.h"

#define PLAIN_PARTS 0x3fffu /* more fragments, or an offset */

/* An IPv4 header, and how much of what follows was captured and was there. */
struct plain_ip {
	const uint8_t *b;
	uint32_t n, len;
};

/* Are these steps, and is this file, of those that have a short way? */
static bool
plain_fit(const struct packet *s)
{
	const struct san_opts *o = &s->p.opt;

	return s->p.map != NULL && s->p.bpf == NULL && s->p.smp == NULL &&
	       o->concerns == NULL && o->payload.kind == SAN_PAYLOAD_HEADERS &&
	       !o->keep_status && !o->inner_incremental &&
	       s->p.file.link == 1 && s->p.file.fcs == 0;
}

static inline bool
plain_ip4(const uint8_t *b, size_t n, struct plain_ip *o)
{
	uint32_t total;

	if (n < PKT_IP4 || b[0] != 0x45 ||
	    (d4_get_be16(b + 6) & PLAIN_PARTS) != 0)
		return false;
	total = d4_get_be16(b + 2);
	if (total < PKT_IP4)
		return false;
	o->b = b;
	o->len = total - PKT_IP4;
	o->n = (uint32_t)(n - PKT_IP4);
	if (o->n > o->len)
		o->n = o->len;
	return true;
}

/* Are there numbers that the fix-up (packet_fixup.c) may make anew? */
static inline bool
plain_scans(const uint8_t *b)
{
	uint32_t dst = d4_get_be32(b + 16);
	uint32_t seq = d4_get_be32(b + PKT_IP4 + 4);
	uint32_t id = dst ^ d4_get_be16(b + PKT_IP4 + 2) ^ seq;

	return seq == dst || seq - 1 == dst ||
	       d4_get_be16(b + 4) == (uint16_t)id;
}

static inline bool
plain_reads_tcp(const struct plain_ip *ip, struct plain *o)
{
	const uint8_t *t = ip->b + PKT_IP4;
	uint32_t echo;

	if (ip->n < PLAIN_TCP)
		return false;
	o->tcp = (uint8_t)((t[12] >> 4) * 4);
	echo = d4_get_be32(t + 8) - 1;
	return o->tcp >= PLAIN_TCP && ip->n >= o->tcp && !plain_scans(ip->b) &&
	       echo != d4_get_be32(ip->b + 12) &&
	       echo != d4_get_be32(ip->b + 16);
}

static inline bool
plain_reads_udp(const struct plain_ip *ip)
{
	const uint8_t *u = ip->b + PKT_IP4;

	return ip->n >= PLAIN_UDP && d4_get_be16(u + 4) >= PLAIN_UDP &&
	       d4_get_be16(u + 4) <= ip->len && !pkt_tunnel_port(u);
}

/* "Unreachable" and "time exceeded", with a quote of TCP or UDP. */
static inline bool
plain_reads_icmp(const struct plain_ip *ip, struct plain_ip *quoted)
{
	const uint8_t *c = ip->b + PKT_IP4;

	if (ip->n < PLAIN_ICMP || (c[0] != 3 && c[0] != 11) ||
	    !plain_ip4(c + PLAIN_ICMP, ip->n - PLAIN_ICMP, quoted) ||
	    quoted->n < PLAIN_QUOTE)
		return false;
	c = quoted->b;
	if (c[9] == PKT_PROTO_TCP)
		return !plain_scans(c);
	return c[9] == PKT_PROTO_UDP && !pkt_tunnel_port(c + PKT_IP4);
}

static inline bool
plain_wanted(const struct pkt *p, const struct plain_ip *ip)
{
	struct pkt_ip all;

	if (p->opt.match == 0)
		return true;
	all.version = 4;
	all.proto = ip->b[9];
	all.later = false;
	all.body = d4_slice_of(ip->b + PKT_IP4, ip->n);
	return pkt_match(p, &all);
}

static inline void
plain_ends(const uint8_t *b, uint32_t *in)
{
	in[0] = d4_get_be32(b + 12);
	in[1] = d4_get_be32(b + 16);
}

/* Their texts are of seven characters at least: packet_look.h looks so. */
static inline bool
plain_texts(const uint32_t *in, size_t n)
{
	bool all = true;

	for (size_t i = 0; i < n; i++)
		all = all && in[i] >> 24 != 0;
	return all;
}

/* One record of n bytes; false: it is not plain. in: room for addresses. */
static inline bool
plain_read(
    const struct pkt *p, struct d4_slice rec, struct plain *o, uint32_t *in)
{
	const uint8_t *b = rec.p + PLAIN_RECORD;
	size_t n = rec.n - PLAIN_RECORD;
	struct plain_ip ip, quoted;
	bool plain = false;

	o->rec = rec.p;
	o->len = d4_get_32(p->file.big, rec.p + 12);
	n = n < o->len ? n : o->len;
	if (n < PLAIN_ETHER || d4_get_be16(b + 12) != PKT_ETH_IP4 ||
	    !plain_ip4(b + PLAIN_ETHER, n - PLAIN_ETHER, &ip))
		return false;
	plain_ends(ip.b, in);
	o->n_addr = 2;
	switch (ip.b[9]) {
	case PKT_PROTO_TCP:
		plain = plain_reads_tcp(&ip, o);
		break;
	case PKT_PROTO_UDP:
		plain = plain_reads_udp(&ip);
		break;
	case PKT_PROTO_IC4:
		plain = plain_reads_icmp(&ip, &quoted);
		if (plain)
			plain_ends(quoted.b, in + 2);
		o->n_addr = 4;
		break;
	default:
		break;
	}
	return plain && plain_texts(in, o->n_addr) && plain_wanted(p, &ip);
}

/* The plain records at the start of data, as many as the turn may have. */
static void
plain_reads(const struct packet *s, struct d4_slice data, struct plain_turn *t)
{
	const struct pkt *p = &s->p;

	t->n = t->n_addr = 0;
	while (t->n < PLAIN_MANY - s->fewer && data.n >= PLAIN_RECORD) {
		uint32_t n = d4_get_32(p->file.big, data.p + 8);

		if (n > data.n - PLAIN_RECORD ||
		    !plain_read(p, d4_slice_skip(&data, PLAIN_RECORD + n),
			&t->one[t->n], &t->in[t->n_addr]))
			break;
		t->n_addr += t->one[t->n++].n_addr;
	}
}

/* An address of the scope stands in the packet where it is required. */
static inline bool
plain_met(enum san_require require, const uint8_t what[2])
{
	bool src = what[0] == SAN_WHAT_SCOPED, dst = what[1] == SAN_WHAT_SCOPED;

	return require == SAN_REQUIRE_NONE ||
	       (src && require != SAN_REQUIRE_DST) ||
	       (dst && require != SAN_REQUIRE_SRC);
}

/*
 * All records whose addresses may leave as they are mapped. Behind the last
 * one are zeros: it is looked at in whole blocks.
 */
static size_t
plain_writes(struct packet *s, struct plain_turn *t, uint8_t *w)
{
	size_t known =
	    san_map_many4(s->p.map, t->in, t->n_addr, t->to, t->what);
	size_t i, at = 0, n;

	for (i = 0; i < t->n; i++) {
		if (at + t->one[i].n_addr > known ||
		    !plain_met(s->p.opt.addr->require, &t->what[at]))
			break;
		n = pkt_plain_write(s, &t->one[i], &t->to[at], w);
		if (n == 0)
			break;
		at += t->one[i].n_addr;
		t->looks.size[i] = (uint8_t)n;
		w += n;
	}
	memset(w, 0, PKT_LOOK_PAD);
	return i;
}

/* Is it looked for already? What a quote names stands in front of it. */
static inline bool
plain_known(const uint32_t *addr, size_t n, uint32_t one)
{
	size_t i = 0;

	while (i < n && addr[i] != one)
		i++;
	return i < n;
}

/* Which addresses must not stand in the first n records? */
static void
plain_sought(const struct pkt *p, struct plain_turn *t, size_t n)
{
	unsigned least =
	    p->opt.addr->scope.n == 0 ? SAN_WHAT_MAPPED : SAN_WHAT_SCOPED;
	struct pkt_looks *l = &t->looks;
	uint32_t *to = l->addr;
	size_t at = 0;

	l->n = n;
	for (size_t i = 0; i < n; i++) {
		size_t k = 0, end = at + t->one[i].n_addr;

		for (; at < end; at++) {
			if (t->what[at] >= least && t->to[at] != t->in[at] &&
			    !plain_known(to, k, t->in[at]))
				to[k++] = t->in[at];
		}
		l->n_addr[i] = (uint8_t)k;
		to += k;
	}
}

/* Where the first look stopped: does one of the addresses stand there? */
static bool
plain_hit(struct pkt *p, const struct pkt_looks *l, const struct pkt_look *at)
{
	san_check_reset(&p->check);
	for (size_t i = 0; i < l->n_addr[at->i]; i++)
		san_check_add4(&p->check, at->addr[i]);
	return san_check_hit(&p->check, d4_slice_of(at->rec, l->size[at->i]));
}

/* How many of n records, written in a row at *rec, may leave; *rec: behind. */
static size_t
plain_look(struct pkt *p, struct plain_turn *t, size_t n, const uint8_t **rec)
{
	const struct pkt_looks *l = &t->looks;
	struct pkt_look at = {.rec = *rec, .addr = l->addr};

	plain_sought(p, t, n);
	for (pkt_look(l, &at); at.i < n; pkt_look(l, &at)) {
		if (plain_hit(p, l, &at))
			break;
		pkt_look_on(l, &at);
	}
	*rec = at.rec;
	return at.i;
}

/*
 * How many fewer than PLAIN_MANY the next turn has: after one of which only n
 * records left, so many; else twice as many as this one. What is read and
 * mapped in vain is bounded so, whatever is sent.
 */
static size_t
plain_fewer(size_t fewer, size_t n, size_t of)
{
	size_t many = PLAIN_MANY - fewer;

	if (n < of)
		many = n != 0 ? n : 1;
	else
		many = many < PLAIN_MANY / 2 ? 2 * many : PLAIN_MANY;
	return PLAIN_MANY - many;
}

size_t
pkt_plain(struct packet *s, struct d4_slice data, struct d4_buf *out,
    size_t *bytes, struct san_led *led)
{
	const uint8_t *end, *w;
	struct plain_turn t;
	size_t n;

	*bytes = 0;
	if (!plain_fit(s))
		return 0;
	plain_reads(s, data, &t);
	if (t.n == 0 ||
	    d4_buf_reserve(out, t.n * PLAIN_OUT + PKT_LOOK_PAD) != D4_OK)
		return 0;
	s->p.nd = NULL;
	w = out->p + out->n;
	n = plain_writes(s, &t, out->p + out->n);
	n = plain_look(&s->p, &t, n, &w);
	s->fewer = plain_fewer(s->fewer, n, t.n);
	if (n == 0)
		return 0;
	if (led != NULL)
		pkt_plain_notes(s, &t, n, out->p + out->n, led);
	out->n = (size_t)(w - out->p);
	end = t.one[n - 1].rec + PLAIN_RECORD +
	      d4_get_32(s->p.file.big, t.one[n - 1].rec + 8);
	*bytes = (size_t)(end - data.p);
	return n;
}

/*
 * Extension headers of IPv6, and AH, which IPv4 has too:
 *   options, routing = next u8 | length u8 (of 8 bytes, less one) | ...
 *   fragment         = next u8 | 0 | offset and flags u16 | id u32
 *   AH               = next u8 | length u8 (of 4 bytes, less two) | 0 u16 |
 *                      SPI u32 | sequence u32 | ICV
 * An unknown option becomes PadN of its length. Sources: RFC 8200, 4302,
 * 6275 (home address), 8754 (segment routing).
 */
#include <string.h>
#include "sanitizers/packet.h"

#define EXT_HBH      0u
#define EXT_ROUTING  43u
#define EXT_FRAGMENT 44u
#define EXT_DEST     60u

#define EXT_OPT_PAD1  0u
#define EXT_OPT_PADN  1u
#define EXT_OPT_LIMIT 4u /* tunnel encapsulation limit */
#define EXT_OPT_ALERT 5u
#define EXT_OPT_HOME  201u

static bool
ext_is(uint8_t version, uint8_t proto)
{
	if (proto == PKT_PROTO_AH)
		return true;
	return version == 6 && (proto == EXT_HBH || proto == EXT_ROUTING ||
				   proto == EXT_FRAGMENT || proto == EXT_DEST);
}

static size_t
ext_size(uint8_t proto, const uint8_t *b)
{
	if (proto == EXT_FRAGMENT)
		return 8;
	if (proto == PKT_PROTO_AH)
		return ((size_t)b[1] + 2) * 4;
	return ((size_t)b[1] + 1) * 8;
}

/* Impossible, or not captured whole: by the layer it belongs to. */
static enum d4_reason
ext_bad(const struct pkt_ip *ip, bool truncated)
{
	if (ip->version == 6)
		return truncated ? D4_R_TRUNC_IP6 : D4_R_IP6_HDR;
	return truncated ? D4_R_TRUNC_IP4 : D4_R_IP4_HDR;
}

/* Hop-by-hop options stand first only; AH has 12 bytes at least. */
static bool
ext_fits(const struct pkt_ip *ip, size_t n)
{
	if (ip->proto == EXT_HBH && ip->ext.n != 0)
		return false;
	return n <= ip->body_len && (ip->proto != PKT_PROTO_AH || n >= 12);
}

/* Takes the header at the start of the body over to ip->ext. */
static enum d4_reason
ext_take(struct pkt_ip *ip)
{
	const uint8_t *b = ip->body.p;
	size_t n;

	if (ip->body_len < 8 || ip->body.n < 8)
		return ext_bad(ip, ip->body_len >= 8);
	n = ext_size(ip->proto, b);
	if (!ext_fits(ip, n) || n > ip->body.n)
		return ext_bad(ip, ext_fits(ip, n));
	if (ip->proto == EXT_FRAGMENT) {
		ip->later = (d4_get_be16(b + 2) & 0xfff8) != 0;
		ip->part = ip->part || (d4_get_be16(b + 2) & 0xfff9) != 0;
	}
	ip->proto = b[0];
	ip->ext.n += n;
	ip->body_len -= (uint32_t)n;
	(void)d4_slice_skip(&ip->body, n);
	return D4_R_NONE;
}

enum d4_reason
pkt_ext_decode(struct pkt_ip *ip)
{
	enum d4_reason why;

	/* In a later fragment of IPv4 there is no header to be found. */
	for (unsigned n = 0; !ip->later && ext_is(ip->version, ip->proto);
	     n++) {
		if (n == PKT_NEST)
			return D4_R_NESTING;
		why = ext_take(ip);
		if (why != D4_R_NONE)
			return why;
	}
	return D4_R_NONE;
}

static enum d4_reason
ext_put_option(struct pkt *p, const uint8_t *b, size_t n, uint8_t *w)
{
	bool known = (b[0] == EXT_OPT_ALERT && n == 4) ||
	             (b[0] == EXT_OPT_LIMIT && n == 3);

	w[0] = EXT_OPT_PADN;
	w[1] = b[1];
	memset(w + 2, 0, n - 2);
	if (known)
		memcpy(w, b, n);
	if (b[0] != EXT_OPT_HOME || n != 18)
		return D4_R_NONE;
	w[0] = EXT_OPT_HOME;
	return pkt_map6_at(p, b + 2, w + 2);
}

/* Type, length, value; from `at` to the end of a header of n bytes. */
static enum d4_reason
ext_options(struct pkt *p, struct d4_slice in, size_t at, uint8_t *w)
{
	enum d4_reason why = D4_R_NONE;

	while (why == D4_R_NONE && at < in.n) {
		const uint8_t *b = in.p + at;
		size_t n = 1;

		if (*b == EXT_OPT_PAD1) {
			w[at++] = 0;
			continue;
		}
		if (in.n - at < 2)
			return D4_R_IP6_HDR;
		n = (size_t)b[1] + 2;
		if (n > in.n - at)
			return D4_R_IP6_HDR;
		why = ext_put_option(p, b, n, w + at);
		at += n;
	}
	return why;
}

static enum d4_reason
ext_addresses(struct pkt *p, struct d4_slice in, size_t n, uint8_t *w)
{
	enum d4_reason why = D4_R_NONE;

	if (n > (in.n - 8) / 16)
		return D4_R_IP6_HDR;
	for (size_t at = 8; why == D4_R_NONE && n > 0; n--, at += 16)
		why = pkt_map6_at(p, in.p + at, w + at);
	return why;
}

/*
 * Routing: next | length | type | segments left | 4 bytes | addresses.
 * Type 4 has last entry, flags and tag in the 4 bytes, and TLVs behind its
 * list, which become padding (type 0 pads a byte, 4 pads N).
 */
static enum d4_reason
ext_routing(struct pkt *p, struct d4_slice in, uint8_t *w)
{
	size_t n = (in.n - 8) / 16, used;
	enum d4_reason why;

	memcpy(w, in.p, 4);
	memset(w + 4, 0, in.n - 4);
	switch (in.p[2]) {
	case 0:
	case 2:
		return in.p[3] > n || (in.n - 8) % 16 != 0
		           ? D4_R_IP6_HDR
		           : ext_addresses(p, in, n, w);
	case 4:
		memcpy(w + 4, in.p + 4, 2);
		n = (size_t)in.p[4] + 1;
		why = ext_addresses(p, in, n, w);
		used = 8 + n * 16;
		if (why != D4_R_NONE || in.p[3] >= n || used == in.n)
			return in.p[3] >= n ? D4_R_IP6_HDR : why;
		w[used] = 4;
		w[used + 1] =
		    (uint8_t)(in.n - used - 2 > 255 ? 255 : in.n - used - 2);
		return D4_R_NONE;
	default:
		return D4_R_IP6_HDR;
	}
}

static enum d4_reason
ext_put(struct pkt *p, uint8_t proto, struct d4_slice in)
{
	uint8_t *w = pkt_put(p, in.n);

	switch (proto) {
	case EXT_HBH:
	case EXT_DEST:
		w[0] = in.p[0];
		w[1] = in.p[1];
		return ext_options(p, in, 2, w);
	case EXT_ROUTING:
		return ext_routing(p, in, w);
	case EXT_FRAGMENT:
		memcpy(w, in.p, 8);
		w[1] = 0;
		w[3] &= 0xf9; /* offset and M */
		return D4_R_NONE;
	default: /* AH; its ICV would confirm a guess at the original */
		memcpy(w, in.p, 12);
		w[2] = 0;
		w[3] = 0;
		memset(w + 12, 0, in.n - 12);
		return D4_R_NONE;
	}
}

enum d4_reason
pkt_ext_write(struct pkt *p, const struct pkt_ip *ip)
{
	enum d4_reason why = D4_R_NONE;
	uint8_t proto = ip->ext_proto;
	struct d4_slice in = ip->ext;

	while (why == D4_R_NONE && in.n != 0) {
		size_t n = ext_size(proto, in.p);
		uint8_t next = in.p[0];

		why = ext_put(p, proto, d4_slice_skip(&in, n));
		proto = next;
	}
	return why;
}

/* Type 4 lists its segments backwards; the others end with the last. */
static const uint8_t *
ext_last(struct d4_slice in)
{
	size_t n = (in.n - 8) / 16;

	if (n == 0 || in.p[3] == 0 || (in.p[2] & 0xf9) != 0)
		return NULL;
	return in.p[2] == 4 ? in.p + 8 : in.p + 8 + 16 * (n - 1);
}

/* The home address among destination options. */
static const uint8_t *
ext_home(struct d4_slice in)
{
	for (size_t at = 2; at + 2 <= in.n;) {
		const uint8_t *b = in.p + at;
		size_t n = *b == EXT_OPT_PAD1 ? 1 : (size_t)b[1] + 2;

		if (*b == EXT_OPT_HOME && n == 18 && n <= in.n - at)
			return b + 2;
		at += n;
	}
	return NULL;
}

void
pkt_ext_ends(const struct pkt_ip *ip, const uint8_t *ends[2])
{
	uint8_t proto = ip->ext_proto;
	struct d4_slice in = ip->ext;

	ends[0] = NULL;
	ends[1] = NULL;
	while (in.n != 0) {
		struct d4_slice h = d4_slice_skip(&in, ext_size(proto, in.p));

		if (proto == EXT_DEST && ends[0] == NULL)
			ends[0] = ext_home(h);
		if (proto == EXT_ROUTING)
			ends[1] = ext_last(h);
		proto = h.p[0];
	}
}

/*
 * IPv6 addresses: link-local and solicited-node by token, groups that are
 * made from a unicast prefix (RFC 3306), and IPv4 addresses of the scope
 * inside: at the end (san_addr_last_four), 6to4 (2002::/16), Teredo
 * (2001::/32: server, and client XOR ffffffff), ISATAP (...:5efe:a.b.c.d).
 * Source: spec sanitizers.md section 3.
 */
#include <string.h>
#include "libd4/wire.h"
#include "sanitizers/map_in.h"

static void
map6_combine(uint8_t *v, const struct d4_prefix *p)
{
	for (unsigned i = 0; i < 16; i++) {
		unsigned net;

		if (p->len >= 8 * (i + 1))
			net = 0xff;
		else
			net = p->len <= 8 * i ? 0 : 0xff00u >> p->len % 8;
		v[i] = (uint8_t)((v[i] & ~net) | (p->addr.b[i] & net));
	}
}

static void
map6_mask(uint8_t *v, unsigned len)
{
	static const struct d4_addr zero = {.family = 6};
	struct d4_prefix all = {zero, 128};
	uint8_t host[16];

	/* host = the host bits alone; then take them away. */
	memcpy(host, v, 16);
	all.len = (uint8_t)len;
	map6_combine(host, &all);
	for (unsigned i = 0; i < 16; i++)
		v[i] ^= host[i];
}

static bool
map6_wide(struct san_map *m, const struct d4_addr *in, uint8_t *v)
{
	struct d4_addr a;
	bool ok;

	ok = m->pfx != NULL ? san_pfx(m->pfx, in, &a) : san_map_pool(m, in, &a);
	if (ok)
		memcpy(v, a.b, 16);
	return ok;
}

static enum d4_reason
map6_method(struct san_map *m, const struct d4_addr *in,
    const struct d4_prefix *target, uint8_t *out)
{
	uint8_t v[16];

	memcpy(v, in->b, 16);
	switch (m->conf->method) {
	case SAN_METHOD_CRYPTOPAN:
		if (!san_cpan6(m->cpan, v, v))
			return D4_R_INTERNAL;
		break;
	case SAN_METHOD_PFX:
	case SAN_METHOD_POOL:
		if (!map6_wide(m, in, v))
			return D4_R_INTERNAL;
		break;
	case SAN_METHOD_PNAT:
		break;
	case SAN_METHOD_DET: /* san_map_det, never here */
		return D4_R_INTERNAL;
	case SAN_METHOD_MASK:
		map6_mask(v, m->conf->mask6);
		break;
	case SAN_METHOD_ZERO:
		memset(v, 0, sizeof(v));
		break;
	case SAN_METHOD_DROP:
		return D4_R_ADDR_DROP;
	}
	if (target != NULL)
		map6_combine(v, target);
	memcpy(out, v, 16);
	return D4_R_NONE;
}

/* The prefix is kept (bits 10..63 are zero by definition), the rest hashed. */
static enum d4_reason
map6_link_local(struct san_map *m, const uint8_t *in, struct san_mapped *out)
{
	uint8_t h[SAN_TOKEN_LEN];

	if (san_token_hash(m->tok, "iid", d4_slice_of(in + 8, 8), h) != D4_OK)
		return D4_R_INTERNAL;
	memset(out->addr.b, 0, 16);
	out->addr.b[0] = 0xfe;
	out->addr.b[1] = 0x80;
	memcpy(out->addr.b + 8, h, 8);
	out->what = SAN_WHAT_MAPPED;
	return D4_R_NONE;
}

static bool
map6_solicited(const uint8_t *b)
{
	static const uint8_t head[13] = {
	    0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};

	return memcmp(b, head, sizeof(head)) == 0;
}

/* ff3x:00LL:PREFIX:GROUP: the prefix goes the way of its network. */
static enum d4_reason
map6_group(struct san_map *m, const struct d4_addr *in, struct san_mapped *out)
{
	struct d4_addr unicast = {.family = 6};
	enum d4_reason why;
	unsigned v;

	out->what = SAN_WHAT_SPECIAL;
	if (map6_solicited(in->b))
		return san_map_snm(m, in->b + 13, out->addr.b + 13)
		           ? D4_R_NONE
		           : D4_R_INTERNAL;
	if ((in->b[1] & 0x30) != 0x30)
		return D4_R_NONE;
	memcpy(unicast.b, in->b + 4, 8);
	v = san_addr_verdict(m->conf, &unicast);
	if (v < SAN_V_SCOPE)
		return D4_R_NONE;
	why = map6_method(m, &unicast,
	    m->conf->into != NULL ? &m->conf->into[v - SAN_V_SCOPE] : NULL,
	    unicast.b);
	memcpy(out->addr.b + 4, unicast.b, 8);
	out->what = SAN_WHAT_SCOPED;
	return why;
}

/*
 * An IPv4 address inside an IPv6 one.
 * Shape:  b[offset..offset+4) XOR flip. head: b[0..8) is a foreign network in
 *         front of it (ISATAP). tail: from b[tail] on there are host bits
 *         of the network that the IPv4 address makes (6to4); 16: none.
 */
struct map6_place {
	uint8_t offset, flip, tail;
	bool head;
};

static bool
map6_isatap(const uint8_t *b)
{
	/* 0000:5efe or, with the universal bit, 0200:5efe */
	return (b[8] & 0xfd) == 0 && b[9] == 0 && b[10] == 0x5e &&
	       b[11] == 0xfe;
}

static size_t
map6_places(const uint8_t *b, struct map6_place out[2])
{
	size_t n = 0;

	if (san_addr_last_four(b))
		out[n++] = (struct map6_place){12, 0, 16, false};
	else if (d4_get_be32(b) == 0x20010000u) {
		out[n++] = (struct map6_place){4, 0, 16, false};
		out[n++] = (struct map6_place){12, 0xff, 16, false};
	} else if (d4_get_be16(b) == 0x2002)
		out[n++] = (struct map6_place){2, 0, 6, false};
	if (n < 2 && map6_isatap(b))
		out[n] = (struct map6_place){12, 0, 16, n == 0}, n++;
	return n;
}

static uint32_t
map6_inner(const uint8_t *b, const struct map6_place *p)
{
	uint32_t v = d4_get_be32(b + p->offset);

	return p->flip != 0 ? ~v : v;
}

static bool
map6_inner_scoped(const struct san_map *m, uint32_t v)
{
	struct d4_addr a = {.family = 4};

	d4_put_be32(a.b, v);
	return san_addr_verdict(m->conf, &a) >= SAN_V_SCOPE;
}

/* The parts around an inner address: see struct map6_place. */
static enum d4_reason
map6_around(struct san_map *m, const struct d4_addr *in,
    const struct map6_place *p, struct san_mapped *out)
{
	bool tail = p->tail < 16 && map6_inner_scoped(m, map6_inner(in->b, p));
	enum d4_reason why;
	uint8_t v[16];

	if (p->head && m->conf->others == SAN_OTHERS_DROP)
		return D4_R_ADDR_DROP;
	if (!tail && (!p->head || m->conf->others == SAN_OTHERS_KEEP))
		return D4_R_NONE;
	why = map6_method(m, in, NULL, v);
	if (why != D4_R_NONE)
		return why;
	if (p->head)
		memcpy(out->addr.b, v, 8);
	if (tail)
		memcpy(out->addr.b + p->tail, v + p->tail, 16u - p->tail);
	return D4_R_NONE;
}

static enum d4_reason
map6_inner_map(struct san_map *m, const struct d4_addr *in,
    const struct map6_place *p, struct san_mapped *out)
{
	uint32_t was = map6_inner(in->b, p), now;
	enum d4_reason why;
	enum san_what what;

	why = san_map_ip4(m, was, &now, &what);
	if (why != D4_R_NONE)
		return why;
	if (what == SAN_WHAT_SCOPED)
		out->inner[out->n_inner++] = was;
	d4_put_be32(out->addr.b + p->offset, p->flip != 0 ? ~now : now);
	return D4_R_NONE;
}

/* Answers with out->what SCOPED when an inner address was of the scope. */
static enum d4_reason
map6_embedded(
    struct san_map *m, const struct d4_addr *in, struct san_mapped *out)
{
	enum d4_reason why = D4_R_NONE;
	struct map6_place p[2];
	size_t n = map6_places(in->b, p), hits = 0;

	for (size_t i = 0; i < n; i++)
		hits += map6_inner_scoped(m, map6_inner(in->b, &p[i]));
	if (hits == 0)
		return D4_R_NONE;
	out->what = SAN_WHAT_SCOPED;
	for (size_t i = 0; why == D4_R_NONE && i < n; i++)
		why = map6_around(m, in, &p[i], out);
	for (size_t i = 0; why == D4_R_NONE && i < n; i++)
		why = map6_inner_map(m, in, &p[i], out);
	return why;
}

static enum d4_reason
map6_special(
    struct san_map *m, const struct d4_addr *in, struct san_mapped *out)
{
	out->what = SAN_WHAT_SPECIAL;
	return in->b[0] == 0xff ? map6_group(m, in, out) : D4_R_NONE;
}

/*
 * An address of the scope. Where its host bits stay as they are they may spell
 * an IPv4 address of the scope (ISATAP, or a host that has both): that one
 * would leave with them.
 */
static enum d4_reason
map6_scoped(struct san_map *m, const struct d4_addr *in, unsigned v,
    struct san_mapped *out)
{
	const struct d4_prefix *target =
	    m->conf->into != NULL ? &m->conf->into[v - SAN_V_SCOPE] : NULL;
	enum d4_reason why = map6_method(m, in, target, out->addr.b);

	if (why == D4_R_NONE && m->conf->method == SAN_METHOD_PNAT &&
	    map6_inner_scoped(m, d4_get_be32(out->addr.b + 12)))
		return D4_R_ADDR_DROP;
	return why;
}

enum d4_reason
san_map_ip6(struct san_map *m, const struct d4_addr *in, struct san_mapped *out)
{
	unsigned v = san_addr_verdict(m->conf, in);
	enum d4_reason why;

	out->addr = *in;
	if (v == SAN_V_SPECIAL)
		return map6_special(m, in, out);
	if (in->b[0] == 0xfe && (in->b[1] & 0xc0) == 0x80)
		return map6_link_local(m, in->b, out);
	out->what = v >= SAN_V_SCOPE ? SAN_WHAT_SCOPED : SAN_WHAT_KEPT;
	if (v >= SAN_V_SCOPE)
		return map6_scoped(m, in, v, out);
	why = map6_embedded(m, in, out);
	if (why != D4_R_NONE || out->what == SAN_WHAT_SCOPED)
		return why;
	if (v == SAN_V_CONFLICT)
		return D4_R_INTO_CONFLICT;
	if (v == SAN_V_DROP)
		return D4_R_ADDR_DROP;
	if (v == SAN_V_KEEP)
		return D4_R_NONE;
	out->what = SAN_WHAT_MAPPED;
	return map6_method(m, in, NULL, out->addr.b);
}

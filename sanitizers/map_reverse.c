/*
 * Mappings undone, for an operator who has the key. Crypto-PAn gives its bits
 * one after the other, each made from those in front of it, so an original is
 * found bit by bit with the function itself.
 */
#include <string.h>
#include "libd4/wire.h"
#include "sanitizers/map_in.h"
#include "sanitizers/reverse.h"

static bool
reverse_cpan(struct san_map *m, const struct d4_addr *in, struct d4_addr *out)
{
	uint32_t v;

	if (m->pfx != NULL)
		return san_pfx(m->pfx, in, out);
	*out = (struct d4_addr){.family = in->family};
	if (in->family != 4)
		return san_cpan6(m->cpan, in->b, out->b);
	if (!san_cpan4(m->cpan, d4_get_be32(in->b), &v))
		return false;
	d4_put_be32(out->b, v);
	return true;
}

/* reverse_bits -- the bits of *out from `from` on, so that it maps to want. */
static bool
reverse_bits(struct san_map *m, const struct d4_addr *want, unsigned from,
    struct d4_addr *out)
{
	unsigned all = out->family == 4 ? 32 : 128;
	struct d4_addr is;

	for (unsigned i = from; i < all; i++) {
		uint8_t bit = (uint8_t)(0x80u >> i % 8);

		if (!reverse_cpan(m, out, &is))
			return false;
		if (((is.b[i / 8] ^ want->b[i / 8]) & bit) != 0)
			out->b[i / 8] ^= bit;
	}
	return true;
}

/* Host bits of one address under the prefix of another. */
static struct d4_addr
reverse_join(const struct d4_prefix *p, const struct d4_addr *host)
{
	struct d4_addr a = p->addr;
	unsigned all = a.family == 4 ? 32 : 128;

	for (unsigned i = p->len; i < all; i++)
		a.b[i / 8] |= (uint8_t)(host->b[i / 8] & 0x80u >> i % 8);
	return a;
}

/* reverse_add -- a candidate counts when it maps to what was asked. */
static void
reverse_add(struct san_map *m, const struct d4_addr *mapped,
    const struct d4_addr *a, struct san_originals *out)
{
	struct san_mapped to;

	for (unsigned i = 0; i < out->n; i++) {
		if (memcmp(&out->addr[i], a, sizeof(*a)) == 0)
			return;
	}
	if (out->n < SAN_ORIGINALS && san_map_addr(m, a, &to) == D4_R_NONE &&
	    memcmp(&to.addr, mapped, sizeof(*mapped)) == 0)
		out->addr[out->n++] = *a;
}

/* The scope's prefix i: with a target the host bits, without it all bits. */
static bool
reverse_scope(struct san_map *m, const struct d4_addr *mapped, size_t i,
    struct san_originals *out)
{
	const struct san_addr *c = m->conf;
	const struct d4_prefix *p = &c->scope.list[i];
	struct d4_addr a = p->addr;

	if (p->addr.family != mapped->family)
		return true;
	if (c->into != NULL && !d4_prefix_has(&c->into[i], mapped))
		return true;
	if (c->method == SAN_METHOD_PNAT)
		a = reverse_join(p, mapped);
	else if (c->method != SAN_METHOD_POOL &&
		 !reverse_bits(m, mapped, p->len, &a))
		return false;
	reverse_add(m, mapped, &a, out);
	return true;
}

static enum d4_status
reverse_all(
    struct san_map *m, const struct d4_addr *mapped, struct san_originals *out)
{
	struct d4_addr a = {.family = mapped->family};

	for (size_t i = 0; m->det == NULL && i < m->conf->scope.n; i++) {
		if (!reverse_scope(m, mapped, i, out))
			return D4_ECRYPTO;
	}
	if (m->det != NULL && mapped->family == 6) {
		if (!san_det_back(m->det, mapped, &a))
			return D4_ECRYPTO;
		reverse_add(m, mapped, &a, out);
	}
	if (m->cpan != NULL || m->pfx != NULL) {
		if (!reverse_bits(m, mapped, 0, &a))
			return D4_ECRYPTO;
		reverse_add(m, mapped, &a, out);
	}
	reverse_add(m, mapped, mapped, out); /* kept as it was */
	return D4_OK;
}

enum d4_status
san_chain_reverse(const struct san_chain *c, const struct san_keys *keys,
    const struct d4_addr *mapped, struct san_originals *out)
{
	const struct san_addr *conf = san_chain_step(c, "addr");
	struct san_originals found = {.n = 0};
	struct san_map *m = NULL;
	enum d4_status st;

	if (conf == NULL || conf->method == SAN_METHOD_MASK ||
	    conf->method == SAN_METHOD_ZERO || conf->method == SAN_METHOD_DROP)
		return D4_ENOTSUP;
	st = san_map_new(conf, keys, &m);
	if (st == D4_OK)
		st = reverse_all(m, mapped, &found);
	san_map_free(m);
	if (st == D4_OK)
		*out = found;
	return st;
}

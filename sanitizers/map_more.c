/* Methods for few addresses: pools, and whole addresses as one block. */
#include <stdlib.h>
#include <string.h>
#include "sanitizers/find.h"
#include "sanitizers/map_in.h"
#include "sanitizers/reverse.h"

bool
san_map_pool(struct san_map *m, const struct d4_addr *in, struct d4_addr *out)
{
	size_t n = in->family == 4 ? 4 : 16;
	struct d4_addr to = {.family = in->family};
	uint8_t h[SAN_TOKEN_LEN];

	if (san_token_hash(m->tok, "pool", d4_slice_of(in->b, n), h) != D4_OK)
		return false;
	memcpy(to.b, h, n);
	*out = to;
	return true;
}

static bool
det_in_scope(const struct san_addr *c, const struct d4_addr *a, unsigned v)
{
	return v >= SAN_V_SCOPE ||
	       (c->scope.n != 0 && san_scope_has(&c->scope, a));
}

/*
 * Groups and link-local addresses take tokens, as ever. An address of IPv6 with
 * one of the scope's inside goes as a whole.
 */
enum d4_reason
san_map_det(struct san_map *m, const struct d4_addr *in, struct san_mapped *out)
{
	unsigned v = san_addr_verdict(m->conf, in);

	out->addr = *in;
	out->what = SAN_WHAT_SPECIAL;
	if (in->family == 6 &&
	    (v == SAN_V_SPECIAL ||
		(in->b[0] == 0xfe && (in->b[1] & 0xc0) == 0x80)))
		return san_map_ip6(m, in, out);
	if (v == SAN_V_SPECIAL)
		return D4_R_NONE;
	out->what = SAN_WHAT_SCOPED;
	if (!det_in_scope(m->conf, in, v)) {
		out->what = SAN_WHAT_KEPT;
		if (v == SAN_V_DROP)
			return D4_R_ADDR_DROP;
		if (v != SAN_V_MAP)
			return D4_R_NONE;
		out->what = SAN_WHAT_MAPPED;
	}
	return san_det(m->det, in, &out->addr) ? D4_R_NONE : D4_R_INTERNAL;
}

/* What each address of the scope becomes; NULL: *st says why. */
static struct d4_addr *
pool_all(
    const struct san_addr *c, const struct san_keys *keys, enum d4_status *st)
{
	struct d4_addr *to = calloc(c->scope.n + 1, sizeof(*to));
	struct san_map *m = NULL;
	struct san_mapped one;

	*st = to == NULL ? D4_ENOMEM : san_map_new(c, keys, &m);
	for (size_t i = 0; *st == D4_OK && i < c->scope.n; i++) {
		if (san_map_addr(m, &c->scope.list[i].addr, &one) != D4_R_NONE)
			*st = D4_ECRYPTO;
		to[i] = one.addr;
	}
	san_map_free(m);
	return to;
}

enum d4_status
san_chain_collisions(const struct san_chain *c, const struct san_keys *keys,
    const struct san_meet *meet)
{
	const struct san_addr *conf = san_chain_step(c, "addr");
	struct d4_addr *to, both[2];
	enum d4_status st;

	if (conf == NULL || conf->method != SAN_METHOD_POOL)
		return D4_OK;
	to = pool_all(conf, keys, &st);
	for (size_t i = 0; st == D4_OK && i < conf->scope.n; i++) {
		for (size_t k = 0; k < i; k++) {
			if (memcmp(&to[i], &to[k], sizeof(*to)) != 0)
				continue;
			both[0] = conf->scope.list[k].addr;
			both[1] = conf->scope.list[i].addr;
			meet->fn(meet->arg, both);
		}
	}
	free(to);
	return st;
}

/* Addresses of one stream, replaced as its `addr` step says. */
#ifndef SAN_MAP_H
#define SAN_MAP_H

#include "sanitizers/addr.h"
#include "sanitizers/token.h"

/* What became of an address. */
enum san_what {
	SAN_WHAT_SPECIAL, /* kept: it names nobody */
	SAN_WHAT_KEPT,    /* keep-list, or others: keep */
	SAN_WHAT_MAPPED,  /* outside the scope (or no scope), replaced */
	SAN_WHAT_SCOPED,  /* of the scope, replaced */
};

/*
 * struct san_mapped -- a replaced address.
 * Shape:  inner[0..n_inner): IPv4 addresses of the scope that were inside an
 *         IPv6 address, as they were, host order: for the self-check.
 */
struct san_mapped {
	struct d4_addr addr;
	enum san_what what;
	unsigned n_inner;
	uint32_t inner[2];
};

struct san_map;

/*
 * san_map_new -- conf (borrowed) with a partner's keys.
 * Errors: D4_ENOMEM; D4_ECRYPTO.
 */
D4_USED enum d4_status san_map_new(const struct san_addr *conf,
    const struct san_keys *keys, struct san_map **out);
void san_map_free(struct san_map *m);

/*
 * san_map_addr -- order: special, keep-list, scope (also of an IPv4 address
 * inside an IPv6 one), others.
 * Errors: a reason other than D4_R_NONE, *out is undefined: INTO_CONFLICT,
 *         ADDR_DROP, INTERNAL.
 * Source: spec sanitizers.md section 3.
 */
D4_USED enum d4_reason san_map_addr(
    struct san_map *m, const struct d4_addr *in, struct san_mapped *out);

/* san_map_ahead4 -- an address that comes soon: its place in the caches. */
void san_map_ahead4(const struct san_map *m, uint32_t in);

/* The same for IPv4 in host order, without the struct: the fast path. */
D4_USED enum d4_reason san_map_ip4(
    struct san_map *m, uint32_t in, uint32_t *out, enum san_what *what);

/*
 * san_map_many4 -- the same for many, SAN_MAP_MANY at most; answers how many
 * of them, from the first, have no reason against them. what: enum san_what.
 */
#define SAN_MAP_MANY 256u
D4_USED size_t san_map_many4(struct san_map *m, const uint32_t *in, size_t n,
    uint32_t *out, uint8_t *what);

/*
 * san_map_each4 -- the same for many; answers how many of them, from the
 * first, were replaced by others, without a reason against it.
 */
D4_USED size_t san_map_each4(
    struct san_map *m, const uint32_t *in, size_t n, uint32_t *out);

/*
 * san_map_snm -- the last three bytes of a solicited-node group (or of its
 * MAC address), replaced by a token. Errors: false, the library failed.
 */
D4_USED bool san_map_snm(
    struct san_map *m, const uint8_t in[3], uint8_t out[3]);

#endif

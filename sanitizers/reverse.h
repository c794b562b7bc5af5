/* A pipeline's addresses undone, for an operator who has the key. */
#ifndef SAN_REVERSE_H
#define SAN_REVERSE_H

#include "sanitizers/chain.h"

#define SAN_ORIGINALS 4u

/*
 * struct san_originals -- addresses that the pipeline maps to the one that
 * was asked for: rarely more than one (a kept one and a mapped one may meet).
 */
struct san_originals {
	unsigned n;
	struct d4_addr addr[SAN_ORIGINALS];
};

/*
 * san_chain_reverse -- what the chain's step `addr` may have replaced by
 * *mapped; each candidate was mapped again and gave it. Tokens (link-local
 * and solicited-node addresses) have no way back.
 * Errors: D4_ENOTSUP no such step, or its method forgets (mask, zero).
 *         D4_ECRYPTO; D4_ENOMEM. On error *out is untouched.
 */
D4_USED enum d4_status san_chain_reverse(const struct san_chain *c,
    const struct san_keys *keys, const struct d4_addr *mapped,
    struct san_originals *out);

/* struct san_meet -- is told of two addresses that became one. */
struct san_meet {
	void (*fn)(void *arg, const struct d4_addr both[2]);
	void *arg;
};

/*
 * san_chain_collisions -- with method pool two addresses of the scope may get
 * the same one; meet is told of each such pair. Errors: D4_ECRYPTO, D4_ENOMEM.
 */
D4_USED enum d4_status san_chain_collisions(const struct san_chain *c,
    const struct san_keys *keys, const struct san_meet *meet);

#endif

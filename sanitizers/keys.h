/* The subkeys of a partner, and the secrets that they are made from. */
#ifndef SAN_KEYS_H
#define SAN_KEYS_H

#include <stdbool.h>
#include "libd4/secret.h"

/*
 * struct san_ring -- the secrets of a partner whose keys can be forgotten: one
 * for each epoch, in place of the master. What is destroyed is not there.
 */
struct san_ring {
	size_t n;
	struct san_secret {
		uint64_t epoch;
		uint8_t secret[D4_MASTER_LEN];
	} * at;
};

/* san_ring_find -- the epoch's secret, or NULL. */
const uint8_t *san_ring_find(const struct san_ring *r, uint64_t epoch);

#define SAN_PARTNER_MAX 65u

/*
 * struct san_keys -- the subkeys for one partner and epoch.
 * Shape:  have is false until san_keys_derive: a chain that needs keys
 *         refuses to run. master, partner: what other epochs are made from;
 *         ring: instead of the master, or NULL; borrowed.
 */
struct san_keys {
	bool have;
	uint8_t cpan[32], pfx[32], tok[32], mac[32], uuid[32];
	uint8_t ipdet[16], tshift[8];
	uint8_t master[D4_MASTER_LEN];
	char partner[SAN_PARTNER_MAX];
	const struct san_ring *ring;
};

/*
 * san_keys_derive -- all subkeys from the master for a partner, epoch "0".
 * Errors: D4_ECRYPTO; *out is wiped then.
 */
D4_USED enum d4_status san_keys_derive(const uint8_t master[D4_MASTER_LEN],
    const char *partner, struct san_keys *out);

/*
 * san_keys_epoch -- those for another epoch; `uuid` stays that of epoch "0".
 * Errors: D4_ENOENT the ring has no secret for it.  D4_ECRYPTO.
 */
D4_USED enum d4_status san_keys_epoch(
    const struct san_keys *base, uint64_t epoch, struct san_keys *out);
void san_keys_wipe(struct san_keys *k);

#endif

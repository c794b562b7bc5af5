/* Keyed hashes of a stream: tokens, identifiers, MAC pseudonyms. */
#ifndef SAN_TOKEN_H
#define SAN_TOKEN_H

#include <stdbool.h>
#include "libd4/secret.h"

#define SAN_TOKEN_LEN 32u

struct san_token;

/*
 * san_token_new -- HMAC-SHA256 keyed once and reused; the key is copied by
 * the library only. Errors: D4_ECRYPTO; D4_ENOMEM.
 */
D4_USED enum d4_status san_token_new(
    const uint8_t key[D4_SUBKEY_MAX], struct san_token **out);
void san_token_free(struct san_token *t);

/*
 * san_token_hash -- HMAC(key, domain 00 value).
 * Errors: D4_ECRYPTO; mac is wiped then.
 * Source: spec sanitizers.md section 2.
 */
D4_USED enum d4_status san_token_hash(struct san_token *t, const char *domain,
    struct d4_slice value, uint8_t mac[SAN_TOKEN_LEN]);

/*
 * san_token_domain_ok -- a policy may use this domain: 1 to 64 of [a-z0-9._-],
 * and none whose hashes mean something else under the same key.
 */
bool san_token_domain_ok(const char *domain);
#define SAN_TOKEN_DOMAIN_TEXT                                              \
	"a domain is 1 to 64 of [a-z0-9._-], and not iid, snm, smp, mac, " \
	"uuid, wit, pdns, odid, pool"

/*
 * san_token_mac -- the pseudonym of a MAC address under the mac subkey:
 * group bit kept, locally administered. in and out may be the same.
 */
D4_USED enum d4_status san_token_mac(
    struct san_token *t, const uint8_t in[6], uint8_t out[6]);

#endif

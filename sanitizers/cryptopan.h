/*
 * Crypto-PAn, the reference function (Xu, Fan, Ammar, Moon 2002), for IPv4
 * and IPv6, with caches. Prefix-preserving and bijective.
 */
#ifndef SAN_CRYPTOPAN_H
#define SAN_CRYPTOPAN_H

#include <stdbool.h>
#include "libd4/slice.h"

#define SAN_CPAN_KEY 32u /* AES key, then what is encrypted to the pad */

struct san_cpan;

/*
 * san_cpan_new -- the key is copied; caches fill as addresses come (768 KiB
 * of address space for IPv4, 512 KiB for IPv6, touched on demand).
 * Errors: D4_ENOMEM; D4_ECRYPTO.
 */
D4_USED enum d4_status san_cpan_new(
    const uint8_t key[SAN_CPAN_KEY], struct san_cpan **out);
void san_cpan_free(struct san_cpan *c);

/* san_cpan_ahead4 -- fetches from memory what san_cpan4 will look at. */
void san_cpan_ahead4(const struct san_cpan *c, uint32_t in);

/*
 * san_cpan_each4 -- san_cpan4 of many, out may be in; answers how many of them,
 * from the first, until the library failed.
 */
D4_USED size_t san_cpan_each4(
    struct san_cpan *c, const uint32_t *in, size_t n, uint32_t *out);

/*
 * san_cpan4 -- an IPv4 address in host order.
 * san_cpan6 -- an IPv6 address in network order; in and out may be the same.
 * Both answer false, with *out untouched, when the library failed.
 */
D4_USED bool san_cpan4(struct san_cpan *c, uint32_t in, uint32_t *out);
D4_USED bool san_cpan6(
    struct san_cpan *c, const uint8_t in[16], uint8_t out[16]);

#endif

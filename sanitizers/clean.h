/* Is an address of the scope anywhere in a payload, in any encoding? */
#ifndef SAN_CLEAN_H
#define SAN_CLEAN_H

#include "sanitizers/addr.h"

/*
 * san_clean -- true when nothing in `data` reads as an address of the scope:
 * bytes in network or reversed order, dotted, dashed or reversed text, hex
 * digits, decimal numbers, RFC 4291 text, ip6.arpa nibbles, and all that
 * sanitizers/find_hidden.h lists. Looks by prefix,
 * so that it is rather too strict: with a short prefix most binary payloads
 * have such bytes. Without a scope nothing is clean.
 */
bool san_clean(const struct san_addr *c, struct d4_slice data);

#endif

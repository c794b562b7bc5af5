/* IP addresses and sets of prefixes (networks). */
#ifndef D4_PREFIX_H
#define D4_PREFIX_H

#include <stdbool.h>
#include "libd4/slice.h"

#define D4_ADDR_TEXT 46u /* INET6_ADDRSTRLEN */

/*
 * struct d4_addr -- an IPv4 or IPv6 address.
 * Shape:  family 4 or 6; IPv4 in b[0..4), IPv6 in b[0..16), network order.
 */
struct d4_addr {
	uint8_t family;
	uint8_t b[16];
};

/* A prefix: host bits are zero. */
struct d4_prefix {
	struct d4_addr addr;
	uint8_t len;
};

/*
 * struct d4_prefix_set -- a named network.
 * Owns:   its list; sorted by family, then address, then length, no
 *         duplicates.
 */
struct d4_prefix_set {
	struct d4_prefix *list;
	size_t n;
};

/* d4_addr_parse -- dotted quad or RFC 4291 text, all of it, no zone. */
D4_USED enum d4_status d4_addr_parse(struct d4_slice text, struct d4_addr *out);

/* d4_addr_text -- canonical text (RFC 5952) with NUL; its bytes without. */
size_t d4_addr_text(const struct d4_addr *a, char out[D4_ADDR_TEXT]);

/*
 * d4_prefix_parse -- "10.1.0.0/16"; an address alone is a host prefix.
 * Errors: D4_EMALFORMED; D4_EINVAL host bits are set.
 */
D4_USED enum d4_status d4_prefix_parse(
    struct d4_slice text, struct d4_prefix *out);

bool d4_prefix_has(const struct d4_prefix *p, const struct d4_addr *a);
bool d4_prefix_overlap(const struct d4_prefix *p, const struct d4_prefix *q);

/* d4_prefix_set_add -- adds a copy, keeping the order. */
D4_USED enum d4_status d4_prefix_set_add(
    struct d4_prefix_set *s, const struct d4_prefix *p);

/*
 * d4_prefix_set_take -- a set of n prefixes in any order, at once: O(n log n).
 * Those inside another one are left out, so it answers whether an address is
 * in, not the longest match. Owns: *list (malloc) is taken, also when it is
 * NULL; *s, finished or zeroed before, is overwritten.
 */
void d4_prefix_set_take(
    struct d4_prefix_set *s, struct d4_prefix *list, size_t n);
void d4_prefix_set_fini(struct d4_prefix_set *s);

/* d4_prefix_set_find -- the longest match, or NULL. */
const struct d4_prefix *d4_prefix_set_find(
    const struct d4_prefix_set *s, const struct d4_addr *a);

#endif

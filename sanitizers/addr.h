/*
 * The `addr` step: which addresses are replaced, by what. The configuration
 * (this file) is shared by all streams of a chain; sanitizers/map.h applies
 * it with a partner's keys.
 */
#ifndef SAN_ADDR_H
#define SAN_ADDR_H

#include "sanitizers/hints.h"
#include "sanitizers/step.h"

enum san_method {
	SAN_METHOD_CRYPTOPAN,
	SAN_METHOD_PNAT, /* prefix replaced, host bits kept */
	SAN_METHOD_MASK,
	SAN_METHOD_ZERO,
	SAN_METHOD_DROP, /* drop-record */
	SAN_METHOD_PFX,  /* ipcrypt-pfx */
	SAN_METHOD_DET,  /* ipcrypt-deterministic: IPv4 becomes IPv6 */
	SAN_METHOD_POOL, /* single addresses into a prefix, by hash */
};

/* What happens to addresses outside the scope. */
enum san_others { SAN_OTHERS_MAP, SAN_OTHERS_KEEP, SAN_OTHERS_DROP };

/* Where a record must have an address of the scope. */
enum san_require {
	SAN_REQUIRE_NONE,
	SAN_REQUIRE_ANY,
	SAN_REQUIRE_SRC,
	SAN_REQUIRE_DST,
};

/*
 * Verdicts over one address, before any key: what the lists say of it.
 * From SAN_V_SCOPE on: inside scope.list[v - SAN_V_SCOPE].
 */
enum san_verdict {
	SAN_V_MIXED,    /* only in the table: ask for the single address */
	SAN_V_SPECIAL,  /* kept because of what it is */
	SAN_V_KEEP,     /* on the keep-list, or others: keep */
	SAN_V_CONFLICT, /* would be kept, but lies inside `into` */
	SAN_V_DROP,     /* others: drop */
	SAN_V_MAP,      /* others: map */
	SAN_V_SCOPE,
};

#define SAN_SCOPE_MAX 4096u /* prefixes of a scope */

/*
 * struct san_addr -- a compiled `addr` step.
 * Shape:  into[i] replaces scope.list[i] (same family and length; of a pool,
 *         the pool of its family), or NULL.
 *         targets: the same prefixes as a set. table[first 16 bits]: the
 *         verdict over a whole IPv4 /16. mask4, mask6: for method mask.
 */
struct san_addr {
	enum san_method method;
	enum san_others others;
	enum san_require require;
	struct d4_prefix_set scope;
	struct d4_prefix_set keep;
	struct d4_prefix_set targets;
	struct d4_prefix *into;
	uint8_t mask4, mask6;
	uint16_t table[65536];
	struct san_hints hints;
};

extern const struct san_step_kind san_step_addr;

/* san_addr_verdict -- what the lists say of an address (never MIXED). */
unsigned san_addr_verdict(const struct san_addr *c, const struct d4_addr *a);

/*
 * san_addr_lists -- addr_lists.c: reads scope, into and keep of the step.
 * Errors: D4_EINVAL with the diag.  D4_ENOMEM.
 */
D4_USED enum d4_status san_addr_lists(const struct san_compile *cx,
    const struct d4_yaml *map, struct san_addr *c);

/* san_addr_table -- fills c->table from the lists. */
void san_addr_table(struct san_addr *c);

/*
 * san_addr_last_four -- an IPv6 address whose last four bytes are an IPv4
 * address: mapped (::ffff:0:0/96), translated (64:ff9b::/96, what ends so in
 * 64:ff9b:1::/48, ::ffff:0:0:0/96) or compatible (::/96, deprecated).
 * Source: RFC 4291 2.5.5, RFC 6052, RFC 8215, RFC 2765 2.1.
 */
bool san_addr_last_four(const uint8_t b[16]);

/* san_addr_special -- 0.0.0.0, 127/8, 224/4, broadcast, ::, ::1, ff00::/8. */
bool san_addr_special(const struct d4_addr *a);

/*
 * san_addr_hides -- no address of the scope (without a scope: no address) can
 * leave as it was: what class S1 asks for.
 */
bool san_addr_hides(const struct san_addr *c);

#endif

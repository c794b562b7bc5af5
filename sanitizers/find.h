/* Addresses written in text, wherever they stand. */
#ifndef SAN_FIND_H
#define SAN_FIND_H

#include "sanitizers/selfcheck.h"

/*
 * san_find_next -- the next address in *text, which is advanced so that the
 * search goes on behind where it began: dotted quads (also inside longer
 * rows of numbers), the same with dashes ("ip-10-1-2-3"), and IPv6 texts.
 * false: there is none any more.
 */
bool san_find_next(struct d4_slice *text, struct d4_addr *out);

/*
 * san_scope_has -- the address is of the set, or has an IPv4 address of the
 * set inside: mapped, translated (64:ff9b::/96), 6to4, Teredo, ISATAP.
 */
bool san_scope_has(const struct d4_prefix_set *scope, const struct d4_addr *a);

/*
 * san_scope_note -- the same; what is of the set is added to *check, the
 * address inside as well.
 */
bool san_scope_note(const struct d4_prefix_set *scope, const struct d4_addr *a,
    struct san_check *check);

/* san_find_scope -- some address in text is of the set. */
bool san_find_scope(struct d4_slice text, const struct d4_prefix_set *scope);

#endif

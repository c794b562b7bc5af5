/* Addresses written in text, wherever they stand. */
#ifndef SAN_FIND_H
#define SAN_FIND_H

#include "sanitizers/hints.h"
#include "sanitizers/selfcheck.h"

/*
 * struct san_find -- a search under way; text and hints are the caller's.
 * Shape:  hints: of what is looked for, or NULL: all addresses. marks: of the
 *         64 bytes in front of `next`, those that may be the first mark of an
 *         address (find_marks.h) and were not looked at yet. gap: the one
 *         behind the first number of the address given last.
 */
struct san_find {
	struct d4_slice text;
	const struct san_hints *hints;
	size_t next, gap;
	uint64_t marks;
};

/*
 * san_find_next -- the next address: dotted quads (also inside longer rows
 * of numbers), the same with dashes ("ip-10-1-2-3"), and IPv6 texts. In
 * longer runs several may be read; all are given.
 * false: there is none any more.
 */
bool san_find_next(struct san_find *f, struct d4_addr *out);

/*
 * san_find_at -- one of these whose first number ends in front of the mark at
 * i (i < t.n), unless the hints (or NULL) say that it is not looked for.
 */
bool san_find_at(struct d4_slice t, size_t i, const struct san_hints *h,
    struct d4_addr *out);

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

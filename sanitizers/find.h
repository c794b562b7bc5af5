/* Addresses written in text, wherever they stand. */
#ifndef SAN_FIND_H
#define SAN_FIND_H

#include "sanitizers/selfcheck.h"

/*
 * struct san_find -- a search under way; text and first are the caller's.
 * Shape:  first: which first octets of IPv4 addresses are looked for, 256 of
 *         them, or NULL: all. ends: which bytes these end with, as
 *         san_find_ends, or NULL. marks: of the 16 bytes in front of `next`,
 * the high bits of those between numbers (. - :) that were not looked at yet.
 * gap: the one behind the first number of the address given last.
 */
struct san_find {
	struct d4_slice text;
	const bool *first, *ends;
	size_t next, gap;
	uint64_t marks[2];
};

/* san_find_first -- the first octets of a set's IPv4 prefixes, for `first`. */
void san_find_first(const struct d4_prefix_set *scope, bool first[256]);

/*
 * san_find_ends -- which bytes stand in front of the mark behind such a number:
 * its last digit, in base 10, 8 and 16, or one more mark.
 */
void san_find_ends(const bool first[256], bool ends[256]);

/*
 * san_find_next -- the next address: dotted quads (also inside longer rows
 * of numbers), the same with dashes ("ip-10-1-2-3"), and IPv6 texts. In
 * longer runs several may be read; all are given.
 * false: there is none any more.
 */
bool san_find_next(struct san_find *f, struct d4_addr *out);

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

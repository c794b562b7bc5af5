/*
 * The self-check: original addresses that a record contained are searched
 * for in what is about to leave, in every usual encoding.
 */
#ifndef SAN_SELFCHECK_H
#define SAN_SELFCHECK_H

#include "libd4/prefix.h"

#define SAN_CHECK_MAX 64u /* addresses of a record, per family */

/*
 * struct san_check -- the addresses of one record.
 * Shape:  v4 in host order. No duplicates. full: one more did not fit.
 */
struct san_check {
	unsigned n4, n6;
	bool full;
	uint32_t v4[SAN_CHECK_MAX];
	uint8_t v6[SAN_CHECK_MAX][16];
};

static inline void
san_check_reset(struct san_check *c)
{
	c->n4 = 0;
	c->n6 = 0;
	c->full = false;
}

/*
 * san_check_add4, san_check_add6 -- an original address that was replaced by
 * another. Kept, special and fixed-point addresses are not added.
 */
void san_check_add4(struct san_check *c, uint32_t addr);
void san_check_add6(struct san_check *c, const uint8_t addr[16]);

/* san_check_add -- either family. */
void san_check_add(struct san_check *c, const struct d4_addr *a);

/*
 * san_check_hit -- one of the addresses stands in `out`: as bytes in network
 * or reversed order, as dotted or RFC 5952 text, dashed, with reversed
 * octets (ip6.arpa nibbles), as hex digits, as a decimal number.
 * selfcheck_near.h must suspect whatever is looked for here.
 * Source: spec sanitizers.md section 1.
 */
bool san_check_hit(const struct san_check *c, struct d4_slice out);

/* san_check_text -- a lower-case text, of 2 bytes at least, in any case. */
bool san_check_text(struct d4_slice out, const char *text, size_t n);

#endif

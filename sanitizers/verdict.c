/* What the lists of an `addr` step say of an address, before any key. */
#include <string.h>
#include "libd4/wire.h"
#include "sanitizers/addr.h"

static bool
verdict_special4(uint32_t a)
{
	return a == 0 || a == 0xffffffffu || a >> 24 == 127 || a >> 28 == 0xe;
}

bool
san_addr_special(const struct d4_addr *a)
{
	static const uint8_t zero[15];

	if (a->family == 4)
		return verdict_special4(d4_get_be32(a->b));
	if (a->b[0] == 0xff)
		return true;
	return memcmp(a->b, zero, sizeof(zero)) == 0 && a->b[15] <= 1;
}

/* An address that nothing maps: does that betray or confuse? */
static unsigned
verdict_kept(const struct san_addr *c, const struct d4_addr *a)
{
	return d4_prefix_set_find(&c->targets, a) != NULL ? SAN_V_CONFLICT
	                                                  : SAN_V_KEEP;
}

bool
san_addr_last_four(const uint8_t b[16])
{
	static const uint8_t zero[10], local[6] = {0, 0x64, 0xff, 0x9b, 0, 1};
	static const uint8_t nat64[12] = {0, 0x64, 0xff, 0x9b};
	static const uint8_t siit[12] = {[8] = 0xff, 0xff};

	if (memcmp(b, zero, sizeof(zero)) == 0)
		return b[10] == b[11] && (b[10] == 0 || b[10] == 0xff);
	return memcmp(b, nat64, sizeof(nat64)) == 0 ||
	       memcmp(b, local, sizeof(local)) == 0 ||
	       memcmp(b, siit, sizeof(siit)) == 0;
}

unsigned
san_addr_verdict(const struct san_addr *c, const struct d4_addr *a)
{
	const struct d4_prefix *p;

	if (san_addr_special(a))
		return SAN_V_SPECIAL;
	if (d4_prefix_set_find(&c->keep, a) != NULL)
		return verdict_kept(c, a);
	p = d4_prefix_set_find(&c->scope, a);
	if (p != NULL)
		return SAN_V_SCOPE + (unsigned)(p - c->scope.list);
	switch (c->others) {
	case SAN_OTHERS_KEEP:
		return verdict_kept(c, a);
	case SAN_OTHERS_DROP:
		return SAN_V_DROP;
	case SAN_OTHERS_MAP:
		break;
	}
	return SAN_V_MAP;
}

/* Prefixes longer than /16 make the verdict of their /16 a mixed one. */
static void
verdict_mixed(struct san_addr *c, const struct d4_prefix_set *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct d4_prefix *p = &s->list[i];

		if (p->addr.family == 4 && p->len > 16)
			c->table[d4_get_be16(p->addr.b)] = SAN_V_MIXED;
	}
}

/* verdict_eighth -- a /8 of which no prefix of the set holds only a part. */
static bool
verdict_eighth(const struct d4_prefix_set *s, unsigned octet)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct d4_prefix *p = &s->list[i];

		if (p->addr.family == 4 && p->len > 8 && p->addr.b[0] == octet)
			return false;
	}
	return true;
}

void
san_addr_table(struct san_addr *c)
{
	bool one = false; /* verdict for all of the /8 */

	for (unsigned i = 0; i < 65536; i++) {
		struct d4_addr a = {
		    .family = 4, .b = {(uint8_t)(i >> 8), (uint8_t)i}};

		if (i % 256 == 0)
			one = verdict_eighth(&c->scope, i >> 8) &&
			      verdict_eighth(&c->keep, i >> 8) &&
			      verdict_eighth(&c->targets, i >> 8);
		/* The first of 0.0.0.0/8 is special. */
		if (one && i % 256 > 1)
			c->table[i] = c->table[i - 1];
		else
			c->table[i] = (uint16_t)san_addr_verdict(c, &a);
	}
	verdict_mixed(c, &c->scope);
	verdict_mixed(c, &c->keep);
	verdict_mixed(c, &c->targets);
	c->table[0] = SAN_V_MIXED;      /* 0.0.0.0 */
	c->table[0xffff] = SAN_V_MIXED; /* 255.255.255.255 */
}

/* Some prefix of one set overlaps one of the other. */
static bool
verdict_meet(const struct d4_prefix_set *a, const struct d4_prefix_set *b)
{
	for (size_t i = 0; i < a->n; i++) {
		for (size_t k = 0; k < b->n; k++) {
			if (d4_prefix_overlap(&a->list[i], &b->list[k]))
				return true;
		}
	}
	return false;
}

bool
san_addr_hides(const struct san_addr *c)
{
	/* What is left of a masked address is the network itself. */
	if (c->method == SAN_METHOD_MASK)
		return false;
	if (c->scope.n != 0)
		return !verdict_meet(&c->scope, &c->keep);
	return c->keep.n == 0 && c->others != SAN_OTHERS_KEEP;
}

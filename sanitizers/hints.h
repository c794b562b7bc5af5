/*
 * With what an address of a set may begin, however it is written: tables that
 * say "no" to most digits of a text before anybody reads a number. They may
 * say yes too often, never no too often.
 */
#ifndef SAN_HINTS_H
#define SAN_HINTS_H

#include "libd4/prefix.h"
#include "sanitizers/masks.h"

/*
 * struct san_hints -- of one set; built once, then only read.
 * Shape:  first: first octets of its IPv4 addresses. ends: last
 *         digits of such a number in base 10, 8 or 16, in lower case;
 * more of them than it holds: not these. front: a
 *         bit for two bytes that it may end with, the farther one times 256.
 * pair: a bit for the first two octets, the first one times 256. group: a bit
 * for the first 16 bits of an IPv6 address, which may have one of the IPv4
 * addresses inside; embeds: there are such, and ISATAP has them behind any
 * prefix.
 */
struct san_hints {
	bool embeds;
	bool first[256];
	struct san_ends ends;
	uint32_t front[2048], pair[2048], group[2048];
};

/* san_hints_of -- of what san_scope_has takes for the set's. */
void san_hints_of(const struct d4_prefix_set *scope, struct san_hints *h);

static inline bool
san_hints_bit(const uint32_t *map, unsigned v)
{
	return (map[v / 32] >> v % 32 & 1) != 0;
}

/* All may be asked without hints (NULL): then anything may be. */
static inline bool
san_hints_first(const struct san_hints *h, unsigned octet)
{
	return h == NULL || h->first[octet & 255];
}

static inline bool
san_hints_pair(const struct san_hints *h, unsigned first, unsigned second)
{
	return h == NULL ||
	       san_hints_bit(h->pair, (first & 255) << 8 | (second & 255));
}

static inline bool
san_hints_group(const struct san_hints *h, unsigned bits)
{
	return h == NULL || san_hints_bit(h->group, bits & 0xffff);
}

/* san_hints_front -- of the two bytes in front of the mark at t[i]. */
static inline bool
san_hints_front(const struct san_hints *h, struct d4_slice t, size_t i)
{
	unsigned far = i > 1 ? t.p[i - 2] : 0, near = i > 0 ? t.p[i - 1] : 0;

	return h == NULL || san_hints_bit(h->front, far << 8 | near);
}

#endif

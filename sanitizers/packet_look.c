/* packet_look_avx2.c and packet_look_avx512.c are this file again, see wide.h.
 */
#include "sanitizers/packet_look.h"
#include "sanitizers/wide.h"

/* The first of four bytes. */
#define LOOK_FOURS UINT64_C(0x1111111111111111)

/*
 * Characters that texts of addresses are made of, four in a row at a multiple
 * of four: a run of seven, the shortest text, has such. '/' counts, too, as
 * what 0x20 makes of other bytes.
 */
WIDE_INLINE uint64_t
look_text(WIDE x)
{
	uint64_t m = wide_bits(wide_le(
			 x - (uint8_t)'-', wide_of((uint8_t)(':' - '-')))) |
	             wide_bits(wide_le((x | 0x20) - (uint8_t)'a',
			 wide_of((uint8_t)('f' - 'a'))));

	m &= m >> 1;
	return m & m >> 2 & LOOK_FOURS;
}

/* The two bytes beside one another, in either order. */
WIDE_INLINE WIDE_MASK
look_pair(const uint8_t *p, WIDE a, WIDE b)
{
	WIDE x = wide_load(p), y = wide_load(p + 1);

	return (wide_eq(x, a) & wide_eq(y, b)) |
	       (wide_eq(x, b) & wide_eq(y, a));
}

WIDE_INLINE bool
look_clear(const uint8_t *rec, size_t n, const uint32_t *addr, size_t n_addr)
{
	WIDE_MASK m = wide_none();
	uint64_t text = 0;

	for (size_t at = 0; at < n; at += WIDE_BYTES)
		text |= look_text(wide_load(rec + at));
	for (size_t i = 0; i < n_addr; i++) {
		WIDE a = wide_of((uint8_t)(addr[i] >> 16));
		WIDE b = wide_of((uint8_t)(addr[i] >> 8));

		for (size_t at = 0; at < n; at += WIDE_BYTES)
			m |= look_pair(rec + at, a, b);
	}
	return (text | wide_bits(m)) == 0;
}

/* Where nothing is looked for there is nothing to find. */
void
WIDE_NAME(pkt_look)(const struct pkt_looks *l, struct pkt_look *at)
{
	while (at->i < l->n &&
	       (l->n_addr[at->i] == 0 || look_clear(at->rec, l->size[at->i],
					     at->addr, l->n_addr[at->i])))
		pkt_look_on(l, at);
}

#ifdef WIDE_FIRST
void
pkt_look(const struct pkt_looks *l, struct pkt_look *at)
{
	WIDE_CHOOSE(pkt_look, l, at);
}
#endif

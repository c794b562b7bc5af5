/* find_marks_avx2.c and _avx512.c are this file again, see wide.h. */
#include "sanitizers/find_marks.h"
#include "sanitizers/wide_bytes.h"

/* A bit for each byte of a piece that is one; hex: or a digit. */
struct marks {
	uint64_t digit, hex, colon, mark, end;
};

WIDE_INLINE void
marks_part(const uint8_t *p, const struct san_ends *ends, unsigned at,
    struct marks *out)
{
	WIDE x = wide_load(p), low = x | wide_byte(MASKS_CASE);
	WIDE_MASK digit = wide_in(x, MASKS_ZERO, MASKS_ZERO_TO);
	WIDE_MASK hex = wide_in(low, MASKS_A, MASKS_A_TO_F);

	out->digit |= wide_bits(digit) << at;
	out->hex |= wide_bits(digit | hex) << at;
	out->colon |= wide_bits(wide_is(x, MASKS_COLON)) << at;
	out->mark |= wide_bits(wide_is(x, MASKS_DOT) | wide_is(x, MASKS_DASH))
	             << at;
	out->end |= wide_bits(wide_ends(low, ends)) << at;
}

/* marks_next -- the next one stands behind one to three digits. */
WIDE_INLINE uint64_t
marks_next(uint64_t bits)
{
	return san_marks_behind(bits, 2) | san_marks_behind(bits, 3) |
	       san_marks_behind(bits, 4);
}

WIDE_INLINE uint64_t
marks_dots(const struct marks *m)
{
	uint64_t all = m->mark & san_marks_behind(m->digit, 1);
	uint64_t bits = all & (m->end << 1 | 1);

	return bits == 0 ? 0 : bits & marks_next(all & marks_next(all));
}

uint64_t
WIDE_NAME(san_find_marks)(const uint8_t *p, const struct san_ends *ends)
{
	struct marks m = {0};

#pragma GCC unroll 4
	for (unsigned i = 0; i < WIDE_PARTS; i++)
		marks_part(p + i * WIDE_BYTES, ends, i * WIDE_BYTES, &m);
	if (ends->n > SAN_MASKS_ENDS)
		m.end = UINT64_MAX;
	return marks_dots(&m) | san_marks_colons(m.colon, m.hex);
}

#ifdef WIDE_FIRST
uint64_t
san_find_marks(const uint8_t *p, const struct san_ends *ends)
{
	static const struct san_ends any = {.n = SAN_MASKS_ENDS + 1};

	if (ends == NULL)
		ends = &any;
	return WIDE_CHOOSE(san_find_marks, p, ends);
}
#endif

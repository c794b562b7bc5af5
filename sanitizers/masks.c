/* masks_avx2.c and masks_avx512.c are this file again, see wide.h. */
#include "sanitizers/masks.h"
#include "sanitizers/masks_bytes.h"
#include "sanitizers/wide.h"

#define MASKS_PARTS (SAN_PIECE / WIDE_BYTES)

WIDE_INLINE WIDE
masks_of(enum masks_byte c)
{
	return wide_load(san_masks_byte[c]);
}

WIDE_INLINE WIDE_MASK
masks_is(WIDE x, enum masks_byte c)
{
	return wide_eq(x, masks_of(c));
}

/* masks_in -- so far behind a byte, at most. */
WIDE_INLINE WIDE_MASK
masks_in(WIDE x, enum masks_byte from, enum masks_byte to)
{
	return wide_le(x - masks_of(from), masks_of(to));
}

#define MASKS_PUT(kind, m) out[kind] = wide_bits(m)

/* masks_words -- digits and letters. */
WIDE_INLINE void
masks_words(WIDE x, WIDE low, uint64_t out[SAN_MASKS])
{
	WIDE_MASK digit = masks_in(x, MASKS_ZERO, MASKS_ZERO_TO);

	MASKS_PUT(SAN_MASK_DIGIT, digit);
	MASKS_PUT(SAN_MASK_HEAD,
	    masks_in(x, MASKS_TWO, MASKS_TWO_TO) | masks_is(x, MASKS_SIX));
	MASKS_PUT(SAN_MASK_HEX, digit | masks_in(low, MASKS_A, MASKS_A_TO_F));
	MASKS_PUT(SAN_MASK_WORD, digit | masks_in(low, MASKS_A, MASKS_A_TO_Z));
}

/* masks_marks -- what is neither. */
WIDE_INLINE void
masks_marks(WIDE x, WIDE low, uint64_t out[SAN_MASKS])
{
	WIDE even = x & masks_of(MASKS_EVEN);

	MASKS_PUT(SAN_MASK_COLON, masks_is(x, MASKS_COLON));
	MASKS_PUT(
	    SAN_MASK_DASH, masks_is(x, MASKS_DASH) | masks_is(x, MASKS_UNDER));
	MASKS_PUT(SAN_MASK_BRACKET, masks_is(even, MASKS_PAREN) |
					masks_is(low, MASKS_OPEN) |
					masks_is(low, MASKS_SHUT));
	MASKS_PUT(SAN_MASK_CODED, wide_eq(x, x ^ x) | wide_high(x) |
				      masks_is(x, MASKS_SLASH) |
				      masks_is(x, MASKS_PERCENT));
	MASKS_PUT(SAN_MASK_ASK, masks_is(x, MASKS_AND) | masks_is(x, MASKS_IS));
}

WIDE_INLINE WIDE_MASK
masks_ends(WIDE low, const struct san_ends *ends)
{
	WIDE_MASK end = wide_none();

	for (unsigned k = 0; k < ends->n && k < SAN_MASKS_ENDS; k++)
		end |= wide_eq(low, wide_load(ends->c[k]));
	return end;
}

/* masks_part -- the kinds of the bytes of one vector. */
WIDE_INLINE void
masks_part(
    const uint8_t *p, const struct san_ends *ends, uint64_t out[SAN_MASKS])
{
	WIDE x = wide_load(p), low = x | masks_of(MASKS_CASE);
	WIDE next = wide_load(p + 1) | masks_of(MASKS_CASE);

	masks_words(x, low, out);
	masks_marks(x, low, out);
	MASKS_PUT(SAN_MASK_SAME3, wide_eq(x, wide_load(p + 3)));
	MASKS_PUT(SAN_MASK_SAME4, wide_eq(x, wide_load(p + 4)));
	MASKS_PUT(SAN_MASK_LETTERS,
	    (masks_is(low, MASKS_D) & masks_is(next, MASKS_O)) |
		(masks_is(low, MASKS_R) & masks_is(next, MASKS_P)));
	MASKS_PUT(
	    SAN_MASK_BASE64, masks_is(x & masks_of(MASKS_FOURTH), MASKS_L));
	MASKS_PUT(SAN_MASK_END, masks_ends(low, ends));
}

void
WIDE_NAME(san_masks)(
    const uint8_t *p, const struct san_ends *ends, struct san_masks *out)
{
	uint64_t part[MASKS_PARTS][SAN_MASKS];

#pragma GCC unroll 4
	for (unsigned i = 0; i < MASKS_PARTS; i++)
		masks_part(p + i * WIDE_BYTES, ends, part[i]);
#pragma GCC unroll 16
	for (unsigned k = 0; k < SAN_MASKS; k++) {
		out->of[k] = part[0][k];
#pragma GCC unroll 4
		for (unsigned i = 1; i < MASKS_PARTS; i++)
			out->of[k] |= part[i][k] << i * WIDE_BYTES;
	}
}

#ifdef WIDE_FIRST
void
san_masks_of(
    const uint8_t *p, const struct san_ends *ends, struct san_masks *out)
{
	WIDE_CHOOSE(san_masks, p, ends, out);
}
#endif

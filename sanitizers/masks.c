/* masks_avx2.c and masks_avx512.c are this file again, see wide.h. */
#include "sanitizers/wide_bytes.h"

#define MASKS_PUT(kind, m) out[kind] = wide_bits(m)

/* masks_words -- digits and letters. */
WIDE_INLINE void
masks_words(WIDE x, WIDE low, uint64_t out[SAN_MASKS])
{
	WIDE_MASK digit = wide_in(x, MASKS_ZERO, MASKS_ZERO_TO);

	MASKS_PUT(SAN_MASK_DIGIT, digit);
	MASKS_PUT(SAN_MASK_HEAD,
	    wide_in(x, MASKS_TWO, MASKS_TWO_TO) | wide_is(x, MASKS_SIX));
	MASKS_PUT(SAN_MASK_HEX, digit | wide_in(low, MASKS_A, MASKS_A_TO_F));
	MASKS_PUT(SAN_MASK_WORD, digit | wide_in(low, MASKS_A, MASKS_A_TO_Z));
}

/* masks_marks -- what is neither. */
WIDE_INLINE void
masks_marks(WIDE x, WIDE low, uint64_t out[SAN_MASKS])
{
	WIDE even = x & wide_byte(MASKS_EVEN);

	MASKS_PUT(SAN_MASK_COLON, wide_is(x, MASKS_COLON));
	MASKS_PUT(
	    SAN_MASK_DASH, wide_is(x, MASKS_DASH) | wide_is(x, MASKS_UNDER));
	MASKS_PUT(SAN_MASK_BRACKET, wide_is(even, MASKS_PAREN) |
					wide_is(low, MASKS_OPEN) |
					wide_is(low, MASKS_SHUT));
	MASKS_PUT(SAN_MASK_CODED, wide_eq(x, x ^ x) | wide_high(x) |
				      wide_is(x, MASKS_SLASH) |
				      wide_is(x, MASKS_PERCENT));
	MASKS_PUT(SAN_MASK_ASK, wide_is(x, MASKS_AND) | wide_is(x, MASKS_IS));
}

/* masks_part -- the kinds of the bytes of one vector. */
WIDE_INLINE void
masks_part(
    const uint8_t *p, const struct san_ends *ends, uint64_t out[SAN_MASKS])
{
	WIDE x = wide_load(p), low = x | wide_byte(MASKS_CASE);
	WIDE next = wide_load(p + 1) | wide_byte(MASKS_CASE);

	masks_words(x, low, out);
	masks_marks(x, low, out);
	MASKS_PUT(SAN_MASK_SAME3, wide_eq(x, wide_load(p + 3)));
	MASKS_PUT(SAN_MASK_SAME4, wide_eq(x, wide_load(p + 4)));
	MASKS_PUT(SAN_MASK_LETTERS,
	    (wide_is(low, MASKS_D) & wide_is(next, MASKS_O)) |
		(wide_is(low, MASKS_R) & wide_is(next, MASKS_P)));
	MASKS_PUT(
	    SAN_MASK_BASE64, wide_is(x & wide_byte(MASKS_FOURTH), MASKS_L));
	MASKS_PUT(SAN_MASK_END, wide_ends(low, ends));
}

void
WIDE_NAME(san_masks)(
    const uint8_t *p, const struct san_ends *ends, struct san_masks *out)
{
	uint64_t part[WIDE_PARTS][SAN_MASKS];

#pragma GCC unroll 4
	for (unsigned i = 0; i < WIDE_PARTS; i++)
		masks_part(p + i * WIDE_BYTES, ends, part[i]);
#pragma GCC unroll 16
	for (unsigned k = 0; k < SAN_MASKS; k++) {
		out->of[k] = part[0][k];
#pragma GCC unroll 4
		for (unsigned i = 1; i < WIDE_PARTS; i++)
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

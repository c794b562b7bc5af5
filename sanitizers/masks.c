/* masks_avx2.c is this file once more, see wide.h. */
#include "sanitizers/masks.h"
#include "sanitizers/masks_bytes.h"
#include "sanitizers/wide.h"

#ifdef __AVX2__
#define MASKS_NAME san_masks_avx2
#else
#define MASKS_NAME san_masks_plain
#endif

#define MASKS_PARTS (SAN_PIECE / WIDE_BYTES)

WIDE_INLINE WIDE
masks_of(enum masks_byte c)
{
	return wide_load(san_masks_byte[c]);
}

WIDE_INLINE WIDE
masks_is(WIDE x, enum masks_byte c)
{
	return (WIDE)(x == masks_of(c));
}

#define MASKS_PUT(kind, m) out[kind] = wide_bits(m)

/* masks_words -- digits and letters. */
WIDE_INLINE void
masks_words(WIDE x, uint64_t out[SAN_MASKS])
{
	WIDE number = x - masks_of(MASKS_ZERO);
	WIDE letter = (x | masks_of(MASKS_CASE)) - masks_of(MASKS_A);
	WIDE digit = (WIDE)(number <= masks_of(MASKS_ZERO_TO));

	MASKS_PUT(SAN_MASK_DIGIT, digit);
	MASKS_PUT(
	    SAN_MASK_HEX, digit | (WIDE)(letter <= masks_of(MASKS_A_TO_F)));
	MASKS_PUT(
	    SAN_MASK_WORD, digit | (WIDE)(letter <= masks_of(MASKS_A_TO_Z)));
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
	MASKS_PUT(SAN_MASK_CODED, (WIDE)(x == x - x) |
				      masks_is(x, MASKS_SLASH) |
				      masks_is(x, MASKS_PERCENT) | x);
	MASKS_PUT(SAN_MASK_ASK, masks_is(x, MASKS_AND) | masks_is(x, MASKS_IS));
}

/* masks_part -- the kinds of the bytes of one vector. */
WIDE_INLINE void
masks_part(
    const uint8_t *p, const struct san_ends *ends, uint64_t out[SAN_MASKS])
{
	WIDE x = wide_load(p), low = x | masks_of(MASKS_CASE);
	WIDE next = wide_load(p + 1) | masks_of(MASKS_CASE);
	WIDE end = x ^ x;

	masks_words(x, out);
	masks_marks(x, low, out);
	MASKS_PUT(SAN_MASK_SAME3, (WIDE)(x == wide_load(p + 3)));
	MASKS_PUT(SAN_MASK_SAME4, (WIDE)(x == wide_load(p + 4)));
	MASKS_PUT(SAN_MASK_LETTERS,
	    (masks_is(low, MASKS_D) & masks_is(next, MASKS_O)) |
		(masks_is(low, MASKS_R) & masks_is(next, MASKS_P)));
	MASKS_PUT(
	    SAN_MASK_BASE64, masks_is(x & masks_of(MASKS_FOURTH), MASKS_L));
	for (unsigned k = 0; k < ends->n && k < SAN_MASKS_ENDS; k++)
		end |= (WIDE)(low == wide_load(ends->c[k]));
	MASKS_PUT(SAN_MASK_END, end);
}

void
MASKS_NAME(const uint8_t *p, const struct san_ends *ends, struct san_masks *out)
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

#ifndef __AVX2__
void
san_masks_of(
    const uint8_t *p, const struct san_ends *ends, struct san_masks *out)
{
#ifdef D4_AVX2
	if (__builtin_cpu_supports("avx2")) {
		san_masks_avx2(p, ends, out);
		return;
	}
#endif
	san_masks_plain(p, ends, out);
}
#endif

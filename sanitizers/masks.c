/*
 * Vectors of as many bytes as the target has; masks_avx2.c is this file once
 * more, for AVX2.
 */
#include <endian.h>
#include <string.h>
#include "sanitizers/masks.h"
#include "sanitizers/masks_bytes.h"

#ifdef __AVX2__
#define MASKS_BYTES ((size_t)32)
#define MASKS_NAME  san_masks_avx2
#else
#define MASKS_BYTES ((size_t)16)
#define MASKS_NAME  san_masks_plain
#endif

#define MASKS_PARTS  (SAN_PIECE / MASKS_BYTES)
#define MASKS_LANES  uint8_t __attribute__((vector_size(MASKS_BYTES)))
#define MASKS_CHARS  char __attribute__((vector_size(MASKS_BYTES)))
#define MASKS_INLINE static inline __attribute__((always_inline))

/* masks_bits -- a bit for the high one of each byte. */
MASKS_INLINE uint64_t
masks_bits(MASKS_LANES m)
{
#if defined(__AVX2__)
	return (uint32_t)__builtin_ia32_pmovmskb256((MASKS_CHARS)m);
#elif defined(__SSE2__)
	return (uint32_t)__builtin_ia32_pmovmskb128((MASKS_CHARS)m);
#else
	uint64_t half[2], bits = 0;

	memcpy(half, &m, sizeof(half));
	for (unsigned i = 0; i < 2; i++) {
		uint64_t high =
		    le64toh(half[i]) >> 7 & UINT64_C(0x0101010101010101);

		bits |= (high * UINT64_C(0x0102040810204080) >> 56) << 8 * i;
	}
	return bits;
#endif
}

MASKS_INLINE MASKS_LANES
masks_load(const uint8_t *p)
{
	MASKS_LANES x;

	memcpy(&x, p, MASKS_BYTES);
	return x;
}

MASKS_INLINE MASKS_LANES
masks_of(enum masks_byte c)
{
	return masks_load(san_masks_byte[c]);
}

MASKS_INLINE MASKS_LANES
masks_is(MASKS_LANES x, enum masks_byte c)
{
	return (MASKS_LANES)(x == masks_of(c));
}

#define MASKS_PUT(kind, m) out[kind] = masks_bits(m)

/* masks_words -- digits and letters. */
MASKS_INLINE void
masks_words(MASKS_LANES x, uint64_t out[SAN_MASKS])
{
	MASKS_LANES number = x - masks_of(MASKS_ZERO);
	MASKS_LANES letter = (x | masks_of(MASKS_CASE)) - masks_of(MASKS_A);
	MASKS_LANES digit = (MASKS_LANES)(number <= masks_of(MASKS_ZERO_TO));

	MASKS_PUT(SAN_MASK_DIGIT, digit);
	MASKS_PUT(SAN_MASK_HEX,
	    digit | (MASKS_LANES)(letter <= masks_of(MASKS_A_TO_F)));
	MASKS_PUT(SAN_MASK_WORD,
	    digit | (MASKS_LANES)(letter <= masks_of(MASKS_A_TO_Z)));
}

/* masks_marks -- what is neither. */
MASKS_INLINE void
masks_marks(MASKS_LANES x, MASKS_LANES low, uint64_t out[SAN_MASKS])
{
	MASKS_LANES even = x & masks_of(MASKS_EVEN);

	MASKS_PUT(SAN_MASK_COLON, masks_is(x, MASKS_COLON));
	MASKS_PUT(
	    SAN_MASK_DASH, masks_is(x, MASKS_DASH) | masks_is(x, MASKS_UNDER));
	MASKS_PUT(SAN_MASK_BRACKET, masks_is(even, MASKS_PAREN) |
					masks_is(low, MASKS_OPEN) |
					masks_is(low, MASKS_SHUT));
	MASKS_PUT(SAN_MASK_CODED, (MASKS_LANES)(x == x - x) |
				      masks_is(x, MASKS_SLASH) |
				      masks_is(x, MASKS_PERCENT) | x);
	MASKS_PUT(SAN_MASK_ASK, masks_is(x, MASKS_AND) | masks_is(x, MASKS_IS));
}

/* masks_part -- the kinds of the bytes of one vector. */
MASKS_INLINE void
masks_part(
    const uint8_t *p, const struct san_ends *ends, uint64_t out[SAN_MASKS])
{
	MASKS_LANES x = masks_load(p), low = x | masks_of(MASKS_CASE);
	MASKS_LANES next = masks_load(p + 1) | masks_of(MASKS_CASE);
	MASKS_LANES end = x ^ x;

	masks_words(x, out);
	masks_marks(x, low, out);
	MASKS_PUT(SAN_MASK_SAME3, (MASKS_LANES)(x == masks_load(p + 3)));
	MASKS_PUT(SAN_MASK_SAME4, (MASKS_LANES)(x == masks_load(p + 4)));
	MASKS_PUT(SAN_MASK_LETTERS,
	    (masks_is(low, MASKS_D) & masks_is(next, MASKS_O)) |
		(masks_is(low, MASKS_R) & masks_is(next, MASKS_P)));
	MASKS_PUT(
	    SAN_MASK_BASE64, masks_is(x & masks_of(MASKS_FOURTH), MASKS_L));
	for (unsigned k = 0; k < ends->n && k < SAN_MASKS_ENDS; k++)
		end |= (MASKS_LANES)(low == masks_load(ends->c[k]));
	MASKS_PUT(SAN_MASK_END, end);
}

void
MASKS_NAME(const uint8_t *p, const struct san_ends *ends, struct san_masks *out)
{
	uint64_t part[MASKS_PARTS][SAN_MASKS];

#pragma GCC unroll 4
	for (unsigned i = 0; i < MASKS_PARTS; i++)
		masks_part(p + i * MASKS_BYTES, ends, part[i]);
#pragma GCC unroll 16
	for (unsigned k = 0; k < SAN_MASKS; k++) {
		out->of[k] = part[0][k];
#pragma GCC unroll 4
		for (unsigned i = 1; i < MASKS_PARTS; i++)
			out->of[k] |= part[i][k] << i * MASKS_BYTES;
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

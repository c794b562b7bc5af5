/*
 * Vectors of as many bytes as the target has: files that include this are
 * built again on x86-64, with -mavx2 and with -mavx512bw, and one of the ways
 * is chosen when it runs. What a comparison answers is a bit a byte where the
 * target has such, else a vector: & | and ~ work on both.
 */
#ifndef SAN_WIDE_H
#define SAN_WIDE_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__AVX512BW__)
#define WIDE_BYTES      ((size_t)64)
#define WIDE_NAME(name) name##_avx512
#elif defined(__AVX2__)
#define WIDE_BYTES      ((size_t)32)
#define WIDE_NAME(name) name##_avx2
#else
#define WIDE_BYTES      ((size_t)16)
#define WIDE_NAME(name) name##_plain
#define WIDE_FIRST      /* the one that chooses is built once */
#endif

#define WIDE        uint8_t __attribute__((vector_size(WIDE_BYTES)))
#define WIDE_CHARS  char __attribute__((vector_size(WIDE_BYTES)))
#define WIDE_INLINE static inline __attribute__((always_inline))

#ifdef __AVX512BW__
#define WIDE_MASK uint64_t
#else
#define WIDE_MASK WIDE
#endif

/*
 * WIDE_CHOOSE -- calls the way that suits the processor. Those with 64 bytes
 * are taken that do not slow down by it: they have VBMI2 as well.
 */
#ifdef D4_WIDE
#define WIDE_CHOOSE(name, ...)                                              \
	(__builtin_cpu_supports("avx512vbmi2") ? name##_avx512(__VA_ARGS__) \
	    : __builtin_cpu_supports("avx2")   ? name##_avx2(__VA_ARGS__)   \
					       : name##_plain(__VA_ARGS__))
#else
#define WIDE_CHOOSE(name, ...) name##_plain(__VA_ARGS__)
#endif

/*
 * wide_done -- the registers' upper halves are not used any more. gcc sees to
 * that itself, but not behind a call of a static function that leaves them
 * alone; until then all that works with 16 bytes takes four times as long.
 */
WIDE_INLINE void
wide_done(void)
{
#ifdef __AVX__
	__builtin_ia32_vzeroupper();
#endif
}

WIDE_INLINE WIDE
wide_load(const uint8_t *p)
{
	WIDE x;

	memcpy(&x, p, WIDE_BYTES);
	return x;
}

/* wide_of -- the same byte everywhere. */
WIDE_INLINE WIDE
wide_of(uint8_t c)
{
	return (WIDE){0} + c;
}

/* wide_none -- of no byte. */
WIDE_INLINE WIDE_MASK
wide_none(void)
{
	return (WIDE_MASK){0};
}

WIDE_INLINE WIDE_MASK
wide_eq(WIDE x, WIDE y)
{
#ifdef __AVX512BW__
	return __builtin_ia32_cmpb512_mask(
	    (WIDE_CHARS)x, (WIDE_CHARS)y, 0, UINT64_MAX);
#else
	return (WIDE)(x == y);
#endif
}

/* wide_le -- at most. */
WIDE_INLINE WIDE_MASK
wide_le(WIDE x, WIDE y)
{
#ifdef __AVX512BW__
	return __builtin_ia32_ucmpb512_mask(
	    (WIDE_CHARS)x, (WIDE_CHARS)y, 2, UINT64_MAX);
#else
	return (WIDE)(x <= y);
#endif
}

/* wide_high -- beyond ASCII. */
WIDE_INLINE WIDE_MASK
wide_high(WIDE x)
{
#ifdef __AVX512BW__
	return __builtin_ia32_cvtb2mask512((WIDE_CHARS)x);
#else
	return x; /* wide_bits takes the high one of each byte */
#endif
}

/* wide_bits -- a bit for each byte. */
WIDE_INLINE uint64_t
wide_bits(WIDE_MASK m)
{
#if defined(__AVX512BW__)
	return m;
#elif defined(__AVX2__)
	return (uint32_t)__builtin_ia32_pmovmskb256((WIDE_CHARS)m);
#elif defined(__SSE2__)
	return (uint32_t)__builtin_ia32_pmovmskb128((WIDE_CHARS)m);
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

#endif

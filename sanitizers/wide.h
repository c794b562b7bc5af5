/*
 * Vectors of as many bytes as the target has: files that include this are
 * built twice on x86-64, the second time with -mavx2 (they are included whole
 * by a file of their own), and one of the two is chosen when it runs.
 */
#ifndef SAN_WIDE_H
#define SAN_WIDE_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __AVX2__
#define WIDE_BYTES ((size_t)32)
#else
#define WIDE_BYTES ((size_t)16)
#endif

#define WIDE        uint8_t __attribute__((vector_size(WIDE_BYTES)))
#define WIDE_CHARS  char __attribute__((vector_size(WIDE_BYTES)))
#define WIDE_INLINE static inline __attribute__((always_inline))

/* wide_bits -- a bit for the high one of each byte. */
WIDE_INLINE uint64_t
wide_bits(WIDE m)
{
#if defined(__AVX2__)
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

#endif

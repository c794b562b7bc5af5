/* The hash of a member's name, eight bytes at a time. */
#ifndef SAN_JSON_HASH_H
#define SAN_JSON_HASH_H

#include <string.h>
#include "libd4/slice.h"

/* san_json_word8, _word4 -- the bytes from p on, as this machine has them. */
static inline uint64_t
san_json_word8(const uint8_t *p)
{
	uint64_t x;

	memcpy(&x, p, sizeof(x));
	return x;
}

static inline uint64_t
san_json_word4(const uint8_t *p)
{
	uint32_t x;

	memcpy(&x, p, sizeof(x));
	return x;
}

/*
 * san_json_last_word -- the last eight bytes of a value, or of a shorter one
 * all: then some stand in it twice, always at the same places.
 */
static inline uint64_t
san_json_last_word(struct d4_slice v)
{
	if (v.n >= 8)
		return san_json_word8(v.p + v.n - 8);
	if (v.n >= 4)
		return san_json_word4(v.p) << 32 |
		       san_json_word4(v.p + v.n - 4);
	if (v.n == 0)
		return 0;
	return (uint64_t)v.p[0] << 16 | (uint64_t)v.p[v.n / 2] << 8 |
	       v.p[v.n - 1];
}

/* san_json_hash -- of a value's bytes (decoded): equal values, equal hash. */
static inline uint64_t
san_json_hash(struct d4_slice v)
{
	uint64_t h = v.n * UINT64_C(0x9e3779b97f4a7c15);

	for (size_t i = 0; i + 8 < v.n; i += 8) {
		h = (h ^ san_json_word8(v.p + i)) *
		    UINT64_C(0xff51afd7ed558ccd);
		h ^= h >> 32;
	}
	h = (h ^ san_json_last_word(v)) * UINT64_C(0xc4ceb9fe1a85ec53);
	return h ^ h >> 29;
}

#endif

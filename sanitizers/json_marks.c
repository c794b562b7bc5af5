/* json_marks_avx2.c and _avx512.c are this file again, see wide.h. */
#include "sanitizers/json_marks.h"
#include "sanitizers/wide.h"

WIDE_INLINE uint64_t
marks_part(const uint8_t *p)
{
	WIDE x = wide_load(p);

	return wide_bits(wide_high(x) | wide_le(x, wide_of(0x1f)) |
			 wide_eq(x, wide_of('"')) | wide_eq(x, wide_of('\\')));
}

WIDE_INLINE uint64_t
marks_block(const uint8_t *p)
{
	uint64_t bits = 0;

#pragma GCC unroll 4
	for (unsigned i = 0; i < SAN_JSON_BLOCK; i += WIDE_BYTES)
		bits |= marks_part(p + i) << i;
	return bits;
}

/*
 * marks_last -- of the last n bytes, fewer than 64; in front of them are more,
 * unless they are the first.
 */
WIDE_INLINE uint64_t
marks_last(const uint8_t *p, size_t n, bool first)
{
	uint8_t all[SAN_JSON_BLOCK] = {0};
	uint64_t behind = UINT64_MAX << n;

	if (n == 0)
		return behind;
	if (!first)
		return behind | marks_block(p + n - SAN_JSON_BLOCK) >>
		                    (SAN_JSON_BLOCK - n);
	memcpy(all, p, n);
	return marks_block(all);
}

void
WIDE_NAME(san_json_marks)(const uint8_t *p, size_t n, uint64_t *bits)
{
	bool first = n < SAN_JSON_BLOCK;

	for (; n >= SAN_JSON_BLOCK; n -= SAN_JSON_BLOCK) {
		*bits++ = marks_block(p);
		p += SAN_JSON_BLOCK;
	}
	*bits = marks_last(p, n, first);
}

#ifdef WIDE_FIRST
void
san_json_marks(const uint8_t *p, size_t n, uint64_t *bits)
{
	WIDE_CHOOSE(san_json_marks, p, n, bits);
}
#endif

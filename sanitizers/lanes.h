/* Sixteen bytes at a time, and which of them something holds for. */
#ifndef SAN_LANES_H
#define SAN_LANES_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "libd4/slice.h"

#define SAN_BLOCK  ((size_t)16)
#define SAN_LANES  uint8_t __attribute__((vector_size(16)))
#define SAN_CHARS  char __attribute__((vector_size(16)))
#define SAN_HIGH   UINT64_C(0x8080808080808080)
#define SAN_GATHER UINT64_C(0x0102040810204080) /* bits of eight bytes */

/* Positions of a block, 0 to 15, as bits; taken one by one. */
struct san_marks {
	unsigned bits;
};

static inline SAN_LANES
san_lanes(const uint8_t *p)
{
	SAN_LANES x;

	memcpy(&x, p, SAN_BLOCK);
	return x;
}

/* san_lanes_in -- which bytes are of [from, to], as ff and 00. */
static inline SAN_LANES
san_lanes_in(SAN_LANES x, uint8_t from, uint8_t to)
{
	return (SAN_LANES)((SAN_LANES)(x - from) <= (uint8_t)(to - from));
}

/* san_lanes_bits -- a bit for each byte that is ff (not 00). */
static inline unsigned
san_lanes_bits(SAN_LANES m)
{
#ifdef __SSE2__
	return (unsigned)__builtin_ia32_pmovmskb128((SAN_CHARS)m);
#else
	uint64_t half[2];
	unsigned bits = 0;

	memcpy(half, &m, sizeof(half));
	for (unsigned i = 0; i < 2; i++) {
		uint64_t ones = (le64toh(half[i]) & SAN_HIGH) >> 7;

		bits |= (unsigned)(ones * SAN_GATHER >> 56) << 8 * i;
	}
	return bits;
#endif
}

static inline struct san_marks
san_marks_of(SAN_LANES m)
{
	return (struct san_marks){san_lanes_bits(m)};
}

static inline bool
san_marks_any(const struct san_marks *k)
{
	return k->bits != 0;
}

/* san_marks_next -- the first position that is left, which goes. */
static inline size_t
san_marks_next(struct san_marks *k)
{
	size_t at = (size_t)__builtin_ctz(k->bits);

	k->bits &= k->bits - 1;
	return at;
}

/*
 * struct san_blocks -- a text, block by block; the last ones are copied, with
 * zeros behind, so that `more` bytes behind a block can be read.
 */
struct san_blocks {
	struct d4_slice text;
	size_t next, more;
	uint8_t last[2 * 16];
};

/*
 * san_blocks_next -- 16 bytes, of which the first stands at *at, and `more`
 * (up to 16) behind them; NULL: there are none any more.
 */
static inline const uint8_t *
san_blocks_next(struct san_blocks *b, size_t *at)
{
	size_t left = b->text.n - b->next;

	if (left == 0)
		return NULL;
	*at = b->next;
	if (left >= SAN_BLOCK + b->more) {
		b->next += SAN_BLOCK;
		return b->text.p + *at;
	}
	memset(b->last, 0, sizeof(b->last));
	memcpy(b->last, b->text.p + *at, left);
	b->next += left < SAN_BLOCK ? left : SAN_BLOCK;
	return b->last;
}

#endif

/* Sixteen bytes at a time, and which of them something holds for. */
#ifndef SAN_LANES_H
#define SAN_LANES_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "libd4/slice.h"

#define SAN_BLOCK ((size_t)16)
#define SAN_LANES uint8_t __attribute__((vector_size(16)))
#define SAN_HIGH  UINT64_C(0x8080808080808080)

/* Positions of a block, 0 to 15, as high bits of bytes; taken one by one. */
struct san_marks {
	uint64_t half[2];
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

static inline struct san_marks
san_marks_of(SAN_LANES m)
{
	struct san_marks k;

	memcpy(k.half, &m, sizeof(k.half));
	k.half[0] = le64toh(k.half[0]) & SAN_HIGH;
	k.half[1] = le64toh(k.half[1]) & SAN_HIGH;
	return k;
}

/* san_lanes_bits -- of lanes that are ff or 00, the first as the lowest bit. */
static inline unsigned
san_lanes_bits(SAN_LANES m)
{
#ifdef __SSE2__
	return (unsigned)__builtin_ia32_pmovmskb128(
	    (char __attribute__((vector_size(16))))m);
#else
	/* The high bit of byte i goes to bit i of the product's top byte. */
	const uint64_t turn = UINT64_C(0x0002040810204081);
	struct san_marks k = san_marks_of(m);

	return (unsigned)(k.half[0] * turn >> 56) |
	       (unsigned)(k.half[1] * turn >> 56) << 8;
#endif
}

static inline bool
san_marks_any(const struct san_marks *k)
{
	return (k->half[0] | k->half[1]) != 0;
}

/* san_marks_next -- the first position that is left, which goes. */
static inline size_t
san_marks_next(struct san_marks *k)
{
	unsigned h = k->half[0] == 0;
	uint64_t m = k->half[h];

	k->half[h] = m & (m - 1);
	return 8 * (size_t)h + (size_t)__builtin_ctzll(m) / 8;
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

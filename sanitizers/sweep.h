/* A sweep (find_sweep.h) from the inside: for its own files. */
#ifndef SAN_SWEEP_H
#define SAN_SWEEP_H

#include "sanitizers/find_sweep.h"
#include "sanitizers/masks.h"

/* Searches of the whole text that are worth it. */
enum san_sweep_may {
	SAN_SWEEP_PAIRS = 1 << 0,
	SAN_SWEEP_DASHED = 1 << 1,
	SAN_SWEEP_BASE64 = 1 << 2,
	SAN_SWEEP_BYTES = 1 << 3, /* in base64, with "==" */
	SAN_SWEEP_CODED = 1 << 4,
	SAN_SWEEP_ZONES = 1 << 5,
};

/*
 * struct san_sweep -- one under way.
 * Shape:  rows, numbers: rows of hex digits and of digits in front of it were
 *         read. at: where the piece begins that is looked at; now, next: the
 *         kinds of its bytes and of those behind; before: which of those in
 *         front are hex digits.
 */
struct san_sweep {
	struct d4_slice t;
	const struct san_wanted *w;
	const struct san_hints *hints;
	unsigned depth, found, may;
	bool plain;
	size_t rows, numbers, at;
	uint64_t before;
	const struct san_masks *now, *next;
};

/* san_sweep_behind -- the bits of the bytes that stand n behind each. */
static inline uint64_t
san_sweep_behind(const struct san_sweep *s, enum san_mask kind, unsigned n)
{
	return s->now->of[kind] >> n | s->next->of[kind] << (64 - n);
}

/* san_sweep_take -- the position of the lowest bit, which goes. */
static inline size_t
san_sweep_take(const struct san_sweep *s, uint64_t *bits)
{
	size_t at = s->at + (size_t)__builtin_ctzll(*bits);

	*bits &= *bits - 1;
	return at;
}

static inline uint8_t
san_sweep_byte(const struct san_sweep *s, size_t i)
{
	return i < s->t.n ? s->t.p[i] : 0;
}

/*
 * san_sweep_numbers -- what begins with digits in the piece: a wanted address
 * was found that is no plain one; or some search is worth it, or a plain one
 * was found, as s says.
 */
bool san_sweep_numbers(struct san_sweep *s);

#endif

/*
 * The self-check of bytes that were written over in a record which passed it
 * before: may an original address stand there now? These only ever say yes
 * too often; san_check_hit knows.
 */
#ifndef SAN_SELFCHECK_NEAR_H
#define SAN_SELFCHECK_NEAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define CHECK_BLOCK 16u

/* Sixteen bytes at a time: a plain loop is a third of the whole pipeline. */
#define CHECK_LANES uint8_t __attribute__((vector_size(16)))
#define CHECK_WORDS uint32_t __attribute__((vector_size(16)))

/*
 * check_block -- where in a block of 16 positions do the two middle bytes
 * stand, in either order? p[1..18) is read.
 */
static inline CHECK_LANES
check_block(const uint8_t *p, CHECK_LANES b1, CHECK_LANES b2)
{
	CHECK_LANES x, y;

	memcpy(&x, p + 1, CHECK_BLOCK);
	memcpy(&y, p + 2, CHECK_BLOCK);
	return (CHECK_LANES)(((x == b1) & (y == b2)) | ((x == b2) & (y == b1)));
}

/* check_lanes -- the lowest byte sixteen times. */
static inline CHECK_LANES
check_lanes(uint32_t b)
{
	return (CHECK_LANES){0} + (uint8_t)b;
}

/*
 * check_fours -- four characters that texts of addresses are made of, at a
 * multiple of four in a block? One more character ('/') counts: whoever says
 * yes is looked at again.
 */
static inline CHECK_LANES
check_fours(const uint8_t *p)
{
	CHECK_LANES x, m;
	CHECK_WORDS w;

	memcpy(&x, p, CHECK_BLOCK);
	m = (CHECK_LANES)(((uint8_t)':' - x <= (uint8_t)(':' - '-')) |
			  ((x | 0x20) - (uint8_t)'a' <= (uint8_t)('f' - 'a')));
	w = (CHECK_WORDS)m;
	return (CHECK_LANES)(w == UINT32_MAX);
}

static inline bool
check_any(CHECK_LANES m)
{
	uint64_t half[2];

	memcpy(half, &m, sizeof(half));
	return (half[0] | half[1]) != 0;
}

/* struct san_near -- an IPv4 address that is looked for. */
struct san_near {
	CHECK_LANES b1, b2;
};

static inline struct san_near
san_near_of(uint32_t addr)
{
	return (struct san_near){
	    check_lanes(addr >> 16), check_lanes(addr >> 8)};
}

/*
 * san_near4 -- p[0..n) was written: may the address stand, in either byte
 * order, where it holds one of these bytes? Nothing is set: no. Reads 3 bytes
 * in front and up to 18 behind them.
 */
static inline CHECK_LANES
san_near4(const uint8_t *p, size_t n, const struct san_near *a)
{
	CHECK_LANES m = check_block(p - 3, a->b1, a->b2);

	for (size_t at = CHECK_BLOCK; at < n + 3; at += CHECK_BLOCK)
		m |= check_block(p - 3 + at, a->b1, a->b2);
	return m;
}

/*
 * san_near_text -- the same for a text of an address: of seven characters in a
 * row, one of which was written, four begin at 3 in front of p or a multiple
 * of four behind that, n + 2 behind p at most.
 */
static inline CHECK_LANES
san_near_text(const uint8_t *p, size_t n)
{
	CHECK_LANES m = check_fours(p - 3);

	for (size_t at = CHECK_BLOCK; at < n + 6; at += CHECK_BLOCK)
		m |= check_fours(p - 3 + at);
	return m;
}

#endif

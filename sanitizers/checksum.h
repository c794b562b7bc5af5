/* The Internet checksum (RFC 1071), in parts. */
#ifndef SAN_CHECKSUM_H
#define SAN_CHECKSUM_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Sums are of 16-bit words as they lie in memory, whatever the machine's
 * byte order: the one's complement sum does not mind (RFC 1071 section 2 B).
 * A part of odd length counts as if a zero followed: only the last may be odd.
 */

/* san_sum -- adds n bytes to a sum. */
static inline uint64_t
san_sum(const uint8_t *p, size_t n, uint64_t sum)
{
	uint32_t word = 0;

	for (; n >= 4; p += 4, n -= 4) {
		memcpy(&word, p, 4);
		sum += word;
	}
	word = 0;
	for (size_t i = 0; i < n; i++) /* at most 3; memcpy of n is a call */
		((uint8_t *)&word)[i] = p[i];
	return sum + word;
}

/* san_sum_fold -- the checksum field for a sum, in memory order. */
static inline uint16_t
san_sum_fold(uint64_t sum)
{
	sum = (sum & 0xffffffffu) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* san_sum_put -- writes a folded checksum at p[2]. */
static inline void
san_sum_put(uint8_t *p, uint16_t folded)
{
	memcpy(p, &folded, 2);
}

/* san_sum_tail -- the end of a pseudo header: protocol and length (32 bit). */
static inline uint64_t
san_sum_tail(uint8_t proto, uint32_t len, uint64_t sum)
{
	return sum + htobe32(len) + htobe32(proto);
}

/*
 * san_sum_turn -- 32 bits of what was summed stand for others now: adds the
 * new ones, and the old ones' complement (RFC 1624).
 */
static inline uint64_t
san_sum_turn(const uint8_t *p, uint32_t now, uint64_t sum)
{
	uint32_t was;

	memcpy(&was, p, 4);
	return sum + (uint32_t)~was + htobe32(now);
}

#endif

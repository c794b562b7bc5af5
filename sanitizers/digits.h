/* Decimal digits, eight at a time. */
#ifndef SAN_DIGITS_H
#define SAN_DIGITS_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define SAN_DIGITS ((size_t)8)

/*
 * san_digits -- the number that p[0..8) are; false: not all of them are digits.
 * Neighbours are joined: eight digits to four numbers, to two, to one.
 */
static inline bool
san_digits(const uint8_t *p, uint32_t *out)
{
	const uint64_t zeros = UINT64_C(0x3030303030303030);
	uint64_t x, low, high;

	memcpy(&x, p, SAN_DIGITS);
	x = le64toh(x) ^ zeros; /* a digit is now 0 to 9, all else is more */
	low = x & UINT64_C(0x7f7f7f7f7f7f7f7f);
	high = (low + UINT64_C(0x7676767676767676)) | x;
	if ((high & UINT64_C(0x8080808080808080)) != 0)
		return false;
	x = x * 10 + (x >> 8);
	x = (x & UINT64_C(0x00ff00ff00ff00ff)) * 100 +
	    (x >> 16 & UINT64_C(0x00ff00ff00ff00ff));
	x = (x & UINT64_C(0x0000ffff0000ffff)) * 10000 +
	    (x >> 32 & UINT64_C(0x0000ffff0000ffff));
	*out = (uint32_t)x;
	return true;
}

#endif

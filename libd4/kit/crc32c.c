#include <string.h>
#include "libd4/kit/crc32c.h"

#define CRC32C_POLY 0x82f63b78u /* Castagnoli, reflected: RFC 3720, 12.1 */

/*
 * Tables for eight bytes at a time. Filled before main() and never written
 * again, so they are constants in all but the keyword (2,048 numbers in the
 * source would be harder to check than this loop).
 */
static uint32_t crc32c_table[8][256];

__attribute__((constructor)) static void
crc32c_fill(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;

		for (int k = 0; k < 8; k++)
			c = (c & 1) != 0 ? c >> 1 ^ CRC32C_POLY : c >> 1;
		crc32c_table[0][i] = c;
	}
	for (uint32_t i = 0; i < 256; i++) {
		for (int t = 1; t < 8; t++) {
			uint32_t c = crc32c_table[t - 1][i];

			crc32c_table[t][i] = c >> 8 ^ crc32c_table[0][c & 0xff];
		}
	}
}

static uint64_t
crc32c_load64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	return v;
}

static uint32_t
crc32c_tables(uint32_t crc, const uint8_t *p, size_t n)
{
	for (; n >= 8; n -= 8, p += 8) {
		uint64_t v = crc32c_load64(p) ^ crc;

		crc = 0;
		for (int t = 0; t < 8; t++)
			crc ^= crc32c_table[7 - t][v >> (8 * t) & 0xff];
	}
	for (; n > 0; n--, p++)
		crc = crc >> 8 ^ crc32c_table[0][(crc ^ *p) & 0xff];
	return crc;
}

#if defined(__x86_64__)
#include <nmmintrin.h>

/*
 * The instruction takes three cycles but can begin in each, so three runs of
 * a block are summed side by side. Feeding zeros is linear in the sum:
 * crc32c_far[i] moves one behind (i + 1) * CRC32C_RUN of them, by its bytes.
 */
#define CRC32C_RUN ((size_t)1024)

static uint32_t crc32c_far[2][4][256];

__attribute__((constructor)) static void
crc32c_fill_far(void)
{
	static const uint8_t zeros[CRC32C_RUN];

	crc32c_fill(); /* constructors have no order */
	for (unsigned bit = 0; bit < 32; bit++) {
		uint32_t c = 1u << bit;

		for (unsigned i = 0; i < 2; i++) {
			uint32_t *t = crc32c_far[i][bit / 8];

			c = crc32c_tables(c, zeros, sizeof(zeros));
			for (unsigned b = 0; b < 256; b++)
				t[b] ^= (b >> bit % 8 & 1) != 0 ? c : 0;
		}
	}
}

static uint32_t
crc32c_behind(uint32_t (*t)[256], uint32_t c)
{
	return t[0][c & 0xff] ^ t[1][c >> 8 & 0xff] ^ t[2][c >> 16 & 0xff] ^
	       t[3][c >> 24];
}

__attribute__((target("sse4.2"))) static uint32_t
crc32c_block(uint32_t crc, const uint8_t *p)
{
	uint64_t a = crc, b = 0, c = 0;

	for (const uint8_t *end = p + CRC32C_RUN; p < end; p += 8) {
		a = _mm_crc32_u64(a, crc32c_load64(p));
		b = _mm_crc32_u64(b, crc32c_load64(p + CRC32C_RUN));
		c = _mm_crc32_u64(c, crc32c_load64(p + 2 * CRC32C_RUN));
	}
	return crc32c_behind(crc32c_far[1], (uint32_t)a) ^
	       crc32c_behind(crc32c_far[0], (uint32_t)b) ^ (uint32_t)c;
}

__attribute__((target("sse4.2"))) static uint32_t
crc32c_sse42(uint32_t crc, const uint8_t *p, size_t n)
{
	uint64_t c;

	for (; n >= 3 * CRC32C_RUN; n -= 3 * CRC32C_RUN, p += 3 * CRC32C_RUN)
		crc = crc32c_block(crc, p);
	c = crc;
	for (; n >= 8; n -= 8, p += 8)
		c = _mm_crc32_u64(c, crc32c_load64(p));
	crc = (uint32_t)c;
	for (; n > 0; n--, p++)
		crc = _mm_crc32_u8(crc, *p);
	return crc;
}
#endif

uint32_t
d4_crc32c_portable(uint32_t crc, struct d4_slice bytes)
{
	return ~crc32c_tables(~crc, bytes.p, bytes.n);
}

uint32_t
d4_crc32c(uint32_t crc, struct d4_slice bytes)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("sse4.2"))
		return ~crc32c_sse42(~crc, bytes.p, bytes.n);
#endif
	return d4_crc32c_portable(crc, bytes);
}

/* a * b modulo the polynomial; bit 31 is x^0. */
static uint32_t
crc32c_times(uint32_t a, uint32_t b)
{
	uint32_t p = 0;

	for (; a != 0; a <<= 1) {
		p ^= (a >> 31) != 0 ? b : 0;
		b = b >> 1 ^ ((b & 1) != 0 ? CRC32C_POLY : 0);
	}
	return p;
}

/* x^(8n): n bytes of zeros behind a sum are a product with it. */
uint32_t
d4_crc32c_power(size_t n)
{
	uint32_t p = 1u << 31, square = 1u << 23; /* x^0, x^8 */

	for (; n > 0; n >>= 1) {
		if ((n & 1) != 0)
			p = crc32c_times(p, square);
		square = crc32c_times(square, square);
	}
	return p;
}

uint32_t
d4_crc32c_join(uint32_t front, uint32_t sum, uint32_t power)
{
	return crc32c_times(front, power) ^ sum;
}

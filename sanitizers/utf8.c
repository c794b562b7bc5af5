#include "sanitizers/utf8.h"

/* The second byte of a sequence: what its first allows (RFC 3629, 4). */
static bool
utf8_second(uint8_t first, uint8_t second)
{
	uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;

	return second >= low && second <= high;
}

size_t
san_utf8_sequence(const uint8_t *p, const uint8_t *end)
{
	size_t n = *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;

	if (*p < 0xc2 || *p > 0xf4 || (size_t)(end - p) < n ||
	    !utf8_second(p[0], p[1]))
		return 0;
	for (size_t i = 2; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	return n;
}

bool
san_utf8_ok(struct d4_slice text)
{
	const uint8_t *p = text.p, *end = text.p + text.n;

	while (p < end) {
		size_t n = *p < 0x80 ? 1 : san_utf8_sequence(p, end);

		if (n == 0)
			return false;
		p += n;
	}
	return true;
}

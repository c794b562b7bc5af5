/* The digits of base64 (RFC 4648 4 and 5). */
#ifndef SAN_BASE64_H
#define SAN_BASE64_H

#include <stdint.h>

/* san_base64_value -- 0 to 63; of '+' and '/' only. -1: not a digit. */
static inline int
san_base64_value(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* san_base64_any -- the same, also of the '-' and '_' of URLs. */
static inline int
san_base64_any(uint8_t c)
{
	if (c == '-')
		return 62;
	return c == '_' ? 63 : san_base64_value(c);
}

#endif

#include "libd4/key.h"

static bool
key_char(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '-';
}

bool
d4_key_ok(struct d4_slice key)
{
	if (key.n == 0 || key.n > D4_KEY_MAX)
		return false;
	for (size_t i = 0; i < key.n; i++) {
		if (!key_char(key.p[i]))
			return false;
	}
	return true;
}

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include "libd4/key.h"

#define KEY_BYTES 32u /* random; twice as many hex digits are the key */

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

enum d4_status
d4_key_make(char out[D4_KEY_MAX + 1])
{
	uint8_t raw[KEY_BYTES];

	if (RAND_bytes(raw, sizeof(raw)) != 1)
		return D4_ECRYPTO;
	d4_slice_hex(d4_slice_of(raw, sizeof(raw)), out);
	OPENSSL_cleanse(raw, sizeof(raw));
	return D4_OK;
}

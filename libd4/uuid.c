#include <string.h>
#include <openssl/rand.h>
#include "libd4/slice.h"
#include "libd4/uuid.h"

/* Byte positions in front of which the text form has a dash. */
#define UUID_DASHES ((1u << 4) | (1u << 6) | (1u << 8) | (1u << 10))

static void
uuid_print(const struct d4_uuid *u, unsigned dashes, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (unsigned i = 0; i < D4_UUID_LEN; i++) {
		if (((dashes >> i) & 1) != 0)
			*out++ = '-';
		*out++ = digits[u->b[i] >> 4];
		*out++ = digits[u->b[i] & 15];
	}
	*out = '\0';
}

enum d4_status
d4_uuid_parse(const char *text, struct d4_uuid *out)
{
	size_t n = strlen(text);
	unsigned dashes = n == D4_UUID_TEXT - 1 ? UUID_DASHES : 0;
	struct d4_uuid u;

	if (n != D4_UUID_TEXT - 1 && n != D4_UUID_HEX - 1)
		return D4_EMALFORMED;
	for (unsigned i = 0; i < D4_UUID_LEN; i++) {
		int hi, lo;

		if (((dashes >> i) & 1) != 0 && *text++ != '-')
			return D4_EMALFORMED;
		hi = d4_hex_value((uint8_t)text[0]);
		lo = d4_hex_value((uint8_t)text[1]);
		if (hi < 0 || lo < 0)
			return D4_EMALFORMED;
		u.b[i] = (uint8_t)(hi << 4 | lo);
		text += 2;
	}
	*out = u;
	return D4_OK;
}

void
d4_uuid_text(const struct d4_uuid *u, char out[D4_UUID_TEXT])
{
	uuid_print(u, UUID_DASHES, out);
}

void
d4_uuid_hex(const struct d4_uuid *u, char out[D4_UUID_HEX])
{
	uuid_print(u, 0, out);
}

bool
d4_uuid_is_v4(const struct d4_uuid *u)
{
	return u->b[6] >> 4 == 4 && u->b[8] >> 6 == 2;
}

void
d4_uuid_force(struct d4_uuid *u, unsigned version)
{
	u->b[6] = (uint8_t)((u->b[6] & 0x0f) | (version & 0x0f) << 4);
	u->b[8] = (uint8_t)((u->b[8] & 0x3f) | 0x80);
}

bool
d4_uuid_eq(const struct d4_uuid *a, const struct d4_uuid *b)
{
	return memcmp(a->b, b->b, D4_UUID_LEN) == 0;
}

enum d4_status
d4_uuid_random(struct d4_uuid *out)
{
	struct d4_uuid u;

	if (RAND_bytes(u.b, sizeof(u.b)) != 1)
		return D4_ECRYPTO;
	d4_uuid_force(&u, 4);
	*out = u;
	return D4_OK;
}

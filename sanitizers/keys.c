#include <stddef.h>
#include <openssl/crypto.h>
#include "sanitizers/chain.h"

/* Purpose, where it goes and how long it is (sanitizers.md section 2). */
static const struct {
	const char *purpose;
	size_t offset;
	size_t len;
} keys_rows[] = {
    {"cpan", offsetof(struct san_keys, cpan), 32},
    {"pfx", offsetof(struct san_keys, pfx), 32},
    {"tok", offsetof(struct san_keys, tok), 32},
    {"mac", offsetof(struct san_keys, mac), 32},
    {"uuid", offsetof(struct san_keys, uuid), 32},
    {"tshift", offsetof(struct san_keys, tshift), 8},
};

enum d4_status
san_keys_derive(const uint8_t master[D4_MASTER_LEN], const char *partner,
    struct san_keys *out)
{
	const char *info[3] = {NULL, partner, "0"};

	for (size_t i = 0; i < sizeof(keys_rows) / sizeof(keys_rows[0]); i++) {
		enum d4_status st;

		info[0] = keys_rows[i].purpose;
		st = d4_subkey(master, info,
		    (uint8_t *)out + keys_rows[i].offset, keys_rows[i].len);
		if (st != D4_OK) {
			san_keys_wipe(out);
			return D4_ECRYPTO;
		}
	}
	out->have = true;
	return D4_OK;
}

void
san_keys_wipe(struct san_keys *k)
{
	OPENSSL_cleanse(k, sizeof(*k));
}

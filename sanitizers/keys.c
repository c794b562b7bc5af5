#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <openssl/crypto.h>
#include "sanitizers/keys.h"

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
    {"ipdet", offsetof(struct san_keys, ipdet), 16},
    {"tshift", offsetof(struct san_keys, tshift), 8},
};

static enum d4_status
keys_all(
    const uint8_t ikm[D4_MASTER_LEN], const char *epoch, struct san_keys *out)
{
	const char *info[3] = {NULL, out->partner, epoch};

	for (size_t i = 0; i < sizeof(keys_rows) / sizeof(keys_rows[0]); i++) {
		info[0] = keys_rows[i].purpose;
		if (d4_subkey(ikm, info, (uint8_t *)out + keys_rows[i].offset,
			keys_rows[i].len) != D4_OK) {
			san_keys_wipe(out);
			return D4_ECRYPTO;
		}
	}
	out->have = true;
	return D4_OK;
}

enum d4_status
san_keys_derive(const uint8_t master[D4_MASTER_LEN], const char *partner,
    struct san_keys *out)
{
	san_keys_wipe(out);
	if (strlen(partner) >= sizeof(out->partner))
		return D4_ECRYPTO;
	(void)snprintf(out->partner, sizeof(out->partner), "%s", partner);
	memcpy(out->master, master, D4_MASTER_LEN);
	return keys_all(master, "0", out);
}

enum d4_status
san_keys_epoch(
    const struct san_keys *base, uint64_t epoch, struct san_keys *out)
{
	const uint8_t *ikm = base->master;
	enum d4_status st;
	char text[24];

	if (base->ring != NULL) {
		ikm = san_ring_find(base->ring, epoch);
		if (ikm == NULL)
			return D4_ENOENT;
	}
	*out = *base;
	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)epoch);
	st = keys_all(ikm, text, out);
	/* A new UUID would have to be registered at every server. */
	if (st == D4_OK)
		memcpy(out->uuid, base->uuid, sizeof(out->uuid));
	return st;
}

const uint8_t *
san_ring_find(const struct san_ring *r, uint64_t epoch)
{
	for (size_t i = 0; i < r->n; i++) {
		if (r->at[i].epoch == epoch)
			return r->at[i].secret;
	}
	return NULL;
}

void
san_keys_wipe(struct san_keys *k)
{
	OPENSSL_cleanse(k, sizeof(*k));
}

/*
 * SHA-256 itself, not through EVP, which allocates for every frame. These
 * functions are deprecated; why they are called all the same, here and nowhere
 * else, and the way back: docs/adr/0024-hmac-without-evp.md.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include "libd4/hmac.h"

#define HMAC_INNER 0x36
#define HMAC_OUTER 0x5c

/* The states behind the first block, which is the padded key (RFC 2104). */
struct d4_hmac {
	SHA256_CTX inner, outer;
};

/* One state with its pad absorbed. */
static bool
hmac_pad(SHA256_CTX *c, const uint8_t key[SHA256_CBLOCK], uint8_t pad)
{
	uint8_t block[SHA256_CBLOCK];
	bool ok;

	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = key[i] ^ pad;
	ok = SHA256_Init(c) == 1 && SHA256_Update(c, block, sizeof(block)) == 1;
	OPENSSL_cleanse(block, sizeof(block));
	return ok;
}

enum d4_status
d4_hmac_new(struct d4_slice key, struct d4_hmac **out)
{
	uint8_t padded[SHA256_CBLOCK] = {0};
	struct d4_hmac *h;
	bool ok = true;

	if (key.n == 0)
		return D4_EINVAL;
	h = calloc(1, sizeof(*h));
	if (h == NULL)
		return D4_ENOMEM;
	if (key.n > sizeof(padded))
		ok = SHA256(key.p, key.n, padded) != NULL;
	else
		memcpy(padded, key.p, key.n);
	ok = ok && hmac_pad(&h->inner, padded, HMAC_INNER) &&
	     hmac_pad(&h->outer, padded, HMAC_OUTER);
	OPENSSL_cleanse(padded, sizeof(padded));
	if (!ok) {
		d4_hmac_free(h);
		return D4_ECRYPTO;
	}
	*out = h;
	return D4_OK;
}

void
d4_hmac_free(struct d4_hmac *h)
{
	if (h == NULL)
		return;
	OPENSSL_cleanse(h, sizeof(*h));
	free(h);
}

enum d4_status
d4_hmac_parts(struct d4_hmac *h, const struct d4_slice *part, size_t n,
    uint8_t mac[D4_HMAC_LEN])
{
	uint8_t sum[D4_HMAC_LEN];
	SHA256_CTX c = h->inner;
	bool ok = true;

	for (size_t i = 0; i < n; i++)
		ok = ok && SHA256_Update(&c, part[i].p, part[i].n) == 1;
	if (!ok || SHA256_Final(sum, &c) != 1)
		return D4_ECRYPTO;
	c = h->outer;
	if (SHA256_Update(&c, sum, sizeof(sum)) != 1 ||
	    SHA256_Final(sum, &c) != 1)
		return D4_ECRYPTO;
	memcpy(mac, sum, sizeof(sum));
	return D4_OK;
}

enum d4_status
d4_hmac_frame(struct d4_hmac *h, const uint8_t wire[D4_HEADER_LEN],
    struct d4_slice payload, uint8_t mac[D4_HMAC_LEN])
{
	uint8_t head[D4_HEADER_LEN];
	struct d4_slice part[] = {d4_slice_of(head, sizeof(head)), payload};

	memcpy(head, wire, sizeof(head));
	memset(head + D4_HMAC_OFFSET, 0, D4_HMAC_LEN);
	return d4_hmac_parts(h, part, 2, mac);
}

enum d4_status
d4_hmac_seal(
    struct d4_hmac *h, uint8_t wire[D4_HEADER_LEN], struct d4_slice payload)
{
	return d4_hmac_frame(h, wire, payload, wire + D4_HMAC_OFFSET);
}

enum d4_status
d4_hmac_check(struct d4_hmac *h, const uint8_t wire[D4_HEADER_LEN],
    struct d4_slice payload)
{
	uint8_t sum[D4_HMAC_LEN];
	enum d4_status st;

	st = d4_hmac_frame(h, wire, payload, sum);
	if (st != D4_OK)
		return st;
	if (CRYPTO_memcmp(sum, wire + D4_HMAC_OFFSET, sizeof(sum)) != 0)
		return D4_EAUTH;
	return D4_OK;
}

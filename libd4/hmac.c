#include <stdlib.h>
#include <string.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include "libd4/hmac.h"

struct d4_hmac {
	EVP_MAC_CTX *ctx;
};

enum d4_status
d4_hmac_new(struct d4_slice key, struct d4_hmac **out)
{
	char digest[] = "SHA256";
	const OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
	    OSSL_PARAM_construct_end(),
	};
	struct d4_hmac *h;
	EVP_MAC *mac;

	if (key.n == 0)
		return D4_EINVAL;
	h = calloc(1, sizeof(*h));
	if (h == NULL)
		return D4_ENOMEM;
	mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	h->ctx = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;
	EVP_MAC_free(mac);
	if (h->ctx == NULL || EVP_MAC_init(h->ctx, key.p, key.n, params) != 1) {
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
	EVP_MAC_CTX_free(h->ctx); /* wipes the keyed states */
	free(h);
}

enum d4_status
d4_hmac_frame(struct d4_hmac *h, const uint8_t wire[D4_HEADER_LEN],
    struct d4_slice payload, uint8_t mac[D4_HMAC_LEN])
{
	uint8_t head[D4_HEADER_LEN], sum[D4_HMAC_LEN];
	size_t n = 0;

	memcpy(head, wire, sizeof(head));
	memset(head + D4_HMAC_OFFSET, 0, D4_HMAC_LEN);
	/* A NULL key starts over with the keyed states: no key schedule. */
	if (EVP_MAC_init(h->ctx, NULL, 0, NULL) != 1 ||
	    EVP_MAC_update(h->ctx, head, sizeof(head)) != 1 ||
	    (payload.n != 0 &&
		EVP_MAC_update(h->ctx, payload.p, payload.n) != 1) ||
	    EVP_MAC_final(h->ctx, sum, &n, sizeof(sum)) != 1 ||
	    n != sizeof(sum))
		return D4_ECRYPTO;
	memcpy(mac, sum, sizeof(sum));
	return D4_OK;
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

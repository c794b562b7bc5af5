#include <stdlib.h>
#include <string.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include "sanitizers/token.h"

struct san_token {
	EVP_MAC_CTX *ctx;
};

enum d4_status
san_token_new(const uint8_t key[D4_SUBKEY_MAX], struct san_token **out)
{
	char digest[] = "SHA256";
	OSSL_PARAM p[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
	    OSSL_PARAM_construct_end(),
	};
	struct san_token *t = calloc(1, sizeof(*t));
	EVP_MAC *mac;

	if (t == NULL)
		return D4_ENOMEM;
	mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	if (mac != NULL)
		t->ctx = EVP_MAC_CTX_new(mac);
	EVP_MAC_free(mac);
	if (t->ctx == NULL ||
	    EVP_MAC_init(t->ctx, key, D4_SUBKEY_MAX, p) != 1) {
		san_token_free(t);
		return D4_ECRYPTO;
	}
	*out = t;
	return D4_OK;
}

void
san_token_free(struct san_token *t)
{
	if (t == NULL)
		return;
	EVP_MAC_CTX_free(t->ctx);
	free(t);
}

enum d4_status
san_token_hash(struct san_token *t, const char *domain, struct d4_slice value,
    uint8_t mac[SAN_TOKEN_LEN])
{
	const uint8_t *label = (const uint8_t *)domain;
	size_t n = 0;

	/* Without a key the context begins anew with the one it has. */
	if (EVP_MAC_init(t->ctx, NULL, 0, NULL) == 1 &&
	    EVP_MAC_update(t->ctx, label, strlen(domain) + 1) == 1 &&
	    EVP_MAC_update(t->ctx, value.p, value.n) == 1 &&
	    EVP_MAC_final(t->ctx, mac, &n, SAN_TOKEN_LEN) == 1 &&
	    n == SAN_TOKEN_LEN)
		return D4_OK;
	OPENSSL_cleanse(mac, SAN_TOKEN_LEN);
	return D4_ECRYPTO;
}

enum d4_status
san_token_mac(struct san_token *t, const uint8_t in[6], uint8_t out[6])
{
	uint8_t h[SAN_TOKEN_LEN], group = in[0] & 1;
	enum d4_status st;

	st = san_token_hash(t, "mac", d4_slice_of(in, 6), h);
	if (st != D4_OK)
		return st;
	memcpy(out, h, 6);
	out[0] = (uint8_t)((h[0] & 0xfc) | 0x02 | group);
	return D4_OK;
}

bool
san_token_domain_ok(const char *domain)
{
	static const char known[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
	static const char *const reserved[] = {
	    "iid", "snm", "smp", "mac", "uuid", "wit", "pdns"};
	size_t n = strlen(domain);

	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
		if (strcmp(reserved[i], domain) == 0)
			return false;
	}
	return n != 0 && n <= 64 && strspn(domain, known) == n;
}

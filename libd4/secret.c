#include <stdio.h>
#include <string.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include "libd4/secret.h"

#define SECRET_INFO_MAX 256u

static enum d4_status
secret_hkdf(struct d4_slice ikm, struct d4_slice info, uint8_t *out, size_t len)
{
	enum d4_status st = D4_ECRYPTO;
	char digest[] = "SHA256";
	EVP_KDF_CTX *ctx = NULL;
	EVP_KDF *kdf;
	/* The library takes pointers without const and only reads. */
	OSSL_PARAM p[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
	    OSSL_PARAM_construct_octet_string(
		OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)ikm.p, ikm.n),
	    OSSL_PARAM_construct_octet_string(
		OSSL_KDF_PARAM_INFO, (void *)(uintptr_t)info.p, info.n),
	    OSSL_PARAM_construct_end(),
	};

	kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	if (kdf == NULL)
		return D4_ECRYPTO;
	ctx = EVP_KDF_CTX_new(kdf);
	if (ctx != NULL && EVP_KDF_derive(ctx, out, len, p) == 1)
		st = D4_OK;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return st;
}

enum d4_status
d4_subkey(const uint8_t master[D4_MASTER_LEN], const char *const info[3],
    uint8_t *out, size_t len)
{
	enum d4_status st = D4_ETOOBIG;
	char text[SECRET_INFO_MAX];
	int n;

	n = snprintf(
	    text, sizeof(text), "d4san1|%s|%s|%s", info[0], info[1], info[2]);
	if (n > 0 && (size_t)n < sizeof(text))
		st = secret_hkdf(d4_slice_of(master, D4_MASTER_LEN),
		    d4_slice_of(text, (size_t)n), out, len);
	if (st != D4_OK)
		OPENSSL_cleanse(out, len);
	return st;
}

static bool
secret_mac(EVP_MAC_CTX *ctx, const struct d4_slice *parts, size_t n_parts,
    uint8_t mac[32])
{
	size_t len = 0;

	for (size_t i = 0; i < n_parts; i++) {
		if (EVP_MAC_update(ctx, parts[i].p, parts[i].n) != 1)
			return false;
	}
	return EVP_MAC_final(ctx, mac, &len, 32) == 1 && len == 32;
}

enum d4_status
d4_mac_sha256(const uint8_t subkey[D4_SUBKEY_MAX], const struct d4_slice *parts,
    size_t n_parts, uint8_t mac[32])
{
	enum d4_status st = D4_ECRYPTO;
	char digest[] = "SHA256";
	EVP_MAC_CTX *ctx = NULL;
	EVP_MAC *hmac;
	uint8_t full[32];
	OSSL_PARAM p[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
	    OSSL_PARAM_construct_end(),
	};

	hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	if (hmac == NULL)
		return D4_ECRYPTO;
	ctx = EVP_MAC_CTX_new(hmac);
	if (ctx != NULL && EVP_MAC_init(ctx, subkey, D4_SUBKEY_MAX, p) == 1 &&
	    secret_mac(ctx, parts, n_parts, full)) {
		memcpy(mac, full, sizeof(full));
		st = D4_OK;
	}
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(hmac);
	return st;
}

enum d4_status
d4_wire_uuid(const uint8_t subkey[D4_SUBKEY_MAX], struct d4_slice id,
    uint32_t variant, struct d4_uuid *out)
{
	bool sensor = id.n == D4_UUID_LEN && (id.p[8] & 0xc0) == 0x80;
	uint8_t be[4] = {(uint8_t)(variant >> 24), (uint8_t)(variant >> 16),
	    (uint8_t)(variant >> 8), (uint8_t)variant};
	struct d4_slice parts[] = {
	    sensor ? d4_slice_of("uuid", 5) : d4_slice_of("source", 7),
	    id,
	    d4_slice_of(be, variant != 0 ? sizeof(be) : 0),
	};
	enum d4_status st;
	uint8_t mac[32];

	st = d4_mac_sha256(subkey, parts, 3, mac);
	if (st != D4_OK)
		return st;
	memcpy(out->b, mac, D4_UUID_LEN);
	d4_uuid_force(out, 4);
	return D4_OK;
}

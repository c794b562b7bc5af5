#include <stdio.h>
#include <string.h>
#include <openssl/evp.h>
#include "misp-export/identity.h"

#define IDENTITY_PARTS 16u

static bool
identity_add(EVP_MD_CTX *ctx, const void *p, size_t n)
{
	return EVP_DigestUpdate(ctx, p, n) == 1;
}

static bool
identity_hash(EVP_MD_CTX *ctx, const struct d4_uuid *space,
    const struct d4_slice *part, size_t n)
{
	char length[24];
	bool ok;

	ok = EVP_DigestInit_ex(ctx, EVP_sha1(), NULL) == 1 &&
	     identity_add(ctx, space->b, sizeof(space->b));
	for (size_t i = 0; i < n && ok; i++) {
		(void)snprintf(length, sizeof(length), "%zu:", part[i].n);
		ok =
		    identity_add(ctx, length, strlen(length)) &&
		    (part[i].n == 0 || identity_add(ctx, part[i].p, part[i].n));
	}
	return ok;
}

enum d4_status
identity_v5(const struct d4_uuid *space, const struct d4_slice *part, size_t n,
    struct d4_uuid *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned length = 0;
	bool ok;

	ok = ctx != NULL && identity_hash(ctx, space, part, n) &&
	     EVP_DigestFinal_ex(ctx, digest, &length) == 1;
	EVP_MD_CTX_free(ctx);
	if (!ok || length < D4_UUID_LEN)
		return D4_ECRYPTO;
	memcpy(out->b, digest, D4_UUID_LEN);
	d4_uuid_force(out, 5);
	return D4_OK;
}

enum d4_status
identity_of(
    const struct d4_uuid *space, const char *const *part, struct d4_uuid *out)
{
	struct d4_slice list[IDENTITY_PARTS];
	size_t n = 0;

	while (n < IDENTITY_PARTS && part[n] != NULL) {
		list[n] = d4_slice_str(part[n]);
		n++;
	}
	return identity_v5(space, list, n, out);
}

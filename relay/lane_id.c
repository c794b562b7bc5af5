#include <string.h>
#include <openssl/evp.h>
#include "libd4/wire.h"
#include "relay/lane_id.h"

#define LANE_TUPLE "d4lane1"

static bool
lane_add(EVP_MD_CTX *md, const void *p, size_t n)
{
	return n == 0 || EVP_DigestUpdate(md, p, n) == 1;
}

enum d4_status
lane_id(const struct lane_name *name, char out[LANE_ID_TEXT])
{
	uint8_t digest[EVP_MAX_MD_SIZE], variant[4];
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool ok;

	d4_put_le32(variant, name->variant);
	ok = md != NULL &&
	     EVP_Digest(name->meta.p, name->meta.n, digest, NULL, EVP_sha256(),
		 NULL) == 1 &&
	     EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 &&
	     lane_add(md, LANE_TUPLE, sizeof(LANE_TUPLE)) &&
	     lane_add(md, name->partner, strlen(name->partner) + 1) &&
	     lane_add(md, name->wire_uuid.b, D4_UUID_LEN) &&
	     lane_add(md, &name->type, 1) &&
	     lane_add(md, name->ext, strlen(name->ext) + 1) &&
	     lane_add(md, digest, 32) &&
	     lane_add(md, variant, sizeof(variant)) &&
	     EVP_DigestFinal_ex(md, digest, NULL) == 1;
	EVP_MD_CTX_free(md);
	if (!ok)
		return D4_ECRYPTO;
	d4_slice_hex(d4_slice_of(digest, 8), out);
	return D4_OK;
}

enum d4_status
lane_key_id(const char *key, char out[LANE_ID_TEXT])
{
	uint8_t digest[EVP_MAX_MD_SIZE];

	if (EVP_Digest(key, strlen(key), digest, NULL, EVP_sha256(), NULL) != 1)
		return D4_ECRYPTO;
	d4_slice_hex(d4_slice_of(digest, 8), out);
	return D4_OK;
}

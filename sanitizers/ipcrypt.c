/* Source: draft-denis-ipcrypt, "ipcrypt-deterministic" and "ipcrypt-pfx". */
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include "libd4/wire.h"
#include "sanitizers/ipcrypt.h"

#define BLOCK ((size_t)16)
#define BITS  128u

/* All bits of an address are one batch for each half of the key. */
struct san_pfx {
	EVP_CIPHER_CTX *aes[2];
	uint8_t in[BITS * BLOCK], pad[2][BITS * BLOCK];
};

struct san_det {
	EVP_CIPHER_CTX *aes, *back;
};

static EVP_CIPHER_CTX *
ipcrypt_aes(const uint8_t key[BLOCK], bool encrypt)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();

	if (c == NULL || EVP_CipherInit_ex2(c, EVP_aes_128_ecb(), key, NULL,
			     encrypt, NULL) != 1) {
		EVP_CIPHER_CTX_free(c);
		return NULL;
	}
	(void)EVP_CIPHER_CTX_set_padding(c, 0);
	return c;
}

static bool
ipcrypt_run(EVP_CIPHER_CTX *c, const uint8_t *in, uint8_t *out, size_t n)
{
	int len = 0;

	return EVP_CipherUpdate(c, out, &len, in, (int)n) == 1 &&
	       (size_t)len == n;
}

/* Either family as 16 bytes. */
static void
ipcrypt_wide(const struct d4_addr *in, uint8_t b[BLOCK])
{
	if (in->family == 6) {
		memcpy(b, in->b, BLOCK);
		return;
	}
	memset(b, 0, BLOCK);
	b[10] = 0xff;
	b[11] = 0xff;
	memcpy(b + 12, in->b, 4);
}

enum d4_status
san_pfx_new(const uint8_t key[SAN_PFX_KEY], struct san_pfx **out)
{
	struct san_pfx *x;

	if (CRYPTO_memcmp(key, key + BLOCK, BLOCK) == 0)
		return D4_ECRYPTO;
	x = calloc(1, sizeof(*x));
	if (x == NULL)
		return D4_ENOMEM;
	x->aes[0] = ipcrypt_aes(key, true);
	x->aes[1] = ipcrypt_aes(key + BLOCK, true);
	if (x->aes[0] == NULL || x->aes[1] == NULL) {
		san_pfx_free(x);
		return D4_ECRYPTO;
	}
	*out = x;
	return D4_OK;
}

void
san_pfx_free(struct san_pfx *x)
{
	if (x == NULL)
		return;
	EVP_CIPHER_CTX_free(x->aes[0]);
	EVP_CIPHER_CTX_free(x->aes[1]);
	free(x);
}

static unsigned
pfx_bit(const uint8_t b[BLOCK], unsigned i)
{
	return b[i / 8] >> (7 - i % 8) & 1;
}

/*
 * The block for bit i: the bits in front of it at the right end, a one in
 * front of them, zeros before that.
 */
static void
pfx_blocks(struct san_pfx *x, const uint8_t b[BLOCK], unsigned first)
{
	uint8_t *w = x->in;
	uint64_t hi = 0, lo = 1;

	for (unsigned i = 0; i < BITS; i++) {
		if (i >= first) {
			d4_put_be64(w, hi);
			d4_put_be64(w + 8, lo);
			w += BLOCK;
		}
		hi = hi << 1 | lo >> 63;
		lo = lo << 1 | pfx_bit(b, i);
	}
}

bool
san_pfx(struct san_pfx *x, const struct d4_addr *in, struct d4_addr *out)
{
	unsigned first = in->family == 4 ? BITS - 32 : 0, n = BITS - first;
	struct d4_addr to = {.family = in->family};
	uint8_t b[BLOCK];

	ipcrypt_wide(in, b);
	pfx_blocks(x, b, first);
	for (unsigned k = 0; k < 2; k++) {
		if (!ipcrypt_run(x->aes[k], x->in, x->pad[k], n * BLOCK))
			return false;
	}
	for (unsigned i = 0; i < n; i++) {
		size_t last = i * BLOCK + BLOCK - 1;
		unsigned bit = (x->pad[0][last] ^ x->pad[1][last]) & 1;

		bit ^= pfx_bit(b, first + i);
		to.b[i / 8] |= (uint8_t)(bit << (7 - i % 8));
	}
	*out = to;
	return true;
}

enum d4_status
san_det_new(const uint8_t key[SAN_DET_KEY], struct san_det **out)
{
	struct san_det *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return D4_ENOMEM;
	x->aes = ipcrypt_aes(key, true);
	x->back = ipcrypt_aes(key, false);
	if (x->aes == NULL || x->back == NULL) {
		san_det_free(x);
		return D4_ECRYPTO;
	}
	*out = x;
	return D4_OK;
}

void
san_det_free(struct san_det *x)
{
	if (x == NULL)
		return;
	EVP_CIPHER_CTX_free(x->aes);
	EVP_CIPHER_CTX_free(x->back);
	free(x);
}

bool
san_det(struct san_det *x, const struct d4_addr *in, struct d4_addr *out)
{
	struct d4_addr to = {.family = 6};
	uint8_t b[BLOCK];

	ipcrypt_wide(in, b);
	if (!ipcrypt_run(x->aes, b, to.b, BLOCK))
		return false;
	*out = to;
	return true;
}

bool
san_det_back(struct san_det *x, const struct d4_addr *in, struct d4_addr *out)
{
	static const uint8_t mapped[12] = {[10] = 0xff, 0xff};
	struct d4_addr to = {.family = 6};

	if (!ipcrypt_run(x->back, in->b, to.b, BLOCK))
		return false;
	if (memcmp(to.b, mapped, sizeof(mapped)) == 0) {
		memmove(to.b, to.b + 12, 4);
		memset(to.b + 4, 0, 12);
		to.family = 4;
	}
	*out = to;
	return true;
}

#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include "libd4/wire.h"
#include "sanitizers/cryptopan.h"

#define CPAN_BLOCK  16u
#define CPAN_TOP    65536u /* entries of the table of first halves */
#define CPAN_CACHE4 65536u
#define CPAN_CACHE6 16384u
#define CPAN_VALID  (1u << 16)
#define CPAN_HALF   ((size_t)16 * CPAN_BLOCK) /* of 16 bits of an address */
#define CPAN_WAIT   8u /* addresses that are encrypted in one call */

struct cpan_pair {
	uint8_t in[16], out[16];
};

/*
 * struct san_cpan -- key, pad and caches.
 * Shape:  top[first 16 bits] = CPAN_VALID | their 16 bits of pad: the first
 *         half of a result depends on the first half of the address only.
 *         cache4[way][index] = first half of the address << 16 | second half
 *         of the result; the index is the address's second half, turned by its
 *         first: so all addresses of a /16 have places of their own, and
 *         neighbours stand together. The second way has what the first had
 *         before. First half 0 is an empty entry: what begins with 0.0 is
 *         never kept. cache6: an entry is empty while its address is all zero
 *         (:: is never looked up there).
 *         in4: blocks of which only the first four bytes are ever changed.
 */
struct san_cpan {
	EVP_CIPHER_CTX *aes;
	uint32_t pad32;
	uint64_t pad[2];
	uint32_t *top;
	uint32_t *cache4[2];
	struct cpan_pair *cache6;
	uint8_t in[128 * CPAN_BLOCK], in4[128 * CPAN_BLOCK];
	uint8_t out[128 * CPAN_BLOCK];
};

static bool
cpan_blocks(struct san_cpan *c, const uint8_t *in, unsigned n)
{
	int len = 0;

	return EVP_EncryptUpdate(
		   c->aes, c->out, &len, in, (int)(n * CPAN_BLOCK)) == 1 &&
	       (unsigned)len == n * CPAN_BLOCK;
}

static bool
cpan_init(struct san_cpan *c, const uint8_t key[SAN_CPAN_KEY])
{
	c->aes = EVP_CIPHER_CTX_new();
	c->top = calloc(CPAN_TOP, sizeof(*c->top));
	c->cache4[0] = calloc(CPAN_CACHE4, sizeof(*c->cache4[0]));
	c->cache4[1] = calloc(CPAN_CACHE4, sizeof(*c->cache4[1]));
	c->cache6 = calloc(CPAN_CACHE6, sizeof(*c->cache6));
	if (c->aes == NULL || c->top == NULL || c->cache4[0] == NULL ||
	    c->cache4[1] == NULL || c->cache6 == NULL)
		return false;
	if (EVP_EncryptInit_ex2(c->aes, EVP_aes_128_ecb(), key, NULL, NULL) !=
	    1)
		return false;
	(void)EVP_CIPHER_CTX_set_padding(c->aes, 0);
	memcpy(c->in, key + 16, CPAN_BLOCK);
	if (!cpan_blocks(c, c->in, 1))
		return false;
	for (unsigned i = 0; i < 128; i++)
		memcpy(c->in4 + (size_t)i * CPAN_BLOCK, c->out, CPAN_BLOCK);
	c->pad[0] = d4_get_be64(c->out);
	c->pad[1] = d4_get_be64(c->out + 8);
	c->pad32 = d4_get_be32(c->out);
	return true;
}

enum d4_status
san_cpan_new(const uint8_t key[SAN_CPAN_KEY], struct san_cpan **out)
{
	struct san_cpan *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return D4_ENOMEM;
	if (!cpan_init(c, key)) {
		san_cpan_free(c);
		return D4_ECRYPTO;
	}
	*out = c;
	return D4_OK;
}

void
san_cpan_free(struct san_cpan *c)
{
	if (c == NULL)
		return;
	EVP_CIPHER_CTX_free(c->aes);
	free(c->top);
	free(c->cache4[0]);
	free(c->cache4[1]);
	free(c->cache6);
	OPENSSL_cleanse(c, sizeof(*c));
	free(c);
}

/*
 * The blocks for bits from..32 of the pad of an IPv4 address: block i is the
 * first i bits of the address and then the pad.
 */
static inline void
cpan_fill4(const struct san_cpan *c, uint32_t in, unsigned from, uint8_t *p)
{
	for (unsigned i = from; i < 32; i++, p += CPAN_BLOCK) {
		uint32_t mask = i == 0 ? 0 : 0xffffffffu << (32 - i);

		d4_put_be32(p, (in & mask) | (c->pad32 & ~mask));
	}
}

/* The first bit of each of n blocks. */
static inline uint32_t
cpan_take4(const uint8_t *p, unsigned n)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < n; i++)
		v = v << 1 | p[(size_t)i * CPAN_BLOCK] >> 7;
	return v;
}

static bool
cpan_compute4(struct san_cpan *c, uint32_t in, uint32_t *out)
{
	uint32_t *top = &c->top[in >> 16], bits;
	unsigned from = (*top & CPAN_VALID) != 0 ? 16 : 0;

	cpan_fill4(c, in, from, c->in4);
	if (!cpan_blocks(c, c->in4, 32 - from))
		return false;
	bits = cpan_take4(c->out, 32 - from);
	if (from != 0)
		bits |= *top << 16; /* the flag goes off the top */
	else
		*top = bits >> 16 | CPAN_VALID;
	*out = in ^ bits;
	return true;
}

static uint32_t
cpan_index4(uint32_t in)
{
	return (in ^ (in >> 16) * 40503u) & (CPAN_CACHE4 - 1);
}

void
san_cpan_ahead4(const struct san_cpan *c, uint32_t in)
{
	__builtin_prefetch(&c->cache4[0][cpan_index4(in)]);
	__builtin_prefetch(&c->top[in >> 16]);
}

static void
cpan_keep4(struct san_cpan *c, uint32_t in, uint32_t out)
{
	uint32_t i = cpan_index4(in);

	c->cache4[1][i] = c->cache4[0][i];
	c->cache4[0][i] = (in & 0xffff0000u) | (out & 0xffff);
}

static __attribute__((noinline)) bool
cpan_miss4(struct san_cpan *c, uint32_t in, uint32_t *out)
{
	uint32_t v;

	if (!cpan_compute4(c, in, &v))
		return false;
	cpan_keep4(c, in, v);
	*out = v;
	return true;
}

/* Is it remembered? */
static inline bool
cpan_hit4(const struct san_cpan *c, uint32_t in, uint32_t *out)
{
	uint32_t i = cpan_index4(in), e = c->cache4[0][i];

	if (((e ^ in) & 0xffff0000u) != 0)
		e = c->cache4[1][i];
	if (((e ^ in) & 0xffff0000u) != 0 || in <= 0xffff)
		return false;
	*out = ((in ^ c->top[in >> 16] << 16) & 0xffff0000u) | (e & 0xffff);
	return true;
}

bool
san_cpan4(struct san_cpan *c, uint32_t in, uint32_t *out)
{
	return cpan_hit4(c, in, out) || cpan_miss4(c, in, out);
}

/* Which addresses of many wait for their last 16 bits. */
struct cpan_wait {
	size_t n, at[CPAN_WAIT];
};

/* What waits, in one call; on an error it waits on. */
static bool
cpan_flush4(
    struct san_cpan *c, const uint32_t *in, uint32_t *out, struct cpan_wait *w)
{
	for (size_t i = 0; i < w->n; i++)
		cpan_fill4(c, in[w->at[i]], 16, c->in4 + i * CPAN_HALF);
	if (w->n != 0 && !cpan_blocks(c, c->in4, (unsigned)w->n * 16))
		return false;
	for (size_t i = 0; i < w->n; i++) {
		uint32_t a = in[w->at[i]];
		uint32_t bits = cpan_take4(c->out + i * CPAN_HALF, 16);

		bits |= c->top[a >> 16] << 16;
		cpan_keep4(c, a, a ^ bits);
		out[w->at[i]] = a ^ bits;
	}
	w->n = 0;
	return true;
}

/* One that is not remembered: it waits, once its first half is known. */
static bool
cpan_later4(struct san_cpan *c, const uint32_t *in, uint32_t *out, size_t i,
    struct cpan_wait *w)
{
	if ((c->top[in[i] >> 16] & CPAN_VALID) == 0)
		return cpan_miss4(c, in[i], &out[i]);
	w->at[w->n++] = i;
	return w->n < CPAN_WAIT || cpan_flush4(c, in, out, w);
}

size_t
san_cpan_each4(struct san_cpan *c, const uint32_t *in, size_t n, uint32_t *out)
{
	struct cpan_wait w = {.n = 0};

	/* Their places are all over the memory: all are asked for at once. */
	for (size_t i = 0; i < n; i++)
		san_cpan_ahead4(c, in[i]);
	for (size_t i = 0; i < n; i++) {
		if (!cpan_hit4(c, in[i], &out[i]) &&
		    !cpan_later4(c, in, out, i, &w))
			return w.n != 0 ? w.at[0] : i;
	}
	return cpan_flush4(c, in, out, &w) ? n : w.at[0];
}

/* The 128 blocks of an IPv6 address: each has one bit more of it. */
static void
cpan_fill6(struct san_cpan *c, uint64_t hi, uint64_t lo)
{
	uint64_t a = c->pad[0], b = c->pad[1];
	uint8_t *p = c->in;

	for (unsigned i = 0; i < 128; i++, p += CPAN_BLOCK) {
		uint64_t bit = 1ull << (63 - i % 64);

		d4_put_be64(p, a);
		d4_put_be64(p + 8, b);
		if (i < 64)
			a = (a & ~bit) | (hi & bit);
		else
			b = (b & ~bit) | (lo & bit);
	}
}

bool
san_cpan6(struct san_cpan *c, const uint8_t in[16], uint8_t out[16])
{
	uint64_t hi = d4_get_be64(in), lo = d4_get_be64(in + 8);
	uint64_t h = (hi ^ lo * 0x9e3779b97f4a7c15u) * 0xd6e8feb86659fd93u;
	struct cpan_pair *e = &c->cache6[h >> 50];
	uint8_t full[16] = {0};

	if ((hi | lo) != 0 && memcmp(e->in, in, 16) == 0) {
		memcpy(out, e->out, 16);
		return true;
	}
	cpan_fill6(c, hi, lo);
	if (!cpan_blocks(c, c->in, 128))
		return false;
	for (size_t i = 0; i < 128; i++)
		full[i / 8] =
		    (uint8_t)(full[i / 8] << 1 | c->out[i * CPAN_BLOCK] >> 7);
	for (size_t i = 0; i < 16; i++)
		full[i] ^= in[i];
	memcpy(e->in, in, 16);
	memcpy(e->out, full, 16);
	memcpy(out, full, 16);
	return true;
}

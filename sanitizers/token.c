#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include "libd4/fnv.h"
#include "libd4/hmac.h"
#include "sanitizers/token.h"

#define TOKEN_KNOWN 128u /* hashes that are kept */
#define TOKEN_TEXT  47u  /* bytes of a domain, NUL and value that are */

/*
 * A hash that was made, of text[0..n); n is 0: none. Names come again and
 * again in a log, and a hash costs as much as the search of a line.
 */
struct known {
	uint8_t n, text[TOKEN_TEXT];
	uint8_t mac[SAN_TOKEN_LEN];
};

struct san_token {
	struct d4_hmac *hmac;
	struct known known[TOKEN_KNOWN];
};

enum d4_status
san_token_new(const uint8_t key[D4_SUBKEY_MAX], struct san_token **out)
{
	struct san_token *t = calloc(1, sizeof(*t));
	enum d4_status st;

	if (t == NULL)
		return D4_ENOMEM;
	st = d4_hmac_new(d4_slice_of(key, D4_SUBKEY_MAX), &t->hmac);
	if (st != D4_OK) {
		san_token_free(t);
		return st;
	}
	*out = t;
	return D4_OK;
}

void
san_token_free(struct san_token *t)
{
	if (t == NULL)
		return;
	d4_hmac_free(t->hmac);
	OPENSSL_cleanse(t->known, sizeof(t->known));
	free(t);
}

static enum d4_status
token_hash(struct san_token *t, const char *domain, struct d4_slice value,
    uint8_t mac[SAN_TOKEN_LEN])
{
	struct d4_slice part[] = {
	    d4_slice_of(domain, strlen(domain) + 1), value};
	enum d4_status st = d4_hmac_parts(t->hmac, part, 2, mac);

	if (st != D4_OK)
		OPENSSL_cleanse(mac, SAN_TOKEN_LEN);
	return st;
}

/* token_known -- where the hash of a short text is, or goes. */
static struct known *
token_known(struct san_token *t, struct d4_slice text)
{
	return &t->known[d4_fnv32(D4_FNV32, text) % TOKEN_KNOWN];
}

enum d4_status
san_token_hash(struct san_token *t, const char *domain, struct d4_slice value,
    uint8_t mac[SAN_TOKEN_LEN])
{
	size_t head = strlen(domain) + 1, n = head + value.n;
	uint8_t text[TOKEN_TEXT];
	struct known *k;
	enum d4_status st;

	if (head > TOKEN_TEXT || value.n > TOKEN_TEXT - head)
		return token_hash(t, domain, value, mac);
	memcpy(text, domain, head);
	if (value.n != 0)
		memcpy(text + head, value.p, value.n);
	k = token_known(t, d4_slice_of(text, n));
	if (k->n == n && memcmp(k->text, text, n) == 0) {
		memcpy(mac, k->mac, sizeof(k->mac));
		return D4_OK;
	}
	st = token_hash(t, domain, value, mac);
	if (st != D4_OK)
		return st;
	k->n = (uint8_t)n;
	memcpy(k->text, text, n);
	memcpy(k->mac, mac, sizeof(k->mac));
	return D4_OK;
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
	    "iid", "snm", "smp", "mac", "uuid", "wit", "pdns", "odid", "pool"};
	size_t n = strlen(domain);

	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
		if (strcmp(reserved[i], domain) == 0)
			return false;
	}
	return n != 0 && n <= 64 && strspn(domain, known) == n;
}

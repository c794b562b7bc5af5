/* The threshold: what a line is known by, and who says so. */
#include <stdlib.h>
#include <string.h>
#include "sanitizers/pdns_run.h"

/* Bytes of a name and an answer. */
#define KEY_MAX ((size_t)D4_LINE_MAX + 4096)
#define CACHE   16384u /* witnesses whose hash is at hand; a power of two */

/* A witness and its hash; family 0: an empty place. */
struct seen {
	struct d4_addr addr;
	uint64_t hash;
};

struct san_pdns_witness {
	struct san_token *token;
	struct seen cache[CACHE];
};

/* count_hash -- 64 bits of HMAC(tok, "wit" 00 kind value). */
static bool
count_hash(
    struct san_token *t, uint8_t kind, struct d4_slice value, uint64_t *out)
{
	uint8_t text[17], mac[SAN_TOKEN_LEN];

	text[0] = kind;
	memcpy(text + 1, value.p, value.n);
	if (san_token_hash(t, "wit", d4_slice_of(text, value.n + 1), mac) !=
	    D4_OK)
		return false;
	memcpy(out, mac, sizeof(*out));
	return true;
}

/* count_derive -- the table's hash key and its check value, from tok. */
static enum d4_status
count_derive(struct san_pdns_run *r, uint64_t *check)
{
	struct d4_slice window = d4_slice_str("window");
	uint8_t mac[SAN_TOKEN_LEN];
	enum d4_status st;

	st = san_token_hash(r->witness->token, "pdns", window, mac);
	if (st != D4_OK)
		return st;
	memcpy(r->sip_key, mac, SAN_SIP_KEY);
	memcpy(check, mac + SAN_SIP_KEY, sizeof(*check));
	return D4_OK;
}

enum d4_status
san_pdns_count_new(struct san_pdns_run *r, const struct san_keys *keys)
{
	struct san_window_conf w = {.k = r->conf->k,
	    .span_s = (uint32_t)r->conf->window_s,
	    .bytes = r->conf->window_bytes};
	enum d4_status st;

	if (w.k == 0)
		return D4_OK;
	d4_buf_init(&r->key, KEY_MAX);
	r->witness = calloc(1, sizeof(*r->witness));
	if (r->witness == NULL)
		return D4_ENOMEM;
	st = san_token_new(keys->tok, &r->witness->token);
	if (st == D4_OK)
		st = count_derive(r, &w.check);
	return st == D4_OK ? san_window_new(&w, &r->window) : st;
}

void
san_pdns_count_free(struct san_pdns_run *r)
{
	if (r->witness != NULL)
		san_token_free(r->witness->token);
	free(r->witness);
	san_window_free(r->window);
	d4_buf_fini(&r->key);
}

static size_t
count_place(const struct d4_addr *a)
{
	uint64_t x, y;

	memcpy(&x, a->b, 8);
	memcpy(&y, a->b + 8, 8);
	x = (x ^ y * UINT64_C(0x9e3779b97f4a7c15)) *
	    UINT64_C(0xff51afd7ed558ccd);
	return (size_t)(x >> 32) & (CACHE - 1);
}

/* count_witness -- the client, or the sensor where it is not told. */
static bool
count_witness(struct san_pdns_run *r, uint64_t *out)
{
	const struct san_pdns_who_is *client = &r->who[0];
	struct san_pdns_witness *w = r->witness;
	struct seen *s;

	if (!client->set)
		return count_hash(w->token, 's',
		    d4_slice_of(r->sensor.b, sizeof(r->sensor.b)), out);
	s = &w->cache[count_place(&client->addr)];
	if (memcmp(&s->addr, &client->addr, sizeof(s->addr)) != 0) {
		if (!count_hash(w->token, client->addr.family,
			d4_slice_of(client->addr.b, sizeof(client->addr.b)),
			&s->hash))
			return false;
		s->addr = client->addr;
	}
	*out = s->hash;
	return true;
}

/* Name, type and answer are written in one way. */
enum d4_status
san_pdns_key(struct san_pdns_run *r, uint64_t key[2])
{
	const struct san_pdns_rrtype *row =
	    san_pdns_rrtype_at((unsigned)r->line.type);
	struct d4_slice answer = r->line.f[PDNS_ANSWER];
	enum d4_status st;

	if (row->answer == PDNS_IP4 || row->answer == PDNS_IP6)
		answer = d4_slice_of(r->answer.b, sizeof(r->answer.b));
	else if (row->answer == PDNS_NAME)
		answer = d4_slice_of(r->word.text, r->word.n);
	r->key.n = 0;
	st = d4_buf_reserve(&r->key, r->name.n + 2 + answer.n);
	if (st != D4_OK)
		return st;
	memcpy(r->key.p, r->name.text, r->name.n);
	r->key.p[r->name.n] = 0;
	r->key.p[r->name.n + 1] = (uint8_t)r->line.type;
	memcpy(r->key.p + r->name.n + 2, answer.p, answer.n);
	r->key.n = r->name.n + 2 + answer.n;
	san_siphash(r->sip_key, d4_buf_slice(&r->key), key);
	return D4_OK;
}

enum d4_reason
san_pdns_count(struct san_pdns_run *r)
{
	uint64_t witness;

	if (!count_witness(r, &witness))
		return D4_R_INTERNAL;
	return san_window_seen(r->window, r->known->key, witness,
		   (uint32_t)(r->line.t.us / 1000000))
	           ? D4_R_NONE
	           : D4_R_PDNS_DISTINCT;
}

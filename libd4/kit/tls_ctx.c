#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include "libd4/kit/tls_ctx.h"

#define TLS_WHY 256 /* bytes of the text of an error, NUL included */

static const char tls12_ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";
static const char tls13_ciphers[] = "TLS_AES_128_GCM_SHA256:"
				    "TLS_AES_256_GCM_SHA384:"
				    "TLS_CHACHA20_POLY1305_SHA256";

/* Notes why in thread-local text, with the library's own reason. */
static enum d4_status
refuse(const char **why, const char *what, const char *name)
{
	static _Thread_local char text[TLS_WHY];
	unsigned long e = ERR_peek_last_error();
	const char *more = e != 0 ? ERR_reason_error_string(e) : NULL;

	(void)snprintf(text, sizeof(text), "%s%s%s%s%s", what,
	    name != NULL ? " " : "", name != NULL ? name : "",
	    more != NULL ? ": " : "", more != NULL ? more : "");
	ERR_clear_error();
	*why = text;
	return D4_EINVAL;
}

/* A path, or PEM text itself. */
static bool
is_pem(const char *s)
{
	return strncmp(s, "-----BEGIN ", 11) == 0;
}

static BIO *
pem_open(const char *s)
{
	if (is_pem(s))
		return BIO_new_mem_buf(s, -1);
	return BIO_new_file(s, "r");
}

static const char *
pem_name(const char *s)
{
	return is_pem(s) ? "(given as text)" : s;
}

/* Leaf first, then the chain. */
static bool
use_chain(SSL_CTX *ssl, BIO *in)
{
	X509 *x = PEM_read_bio_X509_AUX(in, NULL, NULL, NULL);
	bool ok = x != NULL && SSL_CTX_use_certificate(ssl, x) == 1;

	X509_free(x);
	while (ok && (x = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL) {
		ok = SSL_CTX_add0_chain_cert(ssl, x) == 1;
		if (!ok)
			X509_free(x);
	}
	if (ok)
		ERR_clear_error(); /* the "no start line" after the last */
	return ok;
}

static enum d4_status
load_cert(struct d4_tls_ctx *ctx, const char *cert, const char **why)
{
	BIO *in = pem_open(cert);
	bool ok = in != NULL && use_chain(ctx->ssl, in);

	BIO_free(in);
	if (!ok)
		return refuse(why, "cannot use certificate", pem_name(cert));
	return D4_OK;
}

static enum d4_status
load_key(struct d4_tls_ctx *ctx, const char *key, const char **why)
{
	BIO *in = pem_open(key);
	/* The empty passphrase: a server must not stop to ask for one. */
	EVP_PKEY *k = in != NULL ? PEM_read_bio_PrivateKey(
				       in, NULL, NULL, (void *)(uintptr_t) "")
	                         : NULL;
	bool ok = k != NULL && SSL_CTX_use_PrivateKey(ctx->ssl, k) == 1;

	EVP_PKEY_free(k);
	BIO_free(in);
	if (!ok)
		return refuse(why, "cannot use private key", pem_name(key));
	if (SSL_CTX_check_private_key(ctx->ssl) != 1)
		return refuse(
		    why, "key and certificate differ:", pem_name(key));
	return D4_OK;
}

static enum d4_status
load_pair(
    struct d4_tls_ctx *ctx, const struct d4_tls_settings *set, const char **why)
{
	enum d4_status st;

	if (set->cert == NULL && set->key == NULL && !set->server)
		return D4_OK;
	if (set->cert == NULL || set->key == NULL)
		return refuse(why, "certificate and key go together", NULL);
	st = load_cert(ctx, set->cert, why);
	if (st != D4_OK)
		return st;
	return load_key(ctx, set->key, why);
}

/* Adds every certificate of a file or text to what is trusted. */
static enum d4_status
load_ca(SSL_CTX *ssl, const char *ca, const char **why)
{
	X509_STORE *store = SSL_CTX_get_cert_store(ssl);
	BIO *in = pem_open(ca);
	unsigned n = 0;
	X509 *x;

	while (in != NULL &&
	       (x = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL) {
		n += X509_STORE_add_cert(store, x) == 1;
		X509_free(x);
	}
	BIO_free(in);
	if (n == 0)
		return refuse(why, "no CA certificate in", pem_name(ca));
	ERR_clear_error();
	return D4_OK;
}

/* Hex digits, colons allowed between bytes. */
static bool
pin_parse(const char *s, uint8_t pin[D4_PIN_LEN])
{
	size_t n = 0;

	while (*s != '\0' && n < D4_PIN_LEN) {
		int hi = d4_hex_value((uint8_t)s[0]);
		int lo = hi < 0 ? -1 : d4_hex_value((uint8_t)s[1]);

		if (lo < 0)
			return false;
		pin[n++] = (uint8_t)(hi << 4 | lo);
		s += 2;
		if (*s == ':' && n < D4_PIN_LEN)
			s++;
	}
	return *s == '\0' && n == D4_PIN_LEN;
}

/*
 * In place of the chain's verification: the leaf's SHA-256 is the pin. Dates
 * and names say nothing more then.
 */
static int
pin_verify(X509_STORE_CTX *store, void *arg)
{
	const struct d4_tls_ctx *ctx = arg;
	X509 *leaf = X509_STORE_CTX_get0_cert(store);
	uint8_t got[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (leaf != NULL && X509_digest(leaf, EVP_sha256(), got, &len) == 1 &&
	    len == D4_PIN_LEN && CRYPTO_memcmp(got, ctx->pin, len) == 0) {
		X509_STORE_CTX_set_error(store, X509_V_OK);
		return 1;
	}
	X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
	return 0;
}

static enum d4_status
trust_server(
    struct d4_tls_ctx *ctx, const struct d4_tls_settings *set, const char **why)
{
	int ways = (set->ca != NULL) + (set->pin != NULL) + set->insecure;

	if (ways != 1)
		return refuse(
		    why, "exactly one of ca, pin or insecure is needed", NULL);
	if (set->insecure)
		return D4_OK;
	SSL_CTX_set_verify(ctx->ssl, SSL_VERIFY_PEER, NULL);
	if (set->pin != NULL) {
		if (!pin_parse(set->pin, ctx->pin))
			return refuse(
			    why, "not a SHA-256 fingerprint:", set->pin);
		ctx->pinned = true;
		SSL_CTX_set_cert_verify_callback(ctx->ssl, pin_verify, ctx);
		return D4_OK;
	}
	ctx->by_name = true;
	if (strcmp(set->ca, "system") != 0)
		return load_ca(ctx->ssl, set->ca, why);
	if (SSL_CTX_set_default_verify_paths(ctx->ssl) != 1)
		return refuse(why, "no system certificates", NULL);
	return D4_OK;
}

/* Any certificate is taken; what is wrong with it stays known. */
static int
ask_verify(X509_STORE_CTX *store, void *arg)
{
	(void)arg;
	if (X509_verify_cert(store) != 1 &&
	    X509_STORE_CTX_get_error(store) == X509_V_OK)
		X509_STORE_CTX_set_error(store, X509_V_ERR_UNSPECIFIED);
	return 1;
}

static enum d4_status
trust_client(
    struct d4_tls_ctx *ctx, const struct d4_tls_settings *set, const char **why)
{
	if (set->client_ask) {
		SSL_CTX_set_verify(ctx->ssl, SSL_VERIFY_PEER, NULL);
		SSL_CTX_set_cert_verify_callback(ctx->ssl, ask_verify, NULL);
	}
	if (set->client_ca == NULL)
		return D4_OK;
	if (!set->client_ask)
		SSL_CTX_set_verify(ctx->ssl,
		    SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	return load_ca(ctx->ssl, set->client_ca, why);
}

/*
 * SSL_OP_IGNORE_UNEXPECTED_EOF is never set: an end without close_notify is
 * how a D4 server refuses (wire.md section 2).
 */
static enum d4_status
restrict_protocol(struct d4_tls_ctx *ctx, const char **why)
{
	SSL_CTX *ssl = ctx->ssl;

	SSL_CTX_set_options(ssl,
	    SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
		SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
		(ctx->server ? SSL_OP_NO_TICKET : 0));
	SSL_CTX_set_mode(ssl,
	    SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
	if (SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_cipher_list(ssl, tls12_ciphers) != 1 ||
	    SSL_CTX_set_ciphersuites(ssl, tls13_ciphers) != 1 ||
	    (ctx->server && SSL_CTX_set_num_tickets(ssl, 0) != 1))
		return refuse(why, "TLS library", NULL);
	return D4_OK;
}

static enum d4_status
ctx_fill(
    struct d4_tls_ctx *ctx, const struct d4_tls_settings *set, const char **why)
{
	enum d4_status st;

	ctx->method = tls_wire_method();
	ctx->plain = malloc(TLS_PLAIN);
	ctx->cipher = malloc(TLS_WINDOW);
	ctx->ssl = SSL_CTX_new(
	    ctx->server ? TLS_server_method() : TLS_client_method());
	if (ctx->method == NULL || ctx->plain == NULL || ctx->cipher == NULL ||
	    ctx->ssl == NULL) {
		(void)refuse(why, "out of memory", NULL);
		return D4_ENOMEM;
	}
	st = restrict_protocol(ctx, why);
	if (st != D4_OK)
		return st;
	st = load_pair(ctx, set, why);
	if (st != D4_OK)
		return st;
	return ctx->server ? trust_client(ctx, set, why)
	                   : trust_server(ctx, set, why);
}

enum d4_status
d4_tls_ctx_new(const struct d4_tls_settings *set, const char **why,
    struct d4_tls_ctx **out)
{
	struct d4_tls_ctx *ctx = calloc(1, sizeof(*ctx));
	enum d4_status st;

	ERR_clear_error();
	if (ctx == NULL) {
		(void)refuse(why, "out of memory", NULL);
		return D4_ENOMEM;
	}
	ctx->refs = 1;
	ctx->server = set->server;
	st = ctx_fill(ctx, set, why);
	if (st != D4_OK) {
		d4_tls_ctx_free(ctx);
		return st;
	}
	*out = ctx;
	return D4_OK;
}

struct d4_tls_ctx *
tls_ctx_ref(struct d4_tls_ctx *ctx)
{
	ctx->refs++;
	return ctx;
}

void
d4_tls_ctx_free(struct d4_tls_ctx *ctx)
{
	if (ctx == NULL)
		return;
	assert(ctx->refs > 0);
	if (--ctx->refs != 0)
		return;
	SSL_CTX_free(ctx->ssl);
	BIO_meth_free(ctx->method);
	free(ctx->plain);
	free(ctx->cipher);
	free(ctx);
}

enum d4_status
d4_tls_pin(const char *cert, char out[96])
{
	BIO *in = pem_open(cert);
	X509 *x = in != NULL ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;
	uint8_t md[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	bool ok = x != NULL && X509_digest(x, EVP_sha256(), md, &len) == 1 &&
	          len == D4_PIN_LEN;

	X509_free(x);
	BIO_free(in);
	ERR_clear_error();
	if (!ok)
		return D4_EINVAL;
	for (unsigned i = 0; i < D4_PIN_LEN; i++)
		(void)snprintf(out + (size_t)3 * i, 96 - (size_t)3 * i,
		    "%02X%s", md[i], i + 1 < D4_PIN_LEN ? ":" : "");
	return D4_OK;
}

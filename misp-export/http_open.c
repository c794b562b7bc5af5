/* A handle to MISP: whom it trusts, what it sends along, what it keeps. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include "misp-export/http_room.h"

#define HTTP_CONNECT 20000L /* ms to connect */

/* ---- what libcurl calls ---- */

static size_t
on_body(char *p, size_t size, size_t n, void *arg)
{
	struct http_reply *r = arg;

	return d4_buf_add(&r->body, p, size * n) == D4_OK ? size * n : 0;
}

/* "Name: value\r\n" to the value, when the name is that. */
static bool
header_is(const char *p, size_t n, const char *name, struct d4_slice *out)
{
	size_t len = strlen(name);

	if (n <= len || strncasecmp(p, name, len) != 0)
		return false;
	*out = d4_slice_of(p + len, n - len);
	while (out->n > 0 && (out->p[0] == ' ' || out->p[0] == '\t'))
		(void)d4_slice_skip(out, 1);
	while (out->n > 0 && out->p[out->n - 1] <= ' ')
		out->n--;
	return true;
}

static void
header_copy(struct d4_slice in, char *out, size_t n)
{
	if (in.n < n) {
		memcpy(out, in.p, in.n);
		out[in.n] = '\0';
	}
}

static size_t
on_header(char *p, size_t size, size_t n, void *arg)
{
	struct http_reply *r = arg;
	struct d4_slice v;
	char number[24] = "";

	if (header_is(p, size * n, "Location:", &v))
		header_copy(v, r->location, sizeof(r->location));
	if (header_is(p, size * n, "Content-Type:", &v))
		header_copy(v, r->type, sizeof(r->type));
	if (header_is(p, size * n, "Retry-After:", &v) ||
	    header_is(p, size * n, "X-Rate-Limit-Reset:", &v)) {
		header_copy(v, number, sizeof(number));
		r->retry_s = strtoull(number, NULL, 10) % 86400;
	}
	return size * n;
}

/* The certificate itself is known: no authority is asked. */
static int
on_pin(X509_STORE_CTX *ctx, void *arg)
{
	const struct http *h = arg;
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	X509 *cert = X509_STORE_CTX_get0_cert(ctx);

	if (cert == NULL || X509_digest(cert, EVP_sha256(), digest, &n) != 1 ||
	    n != sizeof(h->pin) || CRYPTO_memcmp(digest, h->pin, n) != 0) {
		X509_STORE_CTX_set_error(ctx, X509_V_ERR_CERT_UNTRUSTED);
		return 0;
	}
	X509_STORE_CTX_set_error(ctx, X509_V_OK);
	return 1;
}

static CURLcode
on_ssl(CURL *easy, void *ssl, void *arg)
{
	(void)easy;
	SSL_CTX_set_cert_verify_callback(ssl, on_pin, arg);
	return CURLE_OK;
}

/* ---- setting up ---- */

static void
http_pin(struct http *h, const char *text)
{
	char two[3] = "";
	size_t n = 0;

	while (n < sizeof(h->pin) && text[0] != '\0' && text[1] != '\0') {
		memcpy(two, text, 2);
		h->pin[n++] = (uint8_t)strtoul(two, NULL, 16);
		text += 2;
		text += *text == ':' ? 1 : 0;
	}
}

static void
http_trust(struct http *h)
{
	const struct misp_conf *c = h->conf;
	struct curl_blob ca = {
	    (void *)c->ca_pem.p, c->ca_pem.n, CURL_BLOB_NOCOPY};

	(void)curl_easy_setopt(h->easy, CURLOPT_CAINFO, NULL);
	(void)curl_easy_setopt(h->easy, CURLOPT_CAPATH, NULL);
	if (c->insecure) {
		(void)curl_easy_setopt(h->easy, CURLOPT_SSL_VERIFYPEER, 0L);
		(void)curl_easy_setopt(h->easy, CURLOPT_SSL_VERIFYHOST, 0L);
	} else if (c->pin != NULL) {
		http_pin(h, c->pin);
		(void)curl_easy_setopt(h->easy, CURLOPT_SSL_VERIFYHOST, 0L);
		(void)curl_easy_setopt(
		    h->easy, CURLOPT_SSL_CTX_FUNCTION, on_ssl);
		(void)curl_easy_setopt(h->easy, CURLOPT_SSL_CTX_DATA, h);
	} else if (ca.len > 0) {
		(void)curl_easy_setopt(h->easy, CURLOPT_CAINFO_BLOB, &ca);
	}
}

static void
http_fixed(struct http *h)
{
	const struct misp_conf *c = h->conf;

	(void)curl_easy_setopt(h->easy, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(h->easy, CURLOPT_FOLLOWLOCATION, 0L);
	(void)curl_easy_setopt(h->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(h->easy, CURLOPT_ACCEPT_ENCODING, "gzip");
	(void)curl_easy_setopt(
	    h->easy, CURLOPT_USERAGENT, "d4-misp-export/" D4_VERSION);
	(void)curl_easy_setopt(
	    h->easy, CURLOPT_CONNECTTIMEOUT_MS, HTTP_CONNECT);
	(void)curl_easy_setopt(h->easy, CURLOPT_TCP_KEEPALIVE, 1L);
	(void)curl_easy_setopt(h->easy, CURLOPT_WRITEFUNCTION, on_body);
	(void)curl_easy_setopt(h->easy, CURLOPT_HEADERFUNCTION, on_header);
	/* Proxies of the environment are not ours. */
	(void)curl_easy_setopt(
	    h->easy, CURLOPT_PROXY, c->proxy != NULL ? c->proxy : "");
	http_trust(h);
}

static bool
http_add(struct curl_slist **list, const char *line)
{
	struct curl_slist *more = curl_slist_append(*list, line);

	if (more == NULL)
		return false;
	*list = more;
	return true;
}

static bool
http_headers(struct http *h)
{
	struct curl_slist **all[] = {&h->plain, &h->packed, &h->get};
	char line[96];
	bool ok = true;

	(void)snprintf(line, sizeof(line), "Authorization: %.*s",
	    (int)h->conf->key_text.n, (const char *)h->conf->key_text.p);
	for (size_t i = 0; i < 3; i++)
		ok = ok && http_add(all[i], line) &&
		     http_add(all[i], "Accept: application/json") &&
		     http_add(all[i], "Expect:");
	OPENSSL_cleanse(line, sizeof(line));
	return ok && http_add(&h->plain, "Content-Type: application/json") &&
	       http_add(&h->packed, "Content-Type: application/json") &&
	       http_add(&h->packed, "Content-Encoding: gzip");
}

enum d4_status
http_new(const struct misp_conf *c, int stop, struct http **out)
{
	struct http *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return D4_ENOMEM;
	h->conf = c;
	h->stop = stop;
	d4_buf_init(&h->request, HTTP_SEND);
	h->multi = curl_multi_init();
	h->easy = curl_easy_init();
	if (h->multi == NULL || h->easy == NULL || !http_headers(h)) {
		http_free(h);
		return D4_ENOMEM;
	}
	http_fixed(h);
	http_conf(h, c);
	*out = h;
	return D4_OK;
}

static void
headers_free(struct curl_slist *list)
{
	for (struct curl_slist *l = list; l != NULL; l = l->next)
		OPENSSL_cleanse(l->data, strlen(l->data));
	curl_slist_free_all(list);
}

void
http_free(struct http *h)
{
	if (h == NULL)
		return;
	if (h->easy != NULL)
		curl_easy_cleanup(h->easy);
	if (h->multi != NULL)
		(void)curl_multi_cleanup(h->multi);
	headers_free(h->plain);
	headers_free(h->packed);
	headers_free(h->get);
	d4_buf_fini(&h->request);
	free(h);
}

void
http_conf(struct http *h, const struct misp_conf *c)
{
	h->conf = c;
	h->gzip = h->gzip && c->gzip;
	(void)curl_easy_setopt(
	    h->easy, CURLOPT_TIMEOUT_MS, (long)(c->timeout_us / 1000));
}

void
http_gzip(struct http *h, bool on)
{
	h->gzip = on && h->conf->gzip;
}

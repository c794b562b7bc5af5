#include <stdlib.h>
#include <string.h>
#include "libd4/kit/file.h"
#include "libd4/type.h"
#include "relay/conf_reach.h"

#define PROXY_SCHEME "socks5://"

static struct d4_mark
reach_mark(const struct d4_yaml *node, const char *key)
{
	const struct d4_yaml *n = d4_yaml_get(node, key);

	return n != NULL ? n->at : node->at;
}

/* ---- accepts ---- */

static bool
type_word(const char *word, unsigned *type)
{
	size_t n = strlen(word);

	if (n == 0 || n > 3 || strspn(word, "0123456789") != n)
		return false;
	*type = 0;
	for (size_t i = 0; i < n; i++)
		*type = *type * 10 + (unsigned)(word[i] - '0');
	return *type > 0 && *type < 256 && word[0] != '0';
}

/* "all", a type, or an extended type; 2 and 254 say nothing by themselves. */
static bool
accepts_word(const char *word)
{
	size_t n = strlen(word);
	unsigned type;

	if (type_word(word, &type))
		return type != D4_TYPE_META && type != D4_TYPE_EXTENDED;
	return n > 0 && n < 64 && strspn(word, "0123456789") != n &&
	       strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV"
			    "WXYZ0123456789._-") == n;
}

static enum d4_status
accepts_check(const struct d4_yaml *node, const struct relay_partner_file *f,
    struct d4_diag *diag)
{
	for (size_t i = 0; i < f->accepts.n; i++) {
		if (!accepts_word(f->accepts.item[i]))
			return d4_diag_set(diag, reach_mark(node, "accepts"),
			    "write all, or types (8) and extended types "
			    "(ja3-jl) that its operator has enabled",
			    "not a type: %s", f->accepts.item[i]);
	}
	return D4_OK;
}

/* ---- proxy ---- */

/* [socks5://]HOST:PORT or [socks5://][ADDRESS]:PORT, cut in place. */
static bool
proxy_cut(char *text, struct relay_proxy *out)
{
	char *host = text, *colon = strrchr(text, ':');
	unsigned long port = 0;
	char *end = NULL;

	if (strncmp(host, PROXY_SCHEME, strlen(PROXY_SCHEME)) == 0)
		host += strlen(PROXY_SCHEME);
	if (colon == NULL || colon <= host || colon[1] < '0' || colon[1] > '9')
		return false;
	port = strtoul(colon + 1, &end, 10);
	if (*end != '\0' || port == 0 || port > 65535)
		return false;
	if (host[0] == '[' && colon[-1] == ']') {
		host++;
		colon--;
	} else if (strchr(host, ':') != colon) {
		return false; /* an IPv6 address without brackets */
	}
	*colon = '\0';
	out->host = host;
	out->port = (uint16_t)port;
	return host[0] != '\0' && strpbrk(host, "/@[]") == NULL;
}

static bool
is_onion(const char *host)
{
	size_t n = strlen(host);

	return n > 6 && strcmp(host + n - 6, ".onion") == 0;
}

static enum d4_status
proxy_fill(const struct d4_yaml *node, struct relay_partner_file *f,
    struct d4_diag *diag, struct relay_partner *p)
{
	if (f->proxy == NULL && f->proxy_auth != NULL)
		return d4_diag_set(diag, reach_mark(node, "proxy_auth"),
		    "write proxy: socks5://HOST:PORT, too",
		    "user and password without a proxy");
	if (f->proxy == NULL && f->host != NULL && is_onion(f->host))
		return d4_diag_set(diag, reach_mark(node, "host"),
		    "write proxy: socks5://127.0.0.1:9050",
		    "an onion address without a proxy: %s", f->host);
	if (f->proxy != NULL && !proxy_cut(f->proxy, &p->proxy))
		return d4_diag_set(diag, reach_mark(node, "proxy"),
		    "write socks5://HOST:PORT; IPv6 addresses in []",
		    "not a SOCKS5 proxy");
	return D4_OK;
}

/* ---- both ---- */

enum d4_status
conf_reach_fill(const struct d4_yaml *node, struct relay_partner_file *f,
    struct d4_diag *diag, struct relay_partner *p)
{
	enum d4_status st = accepts_check(node, f, diag);

	if (st == D4_OK)
		st = proxy_fill(node, f, diag, p);
	p->accepts = f->accepts;
	if (d4_yaml_get(node, "session_gap") == NULL)
		p->gap_us = RELAY_GAP_PROFILE;
	return st;
}

enum d4_status
conf_reach_secrets(struct relay_partner_file *f, struct relay_partner *p)
{
	enum d4_status st;
	char *colon;

	if (f->proxy_auth == NULL)
		return D4_OK;
	st = d4_secret_read(f->proxy_auth, &f->proxy_login);
	if (st == D4_OK)
		st = d4_buf_add(&f->proxy_login, "", 1);
	if (st != D4_OK)
		return st;
	colon = strchr((char *)f->proxy_login.p, ':');
	if (colon == NULL ||
	    memchr(f->proxy_login.p, '\0', f->proxy_login.n - 1) != NULL)
		return D4_EMALFORMED;
	*colon = '\0';
	p->proxy.user = (const char *)f->proxy_login.p;
	p->proxy.password = colon + 1;
	return D4_OK;
}

/* The step `payload`: a word, keep:N, or {dns: PARAMETERS}. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sanitizers/dns.h"
#include "sanitizers/steps.h"
#include "sanitizers/word.h"

static const struct san_word payload_words[] = {
    {"headers", SAN_PAYLOAD_HEADERS}, {"zero", SAN_PAYLOAD_ZERO},
    {"clean", SAN_PAYLOAD_CLEAN}, {"keep", SAN_PAYLOAD_KEEP},
    {"dns", SAN_PAYLOAD_DNS}, {NULL, 0}};

/* "keep:N" */
static enum d4_status
payload_first(const struct san_compile *cx, const struct d4_yaml *node,
    struct san_payload_conf *c)
{
	char tail;

	if (strspn(node->text + 5, "0123456789") > 5 ||
	    /* NOLINTNEXTLINE(cert-err34-c): at most five digits */
	    sscanf(node->text, "keep:%u%c", &c->n, &tail) != 1 ||
	    c->n > 65535 || c->n == 0)
		return d4_diag_set(cx->diag, node->at,
		    "write keep:N with N from 1 to 65535",
		    "`%s` is no number of bytes", node->text);
	c->kind = SAN_PAYLOAD_FIRST;
	return D4_OK;
}

static enum d4_status
payload_read(const struct san_compile *cx, const struct d4_yaml *node,
    struct san_payload_conf *c)
{
	static const char *const keys[] = {"dns", NULL};
	const struct d4_yaml *dns = NULL;
	enum d4_status st = D4_OK;
	int v = SAN_PAYLOAD_DNS;

	if (node->kind == D4_YAML_SCALAR &&
	    strncmp(node->text, "keep:", 5) == 0)
		return payload_first(cx, node, c);
	if (node->kind == D4_YAML_MAP) {
		st = d4_yaml_keys(node, keys, cx->diag);
		dns = d4_yaml_get(node, "dns");
	} else {
		st = san_word(node, payload_words, cx->diag, &v);
	}
	if (st == D4_OK && node->kind == D4_YAML_MAP && dns == NULL)
		st = d4_diag_set(cx->diag, node->at,
		    "write {dns: {deny_suffix: [corp.example]}}",
		    "payload needs a word, or `dns` with its parameters");
	if (st != D4_OK)
		return st;
	c->kind = (enum san_payload)v;
	return c->kind == SAN_PAYLOAD_DNS ? san_dns_conf_new(cx, dns, &c->dns)
	                                  : D4_OK;
}

static enum d4_status
payload_compile(
    const struct san_compile *cx, const struct d4_yaml *node, void **conf)
{
	struct san_payload_conf *c = calloc(1, sizeof(*c));
	enum d4_status st;

	if (c == NULL)
		return D4_ENOMEM;
	st = payload_read(cx, node, c);
	if (st != D4_OK) {
		free(c);
		return st;
	}
	*conf = c;
	return D4_OK;
}

static void
payload_destroy(void *conf)
{
	struct san_payload_conf *c = conf;

	san_dns_conf_free(c->dns);
	free(c);
}

const struct san_step_kind san_step_payload = {
    .name = "payload",
    .families = SAN_PACKETS,
    .help = "what stands behind the headers: headers, zero, clean, keep:N, "
	    "keep, dns: rrtypes, deny_suffix, allow_suffix",
    .compile = payload_compile,
    .destroy = payload_destroy,
};

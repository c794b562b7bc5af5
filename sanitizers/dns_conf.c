/* The parameters of `payload: dns`: rrtypes, deny_suffix, allow_suffix. */
#include <stdlib.h>
#include <string.h>
#include "sanitizers/dns.h"
#include "sanitizers/pdns_deny.h"
#include "sanitizers/word.h"

static const char *const conf_keys[] = {
    "rrtypes", "deny_suffix", "allow_suffix", NULL};

static enum d4_status
conf_rrtype(const struct san_compile *cx, const struct d4_yaml *v,
    struct san_dns_conf *c)
{
	const struct san_dns_rr *row;

	for (unsigned i = 0; (row = san_dns_rr_at(i)) != NULL; i++) {
		if (v->kind == D4_YAML_SCALAR &&
		    strcmp(row->name, v->text) == 0) {
			c->rrtypes |= 1u << i;
			return D4_OK;
		}
	}
	return d4_diag_set(cx->diag, v->at,
	    "write A AAAA CNAME NS MX SOA SRV PTR DNAME CAA SVCB HTTPS TXT DS "
	    "or DNSKEY",
	    "no record type that payload: dns can read");
}

static enum d4_status
conf_rrtypes(const struct san_compile *cx, const struct d4_yaml *v,
    struct san_dns_conf *c)
{
	enum d4_status st = D4_OK;

	c->rrtypes = 0;
	if (v->kind != D4_YAML_LIST || v->n == 0)
		return d4_diag_set(cx->diag, v->at,
		    "write a list, or leave the key out",
		    "`rrtypes` is a list with at least one item");
	for (size_t i = 0; st == D4_OK && i < v->n; i++)
		st = conf_rrtype(cx, v->item[i], c);
	return st;
}

static enum d4_status
conf_read(const struct san_compile *cx, const struct d4_yaml *map,
    struct san_dns_conf *c)
{
	const struct d4_yaml *v;
	enum d4_status st = d4_yaml_keys(map, conf_keys, cx->diag);

	if (st == D4_OK && (v = d4_yaml_get(map, "rrtypes")) != NULL)
		st = conf_rrtypes(cx, v, c);
	if (st == D4_OK && (v = d4_yaml_get(map, "deny_suffix")) != NULL)
		st = san_word_names(v, cx->diag, c->deny);
	if (st == D4_OK && (v = d4_yaml_get(map, "allow_suffix")) != NULL) {
		c->allow = san_suffixes_new();
		st = c->allow == NULL ? D4_ENOMEM
		                      : san_word_names(v, cx->diag, c->allow);
	}
	return st;
}

enum d4_status
san_dns_conf_new(const struct san_compile *cx, const struct d4_yaml *node,
    struct san_dns_conf **out)
{
	struct san_dns_conf *c = calloc(1, sizeof(*c));
	const struct san_dns_rr *row;
	enum d4_status st;

	if (c == NULL)
		return D4_ENOMEM;
	for (unsigned i = 0; (row = san_dns_rr_at(i)) != NULL; i++)
		c->rrtypes |= (uint32_t)row->def << i;
	c->deny = san_suffixes_new();
	st = c->deny == NULL ? D4_ENOMEM : san_pdns_deny_default(c->deny);
	if (st == D4_OK && node != NULL)
		st = conf_read(cx, node, c);
	if (st != D4_OK) {
		san_dns_conf_free(c);
		return st;
	}
	*out = c;
	return D4_OK;
}

void
san_dns_conf_free(struct san_dns_conf *c)
{
	if (c == NULL)
		return;
	san_suffixes_free(c->deny);
	san_suffixes_free(c->allow);
	free(c);
}

/* The step `pdns`: its keys, their values and their defaults. */
#include <stdlib.h>
#include <string.h>
#include "sanitizers/pdns.h"
#include "sanitizers/pdns_deny.h"
#include "sanitizers/pdns_window.h"
#include "sanitizers/word.h"

#define DAY_S        UINT64_C(86400)
#define WINDOW_BYTES (UINT64_C(32) << 20)

/* One key of the step; cof: of the step `cof`, too. */
struct conf_key {
	const char *name;
	enum d4_status (*read)(const struct san_compile *cx,
	    const struct d4_yaml *v, struct san_pdns_conf *c);
	bool cof;
};

static enum d4_status
conf_read_who(const struct san_compile *cx, const struct d4_yaml *v,
    enum san_pdns_who *out)
{
	static const struct san_word words[] = {{"zero", PDNS_ZERO},
	    {"blank", PDNS_BLANK}, {"addr", PDNS_ADDR}, {"keep", PDNS_KEEP},
	    {NULL, 0}};
	int who = PDNS_ZERO;
	enum d4_status st = san_word(v, words, cx->diag, &who);

	*out = (enum san_pdns_who)who;
	return st;
}

static enum d4_status
conf_read_client(const struct san_compile *cx, const struct d4_yaml *v,
    struct san_pdns_conf *c)
{
	return conf_read_who(cx, v, &c->who[0]);
}

static enum d4_status
conf_read_server(const struct san_compile *cx, const struct d4_yaml *v,
    struct san_pdns_conf *c)
{
	return conf_read_who(cx, v, &c->who[1]);
}

static enum d4_status
conf_add_network(const struct san_compile *cx, const struct d4_yaml *v,
    struct san_pdns_conf *c)
{
	const struct d4_prefix_set *set = NULL;
	enum d4_status st = D4_OK;

	if (v->kind == D4_YAML_SCALAR && cx->env->network != NULL)
		set = cx->env->network(cx->env->arg, v->text);
	if (set == NULL || set->n == 0)
		return d4_diag_set(cx->diag, v->at,
		    "name one of the policy's networks",
		    set == NULL ? "no such network" : "an empty network");
	for (size_t i = 0; st == D4_OK && i < set->n; i++)
		st = d4_prefix_set_add(&c->scope, &set->list[i]);
	return st;
}

/* The networks are copied: a chain outlives what it was compiled from. */
static enum d4_status
conf_read_scope(const struct san_compile *cx, const struct d4_yaml *v,
    struct san_pdns_conf *c)
{
	const struct d4_yaml *item = san_item(v, 0);
	enum d4_status st = D4_OK;

	c->scope_at = v->at;
	if (item == NULL)
		return d4_diag_set(cx->diag, v->at, "",
		    "scope is the name of a network, or a list of names");
	for (size_t i = 0; st == D4_OK && (item = san_item(v, i)) != NULL; i++)
		st = conf_add_network(cx, item, c);
	return st;
}

static enum d4_status
conf_read_rrtype(const struct san_compile *cx, const struct d4_yaml *v,
    struct san_pdns_conf *c)
{
	int i = -1;

	if (v->kind == D4_YAML_SCALAR)
		i = san_pdns_rrtype_find(d4_slice_str(v->text));
	if (i < 0)
		return d4_diag_set(cx->diag, v->at,
		    "write a type such as A, AAAA, CNAME, in upper case",
		    "record type not known");
	c->rrtypes |= UINT64_C(1) << i;
	return D4_OK;
}

/* conf_each -- a list's items, one by one; the list must not be empty. */
static enum d4_status
conf_each(const struct san_compile *cx, const struct d4_yaml *v,
    struct san_pdns_conf *c, const struct conf_key *item)
{
	enum d4_status st = D4_OK;

	if (v->kind != D4_YAML_LIST || v->n == 0)
		return d4_diag_set(cx->diag, v->at,
		    "write a list, or leave the key out",
		    "`%s` is a list with at least one item", item->name);
	for (size_t i = 0; st == D4_OK && i < v->n; i++)
		st = item->read(cx, v->item[i], c);
	return st;
}

static enum d4_status
conf_read_rrtypes(const struct san_compile *cx, const struct d4_yaml *v,
    struct san_pdns_conf *c)
{
	static const struct conf_key item = {
	    "rrtypes", conf_read_rrtype, false};

	c->rrtypes = 0;
	return conf_each(cx, v, c, &item);
}

static enum d4_status
conf_add_suffix(const struct san_compile *cx, const struct d4_yaml *v,
    struct san_suffixes *set)
{
	enum d4_status st = D4_EMALFORMED;

	if (v->kind == D4_YAML_SCALAR)
		st = san_suffixes_add(set, d4_slice_str(v->text));
	if (st == D4_EMALFORMED)
		return d4_diag_set(cx->diag, v->at,
		    "write a name such as example.lu, in ASCII (xn--...)",
		    "not a name");
	return st;
}

static enum d4_status
conf_read_deny_one(const struct san_compile *cx, const struct d4_yaml *v,
    struct san_pdns_conf *c)
{
	return conf_add_suffix(cx, v, c->deny);
}

static enum d4_status
conf_read_deny(const struct san_compile *cx, const struct d4_yaml *v,
    struct san_pdns_conf *c)
{
	static const struct conf_key item = {
	    "deny_suffix", conf_read_deny_one, false};

	return conf_each(cx, v, c, &item);
}

static enum d4_status
conf_read_allow_one(const struct san_compile *cx, const struct d4_yaml *v,
    struct san_pdns_conf *c)
{
	return conf_add_suffix(cx, v, c->allow);
}

static enum d4_status
conf_read_allow(const struct san_compile *cx, const struct d4_yaml *v,
    struct san_pdns_conf *c)
{
	static const struct conf_key item = {
	    "allow_suffix", conf_read_allow_one, false};

	c->allow = san_suffixes_new();
	if (c->allow == NULL)
		return D4_ENOMEM;
	return conf_each(cx, v, c, &item);
}

static enum d4_status
conf_read_reverse(const struct san_compile *cx, const struct d4_yaml *v,
    struct san_pdns_conf *c)
{
	bool deny = false;
	enum d4_status st = d4_yaml_bool(v, cx->diag, &deny);

	c->reverse = deny ? PDNS_REVERSE_DENY : PDNS_REVERSE_KEEP;
	return st;
}

static enum d4_status
conf_read_answer(const struct san_compile *cx, const struct d4_yaml *v,
    struct san_pdns_conf *c)
{
	static const struct san_word words[] = {
	    {"drop", 0}, {"keep", 1}, {NULL, 0}};
	int keep = 0;
	enum d4_status st = san_word(v, words, cx->diag, &keep);

	c->answer_keep = keep == 1;
	c->answer_at = v->at;
	return st;
}

static enum d4_status
conf_read_number(const struct san_compile *cx, const struct d4_yaml *v,
    const uint64_t range[2], unsigned *out)
{
	uint64_t n = 0;
	enum d4_status st = d4_yaml_u64(v, range, cx->diag, &n);

	*out = (unsigned)n;
	return st;
}

static enum d4_status
conf_read_trim(const struct san_compile *cx, const struct d4_yaml *v,
    struct san_pdns_conf *c)
{
	static const uint64_t range[] = {1, SAN_NAME_LABELS};

	return conf_read_number(cx, v, range, &c->trim);
}

static enum d4_status
conf_read_distinct(const struct san_compile *cx, const struct d4_yaml *v,
    struct san_pdns_conf *c)
{
	static const uint64_t range[] = {2, SAN_WINDOW_K_MAX};

	return conf_read_number(cx, v, range, &c->k);
}

static enum d4_status
conf_read_window(const struct san_compile *cx, const struct d4_yaml *v,
    struct san_pdns_conf *c)
{
	uint64_t us = 0;
	enum d4_status st = d4_yaml_duration_us(v, cx->diag, &us);

	c->window_s = us / 1000000;
	if (st == D4_OK && (c->window_s == 0 || c->window_s > 3660 * DAY_S))
		return d4_diag_set(cx->diag, v->at, "write e.g. 7d",
		    "a window is 1s to 3660d");
	return st;
}

static enum d4_status
conf_read_memory(const struct san_compile *cx, const struct d4_yaml *v,
    struct san_pdns_conf *c)
{
	enum d4_status st = d4_yaml_bytes(v, cx->diag, &c->window_bytes);

	if (st == D4_OK && (c->window_bytes < (UINT64_C(64) << 10) ||
			       c->window_bytes > (UINT64_C(64) << 30)))
		return d4_diag_set(cx->diag, v->at, "write e.g. 256MiB",
		    "window_memory is 64KiB to 64GiB");
	return st;
}

static enum d4_status
conf_read_ttl(const struct san_compile *cx, const struct d4_yaml *v,
    struct san_pdns_conf *c)
{
	static const struct san_word words[] = {
	    {"keep", 0}, {"zero", 1}, {NULL, 0}};
	int zero = 0;
	enum d4_status st = san_word(v, words, cx->diag, &zero);

	c->ttl_zero = zero == 1;
	return st;
}

static enum d4_status
conf_read_min_count(const struct san_compile *cx, const struct d4_yaml *v,
    struct san_pdns_conf *c)
{
	static const uint64_t range[] = {1, UINT64_MAX};

	return d4_yaml_u64(v, range, cx->diag, &c->min_count);
}

static const struct conf_key conf_keys[] = {
    {"client", conf_read_client, false},
    {"server", conf_read_server, false},
    {"scope", conf_read_scope, true},
    {"rrtypes", conf_read_rrtypes, true},
    {"deny_suffix", conf_read_deny, true},
    {"allow_suffix", conf_read_allow, true},
    {"deny_reverse", conf_read_reverse, true},
    {"answer_scope", conf_read_answer, false},
    {"trim_labels", conf_read_trim, false},
    {"min_distinct", conf_read_distinct, false},
    {"window", conf_read_window, false},
    {"window_memory", conf_read_memory, false},
    {"ttl", conf_read_ttl, false},
    {"min_count", conf_read_min_count, true},
};

#define CONF_KEYS (sizeof(conf_keys) / sizeof(conf_keys[0]))

static enum d4_status
conf_read_keys(const struct san_compile *cx, const struct d4_yaml *map,
    bool cof, struct san_pdns_conf *c)
{
	const char *known[CONF_KEYS + 1] = {NULL};
	enum d4_status st;
	size_t n = 0;

	for (size_t i = 0; i < CONF_KEYS; i++) {
		if (!cof || conf_keys[i].cof)
			known[n++] = conf_keys[i].name;
	}
	st = d4_yaml_keys(map, known, cx->diag);
	for (size_t i = 0; st == D4_OK && i < CONF_KEYS; i++) {
		const struct d4_yaml *v = d4_yaml_get(map, conf_keys[i].name);

		if (v != NULL)
			st = conf_keys[i].read(cx, v, c);
	}
	if (st == D4_OK && c->k == 0 &&
	    (d4_yaml_get(map, "window") != NULL ||
		d4_yaml_get(map, "window_memory") != NULL))
		return d4_diag_set(cx->diag, map->at,
		    "write min_distinct, or take it out",
		    "a window without min_distinct");
	return st;
}

static void
conf_destroy(void *conf)
{
	struct san_pdns_conf *c = conf;

	if (c == NULL)
		return;
	san_suffixes_free(c->deny);
	san_suffixes_free(c->allow);
	d4_prefix_set_fini(&c->scope);
	free(c);
}

static enum d4_status
conf_new(const struct san_compile *cx, const struct d4_yaml *node, bool cof,
    void **conf)
{
	struct san_pdns_conf *c = calloc(1, sizeof(*c));
	const struct san_pdns_rrtype *row;
	enum d4_status st;

	if (c == NULL)
		return D4_ENOMEM;
	c->window_s = 7 * DAY_S;
	c->window_bytes = WINDOW_BYTES;
	for (unsigned i = 0; (row = san_pdns_rrtype_at(i)) != NULL; i++)
		c->rrtypes |= (uint64_t)row->def << i;
	c->deny = san_suffixes_new();
	st = c->deny == NULL ? D4_ENOMEM : san_pdns_deny_default(c->deny);
	if (st == D4_OK)
		st = conf_read_keys(cx, node, cof, c);
	if (st == D4_OK)
		*conf = c;
	else
		conf_destroy(c);
	return st;
}

static enum d4_status
conf_pdns(const struct san_compile *cx, const struct d4_yaml *node, void **conf)
{
	return conf_new(cx, node, false, conf);
}

static enum d4_status
conf_cof(const struct san_compile *cx, const struct d4_yaml *node, void **conf)
{
	return conf_new(cx, node, true, conf);
}

static bool
conf_needs_keys(const void *conf)
{
	return ((const struct san_pdns_conf *)conf)->k != 0;
}

const struct san_step_kind san_step_pdns = {
    .name = "pdns",
    .families = SAN_PDNS,
    .help = "columns, record types, names and thresholds of passive DNS",
    .compile = conf_pdns,
    .destroy = conf_destroy,
    .needs_keys = conf_needs_keys,
};

const struct san_step_kind san_step_cof = {
    .name = "cof",
    .families = SAN_JSON,
    .help = "record types and names of passive DNS in JSON (COF)",
    .compile = conf_cof,
    .destroy = conf_destroy,
};

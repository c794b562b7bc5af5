/* The step `text`: what is looked for and what becomes of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sanitizers/text.h"
#include "sanitizers/token.h"
#include "sanitizers/word.h"

static const struct san_word conf_acts[] = {{"keep", SAN_ACT_KEEP},
    {"tok", SAN_ACT_TOK}, {"mask", SAN_ACT_MASK}, {"drop-line", SAN_ACT_DROP},
    {"addr", SAN_ACT_ADDR}, {NULL, 0}};
static const struct san_word conf_stamps[] = {{"rfc3164", SAN_TEXT_RFC3164},
    {"rfc5424", SAN_TEXT_RFC5424}, {"iso8601", SAN_TEXT_ISO8601},
    {"epoch", SAN_TEXT_EPOCH}, {NULL, 0}};

/* Detectors by their key, and what they do unless something else is said. */
static const struct {
	const char *name;
	enum san_act act;
} conf_kinds[] = {
    [SAN_KIND_IP4] = {"ip4", SAN_ACT_ADDR},
    [SAN_KIND_IP6] = {"ip6", SAN_ACT_ADDR},
    [SAN_KIND_EMAIL] = {"email", SAN_ACT_TOK},
    [SAN_KIND_CREDENTIALS] = {"credentials", SAN_ACT_MASK},
    [SAN_KIND_IBAN] = {"iban", SAN_ACT_MASK},
    [SAN_KIND_MAC] = {"mac", SAN_ACT_TOK},
    [SAN_KIND_HOST] = {"host", SAN_ACT_TOK},
    [SAN_KIND_USER] = {"user", SAN_ACT_TOK},
    [SAN_KIND_PHONE] = {"phone", SAN_ACT_KEEP},
};

static const char *const conf_keys[] = {"ip4", "ip6", "email", "credentials",
    "iban", "mac", "host", "user", "phone", "suffixes", "regex", "stamp", NULL};

static enum d4_status
conf_read_act(const struct san_compile *cx, const struct d4_yaml *v,
    bool addresses, enum san_act *out)
{
	int act = SAN_ACT_KEEP;
	enum d4_status st = san_word(v, conf_acts, cx->diag, &act);

	if (st == D4_OK && act == SAN_ACT_ADDR && !addresses)
		return d4_diag_set(cx->diag, v->at, "write tok or mask",
		    "`addr` is for addresses");
	if (st == D4_OK)
		*out = (enum san_act)act;
	return st;
}

static enum d4_status
conf_read_acts(const struct san_compile *cx, const struct d4_yaml *map,
    struct san_text_conf *c)
{
	enum d4_status st = D4_OK;

	for (unsigned k = 0; st == D4_OK && k < SAN_KIND_REGEX; k++) {
		const struct d4_yaml *v = d4_yaml_get(map, conf_kinds[k].name);

		c->act[k] = conf_kinds[k].act;
		if (v != NULL)
			st =
			    conf_read_act(cx, v, k <= SAN_KIND_IP6, &c->act[k]);
	}
	return st;
}

static enum d4_status
conf_read_suffixes(const struct san_compile *cx, const struct d4_yaml *map,
    struct san_text_conf *c)
{
	const struct d4_yaml *v = d4_yaml_get(map, "suffixes");

	if (v == NULL)
		return D4_OK;
	c->suffixes = san_suffixes_new();
	if (c->suffixes == NULL)
		return D4_ENOMEM;
	return san_word_names(v, cx->diag, c->suffixes);
}

static enum d4_status
conf_read_domain(
    const struct san_compile *cx, const struct d4_yaml *node, char out[65])
{
	const struct d4_yaml *v = d4_yaml_get(node, "domain");

	if (v == NULL)
		return D4_OK;
	if (v->kind != D4_YAML_SCALAR || !san_token_domain_ok(v->text))
		return d4_diag_set(cx->diag, v->at,
		    "write what the values are, e.g. user, host, email",
		    SAN_TOKEN_DOMAIN_TEXT);
	(void)snprintf(out, 65, "%s", v->text);
	return D4_OK;
}

/* {match: PATTERN, act: mask, domain: NAME} */
static enum d4_status
conf_read_regex(const struct san_compile *cx, const struct d4_yaml *node,
    struct san_text_conf *c)
{
	static const char *const keys[] = {"match", "act", "domain", NULL};
	const struct d4_yaml *match = d4_yaml_get(node, "match");
	const struct d4_yaml *act = d4_yaml_get(node, "act");
	char why[SAN_REGEX_WHY] = "";
	enum d4_status st;
	size_t k = c->n_regex;

	st = d4_yaml_keys(node, keys, cx->diag);
	if (st != D4_OK)
		return st;
	if (match == NULL || match->kind != D4_YAML_SCALAR || act == NULL)
		return d4_diag_set(cx->diag, node->at,
		    "write {match: 'PATTERN', act: mask}",
		    "a regex needs `match` and `act`");
	st = conf_read_act(cx, act, false, &c->regex[k].act);
	if (st == D4_OK)
		st = conf_read_domain(cx, node, c->regex[k].domain);
	if (st != D4_OK)
		return st;
	if (c->regex[k].act == SAN_ACT_TOK && c->regex[k].domain[0] == '\0')
		return d4_diag_set(cx->diag, node->at, "add `domain: NAME`",
		    "tok needs the kind of value, for its tokens");
	st = san_regex_new(match->text, why, &c->regex[k].re);
	if (st == D4_EINVAL)
		return d4_diag_set(cx->diag, match->at, "see pcre2pattern(3)",
		    "regex: %s", why);
	c->n_regex += st == D4_OK;
	return st;
}

static enum d4_status
conf_read_regexes(const struct san_compile *cx, const struct d4_yaml *map,
    struct san_text_conf *c)
{
	const struct d4_yaml *v = d4_yaml_get(map, "regex");
	enum d4_status st = D4_OK;

	if (v == NULL)
		return D4_OK;
	if (v->kind != D4_YAML_LIST || v->n > SAN_TEXT_REGEXES)
		return d4_diag_set(cx->diag, v->at,
		    "write [{match: 'PATTERN', act: mask}]",
		    "regex is a list of at most %u", SAN_TEXT_REGEXES);
	for (size_t i = 0; st == D4_OK && i < v->n; i++)
		st = conf_read_regex(cx, v->item[i], c);
	return st;
}

static enum d4_status
conf_read(const struct san_compile *cx, const struct d4_yaml *node,
    struct san_text_conf *c)
{
	const struct d4_yaml *v;
	enum d4_status st;
	int stamp = SAN_TEXT_NO_STAMP;

	st = d4_yaml_keys(node, conf_keys, cx->diag);
	if (st == D4_OK)
		st = conf_read_acts(cx, node, c);
	if (st == D4_OK)
		st = conf_read_suffixes(cx, node, c);
	if (st == D4_OK)
		st = conf_read_regexes(cx, node, c);
	if (st == D4_OK && (v = d4_yaml_get(node, "stamp")) != NULL)
		st = san_word(v, conf_stamps, cx->diag, &stamp);
	c->stamp = (enum san_text_stamp)stamp;
	san_text_classes(c);
	return st;
}

static void
conf_destroy(void *conf)
{
	struct san_text_conf *c = conf;

	san_suffixes_free(c->suffixes);
	for (size_t i = 0; i < c->n_regex; i++)
		san_regex_free(c->regex[i].re);
	free(c);
}

static enum d4_status
conf_compile(
    const struct san_compile *cx, const struct d4_yaml *node, void **conf)
{
	struct san_text_conf *c = calloc(1, sizeof(*c));
	enum d4_status st;

	if (c == NULL)
		return D4_ENOMEM;
	st = conf_read(cx, node, c);
	if (st != D4_OK) {
		conf_destroy(c);
		return st;
	}
	*conf = c;
	return D4_OK;
}

void
san_text_conf_free(struct san_text_conf *c)
{
	if (c != NULL)
		conf_destroy(c);
}

enum d4_status
san_text_conf_new(const struct san_compile *cx, const struct d4_yaml *node,
    struct san_text_conf **out)
{
	void *conf = NULL;
	enum d4_status st;

	if (d4_yaml_get(node, "stamp") != NULL)
		return d4_diag_set(cx->diag, node->at,
		    "take it out, and use op time for the field that has it",
		    "a string has no `stamp`");
	st = conf_compile(cx, node, &conf);
	if (st == D4_OK)
		*out = conf;
	return st;
}

bool
san_text_conf_maps(const struct san_text_conf *c)
{
	return c->act[SAN_KIND_IP4] == SAN_ACT_ADDR ||
	       c->act[SAN_KIND_IP6] == SAN_ACT_ADDR;
}

bool
san_text_conf_keyed(const struct san_text_conf *c)
{
	bool needs = false;

	for (unsigned k = 0; k < SAN_KIND_REGEX; k++)
		needs |= c->act[k] == SAN_ACT_TOK;
	for (size_t i = 0; i < c->n_regex; i++)
		needs |= c->regex[i].act == SAN_ACT_TOK;
	return needs;
}

static bool
conf_needs_keys(const void *conf)
{
	return san_text_conf_keyed(conf);
}

const struct san_step_kind san_step_text = {
    .name = "text",
    .families = SAN_TEXT,
    .help = "what is looked for in lines and what becomes of it: ip4, ip6, "
	    "email, credentials, iban, mac, host, user, phone, suffixes, "
	    "regex, stamp",
    .compile = conf_compile,
    .destroy = conf_destroy,
    .needs_keys = conf_needs_keys,
};

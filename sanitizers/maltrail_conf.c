/* The step `maltrail`. */
#include <stdlib.h>
#include "sanitizers/maltrail.h"
#include "sanitizers/word.h"

static const char *const conf_keys[] = {
    "sensor", "src", "dst", "deny_suffix", NULL};
static const struct san_word conf_sensor[] = {
    {"tok", TRAIL_TOK}, {"zero", TRAIL_ZERO}, {"keep", TRAIL_KEEP}, {NULL, 0}};
static const struct san_word conf_addr[] = {{"addr", TRAIL_ADDR},
    {"zero", TRAIL_ZERO}, {"keep", TRAIL_KEEP}, {NULL, 0}};

static enum d4_status
conf_act(const struct san_compile *cx, const struct d4_yaml *v,
    const struct san_word *words, enum san_trail_act *out)
{
	enum d4_status st = D4_OK;
	int act = (int)*out;

	if (v != NULL)
		st = san_word(v, words, cx->diag, &act);
	*out = (enum san_trail_act)act;
	return st;
}

static enum d4_status
conf_deny(const struct san_compile *cx, const struct d4_yaml *v,
    struct san_trail_conf *c)
{
	if (v == NULL)
		return D4_OK;
	c->deny = san_suffixes_new();
	return c->deny == NULL ? D4_ENOMEM
	                       : san_word_names(v, cx->diag, c->deny);
}

static void
conf_destroy(void *conf)
{
	struct san_trail_conf *c = conf;

	san_suffixes_free(c->deny);
	free(c);
}

static enum d4_status
conf_compile(
    const struct san_compile *cx, const struct d4_yaml *node, void **conf)
{
	struct san_trail_conf *c = calloc(1, sizeof(*c));
	enum d4_status st;

	if (c == NULL)
		return D4_ENOMEM;
	c->sensor = TRAIL_TOK;
	c->src = TRAIL_ADDR;
	c->dst = TRAIL_ADDR;
	st = d4_yaml_keys(node, conf_keys, cx->diag);
	if (st == D4_OK)
		st = conf_act(
		    cx, d4_yaml_get(node, "sensor"), conf_sensor, &c->sensor);
	if (st == D4_OK)
		st = conf_act(cx, d4_yaml_get(node, "src"), conf_addr, &c->src);
	if (st == D4_OK)
		st = conf_act(cx, d4_yaml_get(node, "dst"), conf_addr, &c->dst);
	if (st == D4_OK)
		st = conf_deny(cx, d4_yaml_get(node, "deny_suffix"), c);
	if (st != D4_OK) {
		conf_destroy(c);
		return st;
	}
	*conf = c;
	return D4_OK;
}

static bool
conf_needs_keys(const void *conf)
{
	return ((const struct san_trail_conf *)conf)->sensor == TRAIL_TOK;
}

const struct san_step_kind san_step_maltrail = {
    .name = "maltrail",
    .families = SAN_MALTRAIL,
    .help = "columns of maltrail's events: sensor, src, dst, deny_suffix",
    .compile = conf_compile,
    .destroy = conf_destroy,
    .needs_keys = conf_needs_keys,
};

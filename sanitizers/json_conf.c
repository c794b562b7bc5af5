/* The step `json`: rules with their paths, made into one set of segments. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "sanitizers/json.h"

static const char *const conf_keys[] = {"default", "stamp", "rules", NULL};

static enum d4_status
conf_read_default(const struct san_compile *cx, const struct d4_yaml *map,
    struct san_json_conf *c)
{
	const struct d4_yaml *v = d4_yaml_get(map, "default");

	if (v == NULL)
		return d4_diag_set(cx->diag, map->at,
		    "write `default: drop` and a rule for each part to keep",
		    "`json` says what becomes of parts without a rule");
	c->keep = v->kind == D4_YAML_SCALAR && strcmp(v->text, "keep") == 0;
	if (c->keep ||
	    (v->kind == D4_YAML_SCALAR && strcmp(v->text, "drop") == 0))
		return D4_OK;
	return d4_diag_set(
	    cx->diag, v->at, "write drop or keep", "no such default");
}

static enum d4_status
conf_parse_path(
    const struct san_compile *cx, const struct d4_yaml *v, struct san_path *out)
{
	const char *what = "";
	enum d4_status st;

	st = san_path_parse(v->text, out, &what);
	if (st == D4_EMALFORMED || st == D4_ENOTSUP)
		return d4_diag_set(cx->diag, v->at,
		    "write /name, or one of $ .name ['name'] [0] [*] .* "
		    "..name",
		    "path `%s`: %s", v->text, what);
	return st;
}

static enum d4_status
conf_read_path(const struct san_compile *cx, const struct d4_yaml *node,
    struct san_path *out)
{
	const struct d4_yaml *v = d4_yaml_get(node, "path");

	if (v == NULL || v->kind != D4_YAML_SCALAR)
		return d4_diag_set(cx->diag, node->at,
		    "write {path: /name, op: ...}", "a rule needs a `path`");
	return conf_parse_path(cx, v, out);
}

/* One value at most is there. */
static bool
conf_single(const struct san_seg *seg, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (seg[i].deep || seg[i].kind == SAN_SEG_ANY)
			return false;
	}
	return true;
}

static enum d4_status
conf_read_stamp(const struct san_compile *cx, const struct d4_yaml *map,
    struct san_json_conf *c)
{
	const struct d4_yaml *v = d4_yaml_get(map, "stamp");
	enum d4_status st;

	if (v == NULL)
		return D4_OK;
	if (v->kind != D4_YAML_SCALAR)
		return d4_diag_set(cx->diag, v->at, "write stamp: /timestamp",
		    "`stamp` is a path");
	st = conf_parse_path(cx, v, &c->own);
	if (st != D4_OK)
		return st;
	c->stamp = c->own.seg;
	c->n_stamp = c->own.n;
	if (conf_single(c->stamp, c->n_stamp))
		return D4_OK;
	return d4_diag_set(cx->diag, v->at, "write stamp: /timestamp",
	    "path `%s` may lead to several values", v->text);
}

/* Unless it is said, the time is where the first rule says that one is. */
static void
conf_find_stamp(struct san_json_conf *c)
{
	for (size_t i = 0; c->stamp == NULL && i < c->n_rule; i++) {
		const struct san_json_rule *r = &c->rule[i];

		if (r->op != SAN_OP_TIME || r->from == r->to ||
		    !conf_single(c->seg + r->from, r->to - r->from))
			continue;
		c->stamp = c->seg + r->from;
		c->n_stamp = r->to - r->from;
	}
}

/* conf_takes -- a segment may take a child of that row; rows count on. */
static bool
conf_takes(const struct san_seg *s, size_t row)
{
	if (s->deep || s->kind == SAN_SEG_ANY)
		return true;
	if (row == SAN_JSON_ROWS)
		return s->kind != SAN_SEG_NAME;
	return s->kind != SAN_SEG_INDEX && san_json_row(s->hash) == row;
}

/* conf_fill_rows -- with the segment at g. */
static void
conf_fill_rows(struct san_json_conf *c, size_t g)
{
	for (size_t row = 0; row <= SAN_JSON_ROWS; row++) {
		if (!conf_takes(&c->seg[g], row))
			continue;
		c->row[row][g / 64] |= UINT64_C(1) << g % 64;
		c->any[row] = true;
	}
}

/* conf_add_path -- the rule's segments go behind all others. */
static enum d4_status
conf_add_path(const struct san_compile *cx, struct san_json_conf *c,
    struct san_json_rule *rule, const struct san_path *p)
{
	struct san_seg *all;

	if (c->n_seg + p->n > SAN_JSON_SEGS)
		return d4_diag_set(cx->diag, rule->at, "",
		    "more than %u path segments", SAN_JSON_SEGS);
	all = realloc(c->seg, (c->n_seg + p->n + 1) * sizeof(*all));
	if (all == NULL)
		return D4_ENOMEM;
	c->seg = all;
	rule->from = c->n_seg;
	for (size_t i = 0; i < p->n; i++) {
		all[c->n_seg] = p->seg[i];
		all[c->n_seg].rule = (uint16_t)(rule - c->rule);
		conf_fill_rows(c, c->n_seg++);
	}
	rule->to = c->n_seg;
	c->words = (c->n_seg + 63) / 64;
	if (p->n != 0)
		c->start[rule->from / 64] |= UINT64_C(1) << rule->from % 64;
	return D4_OK;
}

/* conf_reachable -- no earlier rule takes all that this one could. */
static enum d4_status
conf_reachable(const struct san_compile *cx, const struct san_json_conf *c,
    const struct san_json_rule *rule, const struct san_path *p)
{
	for (const struct san_json_rule *r = c->rule; r < rule; r++) {
		struct san_path q = {.n = r->to - r->from};

		assert(q.n == 0 || c->seg != NULL);
		if (q.n != 0)
			memcpy(q.seg, c->seg + r->from, q.n * sizeof(q.seg[0]));
		if (san_path_covers(&q, p))
			return d4_diag_set(cx->diag, rule->at,
			    "put the narrower path first: the first match "
			    "in file order wins",
			    "this rule is never reached: the one in line %u "
			    "takes all of it",
			    r->at.line);
	}
	return D4_OK;
}

static enum d4_status
conf_read_rule(const struct san_compile *cx, const struct d4_yaml *node,
    struct san_json_conf *c)
{
	struct san_json_rule *rule = &c->rule[c->n_rule++];
	struct san_path p = {.n = 0};
	enum d4_status st = san_json_rule_read(cx, node, rule);

	if (st == D4_OK)
		st = conf_read_path(cx, node, &p);
	if (st == D4_OK)
		st = conf_reachable(cx, c, rule, &p);
	if (st == D4_OK)
		st = conf_add_path(cx, c, rule, &p);
	if (st != D4_OK)
		san_path_fini(&p);
	return st;
}

static enum d4_status
conf_read_rules(const struct san_compile *cx, const struct d4_yaml *map,
    struct san_json_conf *c)
{
	const struct d4_yaml *v = d4_yaml_get(map, "rules");
	enum d4_status st = D4_OK;

	if (v == NULL)
		return D4_OK;
	if (v->kind != D4_YAML_LIST || v->n > SAN_JSON_RULES)
		return d4_diag_set(cx->diag, v->at, "write a list",
		    "`rules` is a list of at most %u rules", SAN_JSON_RULES);
	c->rule = calloc(v->n + 1, sizeof(*c->rule));
	if (c->rule == NULL)
		return D4_ENOMEM;
	for (size_t i = 0; st == D4_OK && i < v->n; i++)
		st = conf_read_rule(cx, v->item[i], c);
	return st;
}

static void
conf_destroy(void *conf)
{
	struct san_json_conf *c = conf;

	if (c == NULL)
		return;
	for (size_t i = 0; i < c->n_rule; i++)
		san_text_conf_free(c->rule[i].detect);
	for (size_t i = 0; i < c->n_rule; i++)
		d4_buf_fini(&c->rule[i].text);
	for (size_t i = 0; i < c->n_seg; i++)
		free(c->seg[i].name);
	san_path_fini(&c->own);
	free(c->rule);
	free(c->seg);
	free(c);
}

static enum d4_status
conf_compile(
    const struct san_compile *cx, const struct d4_yaml *node, void **conf)
{
	struct san_json_conf *c = calloc(1, sizeof(*c));
	enum d4_status st;

	if (c == NULL)
		return D4_ENOMEM;
	st = d4_yaml_keys(node, conf_keys, cx->diag);
	if (st == D4_OK)
		st = conf_read_default(cx, node, c);
	if (st == D4_OK)
		st = conf_read_stamp(cx, node, c);
	if (st == D4_OK)
		st = conf_read_rules(cx, node, c);
	if (st != D4_OK) {
		conf_destroy(c);
		return st;
	}
	conf_find_stamp(c);
	*conf = c;
	return D4_OK;
}

bool
san_json_uses(const struct san_json_conf *c, enum san_json_op op)
{
	for (size_t i = 0; i < c->n_rule; i++) {
		if (c->rule[i].op == op)
			return true;
	}
	return false;
}

/* Some rule, or a detector of one, does so. */
static bool
conf_any(const struct san_json_conf *c, enum san_json_op op,
    bool (*detect)(const struct san_text_conf *))
{
	for (size_t i = 0; i < c->n_rule; i++) {
		if (c->rule[i].op == op ||
		    (c->rule[i].detect != NULL && detect(c->rule[i].detect)))
			return true;
	}
	return false;
}

bool
san_json_maps(const struct san_json_conf *c)
{
	return conf_any(c, SAN_OP_ADDR, san_text_conf_maps);
}

bool
san_json_keyed(const struct san_json_conf *c)
{
	return conf_any(c, SAN_OP_TOK, san_text_conf_keyed);
}

static bool
conf_needs_keys(const void *conf)
{
	return san_json_keyed(conf);
}

const struct san_step_kind san_step_json = {
    .name = "json",
    .families = SAN_JSON,
    .help = "which parts of a JSON value are kept, and how",
    .compile = conf_compile,
    .destroy = conf_destroy,
    .needs_keys = conf_needs_keys,
};

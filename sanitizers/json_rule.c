/* One rule of the step `json`: its op and what the op needs. */
#include <string.h>
#include "libd4/nearest.h"
#include "sanitizers/json.h"
#include "sanitizers/json_lex.h"
#include "sanitizers/token.h"

#define DAY_US UINT64_C(86400000000)

/* rule_must -- a key that the op cannot do without. */
static enum d4_status
rule_must(const struct san_compile *cx, const struct d4_yaml *node,
    const char *key, const struct d4_yaml **out)
{
	*out = d4_yaml_get(node, key);
	if (*out != NULL)
		return D4_OK;
	return d4_diag_set(
	    cx->diag, node->at, "add it", "the op needs `%s`", key);
}

static bool
rule_is_json(const char *text)
{
	struct san_json_lex lx = {.p = (const uint8_t *)text,
	    .end = (const uint8_t *)text + strlen(text)};
	struct d4_slice number;
	enum d4_reason why;

	if (*text == '\0' || strchr("-0123456789tfn", *text) == NULL)
		return false;
	if (strchr("tfn", *text) != NULL)
		why = san_json_word(&lx);
	else
		why = san_json_number(&lx, &number);
	return why == D4_R_NONE && lx.p == lx.end;
}

/* rule_put_string -- text as a JSON string. */
static enum d4_status
rule_put_string(struct d4_buf *out, const char *text)
{
	enum d4_status st = d4_buf_adds(out, "\"");

	for (; st == D4_OK && *text != '\0'; text++) {
		uint8_t c = (uint8_t)*text;

		if (c < 0x20)
			st = d4_buf_addf(out, "\\u%04x", c);
		else if (c == '"' || c == '\\')
			st = d4_buf_addf(out, "\\%c", c);
		else
			st = d4_buf_add(out, &c, 1);
	}
	return st == D4_OK ? d4_buf_adds(out, "\"") : st;
}

/* A plain number, true, false or null stays one; all else is a string. */
static enum d4_status
rule_read_replace(const struct san_compile *cx, const struct d4_yaml *node,
    struct san_json_rule *out)
{
	const struct d4_yaml *v;
	enum d4_status st = rule_must(cx, node, "value", &v);

	if (st != D4_OK)
		return st;
	if (v->kind != D4_YAML_SCALAR && v->n != 0)
		return d4_diag_set(cx->diag, v->at, "write a scalar, [] or {}",
		    "a list or map with content cannot be a value");
	if (v->kind == D4_YAML_LIST)
		st = d4_buf_adds(&out->text, "[]");
	else if (v->kind == D4_YAML_MAP)
		st = d4_buf_adds(&out->text, "{}");
	else if (!v->quoted && rule_is_json(v->text))
		st = d4_buf_adds(&out->text, v->text);
	else
		st = rule_put_string(&out->text, v->text);
	if (st == D4_ETOOBIG)
		return d4_diag_set(cx->diag, v->at, "",
		    "a replacement is at most %u bytes", SAN_JSON_TEXT);
	return st;
}

static enum d4_status
rule_read_tok(const struct san_compile *cx, const struct d4_yaml *node,
    struct san_json_rule *out)
{
	static const uint64_t range[] = {4, 32};
	const struct d4_yaml *v, *n = d4_yaml_get(node, "n");
	enum d4_status st = rule_must(cx, node, "domain", &v);

	if (st != D4_OK)
		return st;
	if (v->kind != D4_YAML_SCALAR || !san_token_domain_ok(v->text))
		return d4_diag_set(cx->diag, v->at,
		    "write what the values are, e.g. user, host, email",
		    SAN_TOKEN_DOMAIN_TEXT);
	out->n = 8;
	if (n != NULL)
		st = d4_yaml_u64(n, range, cx->diag, &out->n);
	return st == D4_OK
	           ? d4_buf_add(&out->text, v->text, strlen(v->text) + 1)
	           : st;
}

static enum d4_status
rule_read_time(const struct san_compile *cx, const struct d4_yaml *node,
    struct san_json_rule *out)
{
	const struct d4_yaml *v;
	enum d4_status st = rule_must(cx, node, "unit", &v);

	if (st == D4_OK)
		st = d4_yaml_duration_us(v, cx->diag, &out->unit_us);
	if (st == D4_OK && (out->unit_us == 0 || out->unit_us > DAY_US))
		return d4_diag_set(cx->diag, v->at, "write e.g. 1s or 1h",
		    "a unit is 1us to 1d");
	return st;
}

static enum d4_status
rule_read_trunc(const struct san_compile *cx, const struct d4_yaml *node,
    struct san_json_rule *out)
{
	static const uint64_t range[] = {0, D4_LINE_MAX};
	const struct d4_yaml *v;
	enum d4_status st = rule_must(cx, node, "n", &v);

	return st == D4_OK ? d4_yaml_u64(v, range, cx->diag, &out->n) : st;
}

/* rule_word -- an option that is one of two words; false: the first. */
static enum d4_status
rule_word(const struct san_compile *cx, const struct d4_yaml *v,
    const char *const words[2], bool *out)
{
	if (v == NULL)
		return D4_OK;
	*out = v->kind == D4_YAML_SCALAR && strcmp(v->text, words[1]) == 0;
	if (*out ||
	    (v->kind == D4_YAML_SCALAR && strcmp(v->text, words[0]) == 0))
		return D4_OK;
	return d4_diag_set(
	    cx->diag, v->at, "", "it is `%s` or `%s`", words[0], words[1]);
}

static enum d4_status
rule_read_addr(const struct san_compile *cx, const struct d4_yaml *node,
    struct san_json_rule *out)
{
	static const char *const others[] = {"step", "keep"};
	static const char *const scoped[] = {"step", "drop"};
	enum d4_status st;

	st = rule_word(
	    cx, d4_yaml_get(node, "others"), others, &out->outside_keep);
	if (st != D4_OK)
		return st;
	return rule_word(
	    cx, d4_yaml_get(node, "scoped"), scoped, &out->scoped_drop);
}

static enum d4_status
rule_read_redact(const struct san_compile *cx, const struct d4_yaml *node,
    struct san_json_rule *out)
{
	const struct d4_yaml *v = d4_yaml_get(node, "detect");

	if (v == NULL || v->kind != D4_YAML_MAP)
		return d4_diag_set(cx->diag, node->at,
		    "write detect: {}, or what the step `text` takes",
		    "redact needs `detect`, a map of detectors");
	return san_text_conf_new(cx, v, &out->detect);
}

/* One op: which keys its rule may have beside path and op. */
static const struct {
	const char *name;
	const char *keys[5];
	enum d4_status (*read)(const struct san_compile *cx,
	    const struct d4_yaml *node, struct san_json_rule *out);
} ops[] = {
    [SAN_OP_KEEP] = {"keep", {"path", "op"}, NULL},
    [SAN_OP_DROP] = {"drop", {"path", "op"}, NULL},
    [SAN_OP_REPLACE] = {"replace", {"path", "op", "value"}, rule_read_replace},
    [SAN_OP_TOK] = {"tok", {"path", "op", "domain", "n"}, rule_read_tok},
    [SAN_OP_ADDR] = {"addr", {"path", "op", "others", "scoped"},
	rule_read_addr},
    [SAN_OP_TIME] = {"time", {"path", "op", "unit"}, rule_read_time},
    [SAN_OP_TRUNC] = {"trunc", {"path", "op", "n"}, rule_read_trunc},
    [SAN_OP_LEN] = {"len", {"path", "op"}, NULL},
    [SAN_OP_REDACT] = {"redact", {"path", "op", "detect"}, rule_read_redact},
};

#define OPS (sizeof(ops) / sizeof(ops[0]))

static enum d4_status
rule_find_op(const struct san_compile *cx, const struct d4_yaml *v, size_t *out)
{
	const char *words[OPS + 1] = {NULL};
	char hint[D4_DIAG_TEXT];

	if (v->kind != D4_YAML_SCALAR)
		return d4_diag_set(
		    cx->diag, v->at, "write one word", "an op is one word");
	for (size_t i = 0; i < OPS; i++) {
		words[i] = ops[i].name;
		if (strcmp(v->text, ops[i].name) == 0) {
			*out = i;
			return D4_OK;
		}
	}
	(void)d4_nearest_hint(v->text, words, hint, sizeof(hint));
	return d4_diag_set(
	    cx->diag, v->at, hint, "op `%s` is not known", v->text);
}

enum d4_status
san_json_rule_read(const struct san_compile *cx, const struct d4_yaml *node,
    struct san_json_rule *out)
{
	const struct d4_yaml *v;
	enum d4_status st;
	size_t i = 0;

	*out = (struct san_json_rule){.at = node->at};
	d4_buf_init(&out->text, SAN_JSON_TEXT);
	if (node->kind != D4_YAML_MAP)
		return d4_diag_set(cx->diag, node->at,
		    "write {path: /name, op: keep}", "a rule is a map");
	st = rule_must(cx, node, "op", &v);
	if (st == D4_OK)
		st = rule_find_op(cx, v, &i);
	if (st != D4_OK)
		return st;
	out->op = (enum san_json_op)i;
	st = d4_yaml_keys(node, ops[i].keys, cx->diag);
	if (st == D4_OK && ops[i].read != NULL)
		st = ops[i].read(cx, node, out);
	return st;
}

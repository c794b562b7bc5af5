/* What the ops make of one value. Values were read: tokens are valid. */
#include <assert.h>
#include <string.h>
#include "sanitizers/find.h"
#include "sanitizers/json_run.h"
#include "sanitizers/stamp.h"

/* One call of an op. */
struct call {
	struct san_json_run *r;
	const struct san_json_rule *rule;
	const struct san_json_value *value;
	struct d4_buf *out;
};

static enum d4_reason
op_add(struct d4_buf *out, const void *p, size_t n)
{
	return san_json_put(out, p, n) ? D4_R_NONE : D4_R_INTERNAL;
}

/* op_string -- the value of a string, decoded where it must be. */
static enum d4_reason
op_string(const struct call *c, struct d4_slice *out)
{
	struct san_json_str s = {
	    .raw = d4_slice_of(c->value->text.p + 1, c->value->text.n - 2)};

	if (c->value->text.p[0] != '"')
		return D4_R_JSON_TYPE;
	*out = s.raw;
	if (!c->value->escaped)
		return D4_R_NONE;
	if (san_json_decode(&s, &c->r->keys.text) != D4_OK)
		return D4_R_INTERNAL;
	*out = d4_buf_slice(&c->r->keys.text);
	return D4_R_NONE;
}

/* op_quoted -- text that needs no escapes, as a string. */
static enum d4_reason
op_quoted(const struct call *c, const void *text, size_t n)
{
	if (!san_json_room(c->out, n + 2))
		return D4_R_INTERNAL;
	c->out->p[c->out->n++] = '"';
	memcpy(c->out->p + c->out->n, text, n);
	c->out->n += n;
	c->out->p[c->out->n++] = '"';
	return D4_R_NONE;
}

static enum d4_reason
op_replace(const struct call *c)
{
	return op_add(c->out, c->rule->text.p, c->rule->text.n);
}

static enum d4_reason
op_tok(const struct call *c)
{
	const char *domain = (const char *)c->rule->text.p;
	uint8_t mac[SAN_TOKEN_LEN];
	char hex[2 * SAN_TOKEN_LEN + 1];
	struct d4_slice text;
	enum d4_reason why = op_string(c, &text);

	if (why != D4_R_NONE)
		return why;
	if (san_token_hash(c->r->token, domain, text, mac) != D4_OK)
		return D4_R_INTERNAL;
	d4_slice_hex(d4_slice_of(mac, c->rule->n), hex);
	return op_quoted(c, hex, 2 * c->rule->n);
}

/*
 * op_outside -- the rule has an answer of its own for an address: *out. The
 * step decides about what it keeps in any case, and what is of its scope.
 */
static bool
op_outside(const struct call *c, const struct d4_addr *a, enum d4_reason *out)
{
	const struct san_addr *conf = c->r->line.addr;

	*out = D4_R_NONE;
	if (!c->rule->scoped_drop && !c->rule->outside_keep)
		return false;
	if (san_addr_special(a) || d4_prefix_set_find(&conf->keep, a) != NULL)
		return false;
	if (san_scope_has(&conf->scope, a)) {
		*out = D4_R_ADDR_DROP;
		return c->rule->scoped_drop;
	}
	if (d4_prefix_set_find(&conf->targets, a) != NULL)
		*out = D4_R_INTO_CONFLICT;
	return c->rule->outside_keep;
}

static enum d4_reason
op_addr(const struct call *c)
{
	char shown[D4_ADDR_TEXT];
	struct d4_addr from, to;
	struct d4_slice text;
	enum d4_reason why = op_string(c, &text);

	if (why != D4_R_NONE)
		return why;
	if (d4_addr_parse(text, &from) != D4_OK)
		return D4_R_JSON_TYPE;
	if (op_outside(c, &from, &why))
		to = from;
	else
		why = san_line_map(&c->r->line, &from, &to);
	if (why != D4_R_NONE)
		return why;
	return op_quoted(c, shown, d4_addr_text(&to, shown));
}

static enum d4_reason
op_time(const struct call *c)
{
	struct d4_slice text = c->value->text;
	struct san_stamp to;
	enum d4_reason why = D4_R_NONE;

	if (text.p[0] == '"')
		why = op_string(c, &text);
	else if (text.p[0] < '0' || text.p[0] > '9')
		return D4_R_JSON_TYPE;
	if (why == D4_R_NONE)
		why = san_stamp_floor(text, c->rule->unit_us, &to);
	if (why != D4_R_NONE)
		return why;
	return c->value->text.p[0] == '"' ? op_quoted(c, to.text, to.n)
	                                  : op_add(c->out, to.text, to.n);
}

/* op_width -- bytes of the first character of a raw string, escapes whole. */
static size_t
op_width(const uint8_t *p)
{
	if (*p != '\\')
		return *p < 0x80 ? 1 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
	if (p[1] != 'u')
		return 2;
	/* The first of a pair: D800 to DBFF. */
	return (p[2] | 0x20) == 'd' && strchr("89ab", p[3] | 0x20) != NULL ? 12
	                                                                   : 6;
}

static enum d4_reason
op_trunc(const struct call *c)
{
	struct d4_slice v = c->value->text;
	uint64_t n = 0;
	size_t at = 1;

	if (v.p[0] != '"')
		return D4_R_JSON_TYPE;
	for (; at < v.n - 1 && n < c->rule->n; n++)
		at += op_width(v.p + at);
	return op_quoted(c, v.p + 1, at - 1);
}

/* op_children -- how many members or elements a value has. */
static uint64_t
op_children(const struct call *c)
{
	struct san_json_keys *keys = &c->r->keys;
	struct san_json_lex lx = san_json_within(
	    keys, d4_slice_of(c->value->text.p + 1, c->value->text.n - 1));
	uint8_t close = c->value->text.p[0] == '{' ? '}' : ']';
	struct san_json_object o = san_json_open(keys);
	enum d4_reason why = D4_R_NONE;
	struct san_json_name name;
	uint64_t n = 0;

	san_json_space(&lx);
	if (san_json_is(&lx, close))
		return 0;
	do {
		if (close == '}')
			why = san_json_member(&lx, keys, &o, &name);
		if (why == D4_R_NONE)
			why = san_json_skip(&lx, keys, 0);
		n++;
	} while (why == D4_R_NONE && san_json_next(&lx, close, &why));
	keys->n = o.base;
	return n;
}

/* Characters of a string, elements of an array, members of an object. */
static enum d4_reason
op_len(const struct call *c)
{
	struct d4_slice v = c->value->text;
	uint64_t n = 0;

	if (v.p[0] == '"') {
		for (size_t at = 1; at < v.n - 1; at += op_width(v.p + at))
			n++;
	} else if (v.p[0] == '{' || v.p[0] == '[') {
		n = op_children(c);
	} else {
		return D4_R_JSON_TYPE;
	}
	return d4_buf_addf(c->out, "%llu", (unsigned long long)n) == D4_OK
	           ? D4_R_NONE
	           : D4_R_INTERNAL;
}

static enum d4_reason
op_redact(const struct call *c)
{
	struct d4_slice text;
	enum d4_reason why = op_string(c, &text);

	if (why != D4_R_NONE)
		return why;
	why = san_json_redact(c->r, c->rule, text, c->out);
	return why != D4_R_NONE || c->r->text->spans.n != 0
	           ? why
	           : op_add(c->out, c->value->text.p, c->value->text.n);
}

enum d4_reason
san_json_apply(struct san_json_run *r, const struct san_json_rule *rule,
    const struct san_json_value *value, struct d4_buf *out)
{
	static enum d4_reason (*const op[])(const struct call *) = {
	    [SAN_OP_REPLACE] = op_replace,
	    [SAN_OP_TOK] = op_tok,
	    [SAN_OP_ADDR] = op_addr,
	    [SAN_OP_TIME] = op_time,
	    [SAN_OP_TRUNC] = op_trunc,
	    [SAN_OP_LEN] = op_len,
	    [SAN_OP_REDACT] = op_redact,
	};
	struct call c = {r, rule, value, out};

	assert(op[rule->op] != NULL); /* keep and drop are the walker's */
	return op[rule->op](&c);
}

/* The family of JSON lines. */
#include <stdlib.h>
#include "sanitizers/json_run.h"

static void
json_destroy(void *state)
{
	struct san_json_run *r = state;

	if (r == NULL)
		return;
	san_line_fini(&r->line);
	san_token_free(r->token);
	san_cof_free(r->cof);
	san_json_keys_fini(&r->keys);
	d4_buf_fini(&r->made);
	d4_buf_fini(&r->gone);
	if (r->text != NULL)
		san_text_run_fini(r->text);
	free(r->text);
	free(r);
}

static enum d4_status
json_parts(struct san_json_run *r, const struct san_make *m)
{
	enum d4_status st = san_line_init(&r->line, m);

	if (st == D4_OK && san_json_uses(r->conf, SAN_OP_TOK))
		st = san_token_new(m->keys->tok, &r->token);
	if (st == D4_OK)
		st = san_cof_new(m->chain, &r->cof);
	if (st != D4_OK || !san_json_uses(r->conf, SAN_OP_REDACT))
		return st;
	r->text = calloc(1, sizeof(*r->text));
	if (r->text == NULL)
		return D4_ENOMEM;
	return m->keys != NULL ? san_text_run_init(r->text, m->keys) : D4_OK;
}

static enum d4_status
json_make(const struct san_make *m, void **state)
{
	struct san_json_run *r = calloc(1, sizeof(*r));
	enum d4_status st;

	if (r == NULL)
		return D4_ENOMEM;
	r->conf = san_chain_step(m->chain, "json");
	r->root = san_json_root(r->conf);
	san_json_keys_init(&r->keys);
	d4_buf_init(&r->made, (size_t)4 * D4_LINE_MAX);
	d4_buf_init(&r->gone, (size_t)2 * D4_LINE_MAX);
	st = json_parts(r, m);
	r->line.leak.cuts = san_json_uses(r->conf, SAN_OP_TRUNC);
	if (st != D4_OK) {
		json_destroy(r);
		return st;
	}
	*state = r;
	return D4_OK;
}

static enum san_outcome
json_record(void *state, struct d4_slice record, struct d4_buf *out,
    enum d4_reason *why)
{
	struct san_json_run *r = state;
	struct san_line_part p = san_line_begin(&r->line, record, out);
	struct d4_slice made;

	*why = D4_R_NONE;
	if (r->cof != NULL)
		*why = san_cof_judge(r->cof, &r->keys, record);
	if (*why == D4_R_NONE)
		*why = san_json_rewrite(r, record, out);
	made = d4_buf_slice(out);
	(void)d4_slice_skip(&made, p.from);
	if (*why == D4_R_NONE && san_line_missed(&r->line))
		*why = D4_R_SCOPE_MISS;
	if (*why == D4_R_NONE && san_leak_on(&r->line.leak))
		*why = san_json_leaks(r, record, made);
	return san_line_outcome(*why);
}

/* json_keeps_all -- some rule keeps whatever comes. */
static bool
json_keeps_all(const struct san_json_conf *c)
{
	for (size_t i = 0; i < c->n_rule; i++) {
		const struct san_json_rule *r = &c->rule[i];
		bool any = r->op == SAN_OP_KEEP;

		for (size_t g = r->from; g < r->to; g++)
			any = any && c->seg[g].kind == SAN_SEG_ANY;
		if (any)
			return true;
	}
	return c->keep;
}

/*
 * json_compute -- S2 needs an allow-list. With `default: keep` nobody knows
 * what a record holds: S1 when the addresses of the scope are hidden.
 */
static unsigned
json_compute(const struct san_chain *c)
{
	const struct san_addr *addr = san_chain_step(c, "addr");

	if (!json_keeps_all(san_chain_step(c, "json")))
		return 2;
	return addr != NULL && addr->scope.n != 0 && san_addr_hides(addr);
}

static enum d4_status
json_check(const struct san_chain *c, struct d4_diag *diag)
{
	const struct san_json_conf *conf = san_chain_step(c, "json");
	const struct san_addr *addr = san_chain_step(c, "addr");
	bool uses;

	if (conf == NULL)
		return d4_diag_set(diag, san_chain_at(c, NULL),
		    "add `- json: {default: drop, rules: [...]}`",
		    "JSON needs a step `json`");
	uses = san_json_maps(conf);
	if (uses && addr == NULL)
		return d4_diag_set(diag, san_chain_at(c, "json"),
		    "add `- addr: {method: cryptopan}`",
		    "a rule says `addr`, but there is no such step");
	if (addr == NULL)
		return D4_OK;
	if (!uses)
		return d4_diag_set(diag, san_chain_at(c, "addr"),
		    "add a rule {path: ..., op: addr}",
		    "no rule replaces addresses by this step");
	if (addr->require == SAN_REQUIRE_SRC ||
	    addr->require == SAN_REQUIRE_DST)
		return d4_diag_set(diag, san_chain_at(c, "addr"),
		    "write require_scope: any",
		    "JSON has no source and destination");
	return D4_OK;
}

const struct san_family san_family_json = {
    .name = "json",
    .bit = SAN_JSON,
    .cutter = &d4_cutter_lines,
    .make = json_make,
    .destroy = json_destroy,
    .record = json_record,
    .when = san_json_when,
    .compute = json_compute,
    .check = json_check,
};

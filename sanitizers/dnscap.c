/* The family of dnscap's text. */
#include <stdlib.h>
#include "sanitizers/dnscap.h"
#include "sanitizers/stamp.h"

static void
dnscap_destroy(void *state)
{
	struct san_dnscap *r = state;

	if (r == NULL)
		return;
	san_line_fini(&r->line);
	d4_buf_fini(&r->part);
	free(r);
}

static enum d4_status
dnscap_make(const struct san_make *m, void **state)
{
	struct san_dnscap *r = calloc(1, sizeof(*r));
	enum d4_status st;

	if (r == NULL)
		return D4_ENOMEM;
	d4_buf_init(&r->part, D4_LINE_MAX);
	r->conf = san_chain_step(m->chain, "dnscap");
	st = san_line_init(&r->line, m);
	if (st != D4_OK) {
		dnscap_destroy(r);
		return st;
	}
	*state = r;
	return D4_OK;
}

static enum san_outcome
dnscap_record(void *state, struct d4_slice record, struct d4_buf *out,
    enum d4_reason *why)
{
	struct san_dnscap *r = state;
	struct san_line_part p = san_line_begin(&r->line, record, out);

	*why = san_dnscap_write(r, p.line, out);
	return san_line_end(&r->line, &p, out, why);
}

static enum san_dated
dnscap_when(void *state, struct d4_slice record, uint64_t *t_s)
{
	(void)state;
	return san_stamp_seconds(san_dnscap_stamp(record), t_s) ? SAN_DATED
	                                                        : SAN_UNDATED;
}

/* S1 at most: names that people ask for are contents (ADR 0036). */
static unsigned
dnscap_compute(const struct san_chain *c)
{
	return san_addr_hides(san_chain_step(c, "addr")) ? 1 : 0;
}

static enum d4_status
dnscap_check(const struct san_chain *c, struct d4_diag *diag)
{
	const struct san_addr *addr = san_chain_step(c, "addr");

	if (addr == NULL)
		return d4_diag_set(diag, san_chain_at(c, "dnscap"),
		    "add `- addr: {method: cryptopan}`",
		    "who asked whom is replaced by a step `addr`, and there is "
		    "none");
	if (addr->require == SAN_REQUIRE_SRC ||
	    addr->require == SAN_REQUIRE_DST)
		return d4_diag_set(diag, san_chain_at(c, "addr"),
		    "write require_scope: any, or none",
		    "here only any and none are known");
	return D4_OK;
}

static enum d4_status
dnscap_compile(
    const struct san_compile *cx, const struct d4_yaml *node, void **conf)
{
	struct san_dns_conf *c = NULL;
	enum d4_status st = san_dns_conf_new(cx, node, &c);

	if (st == D4_OK)
		*conf = c;
	return st;
}

static void
dnscap_free(void *conf)
{
	san_dns_conf_free(conf);
}

const struct san_step_kind san_step_dnscap = {
    .name = "dnscap",
    .families = SAN_DNSCAP,
    .help = "the text of dnscap -g: rrtypes, deny_suffix, allow_suffix",
    .compile = dnscap_compile,
    .destroy = dnscap_free,
};

const struct san_family san_family_dnscap = {
    .name = "dnscap",
    .bit = SAN_DNSCAP,
    .cutter = &d4_cutter_folded,
    .make = dnscap_make,
    .destroy = dnscap_destroy,
    .record = dnscap_record,
    .compute = dnscap_compute,
    .check = dnscap_check,
    .when = dnscap_when,
};

/* The family of text lines. */
#include <stdlib.h>
#include <string.h>
#include "sanitizers/text_run.h"
#include "sanitizers/text_stamp.h"

static void
text_destroy(void *state)
{
	struct san_text_run *r = state;

	if (r == NULL)
		return;
	san_line_fini(&r->own);
	san_text_run_fini(r);
	free(r);
}

static enum d4_status
text_make(const struct san_make *m, void **state)
{
	struct san_text_run *r = calloc(1, sizeof(*r));
	enum d4_status st;

	if (r == NULL)
		return D4_ENOMEM;
	r->conf = san_chain_step(m->chain, "text");
	r->line = &r->own;
	st = san_line_init(&r->own, m);
	if (st == D4_OK && m->keys != NULL)
		st = san_text_run_init(r, m->keys);
	if (st != D4_OK) {
		text_destroy(r);
		return st;
	}
	*state = r;
	return D4_OK;
}

/* text_stamped -- the line's stamp, floored; *at goes behind it. */
static enum d4_reason
text_stamped(struct san_text_run *r, struct d4_slice line, size_t *at,
    struct d4_buf *out)
{
	struct d4_slice stamp;

	if (r->line->unit_us == 0)
		return D4_R_NONE;
	if (!san_text_stamp(line, r->conf->stamp, &stamp))
		return D4_R_TIME_VALUE;
	*at = (size_t)(stamp.p - line.p) + stamp.n;
	if (d4_buf_add(out, line.p, *at - stamp.n) != D4_OK)
		return D4_R_INTERNAL;
	return san_text_floor(r->conf->stamp, stamp, r->line->unit_us, out);
}

/* text_rewrite -- the line with its stamp floored and its finds replaced. */
static enum d4_reason
text_rewrite(struct san_text_run *r, struct d4_slice line, struct d4_buf *out)
{
	size_t at = 0;
	enum d4_reason why = text_stamped(r, line, &at, out);

	return why == D4_R_NONE ? san_text_replace(r, line, at, out) : why;
}

static enum san_outcome
text_record(void *state, struct d4_slice record, struct d4_buf *out,
    enum d4_reason *why)
{
	struct san_text_run *r = state;
	struct san_line_part p = san_line_begin(r->line, record, out);

	*why = san_text_search(r, p.line);
	if (*why == D4_R_NONE)
		*why = text_rewrite(r, p.line, out);
	return san_line_end(r->line, &p, out, why);
}

static enum san_dated
text_when(void *state, struct d4_slice record, uint64_t *t_s)
{
	const struct san_text_run *r = state;

	return san_text_seconds(record, r->conf->stamp, t_s) ? SAN_DATED
	                                                     : SAN_UNDATED;
}

/* text_hides -- no address leaves as it was (S1). */
static bool
text_hides(const struct san_text_conf *c, const struct san_addr *addr)
{
	for (unsigned k = SAN_KIND_IP4; k <= SAN_KIND_IP6; k++) {
		if (c->act[k] == SAN_ACT_KEEP ||
		    (c->act[k] == SAN_ACT_ADDR &&
			(addr == NULL || !san_addr_hides(addr))))
			return false;
	}
	return true;
}

/*
 * text_compute -- S2 when every detector but the one for telephone numbers
 * acts and names have suffixes. What no detector knows stays, so a line is
 * never fit for the public (S3).
 */
static unsigned
text_compute(const struct san_chain *c)
{
	const struct san_text_conf *conf = san_chain_step(c, "text");

	if (!text_hides(conf, san_chain_step(c, "addr")))
		return 0;
	for (unsigned k = SAN_KIND_EMAIL; k < SAN_KIND_PHONE; k++) {
		if (conf->act[k] == SAN_ACT_KEEP)
			return 1;
	}
	return conf->suffixes != NULL ? 2 : 1;
}

static enum d4_status
text_check_addr(const struct san_chain *c, const struct san_text_conf *conf,
    struct d4_diag *diag)
{
	const struct san_addr *addr = san_chain_step(c, "addr");

	if (san_text_conf_maps(conf) && addr == NULL)
		return d4_diag_set(diag, san_chain_at(c, "text"),
		    "add `- addr: {method: cryptopan}`, or write ip4: tok and "
		    "ip6: tok",
		    "addresses are replaced by a step `addr`, and there is "
		    "none");
	if (addr == NULL)
		return D4_OK;
	if (!san_text_conf_maps(conf))
		return d4_diag_set(diag, san_chain_at(c, "addr"),
		    "write ip4: addr or ip6: addr",
		    "no detector uses this step");
	if (addr->require == SAN_REQUIRE_SRC ||
	    addr->require == SAN_REQUIRE_DST)
		return d4_diag_set(diag, san_chain_at(c, "addr"),
		    "write require_scope: any, or none",
		    "text has no source and destination");
	return D4_OK;
}

static enum d4_status
text_check(const struct san_chain *c, struct d4_diag *diag)
{
	const struct san_text_conf *conf = san_chain_step(c, "text");
	bool timed = san_chain_step(c, "time") != NULL;

	if (conf == NULL)
		return d4_diag_set(diag, san_chain_at(c, NULL),
		    "add `- text: {}`", "text lines need a step `text`");
	if (timed && conf->stamp == SAN_TEXT_NO_STAMP)
		return d4_diag_set(diag, san_chain_at(c, "time"),
		    "write text: {stamp: rfc3164}, rfc5424, iso8601 or epoch",
		    "a step `time` needs to know where the time stamp is");
	return text_check_addr(c, conf, diag);
}

const struct san_family san_family_text = {
    .name = "text",
    .bit = SAN_TEXT,
    .cutter = &d4_cutter_lines,
    .make = text_make,
    .destroy = text_destroy,
    .record = text_record,
    .when = text_when,
    .compute = text_compute,
    .check = text_check,
};

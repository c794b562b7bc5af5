/* The family of maltrail's events. */
#include <stdlib.h>
#include <string.h>
#include "sanitizers/line.h"
#include "sanitizers/maltrail.h"
#include "sanitizers/stamp.h"

#define TRAIL_TOKEN 8u /* bytes of a sensor's token */

/* What a stream keeps. */
struct trail_run {
	const struct san_trail_conf *conf;
	struct san_token *token;
	struct san_line line;
};

/* A quoted field ends with a quote that is not doubled. */
static size_t
trail_quoted(struct d4_slice s)
{
	for (size_t i = 1; i < s.n; i++) {
		if (s.p[i] != '"')
			continue;
		if (i + 1 == s.n || s.p[i + 1] != '"')
			return i + 1;
		i++;
	}
	return 0;
}

static size_t
trail_field(struct d4_slice s)
{
	const uint8_t *end;

	if (s.n == 0)
		return 0;
	if (s.p[0] == '"')
		return trail_quoted(s);
	end = memchr(s.p, ' ', s.n);
	return end == NULL ? s.n : (size_t)(end - s.p);
}

bool
san_trail_parse(struct d4_slice line, struct san_trail *out)
{
	for (unsigned i = 0; i < TRAIL_FIELDS; i++) {
		size_t n = trail_field(line);

		if (n == 0)
			return false;
		out->field[i] = d4_slice_skip(&line, n);
		if (i + 1 == TRAIL_FIELDS)
			break;
		if (line.n == 0 || line.p[0] != ' ')
			return false;
		(void)d4_slice_skip(&line, 1);
	}
	return line.n == 0;
}

/* trail_bare -- a field without its quotes. */
static struct d4_slice
trail_bare(struct d4_slice f)
{
	return f.n >= 2 && f.p[0] == '"' ? d4_slice_of(f.p + 1, f.n - 2) : f;
}

static enum d4_reason
trail_add(struct d4_buf *out, const void *p, size_t n)
{
	return d4_buf_add(out, p, n) == D4_OK ? D4_R_NONE : D4_R_INTERNAL;
}

static enum d4_reason
trail_time(struct trail_run *r, struct d4_slice f, struct d4_buf *out)
{
	struct san_stamp to;
	enum d4_reason why;

	if (r->line.unit_us == 0)
		return trail_add(out, f.p, f.n);
	why = san_stamp_floor(trail_bare(f), r->line.unit_us, &to);
	if (why == D4_R_NONE && d4_buf_addf(out, "\"%.*s\"", (int)to.n,
				    (const char *)to.text) != D4_OK)
		why = D4_R_INTERNAL;
	return why;
}

static enum d4_reason
trail_sensor(struct trail_run *r, struct d4_slice f, struct d4_buf *out)
{
	uint8_t mac[SAN_TOKEN_LEN];
	enum d4_status st = D4_OK;

	if (r->conf->sensor == TRAIL_KEEP)
		return trail_add(out, f.p, f.n);
	if (r->conf->sensor == TRAIL_ZERO)
		return trail_add(out, "-", 1);
	if (san_token_hash(r->token, "host", trail_bare(f), mac) != D4_OK)
		return D4_R_INTERNAL;
	for (size_t i = 0; st == D4_OK && i < TRAIL_TOKEN; i++)
		st = d4_buf_addf(out, "%02x", mac[i]);
	return st == D4_OK ? D4_R_NONE : D4_R_INTERNAL;
}

/* "-" stands where an event has no such address. */
static enum d4_reason
trail_addr(struct trail_run *r, enum san_trail_act act, struct d4_slice f,
    struct d4_buf *out)
{
	char text[D4_ADDR_TEXT];
	struct d4_addr a, to;
	enum d4_reason why;

	if (act == TRAIL_KEEP || d4_slice_eqs(f, "-"))
		return trail_add(out, f.p, f.n);
	if (d4_addr_parse(trail_bare(f), &a) != D4_OK)
		return D4_R_TRAIL_FIELDS;
	if (act == TRAIL_ZERO)
		return a.family == 4 ? trail_add(out, "0.0.0.0", 7)
		                     : trail_add(out, "::", 2);
	why = san_line_map(&r->line, &a, &to);
	if (why != D4_R_NONE)
		return why;
	d4_addr_text(&to, text);
	return trail_add(out, text, strlen(text));
}

/*
 * trail_host -- the name in a trail: (sub.)name, name/path or name:port; the
 * parentheses only say what the list did not have.
 */
static struct d4_slice
trail_host(struct d4_slice t, uint8_t room[SAN_NAME_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < t.n && n < SAN_NAME_MAX; i++) {
		if (t.p[i] == '/' || t.p[i] == ':')
			break;
		if (t.p[i] != '(' && t.p[i] != ')')
			room[n++] = t.p[i];
	}
	return d4_slice_of(room, n);
}

/* trail_denied -- the trail is a name that is not passed on. */
static bool
trail_denied(const struct trail_run *r, struct d4_slice f)
{
	uint8_t room[SAN_NAME_MAX];
	struct san_name name;

	return r->conf->deny != NULL &&
	       san_name_parse(trail_host(trail_bare(f), room), &name) &&
	       san_suffixes_has(r->conf->deny, &name);
}

static enum d4_reason
trail_put(
    struct trail_run *r, unsigned i, struct d4_slice f, struct d4_buf *out)
{
	switch ((enum san_trail_field)i) {
	case TRAIL_TIME:
		return trail_time(r, f, out);
	case TRAIL_SENSOR:
		return trail_sensor(r, f, out);
	case TRAIL_SRC:
		return trail_addr(r, r->conf->src, f, out);
	case TRAIL_DST:
		return trail_addr(r, r->conf->dst, f, out);
	case TRAIL_TRAIL:
		if (trail_denied(r, f))
			return D4_R_TRAIL_SUFFIX;
		return trail_add(out, f.p, f.n);
	case TRAIL_SRC_PORT:
	case TRAIL_DST_PORT:
	case TRAIL_PROTO:
	case TRAIL_TYPE:
	case TRAIL_INFO:
	case TRAIL_REFERENCE:
	case TRAIL_FIELDS:
		break;
	}
	return trail_add(out, f.p, f.n);
}

static enum d4_reason
trail_rewrite(struct trail_run *r, struct d4_slice line, struct d4_buf *out)
{
	enum d4_reason why = D4_R_NONE;
	struct san_trail t;

	if (!san_trail_parse(line, &t))
		return D4_R_TRAIL_FIELDS;
	for (unsigned i = 0; why == D4_R_NONE && i < TRAIL_FIELDS; i++) {
		if (i != 0)
			why = trail_add(out, " ", 1);
		if (why == D4_R_NONE)
			why = trail_put(r, i, t.field[i], out);
	}
	return why;
}

static enum san_outcome
trail_record(void *state, struct d4_slice record, struct d4_buf *out,
    enum d4_reason *why)
{
	struct trail_run *r = state;
	struct san_line_part p = san_line_begin(&r->line, record, out);

	*why = trail_rewrite(r, p.line, out);
	return san_line_end(&r->line, &p, out, why);
}

static enum san_dated
trail_when(void *state, struct d4_slice record, uint64_t *t_s)
{
	size_t n = trail_field(record);

	(void)state;
	if (n == 0 ||
	    !san_stamp_seconds(trail_bare(d4_slice_of(record.p, n)), t_s))
		return SAN_UNDATED;
	return SAN_DATED;
}

static void
trail_destroy(void *state)
{
	struct trail_run *r = state;

	if (r == NULL)
		return;
	san_line_fini(&r->line);
	san_token_free(r->token);
	free(r);
}

static enum d4_status
trail_make(const struct san_make *m, void **state)
{
	struct trail_run *r = calloc(1, sizeof(*r));
	enum d4_status st;

	if (r == NULL)
		return D4_ENOMEM;
	r->conf = san_chain_step(m->chain, "maltrail");
	st = san_line_init(&r->line, m);
	if (st == D4_OK && r->conf->sensor == TRAIL_TOK)
		st = san_token_new(m->keys->tok, &r->token);
	if (st != D4_OK) {
		trail_destroy(r);
		return st;
	}
	*state = r;
	return D4_OK;
}

static bool
trail_maps(const struct san_trail_conf *c)
{
	return c->src == TRAIL_ADDR || c->dst == TRAIL_ADDR;
}

/* S2: who saw it and both ends are hidden; trails come from public lists. */
static unsigned
trail_compute(const struct san_chain *c)
{
	const struct san_trail_conf *conf = san_chain_step(c, "maltrail");
	const struct san_addr *addr = san_chain_step(c, "addr");

	if (conf->src == TRAIL_KEEP || conf->dst == TRAIL_KEEP ||
	    (addr != NULL && !san_addr_hides(addr)))
		return 0;
	return conf->sensor == TRAIL_KEEP ? 1 : 2;
}

static enum d4_status
trail_check(const struct san_chain *c, struct d4_diag *diag)
{
	const struct san_trail_conf *conf = san_chain_step(c, "maltrail");
	const struct san_addr *addr = san_chain_step(c, "addr");

	if (conf == NULL)
		return d4_diag_set(diag, san_chain_at(c, NULL),
		    "add `- maltrail: {}`",
		    "maltrail's events need a step `maltrail`");
	if (trail_maps(conf) && addr == NULL)
		return d4_diag_set(diag, san_chain_at(c, "maltrail"),
		    "add `- addr: {method: cryptopan}`, or write zero",
		    "a column says `addr`, but there is no such step");
	if (addr == NULL)
		return D4_OK;
	if (!trail_maps(conf))
		return d4_diag_set(diag, san_chain_at(c, "addr"),
		    "write src: addr or dst: addr",
		    "no column is replaced by this step");
	if (addr->require == SAN_REQUIRE_SRC ||
	    addr->require == SAN_REQUIRE_DST)
		return d4_diag_set(diag, san_chain_at(c, "addr"),
		    "write require_scope: any, or none",
		    "here only any and none are known");
	return D4_OK;
}

const struct san_family san_family_maltrail = {
    .name = "maltrail",
    .bit = SAN_MALTRAIL,
    .cutter = &d4_cutter_lines,
    .make = trail_make,
    .destroy = trail_destroy,
    .record = trail_record,
    .when = trail_when,
    .compute = trail_compute,
    .check = trail_check,
};

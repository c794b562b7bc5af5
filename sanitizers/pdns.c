/* The family of passive DNS: what leaves of a line, and what that earns. */
#include <assert.h>
#include <libpsl.h>
#include <stdlib.h>
#include <string.h>
#include "sanitizers/pdns_run.h"
#include "sanitizers/when.h"

#define GROWTH 256u /* bytes a line may grow by: two addresses, a time */

/* pdns_scope -- the networks that matter: of the step, or of `addr`. */
static const struct d4_prefix_set *
pdns_scope(const struct san_chain *c)
{
	const struct san_pdns_conf *conf = san_chain_step(c, "pdns");
	const struct san_addr *addr = san_chain_step(c, "addr");

	if (conf->scope.n != 0)
		return &conf->scope;
	return addr != NULL && addr->scope.n != 0 ? &addr->scope : NULL;
}

static bool
pdns_maps(const struct san_pdns_conf *c)
{
	return c->who[0] == PDNS_ADDR || c->who[1] == PDNS_ADDR;
}

static void
pdns_destroy(void *state)
{
	struct san_pdns_run *r = state;

	if (r == NULL)
		return;
	san_map_free(r->map);
	san_pdns_suffix_free(r->suffix);
	san_pdns_memory_free(r->memory);
	san_pdns_count_free(r);
	free(r);
}

static enum d4_status
pdns_parts(struct san_pdns_run *r, const struct san_keys *keys)
{
	enum d4_status st = san_pdns_memory_new(&r->memory);

	if (st == D4_OK && pdns_maps(r->conf))
		st = san_map_new(r->addr, keys, &r->map);
	if (st == D4_OK && r->conf->trim != 0)
		st = san_pdns_suffix_new(&r->suffix);
	return st == D4_OK ? san_pdns_count_new(r, keys) : st;
}

static enum d4_status
pdns_make(const struct san_make *m, void **state)
{
	const struct san_when *when = san_chain_step(m->chain, "time");
	struct san_pdns_run *r = calloc(1, sizeof(*r));
	enum d4_status st;

	if (r == NULL)
		return D4_ENOMEM;
	r->conf = san_chain_step(m->chain, "pdns");
	r->addr = san_chain_step(m->chain, "addr");
	r->scope = pdns_scope(m->chain);
	r->deny_reverse =
	    r->conf->reverse == PDNS_REVERSE_DENY ||
	    (r->conf->reverse == PDNS_REVERSE_AUTO && r->scope != NULL);
	r->floor.unit_us = when != NULL ? when->unit_us : 0;
	r->sensor = m->facts->sensor;
	st = pdns_parts(r, m->keys);
	if (st != D4_OK) {
		pdns_destroy(r);
		return st;
	}
	*state = r;
	return D4_OK;
}

/* ---- one line ---- */

/* pdns_put -- appends; san_pdns_record made room for all of a line. */
static void
pdns_put(struct d4_buf *out, const void *p, size_t n)
{
	if (n != 0)
		memcpy(out->p + out->n, p, n);
	out->n += n;
}

static void
pdns_bar(struct d4_buf *out)
{
	pdns_put(out, "||", 2);
}

/* pdns_mapped -- an address column, replaced as the step `addr` has it. */
static enum d4_reason
pdns_mapped(
    struct san_pdns_run *r, const struct d4_addr *from, struct d4_buf *out)
{
	char text[D4_ADDR_TEXT];
	struct san_mapped to;
	enum d4_reason why = san_map_addr(r->map, from, &to);

	if (why != D4_R_NONE)
		return why;
	if (to.what == SAN_WHAT_SCOPED &&
	    memcmp(to.addr.b, from->b, sizeof(from->b)) != 0)
		san_check_add(&r->check, from);
	for (unsigned i = 0; i < to.n_inner; i++)
		san_check_add4(&r->check, to.inner[i]);
	d4_addr_text(&to.addr, text);
	pdns_put(out, text, strlen(text));
	return D4_R_NONE;
}

/* pdns_who -- an address column, as the step has it. */
static enum d4_reason
pdns_who(struct san_pdns_run *r, unsigned i, struct d4_buf *out)
{
	struct d4_slice f = r->line.f[i == 0 ? PDNS_CLIENT : PDNS_SERVER];
	const struct san_pdns_who_is *who = &r->who[i];

	if (r->conf->who[i] == PDNS_ADDR && who->set)
		return pdns_mapped(r, &who->addr, out);
	if (r->conf->who[i] == PDNS_ADDR || r->conf->who[i] == PDNS_KEEP) {
		/* For `addr`: it is empty, or names nobody. */
		pdns_put(out, f.p, f.n);
		return D4_R_NONE;
	}
	if (who->set && who->in_scope)
		(void)san_scope_note(r->scope, &who->addr, &r->check);
	if (r->conf->who[i] == PDNS_ZERO)
		pdns_put(out, "0.0.0.0", 7);
	return D4_R_NONE;
}

static void
pdns_time(struct san_pdns_run *r, struct d4_buf *out)
{
	struct d4_slice f = r->line.f[PDNS_TIME];
	const struct san_stamp *to;

	if (r->floor.unit_us == 0) {
		pdns_put(out, f.p, f.n);
		return;
	}
	to = san_floor_epoch(&r->floor, &r->line.t);
	pdns_put(out, to->text, to->n);
}

/*
 * pdns_rest -- from the class to the end of the line, as it came but for what
 * trimming takes off the name, and the ttl.
 */
static void
pdns_rest(struct san_pdns_run *r, struct d4_buf *out)
{
	const struct d4_slice *f = r->line.f, *ttl = &f[PDNS_TTL];
	const uint8_t *from = f[PDNS_CLASS].p;

	if (r->known->cut != 0) {
		pdns_put(out, from, (size_t)(f[PDNS_QNAME].p - from));
		from = f[PDNS_QNAME].p + r->known->cut;
	}
	if (r->conf->ttl_zero) {
		pdns_put(out, from, (size_t)(ttl->p - from));
		pdns_put(out, "0", 1);
		from = ttl->p + ttl->n;
	}
	pdns_put(out, from, (size_t)(r->line.end.p + r->line.end.n - from));
}

static enum d4_reason
pdns_write(struct san_pdns_run *r, struct d4_buf *out)
{
	enum d4_reason why;

	pdns_time(r, out);
	pdns_bar(out);
	why = pdns_who(r, 0, out);
	pdns_bar(out);
	if (why == D4_R_NONE)
		why = pdns_who(r, 1, out);
	pdns_bar(out);
	if (why == D4_R_NONE)
		pdns_rest(r, out);
	return why;
}

static enum d4_reason
pdns_line(struct san_pdns_run *r, struct d4_slice record, struct d4_buf *out)
{
	enum d4_reason why = san_pdns_judge(r, record);

	/* Last, so that only what could leave counts as seen. */
	if (why == D4_R_NONE && r->window != NULL)
		why = san_pdns_count(r);
	return why == D4_R_NONE ? pdns_write(r, out) : why;
}

static enum san_outcome
pdns_record(void *state, struct d4_slice record, struct d4_buf *out,
    enum d4_reason *why)
{
	struct san_pdns_run *r = state;
	size_t from = out->n;

	*why = D4_R_INTERNAL;
	san_check_reset(&r->check);
	/* Before the count: a line that finds no room must not be counted. */
	if (d4_buf_reserve(out, record.n + GROWTH) == D4_OK)
		*why = pdns_line(r, record, out);
	if (*why != D4_R_NONE)
		return SAN_DROP;
	if (!san_check_hit(
		&r->check, d4_slice_of(out->p + from, out->n - from)))
		return SAN_FORWARD;
	*why = D4_R_SELFCHECK;
	return SAN_QUARANTINE;
}

/* ---- the chain ---- */

/*
 * pdns_compute -- S0 an address column is kept, or the scope's addresses in
 * answers or names are;
 * S1 only those of the scope are replaced; S2 both are gone or pseudonyms; S3
 * both are gone, times are coarse, and a threshold stands. A column that `addr`
 * may leave as it is earns nothing.
 */
static unsigned
pdns_compute(const struct san_chain *c)
{
	const struct san_pdns_conf *conf = san_chain_step(c, "pdns");
	const struct san_addr *addr = san_chain_step(c, "addr");
	const struct san_when *when = san_chain_step(c, "time");

	if (conf->who[0] == PDNS_KEEP || conf->who[1] == PDNS_KEEP)
		return 0;
	if (conf->answer_keep ||
	    (pdns_scope(c) != NULL && conf->reverse == PDNS_REVERSE_KEEP))
		return 0;
	if (pdns_maps(conf) && !san_addr_hides(addr))
		return 0;
	if (pdns_maps(conf))
		return addr->others == SAN_OTHERS_KEEP ? 1 : 2;
	if (conf->k == 0 || when == NULL || when->unit_us < SAN_WHEN_COARSE_US)
		return 2;
	return 3;
}

/* pdns_check_addr -- `addr` is there when a column needs it, and only then. */
static enum d4_status
pdns_check_addr(const struct san_chain *c, struct d4_diag *diag)
{
	const struct san_pdns_conf *conf = san_chain_step(c, "pdns");
	const struct san_addr *addr = san_chain_step(c, "addr");

	if (pdns_maps(conf) && addr == NULL)
		return d4_diag_set(diag, san_chain_at(c, "pdns"),
		    "add a step `addr`, or write zero or blank",
		    "a column says `addr`, but there is no such step");
	if (addr == NULL)
		return D4_OK;
	if (conf->scope.n != 0)
		return d4_diag_set(diag, conf->scope_at,
		    "take the pdns step's out",
		    "two scopes: of `pdns` and of `addr`");
	if (!pdns_maps(conf))
		return d4_diag_set(diag, san_chain_at(c, "addr"),
		    "write client: addr or server: addr, or use pdns: "
		    "{scope: ...}",
		    "no column is replaced by this step");
	return D4_OK;
}

static enum d4_status
pdns_check(const struct san_chain *c, struct d4_diag *diag)
{
	const struct san_pdns_conf *conf = san_chain_step(c, "pdns");
	const struct san_when *when = san_chain_step(c, "time");
	enum d4_status st;

	if (conf == NULL)
		return d4_diag_set(diag, san_chain_at(c, NULL),
		    "add `- pdns: {client: zero, server: zero}`",
		    "passive DNS needs a step `pdns`");
	st = pdns_check_addr(c, diag);
	if (st != D4_OK)
		return st;
	if (conf->answer_at.line != 0 && pdns_scope(c) == NULL)
		return d4_diag_set(diag, conf->answer_at,
		    "add `scope: NETWORK` to the step",
		    "answer_scope without a scope");
	if (conf->k != 0 && san_chain_epoch_s(c) != 0)
		return d4_diag_set(diag, san_chain_at(c, "epoch"),
		    "take one of them out",
		    "min_distinct counts keyed witnesses over epochs");
	if (conf->trim != 0 && psl_builtin() == NULL)
		return d4_diag_set(diag, san_chain_at(c, "pdns"), "",
		    "libpsl has no list of public suffixes here");
	assert(when == NULL || !when->shift);
	return D4_OK;
}

static void
pdns_sensor(void *state, const struct d4_uuid *sensor)
{
	struct san_pdns_run *r = state;

	r->sensor = *sensor;
}

static enum d4_status
pdns_save(const void *state, struct d4_buf *out)
{
	const struct san_pdns_run *r = state;

	return r->window != NULL ? san_window_save(r->window, out) : D4_OK;
}

static enum d4_status
pdns_load(void *state, struct d4_slice in)
{
	struct san_pdns_run *r = state;

	if (r->window == NULL)
		return in.n == 0 ? D4_OK : D4_EINVAL;
	return san_window_load(r->window, in);
}

/* The whole seconds of the first field. */
static enum san_dated
pdns_when(void *state, struct d4_slice rec, uint64_t *t_s)
{
	uint64_t t = 0;
	size_t i = 0;

	(void)state;
	for (; i < rec.n && i < 11 && rec.p[i] >= '0' && rec.p[i] <= '9'; i++)
		t = t * 10 + (uint64_t)(rec.p[i] - '0');
	if (i == 0 || i == 11)
		return SAN_UNDATED;
	*t_s = t;
	return SAN_DATED;
}

const struct san_family san_family_pdns = {
    .name = "passivedns",
    .bit = SAN_PDNS,
    .cutter = &d4_cutter_lines,
    .make = pdns_make,
    .destroy = pdns_destroy,
    .when = pdns_when,
    .record = pdns_record,
    .compute = pdns_compute,
    .check = pdns_check,
    .sensor = pdns_sensor,
    .save = pdns_save,
    .load = pdns_load,
};

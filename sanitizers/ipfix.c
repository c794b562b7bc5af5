/*
 * Flows of type 7: IPFIX messages, as libd4/record_ipfix.c cuts them. Built
 * anew from what the templates say: numbers of the allow-list are copied,
 * addresses replaced, times floored; all else keeps its place and is zero or
 * empty. Of options templates, which tell of the exporter, only those leave
 * that say how it samples and what it counts (ipfix_options.c); data of
 * templates that nobody knows do not. Sequence numbers count what leaves.
 *
 * The record of the books is the message; a flow that does not leave is a
 * part of it. A message without a flow is dropped for its first flow's reason.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "libd4/wire.h"
#include "sanitizers/ipfix_options.h"

/*
 * struct message -- a message under way.
 * Shape:  w: where the output goes on. flows: records that will leave. why:
 *         of the first that will not. doubt: nothing of the message may leave.
 *         defines: templates are in it.
 */
struct message {
	struct ipf *f;
	uint32_t domain;
	uint8_t *w;
	uint32_t flows;
	enum d4_reason why, doubt;
	bool defines;
};

static void
ipf_destroy(void *state)
{
	struct ipf *f = state;

	san_map_free(f->own.map);
	san_token_free(f->own.domain);
	free(f->domains);
	ipf_forget(&f->cache);
	free(f->cache.at);
	ipfix_templates_fini(&f->told);
	d4_buf_fini(&f->opening);
	free(f);
}

static enum d4_status
ipf_init(struct ipf *f, const struct san_make *m)
{
	const struct san_when *when = san_chain_step(m->chain, "time");
	enum d4_status st = D4_OK;

	ipfix_templates_init(&f->told);
	d4_buf_init(&f->opening, D4_OPENING_MAX);
	f->tally = m->tally;
	f->concerns = san_chain_concerns(m->chain);
	f->addr = san_chain_step(m->chain, "addr");
	if (when != NULL)
		f->time = *when;
	f->keyed = &f->own;
	f->domains = calloc(IPF_DOMAINS + 1, sizeof(*f->domains));
	if (f->domains == NULL)
		return D4_ENOMEM;
	if (f->addr != NULL)
		st = san_map_new(f->addr, m->keys, &f->own.map);
	if (st == D4_OK && f->addr != NULL)
		st = san_token_new(m->keys->tok, &f->own.domain);
	if (st == D4_OK && f->addr != NULL)
		st = ipf_tag(&f->own);
	return st;
}

static enum d4_status
ipf_make(const struct san_make *m, void **state)
{
	struct ipf *f = calloc(1, sizeof(*f));
	enum d4_status st;

	if (f == NULL)
		return D4_ENOMEM;
	st = ipf_init(f, m);
	if (st != D4_OK) {
		ipf_destroy(f);
		return st;
	}
	*state = f;
	return D4_OK;
}

static enum d4_reason
ipf_begin(void *state, struct d4_slice in, struct d4_buf *head)
{
	struct ipf *f = state;

	f->n_domain = 0;
	ipfix_templates_forget(&f->told);
	return ipf_opening(f, in, head);
}

static enum d4_reason
ipf_turn(void *state, struct d4_slice in, struct d4_buf *head)
{
	return ipf_opening(state, in, head);
}

/* A message's flows have the epoch of its export. */
static enum san_dated
ipf_when(void *state, struct d4_slice in, uint64_t *t_s)
{
	(void)state;
	*t_s = d4_get_be32(in.p + 4);
	return SAN_DATED;
}

static enum d4_status
ipf_keys_of(void *state, void *other)
{
	struct ipf *f = state, *from = other != NULL ? other : f;

	return ipf_rekey(f, &from->own);
}

/* n records, or what may be some, do not leave. */
static void
message_less(struct message *m, enum d4_reason why, uint32_t n)
{
	if (n == 0)
		return;
	d4_tally_part(m->f->tally, why, n);
	if (m->why == D4_R_NONE)
		m->why = why;
}

/* ---- sets ---- */

static enum d4_reason
message_define(struct message *m, const struct ipfix_set *s)
{
	struct d4_slice at = s->body;
	enum d4_reason why = D4_R_NONE;
	struct ipfix_def d;

	while (why == D4_R_NONE && ipfix_def_next(&at, s->id, &d) == D4_OK)
		why = ipf_define(&m->f->cache, m->domain, s->id, &d);
	return why;
}

/* Withdrawals of what was told leave, too. */
static bool
message_told(const struct message *m, uint16_t set, const struct ipfix_def *d)
{
	const struct ipf_layout *l;

	if (d->record.n != 0 || d->id < IPFIX_DATA)
		return ipf_leaves(set, d->record) || d->record.n == 0;
	l = ipf_find(&m->f->cache, m->domain, d->id);
	return set == IPFIX_TEMPLATES || (l != NULL && l->leaves);
}

/* Definitions that stand in front of data. */
static void
message_templates(struct message *m, const struct ipfix_set *s)
{
	uint8_t *head = m->w;
	struct d4_slice at = s->body;
	struct ipfix_def d;

	m->defines = true;
	m->doubt = message_define(m, s);
	if (m->doubt != D4_R_NONE)
		return;
	m->w += IPFIX_SET_HEADER;
	while (ipfix_def_next(&at, s->id, &d) == D4_OK) {
		if (message_told(m, s->id, &d))
			m->w += ipf_put_template(s->id, &d, m->w);
	}
	d4_put_be16(head, s->id);
	d4_put_be16(head + 2, (uint16_t)(m->w - head));
	if (m->w == head + IPFIX_SET_HEADER)
		m->w = head;
}

static void
message_flow(struct message *m, enum d4_reason why)
{
	switch (d4_reason_class(why)) {
	case D4_CLASS_NONE:
		m->flows++;
		return;
	case D4_CLASS_FILTER:
	case D4_CLASS_MALFORMED:
		message_less(m, why, 1);
		return;
	case D4_CLASS_INTERNAL: /* our doubt: of all of it */
	case D4_CLASS_REFUSAL:
	case D4_CLASS_POLICY:
	case D4_CLASS_LOSS:
		m->doubt = why;
	}
}

static void
message_data(struct message *m, const struct ipfix_set *s)
{
	const struct ipf_layout *l = ipf_find(&m->f->cache, m->domain, s->id);
	enum d4_reason why = D4_R_NONE;
	struct d4_slice at = s->body;
	uint8_t *head = m->w;

	if (l == NULL || l->least == 0) {
		message_less(m, D4_R_IPFIX_TEMPLATE, 1);
		return;
	}
	if (!l->leaves) {
		message_less(m, D4_R_IPFIX_OPTIONS, 1);
		return;
	}
	m->w += IPFIX_SET_HEADER;
	while (at.n >= l->least && m->doubt == D4_R_NONE &&
	       why != D4_R_IPFIX_SET) {
		why = ipf_flow(m->f, l, &at, &m->w);
		message_flow(m, why);
	}
	d4_put_be16(head, s->id);
	d4_put_be16(head + 2, (uint16_t)(m->w - head));
	if (m->w == head + IPFIX_SET_HEADER)
		m->w = head;
}

static void
message_sets(struct message *m, struct d4_slice sets)
{
	struct ipfix_set s;

	while (m->doubt == D4_R_NONE && ipfix_set_next(&sets, &s)) {
		if (s.id == IPFIX_TEMPLATES || s.id == IPFIX_OPTIONS)
			message_templates(m, &s);
		else if (s.id >= IPFIX_DATA)
			message_data(m, &s);
		else
			message_less(m, D4_R_IPFIX_SET, 1);
	}
}

/* ---- messages ---- */

/* What is in front of the sets, and what is counted when it leaves. */
static enum d4_reason
message_close(struct message *m, uint32_t time_s, uint8_t *head)
{
	struct ipf_domain *d;
	enum d4_reason why;

	if (m->doubt != D4_R_NONE)
		return m->doubt;
	if (m->flows == 0)
		return m->why != D4_R_NONE ? m->why : D4_R_IPFIX_SET;
	d = ipf_domain_of(m->f, m->domain);
	if (d == NULL)
		return D4_R_OPENING_TOOBIG;
	why = ipf_put_header(m->f, d, time_s, head);
	if (why != D4_R_NONE)
		return why;
	d4_put_be16(head + 2, (uint16_t)(m->w - head));
	d->seq += m->flows;
	return D4_R_NONE;
}

/*
 * The output knows the templates in front of the message, and in it. What is
 * too much for an opening is told once more.
 */
static enum d4_reason
message_tell(struct message *m, struct d4_slice in)
{
	enum d4_status st = ipf_tell(m->f);

	if (st == D4_OK && m->defines)
		st = ipfix_templates_learn(&m->f->told, in);
	if (st != D4_OK)
		ipfix_templates_forget(&m->f->told);
	return st == D4_ENOMEM ? D4_R_INTERNAL : D4_R_NONE;
}

static enum san_outcome
ipf_outcome(struct message *m, enum d4_reason why)
{
	if (why == D4_R_NONE) {
		d4_tally_part(m->f->tally, D4_R_NONE, m->flows);
		return SAN_FORWARD;
	}
	if (why != D4_R_SELFCHECK)
		return SAN_DROP;
	d4_tally_part(m->f->tally, why, m->flows + 1);
	return SAN_QUARANTINE;
}

/* No part of a message is longer than it was. */
static enum san_outcome
ipf_record(
    void *state, struct d4_slice in, struct d4_buf *out, enum d4_reason *why)
{
	struct message m = {.f = state};
	struct d4_slice sets = in;
	uint8_t *head;

	*why = D4_R_INTERNAL;
	assert(in.n >= IPFIX_HEADER);
	if (d4_buf_reserve(out, in.n) != D4_OK)
		return SAN_DROP;
	head = out->p + out->n;
	m.domain = d4_get_be32(in.p + 12);
	m.w = head + IPFIX_HEADER;
	(void)d4_slice_skip(&sets, IPFIX_HEADER);
	message_sets(&m, sets);
	assert((size_t)(m.w - head) <= in.n);
	*why = message_close(&m, d4_get_be32(in.p + 4), head);
	if (*why == D4_R_NONE)
		*why = message_tell(&m, in);
	if (*why == D4_R_NONE)
		out->n += (size_t)(m.w - head);
	return ipf_outcome(&m, *why);
}

/* Nothing that is in an exporter's words leaves: pseudonyms and numbers. */
static unsigned
ipf_class(const struct san_chain *c)
{
	const struct san_addr *a = san_chain_step(c, "addr");

	return a != NULL && san_addr_hides(a) ? 2 : 0;
}

const struct san_family san_family_ipfix = {
    .name = "ipfix",
    .bit = SAN_IPFIX,
    .cutter = &d4_cutter_ipfix,
    .make = ipf_make,
    .destroy = ipf_destroy,
    .begin = ipf_begin,
    .turn = ipf_turn,
    .record = ipf_record,
    .when = ipf_when,
    .rekey = ipf_keys_of,
    .compute = ipf_class,
};

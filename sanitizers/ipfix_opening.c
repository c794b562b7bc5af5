/* Messages of templates, and what is in front of every message. */
#include <string.h>
#include "libd4/wire.h"
#include "sanitizers/ipfix_options.h"

/* An opening under way: a message of it, and what it becomes. */
struct opening {
	struct ipf *f;
	uint32_t domain, time_s;
	bool withdraw; /* only the withdrawals are written */
	struct d4_buf *head;
	size_t set;    /* where the set under way begins; 0: none */
	uint16_t kind; /* of that set */
};

/*
 * A domain is a number of somebody's choice, often an address: the default,
 * 0, stays, any other is a token, which keeps them apart.
 */
enum d4_status
ipf_domain_as(const struct ipf *f, uint32_t id, uint32_t *as)
{
	uint8_t b[4], h[SAN_TOKEN_LEN];

	*as = id;
	if (id == 0 || f->keyed->domain == NULL)
		return D4_OK;
	d4_put_be32(b, id);
	if (san_token_hash(f->keyed->domain, "odid", d4_slice_of(b, 4), h) !=
	    D4_OK)
		return D4_ECRYPTO;
	*as = d4_get_be32(h);
	return D4_OK;
}

struct ipf_domain *
ipf_domain_of(struct ipf *f, uint32_t id)
{
	uint64_t tag = id != 0 ? f->keyed->tag : 0;
	struct ipf_domain *d;
	size_t i = 0;

	while (i < f->n_domain &&
	       (f->domains[i].id != id || f->domains[i].tag != tag))
		i++;
	d = &f->domains[i];
	if (i < f->n_domain)
		return d;
	if (i == IPF_DOMAINS)
		return NULL;
	*d = (struct ipf_domain){.tag = tag, .id = id};
	if (ipf_domain_as(f, id, &d->as) != D4_OK)
		return NULL;
	f->n_domain++;
	return d;
}

enum d4_status
ipf_tag(struct ipf_keyed *k)
{
	uint8_t h[SAN_TOKEN_LEN];

	if (san_token_hash(k->domain, "odid", d4_slice_of(NULL, 0), h) != D4_OK)
		return D4_ECRYPTO;
	k->tag = d4_get_be64(h) | 1;
	return D4_OK;
}

enum d4_status
ipf_rekey(struct ipf *f, const struct ipf_keyed *k)
{
	enum d4_status st = ipfix_templates_keep(&f->told, 0);

	f->keyed = k;
	if (st != D4_OK)
		ipfix_templates_forget(&f->told);
	return st;
}

enum d4_reason
ipf_put_header(const struct ipf *f, const struct ipf_domain *d, uint32_t time_s,
    uint8_t *w)
{
	static const uint8_t no_shift[8];
	uint64_t t = time_s;

	if (!san_when_apply(&f->time, no_shift, 1, &t))
		return D4_R_TIME_VALUE;
	d4_put_be16(w, 10);
	d4_put_be32(w + 4, (uint32_t)t);
	d4_put_be32(w + 8, d->seq);
	d4_put_be32(w + 12, d->as);
	return D4_R_NONE;
}

/* ---- templates that the output does not know ---- */

static void
opening_close(struct opening *o)
{
	if (o->set != 0)
		d4_put_be16(
		    o->head->p + o->set + 2, (uint16_t)(o->head->n - o->set));
	o->set = 0;
}

/* Room for n bytes in a set of that kind, which begins when it must. */
static uint8_t *
opening_room(struct opening *o, uint16_t kind, size_t n)
{
	struct d4_buf *b = o->head;

	if (d4_buf_reserve(b, n + IPFIX_SET_HEADER) != D4_OK)
		return NULL;
	if (o->kind != kind)
		opening_close(o);
	if (o->set == 0) {
		o->set = b->n;
		o->kind = kind;
		d4_put_be16(b->p + b->n, kind);
		b->n += IPFIX_SET_HEADER;
	}
	return b->p + b->n;
}

/* What was told, and is not so any more, ends. */
static enum d4_reason
opening_withdraw(struct opening *o, const struct ipfix_template *old)
{
	uint8_t *w = opening_room(o, old->set, 4);

	if (w == NULL)
		return D4_R_OPENING_TOOBIG;
	d4_put_be16(w, old->id);
	d4_put_be16(w + 2, 0);
	o->head->n += 4;
	return D4_R_NONE;
}

static enum d4_reason
opening_put(struct opening *o, uint16_t set, const struct ipfix_def *d)
{
	const struct ipfix_template *old =
	    ipfix_templates_find(&o->f->told, o->domain, d->id);
	uint8_t *w;

	if (old != NULL && !ipf_leaves(old->set, old->record))
		old = NULL;
	if (old != NULL && old->set == set &&
	    d4_slice_eq(old->record, d->record))
		return D4_R_NONE;
	if (o->withdraw)
		return old != NULL ? opening_withdraw(o, old) : D4_R_NONE;
	if (!ipf_leaves(set, d->record))
		return D4_R_NONE;
	w = opening_room(o, set, d->record.n);
	if (w == NULL)
		return D4_R_OPENING_TOOBIG;
	o->head->n += ipf_put_template(set, d, w);
	return D4_R_NONE;
}

/* All definitions of a message's sets. */
static enum d4_reason
opening_sets(struct opening *o, struct d4_slice sets)
{
	enum d4_reason why = D4_R_NONE;
	struct ipfix_set s;
	struct ipfix_def d;

	while (why == D4_R_NONE && ipfix_set_next(&sets, &s)) {
		if (s.id != IPFIX_TEMPLATES && s.id != IPFIX_OPTIONS)
			continue;
		while (why == D4_R_NONE &&
		       ipfix_def_next(&s.body, s.id, &d) == D4_OK)
			why = opening_put(o, s.id, &d);
	}
	opening_close(o);
	return why;
}

/* What was defined otherwise is withdrawn first (RFC 7011 section 8.1). */
static enum d4_reason
opening_write(struct opening *o, struct d4_slice sets)
{
	struct ipf_domain *d = ipf_domain_of(o->f, o->domain);
	size_t from = o->head->n;
	enum d4_reason why;

	if (d == NULL || d4_buf_reserve(o->head, IPFIX_HEADER) != D4_OK)
		return D4_R_OPENING_TOOBIG;
	why = ipf_put_header(o->f, d, o->time_s, o->head->p + from);
	o->head->n += IPFIX_HEADER;
	o->withdraw = true;
	if (why == D4_R_NONE)
		why = opening_sets(o, sets);
	o->withdraw = false;
	if (why == D4_R_NONE)
		why = opening_sets(o, sets);
	if (why != D4_R_NONE)
		return why;
	if (o->head->n - from > UINT16_MAX)
		return D4_R_OPENING_TOOBIG;
	if (o->head->n == from + IPFIX_HEADER)
		o->head->n = from; /* nothing new */
	else
		d4_put_be16(
		    o->head->p + from + 2, (uint16_t)(o->head->n - from));
	return D4_R_NONE;
}

static enum d4_reason
opening_define(struct opening *o, struct d4_slice sets)
{
	enum d4_reason why = D4_R_NONE;
	struct ipfix_set s;
	struct ipfix_def d;

	while (why == D4_R_NONE && ipfix_set_next(&sets, &s)) {
		if (s.id != IPFIX_TEMPLATES && s.id != IPFIX_OPTIONS)
			continue;
		while (why == D4_R_NONE &&
		       ipfix_def_next(&s.body, s.id, &d) == D4_OK)
			why = ipf_define(&o->f->cache, o->domain, s.id, &d);
	}
	return why;
}

/* The next message of an opening; empty behind the last. */
static struct d4_slice
opening_next(struct d4_slice *in)
{
	size_t n;

	if (in->n < IPFIX_HEADER)
		return d4_slice_of(NULL, 0);
	n = d4_get_be16(in->p + 2);
	if (n < IPFIX_HEADER || n > in->n)
		return d4_slice_of(NULL, 0);
	return d4_slice_skip(in, n);
}

enum d4_status
ipf_tell(struct ipf *f)
{
	struct d4_slice in = d4_buf_slice(&f->opening), m;
	enum d4_status st = D4_OK;

	if (!f->untold)
		return D4_OK;
	f->untold = false;
	ipfix_templates_forget(&f->told);
	while (st == D4_OK && (m = opening_next(&in)).n != 0)
		st = ipfix_templates_learn(&f->told, m);
	if (st != D4_OK)
		ipfix_templates_forget(&f->told);
	return st;
}

enum d4_reason
ipf_opening(struct ipf *f, struct d4_slice in, struct d4_buf *head)
{
	struct opening o = {.f = f, .head = head};
	enum d4_reason why = D4_R_NONE;
	struct d4_slice m;

	f->untold = true;
	f->opening.n = 0;
	if (d4_buf_add(&f->opening, in.p, in.n) != D4_OK)
		return D4_R_INTERNAL;
	ipf_forget(&f->cache);
	while (why == D4_R_NONE && (m = opening_next(&in)).n != 0) {
		o.time_s = d4_get_be32(m.p + 4);
		o.domain = d4_get_be32(m.p + 12);
		(void)d4_slice_skip(&m, IPFIX_HEADER);
		why = opening_define(&o, m);
		if (why == D4_R_NONE)
			why = opening_write(&o, m);
	}
	return why;
}

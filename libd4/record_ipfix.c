/*
 * IPFIX (type 7, what yaf writes), as RFC 7011 draws it, big-endian:
 *   message  = 10 u16 | length u16 | export time u32 | sequence u32 |
 *              domain u32 | sets
 *   set      = id u16 | length u16 | records, padded
 *   template = id u16 | fields u16 | (element u16 | length u16 |
 *              [enterprise u32, if the element's top bit is set])...  (set 2)
 *   options  = id u16 | fields u16 | scope fields u16 | fields ...    (set 3)
 * A record is a message with data. The opening is all templates that stand
 * before it, as messages of their own (ipfix_templates.c). Messages that hold
 * templates only are no records. One that holds both is a record under what
 * stood before it, as it is: its own templates are in it. They are in the
 * opening of what follows.
 *
 * Messages are found by their length, so a set that cannot be costs only its
 * message. A message header that cannot be ends the stream.
 */
#include <stdlib.h>
#include "libd4/cutter.h"
#include "libd4/cutter_join.h"
#include "libd4/ipfix_record.h"
#include "libd4/wire.h"

#define IPFIX_KEEP 16384u /* allocation kept for the next cut message */

/* What is in a message. */
enum ipfix_kind {
	IPFIX_PLAIN,  /* nothing that opens, or nothing new */
	IPFIX_ONLY,   /* no data */
	IPFIX_MIXED,  /* data, and templates that are new */
	IPFIX_BROKEN, /* a set that cannot be */
};

struct ipfix {
	struct d4_cutter base;
	struct d4_buf held; /* the unfinished message */
	struct ipfix_templates known;
	bool begun; /* a message was seen */
	bool given; /* held was handed out by the last call */
	bool learn; /* and its templates are for what follows it */
};

static struct ipfix *
ipfix_of(struct d4_cutter *c)
{
	return (struct ipfix *)c;
}

static enum d4_status
ipfix_make(struct d4_cutter **out)
{
	struct ipfix *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return D4_ENOMEM;
	x->base.kind = &d4_cutter_ipfix;
	d4_buf_init(&x->held, UINT16_MAX);
	ipfix_templates_init(&x->known);
	*out = &x->base;
	return D4_OK;
}

static void
ipfix_destroy(struct d4_cutter *c)
{
	d4_buf_fini(&ipfix_of(c)->held);
	ipfix_templates_fini(&ipfix_of(c)->known);
	free(c);
}

static enum d4_status
ipfix_fail(struct ipfix *x, enum d4_reason why)
{
	x->base.failed = why;
	d4_buf_clear(&x->held, 0);
	x->given = x->learn = false;
	return D4_EMALFORMED;
}

/* Bytes of the message at the start of s, or that are needed to say. */
static enum d4_status
ipfix_need(struct d4_cutter *c, struct d4_slice s, size_t *need)
{
	struct ipfix *x = ipfix_of(c);

	*need = IPFIX_SET_HEADER;
	if (s.n < IPFIX_SET_HEADER)
		return D4_OK;
	if (d4_get_be16(s.p) != 10)
		return ipfix_fail(
		    x, x->begun ? D4_R_IPFIX_DESYNC : D4_R_IPFIX_VERSION);
	*need = d4_get_be16(s.p + 2);
	return *need >= IPFIX_HEADER ? D4_OK : ipfix_fail(x, D4_R_IPFIX_DESYNC);
}

/* What the whole message m holds. */
static enum ipfix_kind
ipfix_kind(const struct ipfix *x, struct d4_slice m)
{
	uint32_t domain = d4_get_be32(m.p + 12);
	bool data = false, opens = false, news = false;
	struct d4_slice at = m;

	(void)d4_slice_skip(&at, IPFIX_HEADER);
	while (at.n != 0) {
		struct ipfix_set s;

		if (!ipfix_set_next(&at, &s))
			return IPFIX_BROKEN;
		data = data || s.id >= IPFIX_DATA;
		if (s.id != IPFIX_TEMPLATES && s.id != IPFIX_OPTIONS)
			continue;
		opens = true;
		switch (ipfix_templates_compare(&x->known, domain, &s)) {
		case IPFIX_SAME:
			break;
		case IPFIX_NEW:
			news = true;
			break;
		case IPFIX_WRONG:
			return IPFIX_BROKEN;
		}
	}
	if (opens && !data)
		return IPFIX_ONLY;
	return news ? IPFIX_MIXED : IPFIX_PLAIN;
}

static enum d4_status
ipfix_learn(struct ipfix *x, struct d4_slice m)
{
	enum d4_status st = ipfix_templates_learn(&x->known, m);

	return st == D4_ETOOBIG ? ipfix_fail(x, D4_R_OPENING_TOOBIG) : st;
}

/* The whole message in held: templates, a record, or dropped. */
static enum d4_status
ipfix_take(struct ipfix *x, struct d4_run *out)
{
	struct d4_slice m = d4_buf_slice(&x->held);
	enum ipfix_kind kind = ipfix_kind(x, m);
	enum d4_status st = D4_OK;

	x->begun = true;
	if (kind == IPFIX_ONLY) {
		st = ipfix_learn(x, m);
	} else {
		*out = (struct d4_run){.n = 1, .bytes = m.n};
		if (kind == IPFIX_BROKEN)
			out->reason = D4_R_IPFIX_SET;
		else
			out->data = m;
	}
	x->learn = kind == IPFIX_MIXED;
	x->given = st == D4_OK;
	return st;
}

/* Completes the held message from *in. D4_OK: out->n says whether a run is. */
static enum d4_status
ipfix_join(struct ipfix *x, struct d4_slice *in, struct d4_run *out)
{
	enum d4_status st;

	st = d4_cutter_join(&x->base, &x->held, ipfix_need, in);
	if (st != D4_OK)
		return st;
	return ipfix_take(x, out);
}

/* The whole messages at the start of *in that open nothing. */
static void
ipfix_run(struct ipfix *x, struct d4_slice *in, struct d4_run *out)
{
	struct d4_slice at = *in;
	uint64_t n = 0;

	while (at.n >= IPFIX_HEADER && d4_get_be16(at.p) == 10) {
		size_t len = d4_get_be16(at.p + 2);

		if (len < IPFIX_HEADER || len > at.n ||
		    ipfix_kind(x, d4_slice_of(at.p, len)) != IPFIX_PLAIN)
			break;
		(void)d4_slice_skip(&at, len);
		n++;
	}
	x->begun = x->begun || n != 0;
	*out = (struct d4_run){.n = n, .bytes = in->n - at.n};
	out->data = d4_slice_skip(in, in->n - at.n);
}

/* What was given is over: its templates hold from now on. */
static enum d4_status
ipfix_next(struct ipfix *x)
{
	enum d4_status st = D4_OK;

	if (!x->given)
		return D4_OK;
	if (x->learn)
		st = ipfix_learn(x, d4_buf_slice(&x->held));
	if (st != D4_OK)
		return st;
	d4_buf_clear(&x->held, IPFIX_KEEP);
	x->given = x->learn = false;
	return D4_OK;
}

static enum d4_status
ipfix_feed(struct d4_cutter *c, struct d4_slice *in, struct d4_run *out)
{
	struct ipfix *x = ipfix_of(c);
	struct d4_run run = {0};
	enum d4_status st = D4_OK;

	while (st == D4_OK && run.n == 0) {
		st = ipfix_next(x);
		if (st != D4_OK)
			return st;
		if (in->n == 0 && x->held.n == 0)
			return D4_AGAIN;
		if (x->held.n == 0)
			ipfix_run(x, in, &run);
		if (run.n == 0)
			st = ipfix_join(x, in, &run);
	}
	if (st == D4_OK)
		*out = run;
	return st;
}

static enum d4_status
ipfix_finish(struct d4_cutter *c, struct d4_run *out)
{
	struct ipfix *x = ipfix_of(c);
	uint64_t left = x->given ? 0 : x->held.n;

	d4_buf_clear(&x->held, IPFIX_KEEP);
	ipfix_templates_forget(&x->known);
	x->given = x->learn = x->begun = false;
	x->base.failed = D4_R_NONE;
	return d4_cutter_left(left, out);
}

static struct d4_slice
ipfix_opening(const struct d4_cutter *c)
{
	return ipfix_templates_opening(&((const struct ipfix *)c)->known);
}

static size_t
ipfix_held(const struct d4_cutter *c)
{
	const struct ipfix *x = (const struct ipfix *)c;

	return x->given ? 0 : x->held.n;
}

static uint32_t
ipfix_variant(const struct d4_cutter *c)
{
	(void)c;
	return 0;
}

static size_t
ipfix_split(const struct d4_cutter *c, struct d4_slice data)
{
	size_t n;

	(void)c;
	if (data.n < IPFIX_HEADER)
		return 0;
	n = d4_get_be16(data.p + 2);
	return n >= IPFIX_HEADER && n <= data.n ? n : 0;
}

const struct d4_cutter_kind d4_cutter_ipfix = {
    .name = "ipfix",
    .make = ipfix_make,
    .destroy = ipfix_destroy,
    .feed = ipfix_feed,
    .finish = ipfix_finish,
    .opening = ipfix_opening,
    .held = ipfix_held,
    .variant = ipfix_variant,
    .split = ipfix_split,
};

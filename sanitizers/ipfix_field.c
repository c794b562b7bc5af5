/* Which information elements leave, and templates made of them. */
#include <stdlib.h>
#include <string.h>
#include "libd4/wire.h"
#include "sanitizers/ipfix.h"

#define FIELD_REVERSE 29305u  /* RFC 5103: IANA's elements, the other way */
#define FIELD_CERT    6871u   /* yaf's */
#define FIELD_CERT_RV 0x4000u /* their other way */
#define FIELD_PADDING 210u    /* paddingOctets */
#define FIELD_LIST    291u    /* basicList, subTemplateList, ...MultiList */
#define FIELD_GROW    16u

/* An element that leaves; max: bytes that it may have. */
struct field_row {
	uint16_t id;
	uint8_t op, max;
};

/* Source: iana.org/assignments/ipfix; spec sanitizers.md section 8. */
static const struct field_row field_iana[] = {
    {1, IPF_COPY, 8},           /* octetDeltaCount */
    {2, IPF_COPY, 8},           /* packetDeltaCount */
    {4, IPF_COPY, 1},           /* protocolIdentifier */
    {6, IPF_COPY, 2},           /* tcpControlBits */
    {7, IPF_COPY, 2},           /* sourceTransportPort */
    {8, IPF_SRC4, 4},           /* sourceIPv4Address */
    {11, IPF_COPY, 2},          /* destinationTransportPort */
    {12, IPF_DST4, 4},          /* destinationIPv4Address */
    {27, IPF_SRC6, 16},         /* sourceIPv6Address */
    {28, IPF_DST6, 16},         /* destinationIPv6Address */
    {85, IPF_COPY, 8},          /* octetTotalCount */
    {86, IPF_COPY, 8},          /* packetTotalCount */
    {136, IPF_COPY, 1},         /* flowEndReason */
    {150, IPF_SECONDS, 4},      /* flowStartSeconds */
    {151, IPF_SECONDS, 4},      /* flowEndSeconds */
    {152, IPF_MILLISECONDS, 8}, /* flowStartMilliseconds */
    {153, IPF_MILLISECONDS, 8}, /* flowEndMilliseconds */
};

/* Source: tools.netsa.cert.org/cert-ipfix-registry. */
static const struct field_row field_cert[] = {
    {14, IPF_COPY, 2},  /* initialTCPFlags */
    {15, IPF_COPY, 2},  /* unionTCPFlags */
    {21, IPF_COPY, 4},  /* reverseFlowDeltaMilliseconds */
    {33, IPF_COPY, 2},  /* silkAppLabel */
    {35, IPF_COPY, 1},  /* payloadEntropy */
    {40, IPF_COPY, 2},  /* flowAttributes */
    {500, IPF_COPY, 8}, /* counts, sizes, times between packets, to 506 */
    {501, IPF_COPY, 8},
    {502, IPF_COPY, 8},
    {503, IPF_COPY, 8},
    {504, IPF_COPY, 8},
    {505, IPF_COPY, 8},
    {506, IPF_COPY, 8},
};

#define FIELD_N(t) (sizeof(t) / sizeof((t)[0]))

static const struct field_row *
field_row(const struct ipfix_field *f)
{
	const struct field_row *rows = field_iana;
	size_t n = FIELD_N(field_iana);
	uint16_t id = f->id;

	if (f->enterprise == FIELD_CERT) {
		rows = field_cert;
		n = FIELD_N(field_cert);
		id &= (uint16_t)~FIELD_CERT_RV;
	} else if (f->enterprise != 0 && f->enterprise != FIELD_REVERSE) {
		return NULL;
	}
	for (size_t i = 0; i < n; i++) {
		if (rows[i].id == id)
			return &rows[i];
	}
	return NULL;
}

enum ipf_op
ipf_op_of(const struct ipfix_field *f)
{
	const struct field_row *row = field_row(f);

	if (f->len == IPFIX_VARIABLE)
		return IPF_EMPTY;
	if (row == NULL || f->len > row->max)
		return IPF_ZERO;
	/* Numbers may be shorter, addresses and times not. */
	return row->op == IPF_COPY || f->len == row->max ? (enum ipf_op)row->op
	                                                 : IPF_ZERO;
}

/* ---- layouts ---- */

static size_t
field_slot(uint32_t domain, uint16_t id)
{
	uint32_t h = (domain ^ id) * 2654435761u;

	return (h ^ h >> 15) & (IPF_SLOTS - 1);
}

/* The slot that has it, or the free one where it belongs. */
static size_t
field_place(const struct ipf_cache *c, uint32_t domain, uint16_t id)
{
	size_t i = field_slot(domain, id);

	for (; c->slot[i] != 0; i = (i + 1) & (IPF_SLOTS - 1)) {
		const struct ipf_layout *l = &c->at[c->slot[i] - 1];

		if (l->domain == domain && l->id == id)
			break;
	}
	return i;
}

const struct ipf_layout *
ipf_find(const struct ipf_cache *c, uint32_t domain, uint16_t id)
{
	size_t i = field_place(c, domain, id);

	return c->slot[i] != 0 ? &c->at[c->slot[i] - 1] : NULL;
}

void
ipf_forget(struct ipf_cache *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->at[i].act);
	if (c->n != 0)
		memset(c->slot, 0, sizeof(c->slot));
	c->n = 0;
}

/* Withdrawn: nothing is found under its id any more; no slot is freed. */
static void
field_withdraw(struct ipf_cache *c, uint32_t domain, const struct ipfix_def *d)
{
	for (size_t i = 0; i < c->n; i++) {
		struct ipf_layout *l = &c->at[i];
		bool options = d->id == IPFIX_OPTIONS;

		if (l->domain == domain &&
		    (l->id == d->id ||
			(d->id < IPFIX_DATA && l->options == options)))
			l->least = 0;
	}
}

static void
field_add(struct ipf_layout *l, const struct ipfix_field *f)
{
	enum ipf_op op = ipf_op_of(f);
	struct ipf_act *last = l->n != 0 ? &l->act[l->n - 1] : NULL;

	l->variable = l->variable || op == IPF_EMPTY;
	l->least += op == IPF_EMPTY ? 1 : f->len;
	if (last != NULL && last->op == op &&
	    (op == IPF_COPY || op == IPF_ZERO) &&
	    last->n + (unsigned)f->len <= UINT16_MAX)
		last->n = (uint16_t)(last->n + f->len);
	else
		l->act[l->n++] = (struct ipf_act){(uint8_t)op, f->len};
}

static enum d4_reason
field_compile(struct ipf_layout *l, struct d4_slice fields)
{
	struct ipfix_field f;

	l->act = malloc((fields.n / 4 + 1) * sizeof(*l->act));
	if (l->act == NULL)
		return D4_R_INTERNAL;
	while (ipfix_field_next(&fields, &f))
		field_add(l, &f);
	return D4_R_NONE;
}

static enum d4_reason
field_room(struct ipf_cache *c)
{
	struct ipf_layout *at;

	if (c->n == IPF_LAYOUTS)
		return D4_R_OPENING_TOOBIG;
	if (c->n < c->cap)
		return D4_R_NONE;
	at = realloc(c->at, (c->cap + FIELD_GROW) * sizeof(*at));
	if (at == NULL)
		return D4_R_INTERNAL;
	c->at = at;
	c->cap += FIELD_GROW;
	return D4_R_NONE;
}

enum d4_reason
ipf_define(struct ipf_cache *c, uint32_t domain, uint16_t set,
    const struct ipfix_def *d)
{
	struct ipf_layout as = {
	    .domain = domain, .id = d->id, .options = set == IPFIX_OPTIONS};
	size_t i = field_place(c, domain, d->id);
	enum d4_reason why = D4_R_NONE;

	if (d->record.n == 0) {
		field_withdraw(c, domain, d);
		return D4_R_NONE;
	}
	if (c->slot[i] == 0)
		why = field_room(c);
	if (why == D4_R_NONE)
		why = field_compile(&as, ipfix_fields(d->record, set));
	if (why != D4_R_NONE)
		return why;
	if (c->slot[i] == 0)
		c->slot[i] = (uint16_t)++c->n;
	else
		free(c->at[c->slot[i] - 1].act);
	c->at[c->slot[i] - 1] = as;
	return D4_R_NONE;
}

/* ---- templates as they leave ---- */

/* An element's number is told where the number itself tells nothing. */
static size_t
field_put(const struct ipfix_field *f, uint8_t *w)
{
	bool list = f->enterprise != FIELD_CERT && f->id >= FIELD_LIST &&
	            f->id < FIELD_LIST + 3;
	bool known = f->enterprise == 0 || f->enterprise == FIELD_CERT ||
	             f->enterprise == FIELD_REVERSE;

	d4_put_be16(w + 2, f->len);
	if (list || !known) {
		d4_put_be16(w, FIELD_PADDING);
		return 4;
	}
	d4_put_be16(w, f->id);
	if (f->enterprise == 0)
		return 4;
	w[0] |= 0x80;
	d4_put_be32(w + 4, f->enterprise);
	return 8;
}

size_t
ipf_put_template(const struct ipfix_def *d, uint8_t *w)
{
	struct d4_slice fields = ipfix_fields(d->record, IPFIX_TEMPLATES);
	struct ipfix_field f;
	unsigned count = 0;
	size_t n = 4;

	while (ipfix_field_next(&fields, &f)) {
		n += field_put(&f, w + n);
		count++;
	}
	d4_put_be16(w, d->id);
	d4_put_be16(w + 2, (uint16_t)count);
	return n;
}

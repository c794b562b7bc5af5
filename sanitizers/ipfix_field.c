/* Which information elements leave, and templates made of them. */
#include <stdlib.h>
#include <string.h>
#include "libd4/wire.h"
#include "sanitizers/ipfix_options.h"

#define FIELD_REVERSE 29305u  /* RFC 5103: IANA's elements, the other way */
#define FIELD_CERT    6871u   /* yaf's */
#define FIELD_CERT_RV 0x4000u /* their other way */
#define FIELD_PADDING 210u    /* paddingOctets */
#define FIELD_LIST    291u    /* basicList, subTemplateList, ...MultiList */
#define FIELD_GROW    16u
#define FIELD_PROTO   4u /* protocolIdentifier */
#define FIELD_FROM    7u /* sourceTransportPort */
#define FIELD_TO      11u

/* Source: iana.org/assignments/ipfix; spec sanitizers.md section 8. */
static const struct ipf_row field_iana[] = {
    {1, IPF_COPY, 8},           /* octetDeltaCount */
    {2, IPF_COPY, 8},           /* packetDeltaCount */
    {4, IPF_COPY, 1},           /* protocolIdentifier */
    {6, IPF_COPY, 2},           /* tcpControlBits */
    {7, IPF_COPY, 2},           /* sourceTransportPort */
    {8, IPF_SRC4, 4},           /* sourceIPv4Address */
    {11, IPF_COPY, 2},          /* destinationTransportPort */
    {12, IPF_DST4, 4},          /* destinationIPv4Address */
    {15, IPF_HIDE4, 4},         /* ipNextHopIPv4Address */
    {18, IPF_HIDE4, 4},         /* bgpNextHopIPv4Address */
    {27, IPF_SRC6, 16},         /* sourceIPv6Address */
    {28, IPF_DST6, 16},         /* destinationIPv6Address */
    {44, IPF_HIDE4, 4},         /* sourceIPv4Prefix */
    {45, IPF_HIDE4, 4},         /* destinationIPv4Prefix */
    {48, IPF_COPY, 1},          /* samplerId */
    {62, IPF_HIDE6, 16},        /* ipNextHopIPv6Address */
    {63, IPF_HIDE6, 16},        /* bgpNextHopIPv6Address */
    {85, IPF_COPY, 8},          /* octetTotalCount */
    {86, IPF_COPY, 8},          /* packetTotalCount */
    {130, IPF_HIDE4, 4},        /* exporterIPv4Address */
    {131, IPF_HIDE6, 16},       /* exporterIPv6Address */
    {136, IPF_COPY, 1},         /* flowEndReason */
    {150, IPF_SECONDS, 4},      /* flowStartSeconds */
    {151, IPF_SECONDS, 4},      /* flowEndSeconds */
    {152, IPF_MILLISECONDS, 8}, /* flowStartMilliseconds */
    {153, IPF_MILLISECONDS, 8}, /* flowEndMilliseconds */
    {225, IPF_HIDE4, 4},        /* postNATSourceIPv4Address */
    {226, IPF_HIDE4, 4},        /* postNATDestinationIPv4Address */
    {281, IPF_HIDE6, 16},       /* postNATSourceIPv6Address */
    {282, IPF_HIDE6, 16},       /* postNATDestinationIPv6Address */
    {302, IPF_NAME, 8},         /* selectorId */
};

/* Source: tools.netsa.cert.org/cert-ipfix-registry. */
static const struct ipf_row field_cert[] = {
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

static const struct ipf_row *
field_row(const struct ipfix_field *f)
{
	const struct ipf_row *rows = field_iana;
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

/* Numbers may be shorter, addresses and times not. */
enum ipf_op
ipf_row_op(const struct ipf_row *row, const struct ipfix_field *f)
{
	bool number;

	if (f->len == IPFIX_VARIABLE)
		return IPF_EMPTY;
	if (row == NULL || f->len > row->max)
		return IPF_ZERO;
	number = row->op == IPF_COPY || row->op == IPF_NAME;
	return number || f->len == row->max ? (enum ipf_op)row->op : IPF_ZERO;
}

enum ipf_op
ipf_op_of(const struct ipfix_field *f)
{
	return ipf_row_op(field_row(f), f);
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

/* In what leaves a value without length has one byte, as in l->least. */
static void
field_ports(struct ipf_layout *l, const struct ipfix_field *f)
{
	if (f->enterprise != 0 || l->options)
		return;
	if (f->id == FIELD_PROTO && f->len == 1)
		l->proto = l->least + 1;
	else if (f->id == FIELD_FROM && f->len == 2)
		l->from = l->least + 1;
	else if (f->id == FIELD_TO && f->len == 2)
		l->to = l->least + 1;
}

static void
field_add(struct ipf_layout *l, const struct ipfix_field *f, enum ipf_op op)
{
	struct ipf_act *last = l->n != 0 ? &l->act[l->n - 1] : NULL;

	field_ports(l, f);
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
field_compile(struct ipf_layout *l, uint16_t set, struct d4_slice record)
{
	struct d4_slice fields = ipfix_fields(record, set);
	unsigned scopes = ipf_scopes(set, record);
	struct ipfix_field f;

	l->act = malloc((fields.n / 4 + 1) * sizeof(*l->act));
	if (l->act == NULL)
		return D4_R_INTERNAL;
	for (unsigned i = 0; ipfix_field_next(&fields, &f); i++)
		field_add(l, &f,
		    l->options ? ipf_option_of(&f, i < scopes) : ipf_op_of(&f));
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
	struct ipf_layout as = {.domain = domain,
	    .id = d->id,
	    .options = set == IPFIX_OPTIONS,
	    .leaves = ipf_leaves(set, d->record)};
	size_t i = field_place(c, domain, d->id);
	enum d4_reason why = D4_R_NONE;

	if (d->record.n == 0) {
		field_withdraw(c, domain, d);
		return D4_R_NONE;
	}
	if (c->slot[i] == 0)
		why = field_room(c);
	if (why == D4_R_NONE)
		why = field_compile(&as, set, d->record);
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
field_put(const struct ipfix_field *f, bool told, uint8_t *w)
{
	bool list = f->enterprise != FIELD_CERT && f->id >= FIELD_LIST &&
	            f->id < FIELD_LIST + 3;
	bool known = f->enterprise == 0 || f->enterprise == FIELD_CERT ||
	             f->enterprise == FIELD_REVERSE;

	d4_put_be16(w + 2, f->len);
	if (list || !known || !told) {
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

/* A zero said of an exporter would be taken for a value. */
static bool
field_told(const struct ipfix_field *f, uint16_t set, bool scope)
{
	enum ipf_op op;

	if (set != IPFIX_OPTIONS || scope)
		return true;
	op = ipf_option_of(f, false);
	return op != IPF_ZERO && op != IPF_EMPTY && op != IPF_HIDE4 &&
	       op != IPF_HIDE6;
}

size_t
ipf_put_template(uint16_t set, const struct ipfix_def *d, uint8_t *w)
{
	struct d4_slice fields = ipfix_fields(d->record, set);
	unsigned scopes = ipf_scopes(set, d->record), count = 0;
	size_t n = scopes != 0 ? 6 : 4;
	struct ipfix_field f;

	for (; ipfix_field_next(&fields, &f); count++)
		n += field_put(&f, field_told(&f, set, count < scopes), w + n);
	d4_put_be16(w, d->id);
	d4_put_be16(w + 2, (uint16_t)count);
	if (scopes != 0)
		d4_put_be16(w + 4, (uint16_t)scopes);
	return n;
}

/* One flow, or what is said of an exporter: a data record, field by field. */
#include <assert.h>
#include <string.h>
#include "libd4/wire.h"
#include "sanitizers/ipfix.h"
#include "sanitizers/packet_tunnel.h"

static bool
flow_protected(const struct ipf *f, enum san_what what)
{
	return what == SAN_WHAT_SCOPED ||
	       (what == SAN_WHAT_MAPPED && f->addr->scope.n == 0);
}

static void
flow_about(struct ipf *f, uint8_t family, const uint8_t *in)
{
	struct d4_addr a = {.family = family};

	if (f->concerns == NULL || f->about)
		return;
	memcpy(a.b, in, family == 4 ? 4 : 16);
	f->about = san_concerns_addr(f->concerns, &a);
}

static enum d4_reason
flow_ip4(struct ipf *f, const uint8_t *in, uint8_t *w, bool *scoped)
{
	uint32_t from = d4_get_be32(in), to = from;
	enum san_what what = SAN_WHAT_KEPT;
	enum d4_reason why = D4_R_NONE;

	flow_about(f, 4, in);
	if (f->keyed->map != NULL)
		why = san_map_ip4(f->keyed->map, from, &to, &what);
	*scoped = *scoped || what == SAN_WHAT_SCOPED;
	if (why == D4_R_NONE && to != from && flow_protected(f, what))
		san_check_add4(&f->check, from);
	d4_put_be32(w, to);
	return why;
}

static enum d4_reason
flow_ip6(struct ipf *f, const uint8_t *in, uint8_t *w, bool *scoped)
{
	struct d4_addr a = {.family = 6};
	struct san_mapped m = {.what = SAN_WHAT_KEPT};
	enum d4_reason why;

	flow_about(f, 6, in);
	memcpy(a.b, in, 16);
	memcpy(w, in, 16);
	if (f->keyed->map == NULL)
		return D4_R_NONE;
	why = san_map_addr(f->keyed->map, &a, &m);
	*scoped = *scoped || m.what == SAN_WHAT_SCOPED;
	if (why != D4_R_NONE)
		return why;
	memcpy(w, m.addr.b, 16);
	for (unsigned i = 0; i < m.n_inner; i++)
		san_check_add4(&f->check, m.inner[i]);
	if (flow_protected(f, m.what) && memcmp(w, in, 16) != 0)
		san_check_add6(&f->check, in);
	return D4_R_NONE;
}

static enum d4_reason
flow_seconds(const struct ipf *f, const uint8_t *in, uint8_t *w)
{
	static const uint8_t no_shift[8];
	uint64_t t = d4_get_be32(in);

	if (!san_when_apply(&f->time, no_shift, 1, &t))
		return D4_R_TIME_VALUE;
	d4_put_be32(w, (uint32_t)t);
	return D4_R_NONE;
}

static enum d4_reason
flow_milliseconds(const struct ipf *f, const uint8_t *in, uint8_t *w)
{
	static const uint8_t no_shift[8];
	uint64_t t = d4_get_be64(in);

	if (!san_when_apply(&f->time, no_shift, 1000, &t))
		return D4_R_TIME_VALUE;
	d4_put_be64(w, t);
	return D4_R_NONE;
}

/* Addresses that become zero are looked for, as those that are replaced. */
static void
flow_hide4(struct ipf *f, const uint8_t *in)
{
	uint32_t from = d4_get_be32(in), to = from;
	enum san_what what = SAN_WHAT_KEPT;

	if (f->keyed->map == NULL ||
	    san_map_ip4(f->keyed->map, from, &to, &what) != D4_R_NONE)
		return;
	if (to != from && flow_protected(f, what))
		san_check_add4(&f->check, from);
}

static void
flow_hide6(struct ipf *f, const uint8_t *in)
{
	struct d4_addr a = {.family = 6};
	struct san_mapped m = {.what = SAN_WHAT_KEPT};

	memcpy(a.b, in, 16);
	if (f->keyed->map == NULL ||
	    san_map_addr(f->keyed->map, &a, &m) != D4_R_NONE)
		return;
	for (unsigned i = 0; i < m.n_inner; i++)
		san_check_add4(&f->check, m.inner[i]);
	if (flow_protected(f, m.what) && memcmp(m.addr.b, in, 16) != 0)
		san_check_add6(&f->check, in);
}

/*
 * A number that tells two of the same kind apart: what has two bytes stays,
 * anything longer could be an address and becomes a token with its top bit
 * set, the same for the same number in whatever length.
 */
static enum d4_reason
flow_name(const struct ipf *f, const uint8_t *in, size_t n, uint8_t *w)
{
	uint8_t b[8] = {0}, h[SAN_TOKEN_LEN];
	uint64_t v;

	assert(n <= sizeof(b));
	memcpy(b + sizeof(b) - n, in, n);
	v = d4_get_be64(b);
	if (v > UINT16_MAX && f->keyed->domain != NULL) {
		if (san_token_hash(f->keyed->domain, "odid",
			d4_slice_of(b, sizeof(b)), h) != D4_OK)
			return D4_R_INTERNAL;
		v = d4_get_be32(h) | 0x80000000u;
		if (n == 3)
			v = (v & 0xffffff) | 0x800000;
	}
	d4_put_be64(b, v);
	memcpy(w, b + sizeof(b) - n, n);
	return D4_R_NONE;
}

static enum d4_reason
flow_domain(const struct ipf *f, const uint8_t *in, uint8_t *w)
{
	uint32_t as;

	if (ipf_domain_as(f, d4_get_be32(in), &as) != D4_OK)
		return D4_R_INTERNAL;
	d4_put_be32(w, as);
	return D4_R_NONE;
}

/* The n bytes at in, written at w. */
static enum d4_reason
flow_put(struct ipf *f, const struct ipf_act *a, const uint8_t *in, uint8_t *w)
{
	switch ((enum ipf_op)a->op) {
	case IPF_COPY:
		memcpy(w, in, a->n);
		return D4_R_NONE;
	case IPF_ZERO:
		memset(w, 0, a->n);
		return D4_R_NONE;
	case IPF_EMPTY: /* flow_empty */
		return D4_R_INTERNAL;
	case IPF_SRC4:
		return flow_ip4(f, in, w, &f->src);
	case IPF_DST4:
		return flow_ip4(f, in, w, &f->dst);
	case IPF_SRC6:
		return flow_ip6(f, in, w, &f->src);
	case IPF_DST6:
		return flow_ip6(f, in, w, &f->dst);
	case IPF_SECONDS:
		return flow_seconds(f, in, w);
	case IPF_MILLISECONDS:
		return flow_milliseconds(f, in, w);
	case IPF_HIDE4:
		memset(w, 0, a->n);
		flow_hide4(f, in);
		return D4_R_NONE;
	case IPF_HIDE6:
		memset(w, 0, a->n);
		flow_hide6(f, in);
		return D4_R_NONE;
	case IPF_NAME:
		return flow_name(f, in, a->n, w);
	case IPF_DOMAIN:
		return flow_domain(f, in, w);
	}
	return D4_R_INTERNAL;
}

static bool
flow_met(const struct ipf *f)
{
	if (f->addr == NULL)
		return true;
	switch (f->addr->require) {
	case SAN_REQUIRE_NONE:
		return true;
	case SAN_REQUIRE_ANY:
		return f->src || f->dst;
	case SAN_REQUIRE_SRC:
		return f->src;
	case SAN_REQUIRE_DST:
		return f->dst;
	}
	return false;
}

/* What is said of an exporter concerns no partner, and is about no scope. */
static enum d4_reason
flow_judge(const struct ipf *f, bool options, struct d4_slice made)
{
	if (f->check.full) /* no template has so many addresses */
		return D4_R_IPFIX_SET;
	if (f->concerns != NULL && !f->about)
		return D4_R_CONCERNS_MISS;
	if (!options && !flow_met(f))
		return D4_R_SCOPE_MISS;
	return san_check_hit(&f->check, made) ? D4_R_SELFCHECK : D4_R_NONE;
}

/* A flow of a tunnel: its source port is made from the packets inside. */
static void
flow_tunnel(const struct ipf_layout *l, uint8_t *w)
{
	uint8_t in[4], out[4];

	if (l->from == 0 || l->to == 0 ||
	    (l->proto != 0 && w[l->proto - 1] != PKT_PROTO_UDP))
		return;
	memcpy(in, w + l->from - 1, 2);
	memcpy(in + 2, w + l->to - 1, 2);
	pkt_tunnel_ports(in, out);
	memcpy(w + l->from - 1, out, 2);
}

/* The first reason counts; the rest of the flow is gone through for its end. */
enum d4_reason
ipf_flow(
    struct ipf *f, const struct ipf_layout *l, struct d4_slice *at, uint8_t **w)
{
	enum d4_reason why = D4_R_NONE, one;
	struct d4_slice s = *at, value;
	uint8_t *to = *w;

	san_check_reset(&f->check);
	f->src = f->dst = f->about = false;
	for (size_t i = 0; i < l->n; i++) {
		const struct ipf_act *a = &l->act[i];

		if (!ipfix_value_next(&s, a->n, &value))
			return D4_R_IPFIX_SET;
		if (a->op == IPF_EMPTY) {
			*to++ = 0;
			continue;
		}
		one = flow_put(f, a, value.p, to);
		to += a->n;
		if (why == D4_R_NONE)
			why = one;
	}
	*at = s;
	flow_tunnel(l, *w);
	if (why == D4_R_NONE)
		why = flow_judge(
		    f, l->options, d4_slice_of(*w, (size_t)(to - *w)));
	if (why == D4_R_NONE)
		*w = to;
	return why;
}

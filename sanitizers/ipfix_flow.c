/* One flow: a data record, field by field. */
#include <string.h>
#include "libd4/wire.h"
#include "sanitizers/ipfix.h"

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

static enum d4_reason
flow_judge(const struct ipf *f, struct d4_slice made)
{
	if (f->check.full) /* no template has so many addresses */
		return D4_R_IPFIX_SET;
	if (f->concerns != NULL && !f->about)
		return D4_R_CONCERNS_MISS;
	if (!flow_met(f))
		return D4_R_SCOPE_MISS;
	return san_check_hit(&f->check, made) ? D4_R_SELFCHECK : D4_R_NONE;
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
	if (why == D4_R_NONE)
		why = flow_judge(f, d4_slice_of(*w, (size_t)(to - *w)));
	if (why == D4_R_NONE)
		*w = to;
	return why;
}

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "libd4/wire.h"
#include "sanitizers/map_in.h"

enum d4_status
san_map_new(const struct san_addr *conf, const struct san_keys *keys,
    struct san_map **out)
{
	struct san_map *m = calloc(1, sizeof(*m));
	enum d4_status st;

	if (m == NULL)
		return D4_ENOMEM;
	m->conf = conf;
	st = san_token_new(keys->tok, &m->tok);
	if (st == D4_OK && conf->method == SAN_METHOD_CRYPTOPAN)
		st = san_cpan_new(keys->cpan, &m->cpan);
	if (st == D4_OK && conf->method == SAN_METHOD_PFX)
		st = san_pfx_new(keys->pfx, &m->pfx);
	if (st == D4_OK && conf->method == SAN_METHOD_DET)
		st = san_det_new(keys->ipdet, &m->det);
	if (st != D4_OK) {
		san_map_free(m);
		return st;
	}
	*out = m;
	return D4_OK;
}

void
san_map_free(struct san_map *m)
{
	if (m == NULL)
		return;
	san_cpan_free(m->cpan);
	san_pfx_free(m->pfx);
	san_det_free(m->det);
	san_token_free(m->tok);
	free(m->wide4);
	free(m);
}

static uint32_t
map_host4(unsigned len)
{
	return len == 0 ? 0xffffffffu : (uint32_t)(0xffffffffull >> len);
}

/* Where an address is remembered; NULL: nowhere. */
static struct san_wide4 *
map_wide4_slot(struct san_map *m, uint32_t in)
{
	if (m->wide4 == NULL)
		m->wide4 =
		    calloc((size_t)1 << SAN_WIDE4_BITS, sizeof(*m->wide4));
	if (m->wide4 == NULL || in == 0)
		return NULL;
	return &m->wide4[in * 2654435761u >> (32 - SAN_WIDE4_BITS)];
}

/* Methods that are written for either family: pfx takes 33 AES blocks. */
static __attribute__((noinline)) bool
map_wide4(struct san_map *m, uint32_t in, uint32_t *v)
{
	struct san_wide4 *slot = map_wide4_slot(m, in);
	struct d4_addr a = {.family = 4};

	if (slot != NULL && slot->in == in) {
		*v = slot->out;
		return true;
	}
	d4_put_be32(a.b, in);
	if (!(m->pfx != NULL ? san_pfx(m->pfx, &a, &a)
			     : san_map_pool(m, &a, &a)))
		return false;
	*v = d4_get_be32(a.b);
	if (slot != NULL)
		*slot = (struct san_wide4){in, *v};
	return true;
}

/*
 * The method on one address; target is NULL outside a scope with `into`. No
 * local's address is taken here and below: that would cost a stack check.
 */
static inline enum d4_reason
map_method4(struct san_map *m, uint32_t in, const struct d4_prefix *target,
    uint32_t *out)
{
	switch (m->conf->method) {
	case SAN_METHOD_CRYPTOPAN:
		if (!san_cpan4(m->cpan, in, out))
			return D4_R_INTERNAL;
		break;
	case SAN_METHOD_PFX:
	case SAN_METHOD_POOL:
		if (!map_wide4(m, in, out))
			return D4_R_INTERNAL;
		break;
	case SAN_METHOD_PNAT:
		*out = in;
		break;
	case SAN_METHOD_DET: /* san_map_det, never here */
		return D4_R_INTERNAL;
	case SAN_METHOD_MASK:
		*out = in & ~map_host4(m->conf->mask4);
		break;
	case SAN_METHOD_ZERO:
		*out = 0;
		break;
	case SAN_METHOD_DROP:
		return D4_R_ADDR_DROP;
	}
	if (target != NULL)
		*out = d4_get_be32(target->addr.b) |
		       (*out & map_host4(target->len));
	return D4_R_NONE;
}

void
san_map_ahead4(const struct san_map *m, uint32_t in)
{
	unsigned v = m->conf->table[in >> 16];

	if (m->cpan != NULL && (v == SAN_V_MAP || v >= SAN_V_SCOPE))
		san_cpan_ahead4(m->cpan, in);
}

/* A /16 whose addresses differ. */
static __attribute__((noinline)) unsigned
map_mixed4(const struct san_addr *c, uint32_t in)
{
	struct d4_addr a = {.family = 4};

	d4_put_be32(a.b, in);
	return san_addr_verdict(c, &a);
}

enum d4_reason
san_map_ip4(struct san_map *m, uint32_t in, uint32_t *out, enum san_what *what)
{
	const struct san_addr *c = m->conf;
	unsigned v = c->table[in >> 16];

	if (v == SAN_V_MIXED)
		v = map_mixed4(c, in);
	*out = in;
	switch (v) {
	case SAN_V_SPECIAL:
		*what = SAN_WHAT_SPECIAL;
		return D4_R_NONE;
	case SAN_V_KEEP:
		*what = SAN_WHAT_KEPT;
		return D4_R_NONE;
	case SAN_V_CONFLICT:
		return D4_R_INTO_CONFLICT;
	case SAN_V_DROP:
		return D4_R_ADDR_DROP;
	case SAN_V_MAP:
		*what = SAN_WHAT_MAPPED;
		return map_method4(m, in, NULL, out);
	default:
		*what = SAN_WHAT_SCOPED;
		return map_method4(m, in,
		    c->into != NULL ? &c->into[v - SAN_V_SCOPE] : NULL, out);
	}
}

/* What becomes of an address of that verdict: net, and the host's bits. */
static void
map_target4(const struct san_addr *c, unsigned v, uint32_t *net, uint32_t *host)
{
	const struct d4_prefix *target;

	*net = 0;
	*host = UINT32_MAX;
	if (v < SAN_V_SCOPE || c->into == NULL)
		return;
	target = &c->into[v - SAN_V_SCOPE];
	*net = d4_get_be32(target->addr.b);
	*host = map_host4(target->len);
}

/* Crypto-PAn for as many as the table alone decides on. */
static size_t
map_each_cpan4(struct san_map *m, const uint32_t *in, size_t n, uint32_t *out)
{
	const struct san_addr *c = m->conf;
	uint32_t net = 0, host = UINT32_MAX;
	unsigned last = SAN_V_MAP;
	size_t k = 0, done;

	while (k < n && c->table[in[k] >> 16] >= SAN_V_MAP)
		k++;
	done = san_cpan_each4(m->cpan, in, k, out);
	for (k = 0; k < done; k++) {
		unsigned v = c->table[in[k] >> 16];

		if (v != last) {
			map_target4(c, v, &net, &host);
			last = v;
		}
		out[k] = net | (out[k] & host);
		if (out[k] == in[k])
			break;
	}
	return k;
}

/* in[0..n): addresses of a turn that are replaced; of: the verdicts of all. */
struct map_ask {
	uint8_t *what;
	size_t n;
	uint32_t in[SAN_MAP_MANY];
	uint16_t of[SAN_MAP_MANY];
};

static size_t
map_singly4(struct san_map *m, const uint32_t *in, size_t n, uint32_t *out,
    uint8_t *what)
{
	enum san_what w = SAN_WHAT_KEPT;
	size_t i = 0;

	while (i < n && san_map_ip4(m, in[i], &out[i], &w) == D4_R_NONE)
		what[i++] = (uint8_t)w;
	return i;
}

/* What the verdict over a whole /16, or over one address, makes of it. */
static unsigned
map_verdict4(const struct san_addr *c, uint32_t in)
{
	unsigned v = c->table[in >> 16];

	return v != SAN_V_MIXED ? v : map_mixed4(c, in);
}

static const uint8_t map_whats[] = {
    [SAN_V_SPECIAL] = SAN_WHAT_SPECIAL,
    [SAN_V_KEEP] = SAN_WHAT_KEPT,
    [SAN_V_MAP] = SAN_WHAT_MAPPED,
    [SAN_V_SCOPE] = SAN_WHAT_SCOPED,
};

/*
 * Which of n are replaced, and the verdicts over all of them. Answers how
 * many have no reason against them.
 */
static size_t
map_sift4(
    const struct san_addr *c, const uint32_t *in, size_t n, struct map_ask *a)
{
	size_t i;

	for (i = a->n = 0; i < n; i++) {
		unsigned v = map_verdict4(c, in[i]);

		if (v == SAN_V_CONFLICT || v == SAN_V_DROP)
			break;
		a->what[i] = map_whats[v < SAN_V_SCOPE ? v : SAN_V_SCOPE];
		a->of[i] = (uint16_t)v;
		a->in[a->n] = in[i];
		a->n += v >= SAN_V_MAP;
	}
	return i;
}

size_t
san_map_many4(struct san_map *m, const uint32_t *in, size_t n, uint32_t *out,
    uint8_t *what)
{
	struct map_ask a; /* not cleared: that takes as long as mapping */
	uint32_t net = 0, host = UINT32_MAX;
	unsigned last = SAN_V_MAP;
	size_t done, k = 0;

	assert(n <= SAN_MAP_MANY);
	if (m->cpan == NULL)
		return map_singly4(m, in, n, out, what);
	a.what = what;
	a.in[0] = 0;
	n = map_sift4(m->conf, in, n, &a);
	done = san_cpan_each4(m->cpan, a.in, a.n, a.in);
	for (size_t i = 0; i < n; i++) {
		out[i] = in[i];
		if (a.of[i] < SAN_V_MAP)
			continue;
		if (k == done)
			return i;
		if (a.of[i] != last) {
			last = a.of[i];
			map_target4(m->conf, last, &net, &host);
		}
		out[i] = net | (a.in[k++] & host);
	}
	return n;
}

size_t
san_map_each4(struct san_map *m, const uint32_t *in, size_t n, uint32_t *out)
{
	enum san_what what;
	size_t i = 0;

	if (m->cpan != NULL)
		i = map_each_cpan4(m, in, n, out);
	for (; i < n; i++) {
		if (san_map_ip4(m, in[i], &out[i], &what) != D4_R_NONE ||
		    out[i] == in[i])
			break;
	}
	return i;
}

enum d4_reason
san_map_addr(
    struct san_map *m, const struct d4_addr *in, struct san_mapped *out)
{
	enum d4_reason why;
	uint32_t v;

	out->n_inner = 0;
	if (m->det != NULL)
		return san_map_det(m, in, out);
	if (in->family != 4)
		return san_map_ip6(m, in, out);
	out->addr = (struct d4_addr){.family = 4};
	why = san_map_ip4(m, d4_get_be32(in->b), &v, &out->what);
	d4_put_be32(out->addr.b, v);
	return why;
}

bool
san_map_snm(struct san_map *m, const uint8_t in[3], uint8_t out[3])
{
	uint8_t h[SAN_TOKEN_LEN];

	if (san_token_hash(m->tok, "snm", d4_slice_of(in, 3), h) != D4_OK)
		return false;
	memcpy(out, h, 3);
	return true;
}

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "policies/match.h"
#include "policies/pol.h"

#define SOON_DAYS   30u
#define TRIALS_MAX  20000u /* questions asked of the engine */
#define INTO_BOGONS 14u

struct warner {
	const struct pol *p;
	uint64_t now_s;
	void (*fn)(void *arg, const struct d4_diag *d);
	void *arg;
	unsigned trials;
};

static void warn(const struct warner *w, struct d4_mark at, const char *remedy,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static void
warn(const struct warner *w, struct d4_mark at, const char *remedy,
    const char *fmt, ...)
{
	struct d4_diag d = {.line = at.line, .column = at.column};
	va_list ap;

	va_start(ap, fmt);
	/* The analyzer does not know va_start here. NOLINTNEXTLINE */
	(void)vsnprintf(d.what, sizeof(d.what), fmt, ap);
	va_end(ap);
	(void)snprintf(d.remedy, sizeof(d.remedy), "%s", remedy);
	w->fn(w->arg, &d);
}

/* "ends on DATE", when that is over or soon. */
static void
warn_end(
    const struct warner *w, struct d4_mark at, const char *what, uint64_t day_s)
{
	char date[16];

	if (day_s == 0 || day_s > w->now_s + SOON_DAYS * POL_DAY_S)
		return;
	pol_date_text(day_s, date);
	if (pol_day_over(day_s, w->now_s))
		warn(w, at, "renew it, or remove it",
		    "%s ended on %s: nothing is released by it", what, date);
	else
		warn(w, at, "renew it in time", "%s ends on %s", what, date);
}

static void
warn_dates(const struct warner *w)
{
	char what[POL_ID_LEN + 32];
	size_t i;

	for (i = 0; i < w->p->n_partners; i++) {
		(void)snprintf(what, sizeof(what), "the agreement with `%s`",
		    w->p->partners[i].pub.id);
		warn_end(w, w->p->partners[i].pub.at, what,
		    w->p->partners[i].pub.agreement.until_s);
	}
	for (i = 0; i < w->p->n_shares; i++) {
		(void)snprintf(what, sizeof(what), "the downgrade of `%s`",
		    w->p->shares[i].pub.id);
		warn_end(w, w->p->shares[i].relabel.at, what,
		    w->p->shares[i].relabel.expires_s);
	}
}

/* The first type that both have, as a question: plain, or 254 and a name. */
static const char *
common_type(const struct pol_types *a, const struct pol_types *b, uint8_t *type)
{
	unsigned t;
	size_t i;

	for (t = 1; t < 16; t++)
		if ((a->plain & b->plain & (1u << t)) != 0) {
			*type = (uint8_t)t;
			return "";
		}
	*type = 254;
	for (i = 0; a->meta != NULL && i < a->meta->n; i++)
		if (pol_list_has(b->meta, a->meta->item[i]->text))
			return a->meta->item[i]->text;
	return NULL;
}

/* Asks the engine itself, with what the file alone says of the stream. */
static void
try_rule(struct warner *w, const struct pol_rule *r, const struct pol_source *s,
    const struct pol_peer *peer)
{
	struct pol_ask ask = {.partner = peer->pub.id, .source = s->id};
	struct pol_verdict v;
	char meta[D4_META_TYPE + 16];
	const char *ext = common_type(&s->types, &r->cond.types, &ask.type);
	int n;

	if (ext == NULL || w->trials++ >= TRIALS_MAX)
		return;
	n = snprintf(meta, sizeof(meta), "{\"type\":\"%s\"}", ext);
	if (*ext != '\0')
		ask.meta = d4_slice_of(meta, (size_t)n);
	ask.sensor = s->sensors.list[0];
	ask.now_s = w->now_s;
	pol_decide(w->p, &ask, &v);
	if (v.allow || v.share != &r->pub || r->pub.pipeline->cls < 0)
		return;
	warn(w, r->pub.at, "see d4-policy explain",
	    "`%s` releases nothing of `%s`, as it is labelled here, to `%s`: "
	    "%s",
	    r->pub.id, s->id, peer->pub.id, v.rule);
}

static bool
takes(const struct pol_rule *r, const struct pol_source *s)
{
	return pol_list_has(r->cond.from, s->id) ||
	       pol_list_has(r->cond.from, "*");
}

static void
warn_dead_rules(struct warner *w)
{
	const struct pol *p = w->p;
	size_t i, k, m;

	for (i = 0; i < p->n_shares; i++)
		for (k = 0; k < p->n_sources; k++) {
			if (!takes(&p->shares[i], &p->sources[k]))
				continue;
			for (m = 0; m < p->n_partners; m++)
				try_rule(w, &p->shares[i], &p->sources[k],
				    &p->partners[m]);
		}
}

static bool
reached(const struct pol *p, const struct pol_peer *peer)
{
	size_t i;

	for (i = 0; i < p->n_shares; i++)
		if (pol_to_reaches(p->shares[i].cond.to, peer) !=
		    POL_NOT_REACHED)
			return true;
	return false;
}

static void
warn_partners(const struct warner *w)
{
	const struct pol *p = w->p;
	const struct pol_peer *peer;
	size_t i;

	for (i = 0; i < p->n_partners; i++) {
		peer = &p->partners[i];
		if (!reached(p, peer))
			warn(w, peer->pub.at, "add a share rule for it",
			    "no share rule goes to partner `%s`", peer->pub.id);
		if (peer->pub.kind == POL_OWN && peer->pub.org[0] != '\0' &&
		    !d4_uuid_eq(&peer->org, &p->org))
			warn(w, peer->pub.at, "use `kind: client` or partner",
			    "`%s` is `kind: own` and has another org",
			    peer->pub.id);
	}
}

static bool
taken(const struct pol *p, const struct pol_source *s)
{
	size_t i;

	for (i = 0; i < p->n_shares; i++)
		if (takes(&p->shares[i], s))
			return true;
	return false;
}

static void
warn_unused(const struct warner *w)
{
	const struct pol *p = w->p;
	size_t i, k;

	for (i = 0; i < p->n_sources; i++)
		if (!taken(p, &p->sources[i]))
			warn(w, p->sources[i].at, "add a share rule for it",
			    "no share rule takes source `%s`",
			    p->sources[i].id);
	for (i = 0; i < p->n_pipelines; i++) {
		for (k = 0; k < p->n_shares; k++)
			if (p->shares[k].pub.pipeline == &p->pipelines[i].pub)
				break;
		if (k == p->n_shares)
			warn(w, p->pipelines[i].pub.at, "remove it, or use it",
			    "no share rule uses pipeline `%s`",
			    p->pipelines[i].pub.id);
	}
}

static void
warn_deny_all(const struct warner *w)
{
	const struct pol_cond *c;
	size_t i;

	for (i = 0; i < w->p->n_denies; i++) {
		c = &w->p->denies[i].cond;
		if (c->to == NULL && c->from == NULL && c->sensors.n == 0 &&
		    c->types.plain == 0 && c->types.meta == NULL &&
		    c->orgs.n == 0 && c->tags.any == NULL &&
		    c->tags.all == NULL && c->tags.none == NULL)
			warn(w, w->p->denies[i].at,
			    "remove it when the emergency is over",
			    "deny rule `%s` denies everything to everyone",
			    w->p->denies[i].id);
	}
}

/* Ranges that are filtered on the Internet (RFC 6890 and multicast). */
static bool
is_bogon(const struct d4_prefix *into)
{
	static const char *const bogons[INTO_BOGONS] = {"0.0.0.0/8",
	    "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
	    "172.16.0.0/12", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3",
	    "fc00::/7", "fe80::/10", "ff00::/8", "2001:db8::/32", "100::/64"};
	struct d4_prefix bogon;
	size_t i;

	for (i = 0; i < INTO_BOGONS; i++)
		if (d4_prefix_parse(d4_slice_str(bogons[i]), &bogon) == D4_OK &&
		    d4_prefix_overlap(&bogon, into))
			return true;
	return false;
}

static void
warn_into(const struct warner *w, const struct d4_yaml *into)
{
	struct d4_prefix prefix;
	size_t i;

	for (i = 0; into != NULL && i < into->n; i++)
		if (into->item[i]->kind == D4_YAML_SCALAR &&
		    d4_prefix_parse(
			d4_slice_str(into->item[i]->text), &prefix) == D4_OK &&
		    is_bogon(&prefix))
			warn(w, into->item[i]->at,
			    "tell the partner, or use a prefix of yours",
			    "`into` %s is a bogon range: a tool that filters "
			    "bogons drops these addresses",
			    into->item[i]->text);
}

static void
warn_bpf(const struct warner *w, const struct d4_yaml *bpf)
{
	if (bpf == NULL || bpf->kind != D4_YAML_SCALAR)
		return;
	if (strstr(bpf->text, "tcp[") != NULL)
		warn(w, bpf->at, "use `match:`, which knows both",
		    "tcp[] in a BPF filter sees IPv4 only");
	if (strstr(bpf->text, "vlan") == NULL)
		warn(w, bpf->at, "add `or (vlan and ...)`, or use `match:`",
		    "a BPF filter without `vlan` misses tagged packets");
}

static void
warn_steps(const struct warner *w)
{
	const struct d4_yaml *steps;
	size_t i, k;

	for (i = 0; i < w->p->n_pipelines; i++) {
		steps = w->p->pipelines[i].pub.steps;
		for (k = 0; k < steps->n; k++) {
			warn_bpf(w, d4_yaml_get(steps->item[k], "bpf"));
			warn_into(
			    w, d4_yaml_get(d4_yaml_get(steps->item[k], "addr"),
				   "into"));
		}
	}
}

void
pol_warnings(const struct pol *p, uint64_t now_s,
    void (*fn)(void *arg, const struct d4_diag *d), void *arg)
{
	struct warner w = {.p = p, .now_s = now_s, .fn = fn, .arg = arg};

	warn_dates(&w);
	warn_partners(&w);
	warn_unused(&w);
	warn_deny_all(&w);
	warn_steps(&w);
	warn_dead_rules(&w);
}

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "policies/ceiling.h"
#include "policies/stream.h"

/* One question under way. */
struct judge {
	const struct pol *p;
	const struct pol_ask *ask;
	struct pol_verdict *v;
	const struct pol_peer *peer;
	const struct pol_rule *rule;
	enum pol_tlp base;  /* the label that the policy itself gives */
	enum pol_kind kind; /* as which the partner counts for the ceiling */
	struct pol_stream stream;
};

static void trace(struct pol_verdict *v, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
trace(struct pol_verdict *v, const char *fmt, ...)
{
	va_list ap;

	if (v->n_trace == POL_TRACE)
		return;
	va_start(ap, fmt);
	/* The analyzer does not know va_start here. NOLINTNEXTLINE */
	(void)vsnprintf(v->trace[v->n_trace++], POL_TRACE_TX, fmt, ap);
	va_end(ap);
}

/* Decided against, by a reason, which stands at `at` in the file. */
static bool
denied(struct judge *j, enum pol_reason why, struct d4_mark at)
{
	(void)snprintf(
	    j->v->rule, sizeof(j->v->rule), "%s", pol_reason_name(why));
	j->v->line = at.line;
	return false;
}

/* Denied, and the reason is the last step of the trace. */
static bool
stopped(struct judge *j, enum pol_reason why, struct d4_mark at)
{
	trace(j->v, "%s", pol_reason_name(why));
	return denied(j, why, at);
}

static bool
step_partner(struct judge *j)
{
	size_t i;

	for (i = 0; j->ask->partner != NULL && i < j->p->n_partners; i++)
		if (strcmp(j->p->partners[i].pub.id, j->ask->partner) == 0)
			j->peer = &j->p->partners[i];
	if (j->peer == NULL)
		return stopped(j, POL_R_PARTNER_UNKNOWN, j->p->at_partners);
	j->v->partner = j->peer->pub.id;
	j->kind = j->peer->pub.kind;
	return true;
}

static bool
step_stream(struct judge *j)
{
	struct pol_stream *s = &j->stream;
	enum pol_reason why;
	bool clear = pol_stream_init(s, j->p, j->ask, &why);

	if (s->has_meta || j->ask->meta.n == 0)
		trace(j->v, "meta.ok");
	if (!clear)
		return stopped(j, why, j->p->at_sources);
	j->v->source = s->source->id;
	j->v->label = s->tlp;
	j->base = s->base;
	j->v->pap = s->pap;
	j->v->mode = s->relay ? "relay" : "origin";
	j->v->max_age_s = s->labels.max_age_s;
	if (s->labels.conflict)
		trace(j->v, "tlp.conflict");
	if (s->foreign)
		trace(j->v, "org:not-counted");
	return true;
}

static bool
step_dates(struct judge *j)
{
	enum pol_reason bar;
	const struct pol_stream *s = &j->stream;
	uint64_t now = j->ask->now_s;

	if (pol_peer_barred(&j->peer->pub, now, &bar))
		return stopped(j, bar, j->peer->pub.at);
	if (s->meta.not_after_s != 0 && now > s->meta.not_after_s)
		return stopped(j, POL_R_META_EXPIRED, s->source->at);
	if (s->labels.expired)
		return stopped(j, POL_R_RETENTION_EXPIRED, s->source->at);
	if (s->labels.retention_bad)
		return stopped(j, POL_R_RETENTION_UNKNOWN, s->source->at);
	return true;
}

static bool
step_deny(struct judge *j)
{
	const struct pol_deny *d;
	size_t i;

	for (i = 0; i < j->p->n_denies; i++) {
		d = &j->p->denies[i];
		if (pol_to_reaches(d->cond.to, j->peer) == POL_NOT_REACHED ||
		    !pol_cond_matches(
			&d->cond, &j->stream.facts, POL_WITHHOLDS))
			continue;
		trace(j->v, "deny:%s", d->id);
		(void)snprintf(j->v->rule, sizeof(j->v->rule), "%s", d->id);
		j->v->line = d->at.line;
		j->v->because = d->because;
		return false;
	}
	trace(j->v, "deny:none");
	return true;
}

static bool
step_share(struct judge *j)
{
	const struct pol_rule *r;
	size_t i;

	for (i = 0; i < j->p->n_shares && j->rule == NULL; i++) {
		r = &j->p->shares[i];
		if (pol_to_reaches(r->cond.to, j->peer) != POL_NOT_REACHED &&
		    pol_cond_matches(&r->cond, &j->stream.facts, POL_RELEASES))
			j->rule = r;
	}
	if (j->rule == NULL) {
		trace(j->v, "share:none");
		return stopped(j, POL_R_DEFAULT_DENY, j->p->at_share);
	}
	j->v->share = &j->rule->pub;
	j->v->line = j->rule->pub.at.line;
	trace(j->v, "share:%s", j->rule->pub.id);
	return true;
}

/* output = max(input, rule); below the input only by an exact downgrade. */
static enum pol_tlp
relabelled(const struct pol_relabel *l, enum pol_tlp in)
{
	return l->from == (int)in || in < l->to ? l->to : in;
}

static bool
step_relabel(struct judge *j)
{
	const struct pol_relabel *l = &j->rule->relabel;
	const struct pol_stream *s = &j->stream;
	bool allowed =
	    !s->relay || (!s->foreign && l->permitted &&
			     d4_uuid_eq(&l->permission_from, &s->org));

	if (!l->set)
		return true;
	if (l->from >= 0 && pol_day_over(l->expires_s, j->ask->now_s))
		return stopped(j, POL_R_RELABEL_EXPIRED, l->at);
	/* Stricter data too: it must not pass where `from` itself may not. */
	if (l->from >= 0 && (int)s->tlp >= l->from && !allowed)
		return stopped(j, POL_R_RELABEL_ORIGIN, l->at);
	/* What the rule makes of the policy's own label counts, too. */
	j->base = relabelled(l, s->base);
	j->v->label = relabelled(l, s->tlp);
	if (j->v->label == s->tlp) {
		trace(j->v, "relabel:none");
		return true;
	}
	trace(j->v, "relabel:%s>%s", pol_tlp_text(s->tlp),
	    pol_tlp_text(j->v->label));
	return true;
}

/*
 * An own MISP that hosts other organisations is a partner from amber up,
 * unless what it gets stays with us there (distribution 0). Only where that
 * is written: from-tlp gives 0 for some labels, and a release must never
 * come from a stricter label.
 */
static void
count_hosted(struct judge *j)
{
	bool stays = j->rule->misp.set && j->rule->misp.distribution == 0;

	if (j->peer->hosts_others && !stays && j->v->label >= POL_AMBER)
		j->kind = POL_PARTNER;
}

static bool
step_ceiling(struct judge *j)
{
	struct pol_ceiling cell = {
	    .base = j->base,
	    .label = j->v->label,
	    .relay = j->stream.relay,
	    .community =
		pol_lists_meet(j->peer->groups, j->stream.source->community),
	    .named = pol_to_reaches(j->rule->cond.to, j->peer) == POL_NAMED,
	    .concerns = j->rule->pub.concerns,
	};
	bool yes;

	count_hosted(j);
	cell.kind = j->kind;
	if (cell.concerns)
		trace(j->v, "concerns:recipient");
	yes = pol_ceiling_allows(&cell);
	trace(j->v, "tlp.ceiling:%s/%s/%s=%s", pol_tlp_text(cell.label),
	    j->v->mode, pol_kind_text(cell.kind), yes ? "yes" : "no");
	if (!yes)
		return denied(j, POL_R_TLP_CEILING, j->rule->pub.at);
	if (j->stream.labels.chatham)
		return stopped(j, POL_R_TLP_EX_CHR, j->rule->pub.at);
	return true;
}

static bool
step_pap(struct judge *j)
{
	bool yes = (j->peer->accept & (1u << j->v->pap)) != 0;

	trace(j->v, "pap:%s=%s", pol_pap_text(j->v->pap), yes ? "yes" : "no");
	return yes || denied(j, POL_R_PAP, j->peer->pub.at);
}

/* An own MISP with guests keeps to itself only what has distribution 0. */
static bool
step_sync(struct judge *j)
{
	bool stays = j->rule->misp.set && j->rule->misp.distribution == 0;

	if (!j->stream.labels.no_sync)
		return true;
	if (j->peer->pub.kind == POL_OWN && (!j->peer->hosts_others || stays))
		return true;
	return stopped(j, POL_R_SHOULD_NOT_SYNC, j->rule->pub.at);
}

/* To own systems nothing is passed on, so nothing is counted. */
static bool
step_hops(struct judge *j)
{
	const struct pol_share *share = &j->rule->pub;
	const struct pol_stream *s = &j->stream;

	if (j->peer->pub.kind == POL_OWN)
		return true;
	if (s->relay && !share->transit) {
		trace(j->v, "hops:no-transit");
		return denied(j, POL_R_HOPS, share->at);
	}
	trace(j->v, "hops:%u/%u", s->hops, share->hops);
	if (s->hops > share->hops ||
	    (s->meta.max_hops != 0 && s->hops > s->meta.max_hops))
		return denied(j, POL_R_HOPS, share->at);
	return true;
}

/* Under an embargo it is released to the airlock, and waits there. */
static bool
step_embargo(struct judge *j)
{
	uint64_t until = j->rule->pub.embargo_s;
	char text[POL_TIME_TEXT];

	if (until == 0)
		return true;
	pol_time_text(until, text);
	trace(j->v, "embargo:%s=%s", text,
	    j->ask->now_s < until ? "waits" : "over");
	return true;
}

static bool
step_class(struct judge *j)
{
	const struct pol_pipeline *pipe = j->rule->pub.pipeline;
	unsigned least = j->peer->pub.min_class;

	if (pipe->cls < 0)
		trace(j->v, "class:unset");
	else
		trace(j->v, "class:S%d/S%u", pipe->cls, least);
	if (pipe->cls < (int)least || pipe->cls < 0)
		return denied(j, POL_R_CLASS_INSUFFICIENT, j->rule->pub.at);
	return true;
}

static bool
step_keys(struct judge *j)
{
	switch (j->ask->keys) {
	case POL_KEYS_PRESENT:
		trace(j->v, "keys:present");
		return true;
	case POL_KEYS_UNCHECKED:
		trace(j->v, "keys:unchecked");
		return true;
	case POL_KEYS_MISSING:
		break;
	}
	return stopped(j, POL_R_KEY_MISSING, j->rule->pub.at);
}

/* In the order of spec policy.md section 3; the first `false` decides. */
static bool (*const steps[])(struct judge *) = {
    step_partner,
    step_stream,
    step_dates,
    step_deny,
    step_share,
    step_relabel,
    step_ceiling,
    step_pap,
    step_sync,
    step_hops,
    step_class,
    step_embargo,
    step_keys,
};

void
pol_decide(
    const struct pol *p, const struct pol_ask *ask, struct pol_verdict *out)
{
	struct judge j = {.p = p, .ask = ask, .v = out};
	bool allow = true;
	size_t i;

	memset(out, 0, sizeof(*out));
	out->label = POL_RED;
	out->pap = POL_PAP_RED;
	out->mode = "relay";
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]) && allow; i++)
		allow = steps[i](&j);
	if (allow) {
		out->because = j.rule->pub.because;
		out->no_sync = j.stream.labels.no_sync;
		(void)snprintf(
		    out->rule, sizeof(out->rule), "%s", j.rule->pub.id);
		out->shadow = j.peer->pub.state == POL_SHADOW;
		if (out->shadow)
			trace(out, "partner:shadow");
		out->allow = true;
	}
	pol_stream_fini(&j.stream);
}

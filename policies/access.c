#include <stdio.h>
#include <string.h>
#include "policies/pol.h"

const struct pol_hub *
pol_hub(const struct pol *p)
{
	return &p->hub;
}

const char *
pol_hash(const struct pol *p)
{
	return p->hash;
}

size_t
pol_n_partners(const struct pol *p)
{
	return p->n_partners;
}

const struct pol_partner *
pol_partner_at(const struct pol *p, size_t i)
{
	return i < p->n_partners ? &p->partners[i].pub : NULL;
}

const struct pol_partner *
pol_partner_find(const struct pol *p, const char *id)
{
	size_t i;

	for (i = 0; id != NULL && i < p->n_partners; i++)
		if (strcmp(p->partners[i].pub.id, id) == 0)
			return &p->partners[i].pub;
	return NULL;
}

bool
pol_peer_barred(
    const struct pol_partner *peer, uint64_t now_s, enum pol_reason *why)
{
	const struct pol_agreement *a = &peer->agreement;

	if (peer->state == POL_SUSPENDED)
		*why = POL_R_PARTNER_SUSPENDED;
	else if (now_s < a->from_s)
		*why = POL_R_AGREEMENT_EARLY;
	else if (a->until_s != 0 && pol_day_over(a->until_s, now_s))
		*why = POL_R_AGREEMENT_EXPIRED;
	else
		return false;
	return true;
}

const char *
pol_partner_bar(const struct pol_partner *peer, uint64_t now_s)
{
	enum pol_reason why;

	if (pol_peer_barred(peer, now_s, &why))
		return pol_reason_name(why);
	return peer->state == POL_SHADOW ? "partner.shadow" : NULL;
}

const char *
pol_state_text(enum pol_state s)
{
	static const char *const texts[] = {
	    [POL_ACTIVE] = "active",
	    [POL_SHADOW] = "shadow",
	    [POL_SUSPENDED] = "suspended",
	};

	return texts[s];
}

size_t
pol_n_pipelines(const struct pol *p)
{
	return p->n_pipelines;
}

const struct pol_pipeline *
pol_pipeline_at(const struct pol *p, size_t i)
{
	return i < p->n_pipelines ? &p->pipelines[i].pub : NULL;
}

const struct pol_pipeline *
pol_pipeline_find(const struct pol *p, const char *id)
{
	size_t i;

	for (i = 0; id != NULL && i < p->n_pipelines; i++)
		if (strcmp(p->pipelines[i].pub.id, id) == 0)
			return &p->pipelines[i].pub;
	return NULL;
}

size_t
pol_n_sources(const struct pol *p)
{
	return p->n_sources;
}

struct pol_source_view
pol_source_at(const struct pol *p, size_t i)
{
	struct pol_source_view v = {.id = NULL};
	const struct pol_source *s;

	if (i >= p->n_sources)
		return v;
	s = &p->sources[i];
	v.id = s->id;
	v.floor = pol_source_floor(p, s);
	v.default_pap = s->default_pap;
	v.queue = s->queue[0] != '\0' ? s->queue : NULL;
	v.sensors = s->sensors.list;
	v.n_sensors = s->sensors.n;
	v.at = s->at;
	return v;
}

const struct pol_source *
pol_source_find(const struct pol *p, const char *id)
{
	size_t i;

	for (i = 0; i < p->n_sources; i++)
		if (strcmp(p->sources[i].id, id) == 0)
			return &p->sources[i];
	return NULL;
}

size_t
pol_n_shares(const struct pol *p)
{
	return p->n_shares;
}

const struct pol_share *
pol_share_at(const struct pol *p, size_t i)
{
	return i < p->n_shares ? &p->shares[i].pub : NULL;
}

bool
pol_share_to(const struct pol *p, size_t i, size_t j)
{
	return i < p->n_shares && j < p->n_partners &&
	       pol_to_reaches(p->shares[i].cond.to, &p->partners[j]) !=
	           POL_NOT_REACHED;
}

const struct d4_prefix_set *
pol_network(const struct pol *p, const char *name)
{
	size_t i;

	for (i = 0; i < p->n_networks; i++)
		if (strcmp(p->networks[i].name, name) == 0)
			return &p->networks[i].set;
	return NULL;
}

enum d4_status
pol_set_class(
    struct pol *p, const char *pipeline, unsigned cls, struct d4_diag *diag)
{
	struct pol_pipeline *pipe;
	size_t i;

	for (i = 0; i < p->n_pipelines; i++) {
		pipe = &p->pipelines[i].pub;
		if (strcmp(pipe->id, pipeline) != 0)
			continue;
		if (cls >= POL_CLASSES || pipe->claimed > (int)cls)
			return d4_diag_set(diag, pipe->at,
			    "add steps, or claim no more than they give",
			    "pipeline `%s` claims class S%d, its steps give "
			    "S%u",
			    pipe->id, pipe->claimed, cls);
		pipe->cls = (int)cls;
		return D4_OK;
	}
	return d4_diag_set(
	    diag, (struct d4_mark){0, 0}, "", "no pipeline `%s`", pipeline);
}

void
pol_set_epoch(struct pol *p, const char *pipeline, const char *epoch)
{
	for (size_t i = 0; i < p->n_pipelines; i++) {
		struct pol_pipeline *pipe = &p->pipelines[i].pub;

		if (strcmp(pipe->id, pipeline) == 0)
			(void)snprintf(
			    pipe->epoch, sizeof(pipe->epoch), "%s", epoch);
	}
}

bool
pol_source_takes(const struct pol *p, size_t i, uint8_t type, const char *ext)
{
	return pol_types_has(&p->sources[i].types, type, ext);
}

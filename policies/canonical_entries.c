#include "policies/canonical.h"
#include "policies/ceiling.h"

/* The object, or NULL when something of it could not be made. */
static json_t *
whole(json_t *o, bool ok)
{
	if (ok)
		return o;
	json_decref(o);
	return NULL;
}

static json_t *
uuids_json(const struct pol_uuids *u)
{
	json_t *a = json_array();
	bool ok = a != NULL;
	size_t i;

	for (i = 0; i < u->n; i++)
		ok = ok &&
		     json_array_append_new(a, pol_json_uuid(&u->list[i])) == 0;
	return whole(a, ok);
}

static json_t *
plain_json(uint16_t bits)
{
	json_t *a = json_array();
	bool ok = a != NULL;
	unsigned t;

	for (t = 1; t < 16; t++)
		if ((bits & (1u << t)) != 0)
			ok = ok &&
			     json_array_append_new(a, json_integer(t)) == 0;
	return whole(a, ok);
}

static bool
put_types(json_t *o, const struct pol_types *t)
{
	return pol_json_put(o, "types", plain_json(t->plain)) &&
	       pol_json_put(o, "meta", pol_json_words(t->meta));
}

static json_t *
class_json(int cls)
{
	return cls < 0 ? json_null() : json_sprintf("S%d", cls);
}

static json_t *
date_json(uint64_t s)
{
	char text[16];

	if (s == 0)
		return json_null();
	pol_date_text(s, text);
	return json_string(text);
}

static json_t *
time_json(uint64_t s)
{
	char text[POL_TIME_TEXT];

	if (s == 0)
		return json_null();
	pol_time_text(s, text);
	return json_string(text);
}

static json_t *
text_json(const char *text)
{
	return text == NULL ? json_null() : json_string(text);
}

static bool
put_origin(json_t *o, const struct pol_source *s)
{
	if (s->queue[0] == '\0')
		return pol_json_put(o, "sensors", uuids_json(&s->sensors));
	return pol_json_put(o, "queue", json_string(s->queue)) &&
	       pol_json_put(o, "fed_by", uuids_json(&s->fed_by));
}

json_t *
pol_json_source(const struct pol *p, const struct pol_source *s)
{
	json_t *o = json_object();
	bool ok = o != NULL;

	ok = ok && pol_json_put(o, "id", json_string(s->id));
	ok = ok && put_origin(o, s);
	ok = ok && put_types(o, &s->types);
	ok = ok && pol_json_put(o, "org", pol_json_uuid(&s->org));
	ok = ok && pol_json_put(o, "tags", pol_json_words(s->tags));
	ok = ok && pol_json_put(o, "floor_tlp",
		       json_string(pol_tlp_text(pol_source_floor(p, s))));
	ok = ok && pol_json_put(o, "default_pap",
		       json_string(pol_pap_text(s->default_pap)));
	ok = ok && pol_json_put(o, "community", pol_json_words(s->community));
	ok = ok && pol_json_put(o, "speaks_for", uuids_json(&s->speaks_for));
	return whole(o, ok);
}

static json_t *
accept_json(uint8_t bits)
{
	json_t *a = json_array();
	bool ok = a != NULL;
	int pap;

	for (pap = POL_PAP_CLEAR; pap <= POL_PAP_RED; pap++)
		if ((bits & (1u << pap)) != 0)
			ok = ok && json_array_append_new(
				       a, json_string(pol_pap_text(
					      (enum pol_pap)pap))) == 0;
	return whole(a, ok);
}

static json_t *
agreement_json(const struct pol_agreement *g)
{
	json_t *o = json_object();
	bool ok = o != NULL;

	ok = ok && pol_json_put(o, "from", date_json(g->from_s));
	ok = ok && pol_json_put(o, "until", date_json(g->until_s));
	return whole(o, ok);
}

/* Only where they are written: older policies keep their hash. */
static bool
put_later(json_t *o, const struct pol_partner *pub)
{
	if (pub->forgettable && !pol_json_put(o, "forgettable", json_true()))
		return false;
	if (pub->networks.n != 0 &&
	    !pol_json_put(o, "networks", pol_json_prefixes(&pub->networks)))
		return false;
	return pub->domains == NULL ||
	       pol_json_put(o, "domains", pol_json_words(pub->domains));
}

json_t *
pol_json_partner(const struct pol_peer *peer)
{
	static const char *const profile[] = {
	    [POL_D4_CORE] = "d4-core",
	    [POL_D4HUB] = "d4hub",
	};
	const struct pol_partner *pub = &peer->pub;
	json_t *o = json_object();
	bool ok = o != NULL;

	ok = ok && pol_json_put(o, "id", json_string(pub->id));
	ok = ok && pol_json_put(o, "org",
		       text_json(pub->org[0] != '\0' ? pub->org : NULL));
	ok = ok &&
	     pol_json_put(o, "kind", json_string(pol_kind_text(pub->kind)));
	ok = ok && pol_json_put(o, "groups", pol_json_words(peer->groups));
	ok = ok && pol_json_put(o, "min_class", class_json(pub->min_class));
	ok = ok && pol_json_put(o, "accept_pap", accept_json(peer->accept));
	ok = ok &&
	     pol_json_put(o, "profile", json_string(profile[pub->profile]));
	ok = ok &&
	     pol_json_put(o, "sink", json_string(pol_sink_text(pub->sink)));
	ok = ok &&
	     pol_json_put(o, "state", json_string(pol_state_text(pub->state)));
	ok =
	    ok && pol_json_put(o, "agreement", agreement_json(&pub->agreement));
	ok = ok &&
	     pol_json_put(o, "hosts_others", json_boolean(peer->hosts_others));
	return whole(o, ok && put_later(o, pub));
}

/* A tree as written: all scalars are texts. */
static json_t *
tree_json(const struct d4_yaml *n)
{
	json_t *v;
	bool ok;
	size_t i;

	if (n->kind == D4_YAML_SCALAR)
		return json_string(n->text);
	v = n->kind == D4_YAML_MAP ? json_object() : json_array();
	ok = v != NULL;
	for (i = 0; i < n->n && ok; i++)
		ok = n->kind == D4_YAML_MAP
		         ? pol_json_put(
			       v, n->key[i]->text, tree_json(n->item[i]))
		         : json_array_append_new(v, tree_json(n->item[i])) == 0;
	return whole(v, ok);
}

json_t *
pol_json_pipeline(const struct pol_pipe *pipe)
{
	json_t *o = json_object();
	bool ok = o != NULL;

	ok = ok && pol_json_put(o, "id", json_string(pipe->pub.id));
	ok = ok && put_types(o, &pipe->types);
	ok = ok && pol_json_put(o, "class", class_json(pipe->pub.claimed));
	ok = ok && pol_json_put(o, "steps", tree_json(pipe->pub.steps));
	return whole(o, ok);
}

static json_t *
tags_json(const struct pol_tag_lists *t)
{
	json_t *o = json_object();
	bool ok = o != NULL;

	ok = ok && pol_json_put(o, "any", pol_json_words(t->any));
	ok = ok && pol_json_put(o, "all", pol_json_words(t->all));
	ok = ok && pol_json_put(o, "none", pol_json_words(t->none));
	return whole(o, ok);
}

static bool
put_cond(json_t *o, const struct pol_cond *c)
{
	return pol_json_put(o, "to", pol_json_words(c->to)) &&
	       pol_json_put(o, "from", pol_json_words(c->from)) &&
	       pol_json_put(o, "sensors", uuids_json(&c->sensors)) &&
	       put_types(o, &c->types) &&
	       pol_json_put(o, "misp_org", uuids_json(&c->orgs)) &&
	       pol_json_put(o, "tags", tags_json(&c->tags));
}

static json_t *
relabel_json(const struct pol_relabel *l)
{
	json_t *o;
	bool ok;

	if (!l->set)
		return json_null();
	o = json_object();
	ok = o != NULL;
	ok = ok &&
	     pol_json_put(o, "from",
		 text_json(
		     l->from < 0 ? NULL : pol_tlp_text((enum pol_tlp)l->from)));
	ok = ok && pol_json_put(o, "to", json_string(pol_tlp_text(l->to)));
	ok = ok && pol_json_put(o, "authority", text_json(l->authority));
	ok = ok && pol_json_put(o, "ticket", text_json(l->ticket));
	ok = ok && pol_json_put(o, "expires", date_json(l->expires_s));
	ok = ok && pol_json_put(o, "permission_from",
		       l->permitted ? pol_json_uuid(&l->permission_from)
				    : json_null());
	return whole(o, ok);
}

static json_t *
misp_json(const struct pol_misp *m)
{
	json_t *o;
	bool ok;

	if (!m->set)
		return json_null();
	o = json_object();
	ok = o != NULL;
	ok = ok && pol_json_put(o, "object", json_string(m->object));
	ok = ok && pol_json_put(o, "distribution",
		       m->distribution == POL_MISP_FROM_TLP
			   ? json_string("from-tlp")
			   : json_integer(m->distribution));
	ok = ok && pol_json_put(o, "publish", json_boolean(m->publish));
	ok = ok && pol_json_put(o, "to_ids", json_string(m->to_ids));
	return whole(o, ok);
}

/* Only where it is written, as put_later. */
static bool
put_concerns(json_t *o, const struct pol_share *s)
{
	return !s->concerns ||
	       pol_json_put(o, "concerns", json_string("recipient"));
}

json_t *
pol_json_share(const struct pol_rule *r)
{
	const struct pol_share *s = &r->pub;
	json_t *o = json_object();
	bool ok = o != NULL;

	ok = ok && pol_json_put(o, "id", json_string(s->id));
	ok = ok && put_cond(o, &r->cond) && put_concerns(o, s);
	ok = ok && pol_json_put(o, "pipeline", json_string(s->pipeline->id));
	ok = ok && pol_json_put(o, "identity",
		       json_string(
			   s->identity == POL_BY_SENSOR ? "sensor" : "source"));
	ok = ok && pol_json_put(o, "max_rate",
		       json_integer((json_int_t)s->max_rate_bits));
	ok = ok && pol_json_put(o, "max_volume",
		       json_integer((json_int_t)s->max_volume));
	ok = ok &&
	     pol_json_put(o, "delay", json_integer((json_int_t)s->delay_us));
	ok = ok && pol_json_put(o, "embargo", time_json(s->embargo_s));
	ok = ok && pol_json_put(o, "transit", json_boolean(s->transit));
	ok = ok && pol_json_put(o, "hops", json_integer(s->hops));
	ok = ok && pol_json_put(o, "relabel", relabel_json(&r->relabel));
	ok = ok && pol_json_put(o, "misp", misp_json(&r->misp));
	ok = ok && pol_json_put(o, "after", pol_json_words(r->after));
	ok = ok && pol_json_put(o, "because", json_string(s->because));
	return whole(o, ok);
}

json_t *
pol_json_deny(const struct pol_deny *d)
{
	json_t *o = json_object();
	bool ok = o != NULL;

	ok = ok && pol_json_put(o, "id", json_string(d->id));
	ok = ok && put_cond(o, &d->cond);
	ok = ok && pol_json_put(o, "because", json_string(d->because));
	return whole(o, ok);
}

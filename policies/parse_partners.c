#include <string.h>
#include "policies/room.h"

static enum d4_status
read_org(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	struct pol_peer *peer = out;
	enum d4_status st = pol_read_uuid(r, n, &peer->org);

	if (st == D4_OK)
		d4_uuid_text(&peer->org, peer->pub.org);
	return st;
}

static enum d4_status
read_kind(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	static const char *const words[] = {
	    "own", "client", "partner", "public", NULL};
	unsigned i;
	enum d4_status st = pol_read_word(r, n, words, &i);

	if (st == D4_OK)
		*(enum pol_kind *)out = (enum pol_kind)i;
	return st;
}

static enum d4_status
read_state(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	static const char *const words[] = {
	    "active", "shadow", "suspended", NULL};
	unsigned i;
	enum d4_status st = pol_read_word(r, n, words, &i);

	if (st == D4_OK)
		*(enum pol_state *)out = (enum pol_state)i;
	return st;
}

static enum d4_status
read_profile(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	static const char *const words[] = {"d4-core", "d4hub", NULL};
	unsigned i;
	enum d4_status st = pol_read_word(r, n, words, &i);

	if (st == D4_OK)
		*(enum pol_profile *)out = (enum pol_profile)i;
	return st;
}

static enum d4_status
read_min_class(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	int cls;
	enum d4_status st = pol_read_class(r, n, &cls);

	if (st == D4_OK)
		*(uint8_t *)out = (uint8_t)cls;
	return st;
}

static enum d4_status
read_accept(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	enum d4_status st = pol_read_list(r, n);
	enum pol_pap pap;
	uint8_t bits = 0;
	size_t i;

	for (i = 0; st == D4_OK && i < n->n; i++) {
		st = pol_read_pap(r, n->item[i], &pap);
		if (st == D4_OK)
			bits |= (uint8_t)(1u << pap);
	}
	if (st == D4_OK)
		*(uint8_t *)out = bits;
	return st;
}

static const struct pol_field agreement_fields[] = {
    {"from", pol_read_date, offsetof(struct pol_agreement, from_s), false,
	NULL},
    {"until", pol_read_date, offsetof(struct pol_agreement, until_s), false,
	NULL},
    {NULL, NULL, 0, false, NULL},
};

static enum d4_status
read_agreement(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	struct pol_agreement *a = out;
	enum d4_status st = pol_fields_read(r, agreement_fields, n, a);

	if (st == D4_OK && a->until_s != 0 && a->until_s < a->from_s)
		st = POL_BAD(r, n, "turn the dates round",
		    "the agreement ends before it begins");
	return st;
}

#define AT(member) offsetof(struct pol_peer, member)

static const struct pol_field fields[] = {
    {"id", pol_read_id, AT(pub.id), true, NULL},
    {"org", read_org, 0, false, NULL},
    {"kind", read_kind, AT(pub.kind), true, NULL},
    {"groups", pol_read_ids, AT(groups), false, NULL},
    {"min_class", read_min_class, AT(pub.min_class), true, NULL},
    {"accept_pap", read_accept, AT(accept), false, NULL},
    {"profile", read_profile, AT(pub.profile), false, NULL},
    {"sink", pol_read_sink, AT(pub.sink), false, NULL},
    {"state", read_state, AT(pub.state), false, NULL},
    {"agreement", read_agreement, AT(pub.agreement), false, NULL},
    {"hosts_others", pol_read_bool, AT(hosts_others), false, NULL},
    {"forgettable", pol_read_bool, AT(pub.forgettable), false, NULL},
    {"networks", pol_read_prefixes, AT(pub.networks), false, NULL},
    {"domains", pol_read_domains, AT(pub.domains), false, NULL},
    {"asns", NULL, 0, false, "write the prefixes under `networks`"},
    {NULL, NULL, 0, false, NULL},
};

static enum d4_status
partner_done(struct pol_reader *r, const struct d4_yaml *map, void *entry)
{
	struct pol_peer *peer = entry;

	peer->pub.at = map->at;
	if (d4_yaml_get(map, "accept_pap") == NULL)
		peer->accept = 1u << POL_PAP_CLEAR;
	if (peer->hosts_others && peer->pub.kind != POL_OWN)
		return POL_BAD(r, d4_yaml_get(map, "hosts_others"),
		    "leave it out", "`hosts_others` is for `kind: own`");
	if (pol_sink_own(peer->pub.sink) && peer->pub.kind != POL_OWN)
		return POL_BAD(r, d4_yaml_get(map, "sink"),
		    "use d4, or directory for a public data set",
		    "`sink: %s` is for `kind: own`",
		    pol_sink_text(peer->pub.sink));
	if (strcmp(peer->pub.id, r->p->hub.id) == 0)
		return POL_BAD(r, d4_yaml_get(map, "id"),
		    "give the partner another id", "the hub's own id");
	return D4_OK;
}

static const struct pol_entity entity = {
    .what = "partner",
    .table = fields,
    .size = sizeof(struct pol_peer),
    .max = POL_ENTRIES_MAX,
    .done = partner_done,
};

enum d4_status
pol_parse_partners(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	void *array = NULL;
	enum d4_status st;

	(void)out;
	st = pol_entities_read(r, &entity, n, &array, &r->p->n_partners);
	r->p->partners = array;
	return st;
}

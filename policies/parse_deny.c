#include "policies/room.h"

#define AT(member) offsetof(struct pol_deny, member)

static const struct pol_field fields[] = {
    {"id", pol_read_id, AT(id), true, NULL},
    {"to", pol_read_to, AT(cond.to), false, NULL},
    {"from", pol_read_from, AT(cond.from), false, NULL},
    {"sensors", pol_read_uuids, AT(cond.sensors), false, NULL},
    {"types", pol_read_plain_types, AT(cond.types.plain), false, NULL},
    {"meta", pol_read_meta_types, AT(cond.types.meta), false, NULL},
    {"misp_org", pol_read_uuids, AT(cond.orgs), false, NULL},
    {"tags", pol_read_match, AT(cond.tags), false, NULL},
    {"because", pol_read_text, AT(because), true, NULL},
    {NULL, NULL, 0, false, NULL},
};

static enum d4_status
deny_done(struct pol_reader *r, const struct d4_yaml *map, void *entry)
{
	struct pol_deny *d = entry;
	enum d4_status st;

	d->at = map->at;
	st = pol_rule_id_check(r, map, d->id);
	if (st == D4_OK)
		st = pol_no_labels(r, d->cond.tags.none);
	return st == D4_OK ? pol_cond_check(r, &d->cond) : st;
}

static const struct pol_entity entity = {
    .what = "deny rule",
    .table = fields,
    .size = sizeof(struct pol_deny),
    .max = POL_ENTRIES_MAX,
    .done = deny_done,
};

enum d4_status
pol_parse_deny(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	void *array = NULL;
	enum d4_status st;

	(void)out;
	st = pol_entities_read(r, &entity, n, &array, &r->p->n_denies);
	r->p->denies = array;
	return st;
}

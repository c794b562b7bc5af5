#include <stdlib.h>
#include <string.h>
#include "policies/canonical.h"
#include "policies/room.h"

static enum d4_status
read_version(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	(void)out;
	if (n->kind != D4_YAML_SCALAR || strcmp(n->text, "1") != 0)
		return POL_BAD(r, n, "write `version: 1`",
		    "a version that this program does not read");
	return D4_OK;
}

/* The rooms, in the order in which one needs the names of another. */
static const struct pol_field rooms[] = {
    {"version", read_version, 0, true, NULL},
    {"hub", pol_parse_hub, 0, true, NULL},
    {"networks", pol_parse_networks, 0, false, NULL},
    {"sources", pol_parse_sources, 0, true, NULL},
    {"partners", pol_parse_partners, 0, true, NULL},
    {"pipelines", pol_parse_pipelines, 0, true, NULL},
    {"deny", pol_parse_deny, 0, false, NULL},
    {"share", pol_parse_share, 0, true, NULL},
    {NULL, NULL, 0, false, NULL},
};

static enum d4_status
read_nothing(struct pol_reader *r, const struct d4_yaml *n, void *out)
{
	(void)r, (void)n, (void)out;
	return D4_OK;
}

/* Unknown and missing keys first, whatever the order of the rooms. */
static enum d4_status
check_rooms(struct pol_reader *r, const struct d4_yaml *root)
{
	struct pol_field table[sizeof(rooms) / sizeof(rooms[0])];
	char nothing = 0;
	size_t i;

	for (i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
		table[i] = rooms[i];
		table[i].read = rooms[i].read != NULL ? read_nothing : NULL;
	}
	return pol_fields_read(r, table, root, &nothing);
}

static struct d4_mark
key_mark(const struct d4_yaml *map, const char *key)
{
	size_t i;

	for (i = 0; i < map->n; i++)
		if (strcmp(map->key[i]->text, key) == 0)
			return map->key[i]->at;
	return map->at;
}

static enum d4_status
parse_rooms(struct pol_reader *r, const struct d4_yaml *root)
{
	const struct pol_field *room;
	const struct d4_yaml *n;
	enum d4_status st = check_rooms(r, root);

	if (st != D4_OK)
		return st;
	r->p->at_sources = key_mark(root, "sources");
	r->p->at_partners = key_mark(root, "partners");
	r->p->at_share = key_mark(root, "share");
	for (room = rooms; room->key != NULL && st == D4_OK; room++) {
		n = d4_yaml_get(root, room->key);
		if (n != NULL)
			st = room->read(r, n, NULL);
	}
	return st == D4_OK ? pol_overlap_check(r->p, r->diag) : st;
}

enum d4_status
pol_parse(struct d4_slice text, const struct pol_loader *load,
    struct d4_diag *diag, struct pol **out)
{
	struct pol_reader r = {.diag = diag, .load = load};
	enum d4_status st;

	r.p = calloc(1, sizeof(*r.p));
	if (r.p == NULL)
		return D4_ENOMEM;
	st = d4_yaml_parse(text, diag, &r.p->root);
	if (st == D4_OK)
		st = parse_rooms(&r, r.p->root);
	if (st == D4_OK)
		st = pol_canonical_hash(r.p, r.p->hash);
	if (st != D4_OK) {
		pol_free(r.p);
		return st;
	}
	*out = r.p;
	return D4_OK;
}

static void
cond_fini(struct pol_cond *c)
{
	free(c->sensors.list);
	free(c->orgs.list);
}

static void
entries_fini(struct pol *p)
{
	size_t i;

	for (i = 0; i < p->n_sources; i++) {
		free(p->sources[i].sensors.list);
		free(p->sources[i].fed_by.list);
		free(p->sources[i].speaks_for.list);
	}
	for (i = 0; i < p->n_partners; i++)
		d4_prefix_set_fini(&p->partners[i].pub.networks);
	for (i = 0; i < p->n_pipelines; i++) {
		free((void *)(uintptr_t)p->pipelines[i].pub.types);
		free(p->pipelines[i].pub.meta);
	}
	for (i = 0; i < p->n_shares; i++)
		cond_fini(&p->shares[i].cond);
	for (i = 0; i < p->n_denies; i++)
		cond_fini(&p->denies[i].cond);
	for (i = 0; i < p->n_networks; i++)
		d4_prefix_set_fini(&p->networks[i].set);
}

void
pol_free(struct pol *p)
{
	if (p == NULL)
		return;
	entries_fini(p);
	free(p->networks);
	free(p->sources);
	free(p->seats);
	free(p->partners);
	free(p->pipelines);
	free(p->shares);
	free(p->denies);
	d4_yaml_free(p->root);
	free(p);
}

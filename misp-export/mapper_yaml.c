/* Mappers of the configuration: the same rows, written by people. */
#include <stdlib.h>
#include <string.h>
#include "misp-export/mapper.h"
#include "misp-export/value.h"

struct mappers {
	struct mapper list[MAPPER_CUSTOM];
	struct map_rel rel[MAPPER_CUSTOM][MAPPER_RELS + 1];
	struct d4_mark at[MAPPER_CUSTOM][MAPPER_RELS + 1];
	size_t n;
};

void
mappers_free(struct mappers *m)
{
	free(m);
}

size_t
mappers_n(const struct mappers *m)
{
	return m != NULL ? m->n : 0;
}

const struct mapper *
mappers_nth(const struct mappers *m, size_t i)
{
	return &m->list[i];
}

bool
mappers_at(const struct mappers *m, const struct mapper *of, size_t rel,
    struct d4_mark *out)
{
	for (size_t i = 0; m != NULL && i < m->n; i++) {
		if (&m->list[i] != of)
			continue;
		*out = m->at[i][rel < MAPPER_RELS ? rel : MAPPER_RELS];
		return true;
	}
	return false;
}

const struct mapper *
mappers_find(const struct mappers *m, const char *id)
{
	const struct mapper *row;

	for (size_t i = 0; m != NULL && i < m->n; i++) {
		if (strcmp(m->list[i].id, id) == 0)
			return &m->list[i];
	}
	for (size_t i = 0; (row = mapper_builtin(i)) != NULL; i++) {
		if (strcmp(row->id, id) == 0)
			return row;
	}
	return NULL;
}

static enum d4_status
yaml_text(const struct d4_yaml *map, const char *key, struct d4_diag *diag,
    const char **out)
{
	const struct d4_yaml *v = d4_yaml_get(map, key);

	if (v == NULL)
		return D4_OK;
	if (v->kind != D4_YAML_SCALAR || v->text[0] == '\0')
		return d4_diag_set(
		    diag, v->at, "write a text", "%s is no text", key);
	*out = v->text;
	return D4_OK;
}

/* Words that are true or false, and the flag that each sets. */
static const struct {
	const char *key;
	unsigned flag;
} yaml_flags[] = {
    {"key", MAP_KEY},
    {"to_ids", MAP_IDS},
    {"no_correlation", MAP_QUIET},
    {"sighting", MAP_SIGHT},
    {"hidden", MAP_HIDDEN},
};

static const struct {
	const char *name;
	unsigned flag;
} yaml_computed[] = {
    {"first_seen", MAP_FIRST}, {"last_seen", MAP_LAST}, {"count", MAP_COUNT}};

static enum d4_status
yaml_flag(const struct d4_yaml *node, struct d4_diag *diag, struct map_rel *out)
{
	enum d4_status st = D4_OK;
	bool on;

	for (size_t i = 0; i < sizeof(yaml_flags) / sizeof(yaml_flags[0]);
	     i++) {
		const struct d4_yaml *v = d4_yaml_get(node, yaml_flags[i].key);

		on = false;
		if (v != NULL && st == D4_OK)
			st = d4_yaml_bool(v, diag, &on);
		if (on)
			out->flags |= yaml_flags[i].flag;
	}
	return st;
}

/* From where: path, value, or computed; exactly one of them. */
static enum d4_status
yaml_from(const struct d4_yaml *node, struct d4_diag *diag, struct map_rel *out)
{
	const char *path = NULL, *value = NULL, *computed = NULL;
	enum d4_status st = yaml_text(node, "path", diag, &path);

	if (st == D4_OK)
		st = yaml_text(node, "value", diag, &value);
	if (st == D4_OK)
		st = yaml_text(node, "computed", diag, &computed);
	if (st != D4_OK)
		return st;
	if ((path != NULL) + (value != NULL) + (computed != NULL) != 1)
		return d4_diag_set(diag, node->at,
		    "write path:, value: or computed:",
		    "one of them says where the value comes from");
	out->path = path != NULL ? path : value != NULL ? value : "";
	out->flags |= value != NULL ? MAP_CONST : 0;
	for (size_t i = 0; computed != NULL && i < 3; i++) {
		if (strcmp(yaml_computed[i].name, computed) == 0)
			out->flags |= yaml_computed[i].flag;
	}
	if (computed != NULL && (out->flags & MAP_COMPUTED) == 0)
		return d4_diag_set(diag, node->at,
		    "write first_seen, last_seen or count", "no such value: %s",
		    computed);
	return D4_OK;
}

static enum d4_status
yaml_rel(const struct d4_yaml *node, const char *object, struct d4_diag *diag,
    struct map_rel *out)
{
	static const char *const keys[] = {"relation", "type", "category",
	    "path", "value", "computed", "key", "to_ids", "no_correlation",
	    "sighting", "hidden", NULL};
	enum d4_status st = d4_yaml_keys(node, keys, diag);

	*out = (struct map_rel){.type = NULL};
	if (st == D4_OK)
		st = yaml_text(node, "relation", diag, &out->relation);
	if (st == D4_OK)
		st = yaml_text(node, "type", diag, &out->type);
	if (st == D4_OK)
		st = yaml_text(node, "category", diag, &out->category);
	if (st == D4_OK)
		st = yaml_flag(node, diag, out);
	if (st == D4_OK)
		st = yaml_from(node, diag, out);
	if (st != D4_OK)
		return st;
	if (out->type == NULL || value_category(out->type) == NULL)
		return d4_diag_set(diag, node->at,
		    "a type of MISP; `integer` is refused by it",
		    "no type that can be sent");
	if (object != NULL && out->relation == NULL &&
	    (out->flags & MAP_HIDDEN) == 0)
		return d4_diag_set(diag, node->at, "write relation:",
		    "an object's attribute needs a relation");
	return D4_OK;
}

static enum d4_status
yaml_rels(const struct d4_yaml *list, struct mapper *m, struct d4_diag *diag,
    struct map_rel *rel)
{
	enum d4_status st = D4_OK;
	unsigned all = 0;

	for (size_t i = 0; i < list->n && st == D4_OK; i++) {
		st = yaml_rel(list->item[i], m->object, diag, &rel[i]);
		all |= st == D4_OK ? rel[i].flags : 0;
	}
	if (st == D4_OK && (all & MAP_KEY) == 0)
		return d4_diag_set(diag, list->at,
		    "write `key: true` where it makes the finding what it is",
		    "no attribute is a key");
	return st;
}

static enum d4_status
yaml_head(const struct d4_yaml *map, struct d4_diag *diag, struct mapper *m)
{
	enum d4_status st = yaml_text(map, "object", diag, &m->object);

	m->reader = "json";
	if (st == D4_OK)
		st = yaml_text(map, "reader", diag, &m->reader);
	if (st == D4_OK)
		st = yaml_text(map, "when", diag, &m->when);
	if (st == D4_OK)
		st = yaml_text(map, "is", diag, &m->is);
	if (st == D4_OK)
		st = yaml_text(map, "comment", diag, &m->comment);
	if (st != D4_OK)
		return st;
	if (record_reader_find(m->reader) == NULL)
		return d4_diag_set(diag, map->at,
		    "pdns, json, sshd, maltrail, packet or ipfix",
		    "no reader: %s", m->reader);
	if (m->object != NULL && template_find(m->object) == NULL)
		return d4_diag_set(diag, map->at,
		    "see d4-misp-export(8) for those that are known",
		    "no template: %s", m->object);
	return D4_OK;
}

static enum d4_status
yaml_mapper(const struct d4_yaml *key, const struct d4_yaml *map,
    struct d4_diag *diag, struct mappers *out)
{
	static const char *const keys[] = {
	    "object", "reader", "when", "is", "comment", "attributes", NULL};
	struct mapper *m = &out->list[out->n];
	enum d4_status st = d4_yaml_keys(map, keys, diag);
	const struct d4_yaml *list;

	if (st != D4_OK)
		return st;
	list = d4_yaml_get(map, "attributes");
	if (list == NULL || list->kind != D4_YAML_LIST || list->n == 0 ||
	    list->n > MAPPER_RELS || strlen(key->text) >= MAPPER_ID)
		return d4_diag_set(diag, map->at,
		    "write attributes: with 1 to 24 entries", "no mapper: %s",
		    key->text);
	*m = (struct mapper){.id = key->text, .rel = out->rel[out->n]};
	out->at[out->n][MAPPER_RELS] = key->at;
	for (size_t i = 0; i < list->n; i++)
		out->at[out->n][i] = list->item[i]->at;
	st = yaml_head(map, diag, m);
	if (st == D4_OK)
		st = yaml_rels(list, m, diag, out->rel[out->n]);
	out->n += st == D4_OK ? 1 : 0;
	return st;
}

enum d4_status
mappers_read(
    const struct d4_yaml *map, struct d4_diag *diag, struct mappers **out)
{
	struct mappers *m = calloc(1, sizeof(*m));
	enum d4_status st = D4_OK;

	if (m == NULL)
		return D4_ENOMEM;
	if (map != NULL && (map->kind != D4_YAML_MAP || map->n > MAPPER_CUSTOM))
		st = d4_diag_set(diag, map->at,
		    "write ID: {object: ..., attributes: [...]}, at most 64",
		    "mappers is not a map of mappers");
	for (size_t i = 0; map != NULL && st == D4_OK && i < map->n; i++)
		st = yaml_mapper(map->key[i], map->item[i], diag, m);
	if (st != D4_OK) {
		mappers_free(m);
		return st;
	}
	*out = m;
	return D4_OK;
}

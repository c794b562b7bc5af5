#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "libd4/nearest.h"
#include "policies/fields.h"

static const struct pol_field *
field_find(const struct pol_field *table, const char *key)
{
	for (; table->key != NULL; table++)
		if (strcmp(table->key, key) == 0)
			return table;
	return NULL;
}

/* Only what may be written is offered as "did you mean". */
static enum d4_status
unknown_key(struct pol_reader *r, const struct pol_field *table,
    const struct d4_yaml *map)
{
	const char *known[POL_FIELDS_MAX + 1];
	size_t n = 0;

	for (; table->key != NULL; table++) {
		assert(n < POL_FIELDS_MAX);
		if (table->read != NULL)
			known[n++] = table->key;
	}
	known[n] = NULL;
	return d4_yaml_keys(map, known, r->diag);
}

static enum d4_status
read_pair(struct pol_reader *r, const struct pol_field *table,
    const struct d4_yaml *map, size_t i, void *out)
{
	const struct pol_field *f = field_find(table, map->key[i]->text);

	if (f == NULL)
		return unknown_key(r, table, map);
	if (f->read == NULL)
		return POL_BAD(r, map->key[i], f->instead,
		    "`%s` is not enforced by this version", f->key);
	return f->read(r, map->item[i], (char *)out + f->offset);
}

enum d4_status
pol_fields_read(struct pol_reader *r, const struct pol_field *table,
    const struct d4_yaml *map, void *out)
{
	enum d4_status st;
	size_t i;

	if (map->kind != D4_YAML_MAP)
		return POL_BAD(r, map, "write `key: value` pairs",
		    "a %s where a map belongs",
		    map->kind == D4_YAML_LIST ? "list" : "value");
	for (i = 0; i < map->n; i++) {
		st = read_pair(r, table, map, i, out);
		if (st != D4_OK)
			return st;
	}
	for (; table->key != NULL; table++)
		if (table->must && d4_yaml_get(map, table->key) == NULL)
			return d4_diag_set(r->diag, map->at, "add it",
			    "`%s` is missing", table->key);
	return D4_OK;
}

enum d4_status
pol_bad_word(struct pol_reader *r, const struct d4_yaml *n, const char *what,
    const char *const *known)
{
	char hint[D4_DIAG_TEXT];

	d4_nearest_hint(n->text, known, hint, sizeof(hint));
	return POL_BAD(r, n, hint, "unknown %s `%.64s`", what, n->text);
}

/* Ids stand at the front of every entry. */
static const char *
entry_id(const void *array, size_t size, size_t i)
{
	return (const char *)array + i * size;
}

static enum d4_status
check_unique(struct pol_reader *r, const struct pol_entity *e,
    const struct d4_yaml *list, const void *array, size_t i)
{
	const char *id = entry_id(array, e->size, i);
	size_t k;

	for (k = 0; k < i; k++)
		if (strcmp(entry_id(array, e->size, k), id) == 0)
			return POL_BAD(r, d4_yaml_get(list->item[i], "id"),
			    "give it another id",
			    "%s `%s` is there already, in line %u", e->what, id,
			    list->item[k]->at.line);
	return D4_OK;
}

enum d4_status
pol_entities_read(struct pol_reader *r, const struct pol_entity *e,
    const struct d4_yaml *list, void **array, size_t *n)
{
	enum d4_status st = D4_OK;
	char *entries;
	size_t i;

	if (list->kind != D4_YAML_LIST)
		return POL_BAD(r, list, "write `- id: ...` entries",
		    "no list of %ss", e->what);
	if (list->n > e->max)
		return POL_BAD(r, list, "split the policy over several hubs",
		    "more than %zu %ss", e->max, e->what);
	if (list->n == 0)
		return D4_OK;
	entries = calloc(list->n, e->size);
	if (entries == NULL)
		return D4_ENOMEM;
	*array = entries;
	*n = list->n;
	for (i = 0; i < list->n && st == D4_OK; i++) {
		st = pol_fields_read(
		    r, e->table, list->item[i], entries + i * e->size);
		if (st == D4_OK)
			st = check_unique(r, e, list, entries, i);
		if (st == D4_OK && e->done != NULL)
			st = e->done(r, list->item[i], entries + i * e->size);
	}
	return st;
}

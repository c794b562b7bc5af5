#include <stdlib.h>
#include <string.h>
#include "policies/pol.h"

bool
pol_list_has(const struct d4_yaml *list, const char *word)
{
	size_t i;

	for (i = 0; list != NULL && i < list->n; i++)
		if (strcmp(list->item[i]->text, word) == 0)
			return true;
	return false;
}

bool
pol_lists_meet(const struct d4_yaml *a, const struct d4_yaml *b)
{
	size_t i;

	for (i = 0; a != NULL && i < a->n; i++)
		if (pol_list_has(b, a->item[i]->text))
			return true;
	return false;
}

/* Nothing written: every type. */
static bool
types_any(const struct pol_types *t)
{
	return t->plain == 0 && t->meta == NULL;
}

bool
pol_types_has(const struct pol_types *t, uint8_t type, const char *ext)
{
	if (types_any(t))
		return true;
	if (type == 254)
		return pol_list_has(t->meta, ext);
	return type < 16 && (t->plain & (1u << type)) != 0;
}

bool
pol_types_meet(const struct pol_types *a, const struct pol_types *b)
{
	return types_any(a) || types_any(b) || (a->plain & b->plain) != 0 ||
	       pol_lists_meet(a->meta, b->meta);
}

static int
uuid_order(const void *a, const void *b)
{
	return memcmp(a, b, D4_UUID_LEN);
}

bool
pol_uuids_has(const struct pol_uuids *u, const struct d4_uuid *one)
{
	return u->n != 0 && bsearch(one, u->list, u->n, sizeof(*u->list),
				uuid_order) != NULL;
}

bool
pol_uuids_meet(const struct pol_uuids *a, const struct pol_uuids *b)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		if (pol_uuids_has(b, &a->list[i]))
			return true;
	return false;
}

bool
pol_source_feeds(const struct pol_source *from, const struct pol_source *queue)
{
	return from->queue[0] == '\0' &&
	       pol_uuids_meet(&from->sensors, &queue->fed_by) &&
	       pol_types_meet(&from->types, &queue->types);
}

#include <stdbool.h>
#include <string.h>
#include "hub/merge.h"

/* How a member's values become one; the others are added. */
enum merge_how {
	MERGE_SUM,
	MERGE_MAX,
	MERGE_MIN, /* null is more than all */
};

static const struct {
	const char *name;
	enum merge_how how;
} members[] = {
    {"uptime_s", MERGE_MAX},
    {"shards", MERGE_MAX},
    {"length", MERGE_MAX},
    {"readers", MERGE_MAX},
    {"bytes", MERGE_MAX},
    {"bytes_limit", MERGE_MAX},
    {"fill_bytes_per_s", MERGE_MAX},
    {"used_memory", MERGE_MAX},
    {"maxmemory", MERGE_MAX},
    {"limit", MERGE_MAX},
    {"time_to_full_s", MERGE_MIN},
};

static enum merge_how
how_of(const char *name)
{
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (strcmp(members[i].name, name) == 0)
			return members[i].how;
	return MERGE_SUM;
}

static json_int_t
merge_number(enum merge_how how, json_int_t a, json_int_t b)
{
	switch (how) {
	case MERGE_SUM:
		return a + b;
	case MERGE_MAX:
		return a > b ? a : b;
	case MERGE_MIN:
		return a < b ? a : b;
	}
	return a;
}

/* The element that says the same of the same thing, or NULL. */
static json_t *
twin_of(const json_t *list, const json_t *one)
{
	const char *name =
	    json_object_get(one, "queue") != NULL ? "queue" : "uuid";
	const json_t *key = json_object_get(one, name);
	size_t i;
	json_t *o;

	if (key == NULL ||
	    (name[0] == 'u' && json_object_get(one, "reasons") == NULL))
		return NULL;
	json_array_foreach(list, i, o)
	{
		if (json_equal(json_object_get(o, name), key))
			return o;
	}
	return NULL;
}

static void
merge_list(json_t *into, json_t *other)
{
	size_t i;
	json_t *one;

	json_array_foreach(other, i, one)
	{
		json_t *twin = twin_of(into, one);

		if (twin != NULL)
			merge_answer(twin, one);
		else
			(void)json_array_append(into, one);
	}
}

static void
merge_member(json_t *into, const char *name, json_t *theirs)
{
	json_t *ours = json_object_get(into, name);
	enum merge_how how = how_of(name);

	if (ours == NULL || (how == MERGE_MIN && json_is_null(ours))) {
		(void)json_object_set(into, name, theirs);
	} else if (json_is_object(ours) && json_is_object(theirs)) {
		merge_answer(ours, theirs);
	} else if (json_is_array(ours) && json_is_array(theirs)) {
		merge_list(ours, theirs);
	} else if (json_is_integer(ours) && json_is_integer(theirs)) {
		(void)json_object_set_new(into, name,
		    json_integer(merge_number(how, json_integer_value(ours),
			json_integer_value(theirs))));
	} else if (json_is_boolean(ours) && json_is_boolean(theirs)) {
		/* Redis is up when all reach it; what else is true, is. */
		bool up = strcmp(name, "up") == 0 || strcmp(name, "ok") == 0;

		if (json_is_true(theirs) != up)
			(void)json_object_set(into, name, theirs);
	}
}

void
merge_answer(json_t *into, json_t *other)
{
	const char *name;
	json_t *value;

	json_object_foreach(other, name, value)
	{
		merge_member(into, name, value);
	}
}

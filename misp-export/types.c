#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "libd4/kit/file.h"
#include "libd4/kit/json.h"
#include "misp-export/types.h"
#include "misp-export/value.h"

#define TYPES_VERSION 1

/* ---- the built-in list ---- */

/* Categories of MISP 2.5; capture 308, PyMISP's describeTypes. */
static const char *const categories[] = {"Antivirus detection",
    "Artifacts dropped", "Attribution", "External analysis", "Financial fraud",
    "Internal reference", "Network activity", "Other", "Payload delivery",
    "Payload installation", "Payload type", "Persistence mechanism", "Person",
    "Social network", "Support Tool", "Targeting data"};

/* Types that no other category takes (recorded: 460-value, 420 to 428). */
static const char *const only_other[] = {
    "boolean", "counter", "datetime", "float", "size-in-bytes"};

static bool
has(const char *const *list, size_t n, const char *text)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(list[i], text) == 0)
			return true;
	}
	return false;
}

#define HAS(list, text) has(list, sizeof(list) / sizeof((list)[0]), text)

static bool
json_has(const json_t *list, const char *text)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *s = json_string_value(json_array_get(list, i));

		if (s != NULL && strcmp(s, text) == 0)
			return true;
	}
	return false;
}

/* ---- asking ---- */

static bool
type_known(const struct types *t, const char *type)
{
	if (t->describe == NULL)
		return value_category(type) != NULL;
	return json_has(json_object_get(t->describe, "types"), type);
}

static bool
category_known(const struct types *t, const char *category)
{
	if (t->describe == NULL)
		return HAS(categories, category);
	return json_object_get(
		   json_object_get(t->describe, "category_type_mappings"),
		   category) != NULL;
}

static bool
category_takes(const struct types *t, const char *category, const char *type)
{
	if (t->describe == NULL)
		return strcmp(category, "Other") == 0 || !HAS(only_other, type);
	return json_has(json_object_get(json_object_get(t->describe,
					    "category_type_mappings"),
			    category),
	    type);
}

/* One that takes the type, to be named; NULL: none is known. */
static const char *
category_for(const struct types *t, const char *type)
{
	const char *name;
	json_t *list;

	if (t->describe == NULL)
		return value_category(type);
	json_object_foreach(
	    json_object_get(t->describe, "category_type_mappings"), name, list)
	{
		if (json_has(list, type))
			return name;
	}
	return NULL;
}

__attribute__((format(printf, 4, 5))) static bool
problem(struct types_problem *out, size_t rel, const char *remedy,
    const char *what, ...)
{
	va_list ap;

	out->rel = rel;
	va_start(ap, what);
	(void)vsnprintf(out->what, sizeof(out->what), what, ap);
	va_end(ap);
	(void)snprintf(out->remedy, sizeof(out->remedy), "%s", remedy);
	return false;
}

static bool
check_type(const struct types *t, const struct map_rel *rel, size_t i,
    struct types_problem *out)
{
	const char *category =
	    rel->category != NULL ? rel->category : value_category(rel->type);
	const char *other = category_for(t, rel->type);
	char remedy[TYPES_TEXT];

	if (!type_known(t, rel->type))
		return problem(out, i, "use a type that this MISP has",
		    "no type of this MISP: %s", rel->type);
	(void)snprintf(remedy, sizeof(remedy), "write category: %s",
	    other != NULL ? other : "one of this MISP");
	if (category == NULL || !category_known(t, category))
		return problem(out, i, remedy, "no category of this MISP: %s",
		    category != NULL ? category : "none");
	if (!category_takes(t, category, rel->type))
		return problem(out, i, remedy,
		    "that type does not fit the category: %s", category);
	return true;
}

/* A relation that the template does not have is taken (capture 405). */
static bool
check_relation(const json_t *template, const struct map_rel *rel, size_t i,
    struct types_problem *out)
{
	const char *want = json_string_value(
	    json_object_get(json_object_get(template, "type"), rel->relation));
	char remedy[TYPES_TEXT];

	if (want == NULL || strcmp(want, rel->type) == 0)
		return true;
	(void)snprintf(remedy, sizeof(remedy), "write type: %s", want);
	return problem(out, i, remedy,
	    "the template has another type for the relation %s", rel->relation);
}

static bool
mapper_has(const struct mapper *m, const char *relation)
{
	for (const struct map_rel *rel = m->rel; rel->type != NULL; rel++) {
		if (rel->relation != NULL &&
		    strcmp(rel->relation, relation) == 0)
			return true;
	}
	return false;
}

/* All that are required; of `one_of` one (captures 404, 425). */
static bool
check_whole(
    const json_t *template, const struct mapper *m, struct types_problem *out)
{
	const json_t *list = json_object_get(template, "required");
	size_t i, n = json_array_size(list);

	for (i = 0; i < n; i++) {
		const char *s = json_string_value(json_array_get(list, i));

		if (s != NULL && !mapper_has(m, s))
			return problem(out, MAPPER_RELS,
			    "write an attribute with that relation",
			    "the template requires the relation %s", s);
	}
	list = json_object_get(template, "one_of");
	n = json_array_size(list);
	for (i = 0; i < n; i++) {
		const char *s = json_string_value(json_array_get(list, i));

		if (s == NULL || mapper_has(m, s))
			return true;
	}
	return n == 0
	           ? true
	           : problem(out, MAPPER_RELS,
			 "write an attribute with one of its relations",
			 "the template %s requires one of several", m->object);
}

bool
types_check(
    const struct types *t, const struct mapper *m, struct types_problem *out)
{
	const json_t *template =
	    m->object != NULL ? json_object_get(t->templates, m->object) : NULL;

	out->mapper = m;
	for (size_t i = 0; m->rel[i].type != NULL; i++) {
		const struct map_rel *rel = &m->rel[i];

		if ((rel->flags & MAP_HIDDEN) != 0)
			continue;
		if (!check_type(t, rel, i, out))
			return false;
		if (rel->relation != NULL &&
		    !check_relation(template, rel, i, out))
			return false;
	}
	return template == NULL || check_whole(template, m, out);
}

void
types_say(const struct types_problem *p, const struct mappers *mappers,
    const char *file, char *out, size_t n)
{
	struct d4_mark at;
	char place[300] = "";

	if (mappers_at(mappers, p->mapper, p->rel, &at))
		(void)snprintf(place, sizeof(place), "%s:%u:%u: ", file,
		    at.line, at.column);
	(void)snprintf(out, n, "%smapper %s: %s; %s", place, p->mapper->id,
	    p->what, p->remedy);
}

/* ---- answers ---- */

static bool
describe_odd(const json_t *d)
{
	return !json_is_array(json_object_get(d, "types")) ||
	       json_array_size(json_object_get(d, "types")) == 0 ||
	       !json_is_object(json_object_get(d, "category_type_mappings"));
}

bool
types_describe(struct types *t, const json_t *answer)
{
	const json_t *result = json_object_get(answer, "result");
	json_t *copy;

	if (result == NULL)
		result = answer;
	if (describe_odd(result))
		return false;
	copy = json_pack("{s:O, s:O}", "types",
	    json_object_get(result, "types"), "category_type_mappings",
	    json_object_get(result, "category_type_mappings"));
	if (copy == NULL)
		return false;
	json_decref(t->describe);
	t->describe = copy;
	return true;
}

static json_t *
template_types(const json_t *elements)
{
	json_t *o = json_object();

	for (size_t i = 0; i < json_array_size(elements); i++) {
		const json_t *e = json_array_get(elements, i);
		const char *relation =
		    json_string_value(json_object_get(e, "object_relation"));
		const json_t *type = json_object_get(e, "type");

		if (relation != NULL && json_is_string(type))
			(void)json_object_set(
			    o, relation, (json_t *)(uintptr_t)type);
	}
	return o;
}

/* A list of the requirements; none is an empty one. */
static json_t *
template_list(const json_t *requirements, const char *key)
{
	json_t *list = json_object_get(requirements, key);

	return json_is_array(list) ? json_incref(list) : json_array();
}

bool
types_template(struct types *t, const json_t *answer)
{
	const json_t *head = json_object_get(answer, "ObjectTemplate");
	const json_t *elements =
	    json_object_get(answer, "ObjectTemplateElement");
	const json_t *needs = json_object_get(head, "requirements");
	const char *name = json_string_value(json_object_get(head, "name"));
	json_t *o;

	if (name == NULL || !json_is_array(elements))
		return false;
	if (t->templates == NULL)
		t->templates = json_object();
	o = json_pack("{s:o, s:o, s:o}", "required",
	    template_list(needs, "required"), "one_of",
	    template_list(needs, "requiredOneOf"), "type",
	    template_types(elements));
	return json_object_set_new(t->templates, name, o) == 0;
}

/* ---- the file ---- */

void
types_fini(struct types *t)
{
	json_decref(t->describe);
	json_decref(t->templates);
	*t = (struct types){.describe = NULL};
}

static enum d4_status
types_parse(struct d4_slice text, struct types *out)
{
	json_t *o = json_loadb(
	    (const char *)text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	json_t *templates = json_object_get(o, "templates");
	struct types t = {.describe = NULL};
	bool ok;

	ok = json_integer_value(json_object_get(o, "v")) == TYPES_VERSION &&
	     d4_json_text(o, "version", t.version, sizeof(t.version)) &&
	     types_describe(&t, json_object_get(o, "describe"));
	if (ok && json_is_object(templates))
		t.templates = json_incref(templates);
	json_decref(o);
	if (!ok) {
		types_fini(&t);
		return D4_EMALFORMED;
	}
	*out = t;
	return D4_OK;
}

enum d4_status
types_load(const char *dir, struct types *out)
{
	char *path = d4_path(dir, TYPES_FILE);
	enum d4_status st = D4_ENOMEM;
	struct d4_buf text;

	d4_buf_init(&text, TYPES_MAX);
	if (path != NULL)
		st = d4_file_read(path, &text);
	if (st == D4_OK)
		st = types_parse(d4_buf_slice(&text), out);
	d4_buf_fini(&text);
	free(path);
	return st;
}

enum d4_status
types_save(const char *dir, const struct types *t)
{
	char *path = d4_path(dir, TYPES_FILE);
	enum d4_status st = D4_ENOMEM;
	struct d4_buf text;

	d4_buf_init(&text, TYPES_MAX);
	if (path != NULL)
		st = d4_json_line(
		    json_pack("{s:i, s:s, s:O?, s:O?}", "v", TYPES_VERSION,
			"version", t->version, "describe", t->describe,
			"templates", t->templates),
		    JSON_COMPACT, &text);
	if (st == D4_OK)
		st = d4_file_replace(path, d4_buf_slice(&text), 0640);
	d4_buf_fini(&text);
	free(path);
	return st;
}

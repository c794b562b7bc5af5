#include <stdio.h>
#include <string.h>
#include "misp-export/event_json.h"
#include "misp-export/value.h"

#define INHERIT "5" /* the event's distribution; omitted it would be 0 */

void
event_date(const struct event *e, char out[EVENT_DATE])
{
	char text[VALUE_TIME_TEXT];

	value_time(e->name.start_s * 1000000, text);
	(void)snprintf(out, EVENT_DATE, "%.10s", text);
}

void
event_info(const struct event *e, const char *prefix, char *out, size_t n)
{
	char text[VALUE_TIME_TEXT], top[48] = "";

	value_time(e->name.start_s * 1000000, text);
	if (e->top != 0)
		(void)snprintf(top, sizeof(top), " (top %llu)",
		    (unsigned long long)e->top);
	(void)snprintf(out, n, "%s%s: %s %.*s%s", prefix, e->name.source,
	    e->name.kind, e->name.span_s < 86400 ? 13 : 10, text, top);
}

static json_t *
head_tags(const struct event *e, const json_t *tags)
{
	json_t *list = json_array();
	char name[32];

	(void)snprintf(
	    name, sizeof(name), "tlp:%s", terms_label_text(e->name.label));
	(void)json_array_append_new(list, json_pack("{s:s}", "name", name));
	(void)snprintf(
	    name, sizeof(name), "PAP:%s", terms_pap_text(e->name.pap));
	for (char *p = name + 4; *p != '\0'; p++)
		*p = (char)(*p - ('a' - 'A'));
	(void)json_array_append_new(list, json_pack("{s:s}", "name", name));
	for (size_t i = 0; i < json_array_size(tags); i++)
		(void)json_array_append_new(
		    list, json_pack("{s:O}", "name", json_array_get(tags, i)));
	return list;
}

json_t *
event_head(const struct event *e, const struct event_send *s)
{
	char uuid[D4_UUID_TEXT], info[256], date[EVENT_DATE], far[4];
	json_t *o;

	d4_uuid_text(&e->uuid, uuid);
	event_info(e, s->prefix, info, sizeof(info));
	event_date(e, date);
	(void)snprintf(far, sizeof(far), "%d", s->distribution);
	o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:o}", "uuid", uuid,
	    "info", info, "date", date, "threat_level_id", "4", "analysis", "2",
	    "distribution", far, "published", s->published, "Tag",
	    head_tags(e, s->tags));
	if (o != NULL && s->distribution == 4)
		(void)json_object_set_new(
		    o, "sharing_group_id", json_string(s->group));
	return o;
}

/* A pseudonym is no indicator of anything: a text, and not correlated. */
static json_t *
attribute_json(const struct item *it, size_t i, const char *text, bool mapped)
{
	const struct map_rel *rel = &it->mapper->rel[i];
	bool computed = (rel->flags & MAP_COMPUTED) != 0;
	const char *type = mapped ? "text" : rel->type, *category;
	char uuid[D4_UUID_TEXT];
	struct d4_uuid u;
	json_t *o;

	if (item_attribute(it, i, computed ? NULL : text, &u) != D4_OK)
		return NULL;
	d4_uuid_text(&u, uuid);
	category = rel->category != NULL && !mapped ? rel->category
	                                            : value_category(type);
	o = json_pack("{s:s, s:s, s:s, s:s, s:b, s:s, s:b}", "uuid", uuid,
	    "type", type, "category", category, "value", text, "to_ids",
	    it->ids && !mapped && (rel->flags & MAP_IDS) != 0, "distribution",
	    INHERIT, "disable_correlation",
	    mapped || (rel->flags & MAP_QUIET) != 0);
	if (o != NULL && rel->relation != NULL && it->mapper->object != NULL)
		(void)json_object_set_new(
		    o, "object_relation", json_string(rel->relation));
	return o;
}

static json_t *
computed_json(const struct item *it, size_t i)
{
	const struct map_rel *rel = &it->mapper->rel[i];
	char text[256];

	if ((rel->flags & MAP_COUNT) != 0)
		(void)snprintf(text, sizeof(text), "%s%llu", rel->path,
		    (unsigned long long)it->count);
	else
		value_time(
		    (rel->flags & MAP_FIRST) != 0 ? it->first_us : it->last_us,
		    text);
	return attribute_json(it, i, text, false);
}

/* When, and what was said of it: of an object or an attribute. */
static void
json_seen(json_t *o, const struct item *it)
{
	char text[VALUE_TIME_TEXT];

	value_time(it->first_us, text);
	(void)json_object_set_new(o, "first_seen", json_string(text));
	value_time(it->last_us, text);
	(void)json_object_set_new(o, "last_seen", json_string(text));
	if (it->comment[0] != '\0')
		(void)json_object_set_new(
		    o, "comment", json_string(it->comment));
}

static json_t *
object_attributes(const struct item *it)
{
	size_t n = mapper_rels(it->mapper);
	json_t *list = json_array();

	for (size_t i = 0; i < it->n; i++)
		(void)json_array_append_new(
		    list, attribute_json(it, it->value[i].rel,
			      it->value[i].text, it->value[i].mapped));
	for (size_t i = 0; i < n; i++) {
		if ((it->mapper->rel[i].flags & MAP_COMPUTED) != 0)
			(void)json_array_append_new(list, computed_json(it, i));
	}
	return list;
}

static json_t *
object_json(const struct item *it)
{
	const struct template *t = template_find(it->mapper->object);
	char uuid[D4_UUID_TEXT];
	json_t *o;

	if (t == NULL)
		return NULL;
	d4_uuid_text(&it->uuid, uuid);
	o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "uuid", uuid,
	    "name", t->name, "meta-category", t->category, "description",
	    t->description, "template_uuid", t->uuid, "template_version",
	    t->version, "distribution", INHERIT, "Attribute",
	    object_attributes(it));
	if (o != NULL)
		json_seen(o, it);
	return o;
}

json_t *
item_json(const struct item *it)
{
	json_t *o;

	if (it->mapper->object != NULL)
		return object_json(it);
	o = it->n == 0 ? NULL
	               : attribute_json(it, it->value[0].rel, it->value[0].text,
			     it->value[0].mapped);
	if (o != NULL)
		json_seen(o, it);
	return o;
}

bool
event_add_item(json_t *event, const struct item *it)
{
	const char *key = it->mapper->object != NULL ? "Object" : "Attribute";
	json_t *list = json_object_get(event, key);

	if (list == NULL) {
		list = json_array();
		if (json_object_set_new(event, key, list) != 0)
			return false;
	}
	return json_array_append_new(list, item_json(it)) == 0;
}

enum d4_status
item_uuids(const struct item *it,
    void (*fn)(void *arg, const struct d4_uuid *u), void *arg)
{
	size_t n = it->mapper->object != NULL ? mapper_rels(it->mapper) : 0;
	enum d4_status st = D4_OK;
	struct d4_uuid u;

	for (size_t i = 0; i < it->n && st == D4_OK; i++) {
		st =
		    item_attribute(it, it->value[i].rel, it->value[i].text, &u);
		if (st == D4_OK)
			fn(arg, &u);
	}
	for (size_t i = 0; i < n && st == D4_OK; i++) {
		if ((it->mapper->rel[i].flags & MAP_COMPUTED) == 0)
			continue;
		st = item_attribute(it, i, NULL, &u);
		if (st == D4_OK)
			fn(arg, &u);
	}
	return st;
}

/* ---- sightings ---- */

static bool
sighting_add(
    json_t *list, const struct event *e, const struct item *it, unsigned bucket)
{
	uint64_t at =
	    e->name.start_s + (uint64_t)bucket * e->name.span_s / EVENT_BUCKETS;
	char of[D4_UUID_TEXT], id[D4_UUID_TEXT];
	struct d4_uuid u;

	if (item_sighted(it, &u) != D4_OK)
		return false;
	d4_uuid_text(&u, of);
	if (item_sighting(e, it, bucket, &u) != D4_OK)
		return false;
	d4_uuid_text(&u, id);
	return json_array_append_new(list,
		   json_pack("{s:s, s:I, s:s, s:s, s:s}", "attribute_uuid", of,
		       "date_sighting", (json_int_t)at, "source",
		       e->name.source, "type", "0", "uuid", id)) == 0;
}

/* Bits of the buckets whose sightings may go now. */
static uint32_t
sighting_owed(const struct item *it, struct event_may *may)
{
	if (it->state != ITEM_DONE || !item_released(it, may))
		return 0;
	return it->seen & ~it->told;
}

json_t *
event_sightings(const struct event *e, struct event_may *may, size_t most)
{
	json_t *list = json_array();

	for (size_t i = 0; i < e->n; i++) {
		const struct item *it = e->items[i];
		uint32_t owed = sighting_owed(it, may);

		for (unsigned b = 0; b < EVENT_BUCKETS; b++) {
			if ((owed & 1u << b) == 0)
				continue;
			if (json_array_size(list) >= most)
				return list;
			if (!sighting_add(list, e, it, b)) {
				json_decref(list);
				return NULL;
			}
		}
	}
	return list;
}

void
event_sighted(struct event *e, struct event_may *may, size_t most)
{
	size_t n = 0;

	for (size_t i = 0; i < e->n; i++) {
		struct item *it = e->items[i];
		uint32_t owed = sighting_owed(it, may);

		for (unsigned b = 0; b < EVENT_BUCKETS; b++) {
			if ((owed & 1u << b) == 0)
				continue;
			if (n++ == most)
				return;
			it->told |= 1u << b;
		}
	}
}

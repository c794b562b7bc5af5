#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "misp-export/remember.h"
#include "misp-export/value.h"

enum d4_status
remember_init(
    struct remember *r, const struct event *of, const struct mappers *list)
{
	static const struct d4_uuid none = {{0}};
	enum d4_status st;

	*r = (struct remember){.mappers = list};
	st = event_new(&none, &of->name, &r->event);
	if (st != D4_OK)
		return st;
	r->event->uuid = of->uuid;
	r->sighted = json_object();
	if (r->sighted != NULL)
		return D4_OK;
	remember_fini(r);
	return D4_ENOMEM;
}

void
remember_fini(struct remember *r)
{
	event_free(r->event);
	json_decref(r->sighted);
	*r = (struct remember){.event = NULL};
}

/* ---- members of MISP's JSON ---- */

static const char *
text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s != NULL ? s : "";
}

/* true, "1" or 1. */
static bool
true_of(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	return json_is_true(v) || json_integer_value(v) == 1 ||
	       (json_is_string(v) && strcmp(json_string_value(v), "1") == 0);
}

static bool
uuid_of(const json_t *o, const char *key, struct d4_uuid *out)
{
	return d4_uuid_parse(text_of(o, key), out) == D4_OK;
}

static uint64_t
time_of(const json_t *o, const char *key)
{
	return record_time(d4_slice_str(text_of(o, key)));
}

/* ---- sightings ---- */

enum d4_status
remember_sighting(struct remember *r, const json_t *o)
{
	const char *of = text_of(o, "attribute_uuid");
	uint64_t at = strtoull(text_of(o, "date_sighting"), NULL, 10);
	struct d4_uuid attribute, uuid, ours;
	enum d4_status st;
	uint32_t bucket;
	json_int_t bits;

	if (!uuid_of(o, "uuid", &uuid) ||
	    d4_uuid_parse(of, &attribute) != D4_OK || at > UINT64_MAX / 1000000)
		return D4_OK;
	bucket = event_bucket(r->event, at * 1000000);
	st = item_sighting_of(r->event, &attribute, bucket, &ours);
	if (st != D4_OK || !d4_uuid_eq(&uuid, &ours)) {
		r->foreign++;
		return st;
	}
	bits = json_integer_value(json_object_get(r->sighted, of));
	if (json_object_set_new(r->sighted, of,
		json_integer(bits | (json_int_t)1 << bucket)) != 0)
		return D4_ENOMEM;
	return D4_OK;
}

/* ---- items ---- */

/*
 * struct back -- an item on its way back. probe: to ask for its names; text:
 * of values that MISP writes in another way than we do. known: an attribute
 * of it has the name that we would give it.
 */
struct back {
	struct item *probe;
	struct finding f;
	char text[MAPPER_RELS][VALUE_TIME_TEXT];
	uint64_t count;
	bool known, ids;
};

static bool
back_is(const struct item *probe, size_t rel, const char *text,
    const struct d4_uuid *uuid)
{
	struct d4_uuid ours;

	return item_attribute(probe, rel, text, &ours) == D4_OK &&
	       d4_uuid_eq(&ours, uuid);
}

/* The value as we would write it; NULL: it is not the one that we sent. */
static const char *
back_value(
    struct back *b, size_t rel, const char *value, const struct d4_uuid *uuid)
{
	uint64_t us;

	if (back_is(b->probe, rel, value, uuid))
		return value;
	if (strcmp(b->probe->mapper->rel[rel].type, "datetime") != 0)
		return NULL;
	us = record_time(d4_slice_str(value));
	value_time(us, b->text[rel]);
	return us != 0 && back_is(b->probe, rel, b->text[rel], uuid)
	           ? b->text[rel]
	           : NULL;
}

static void
back_count(struct back *b, const struct map_rel *rel, const char *value)
{
	size_t n = strlen(rel->path);

	if ((rel->flags & MAP_COUNT) != 0 && strncmp(value, rel->path, n) == 0)
		b->count = strtoull(value + n, NULL, 10) & INT64_MAX;
}

static void
back_rel(struct back *b, size_t i, const json_t *a)
{
	const struct map_rel *rel = &b->probe->mapper->rel[i];
	bool computed = (rel->flags & MAP_COMPUTED) != 0;
	const char *value = text_of(a, "value");
	struct d4_uuid uuid;

	if (!uuid_of(a, "uuid", &uuid))
		return;
	value = computed ? (back_is(b->probe, i, NULL, &uuid) ? value : NULL)
	                 : back_value(b, i, value, &uuid);
	if (value == NULL)
		return;
	b->known = true;
	if (computed) {
		back_count(b, rel, value);
		return;
	}
	b->ids = b->ids || true_of(a, "to_ids");
	b->f.value[b->f.n++] = (struct finding_value){(uint8_t)i,
	    strcmp(text_of(a, "type"), rel->type) != 0 ||
		((rel->flags & MAP_QUIET) == 0 &&
		    true_of(a, "disable_correlation")),
	    value};
}

static bool
back_has(const struct back *b, size_t rel)
{
	return b->f.n > 0 && b->f.value[b->f.n - 1].rel == rel;
}

static void
back_object(struct back *b, const json_t *o)
{
	const json_t *list = json_object_get(o, "Attribute");
	size_t rels = mapper_rels(b->probe->mapper);

	for (size_t i = 0; i < rels && i < MAPPER_RELS; i++) {
		const char *relation = b->probe->mapper->rel[i].relation;

		for (size_t k = 0;
		     k < json_array_size(list) && relation != NULL; k++) {
			const json_t *a = json_array_get(list, k);

			if (strcmp(text_of(a, "object_relation"), relation) ==
				0 &&
			    !true_of(a, "deleted") && !back_has(b, i))
				back_rel(b, i, a);
		}
	}
}

/* An attribute by itself: its name is made of type and value. */
static enum d4_status
back_attribute(struct back *b, const struct event *e, const json_t *o)
{
	const struct map_rel *rel = b->probe->mapper->rel;
	const char *value = text_of(o, "value");
	enum d4_status st = D4_OK;
	struct d4_uuid ours;
	struct d4_buf key;

	d4_buf_init(&key, VALUE_MAX + 32);
	for (size_t i = 0; rel[i].type != NULL && st == D4_OK; i++) {
		struct d4_slice part[3] = {
		    d4_slice_str("attribute"), d4_slice_str(rel[i].type)};

		key.n = 0;
		st = d4_buf_addf(&key, "%zu:%s", strlen(value), value);
		if (st != D4_OK)
			break;
		part[2] = d4_buf_slice(&key);
		st = identity_v5(&e->uuid, part, 3, &ours);
		if (st != D4_OK || !d4_uuid_eq(&ours, &b->probe->uuid))
			continue;
		b->known = true;
		b->f.value[b->f.n++] = (struct finding_value){(uint8_t)i,
		    strcmp(text_of(o, "type"), rel[i].type) != 0, value};
		b->ids = true_of(o, "to_ids");
		break;
	}
	d4_buf_fini(&key);
	return st == D4_ETOOBIG ? D4_OK : st;
}

static const struct mapper *
back_mapper(const struct remember *r, const json_t *o)
{
	const struct mapper *m = mappers_find(r->mappers, r->event->name.kind);
	const char *name = json_string_value(json_object_get(o, "name"));

	if (name == NULL)
		return m != NULL && m->object == NULL ? m : NULL;
	if (strcmp(name, event_anonymisation()->object) == 0)
		return event_anonymisation();
	return m != NULL && m->object != NULL && strcmp(m->object, name) == 0
	           ? m
	           : NULL;
}

/* In which buckets MISP knows it to be seen. */
static uint32_t
back_seen(const struct remember *r, const struct item *it)
{
	uint32_t seen = 1u << event_bucket(r->event, it->first_us) |
	                1u << event_bucket(r->event, it->last_us);
	char text[D4_UUID_TEXT];
	struct d4_uuid u;

	if (item_sighted(it, &u) != D4_OK)
		return seen;
	d4_uuid_text(&u, text);
	return seen |
	       (uint32_t)json_integer_value(json_object_get(r->sighted, text));
}

static void
back_times(struct item *it, const json_t *o, const struct event_name *n)
{
	uint64_t start = n->start_s * 1000000;

	it->first_us = time_of(o, "first_seen");
	it->last_us = time_of(o, "last_seen");
	if (it->first_us == 0)
		it->first_us = it->last_us != 0 ? it->last_us : start;
	if (it->last_us < it->first_us)
		it->last_us = it->first_us;
	it->came_us = it->last_us;
}

static enum d4_status
back_keep(struct remember *r, const struct back *b, const json_t *o)
{
	struct item *it;

	if (event_find(r->event, &b->probe->uuid) != NULL)
		return D4_OK; /* on two pages */
	it = item_new(&b->f, &b->probe->uuid);
	if (it == NULL)
		return D4_ENOMEM;
	back_times(it, o, &r->event->name);
	it->told = it->seen = back_seen(r, it);
	it->count =
	    b->count != 0 ? b->count : (uint64_t)__builtin_popcount(it->seen);
	it->ids = b->ids;
	it->state = true_of(o, "deleted") ? ITEM_RECALLED : ITEM_DONE;
	r->recalled += it->state != ITEM_DONE;
	return event_add(r->event, it);
}

/* Of what is deleted MISP may keep the parts to itself. */
static bool
back_ours(const struct back *b, const json_t *o)
{
	return b->known ||
	       (b->f.mapper->object != NULL && true_of(o, "deleted"));
}

static enum d4_status
back_take(struct remember *r, struct back *b, const json_t *o)
{
	enum d4_status st = D4_OK;

	if (b->f.mapper->object != NULL)
		back_object(b, o);
	else
		st = back_attribute(b, r->event, o);
	/* Its comment is left there: who knows who wrote it. */
	if (st == D4_OK && back_ours(b, o))
		return back_keep(r, b, o);
	r->foreign++;
	return st;
}

enum d4_status
remember_item(struct remember *r, const json_t *o)
{
	const struct mapper *m = back_mapper(r, o);
	struct d4_uuid uuid;
	struct back *b;
	enum d4_status st = D4_ENOMEM;

	if (m == NULL || !uuid_of(o, "uuid", &uuid)) {
		r->foreign++;
		return D4_OK;
	}
	b = calloc(1, sizeof(*b));
	if (b != NULL) {
		b->f.mapper = m;
		b->probe = item_new(&b->f, &uuid);
	}
	if (b != NULL && b->probe != NULL)
		st = back_take(r, b, o);
	if (b != NULL)
		free(b->probe);
	free(b);
	return st;
}

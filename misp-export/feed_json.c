#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include "misp-export/feed_json.h"

#define FEED_MD5 ((size_t)16)

/* The colours that MISP's taxonomies give to TLP and PAP. */
static const char *
feed_colour(const char *tag)
{
	static const struct {
		const char *end, *colour;
	} rows[] = {{":red", "#FF2B2B"}, {":amber", "#FFC000"},
	    {":amber+strict", "#FFC000"}, {":green", "#33FF00"},
	    {":clear", "#FFFFFF"}};
	const char *colon = strchr(tag, ':');

	if (colon != NULL &&
	    (strncmp(tag, "tlp:", 4) == 0 || strncmp(tag, "PAP:", 4) == 0)) {
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			if (strcasecmp(colon, rows[i].end) == 0)
				return rows[i].colour;
		}
	}
	return "#0088CC";
}

static bool
feed_colours(json_t *tags)
{
	size_t i, n = json_array_size(tags);

	for (i = 0; i < n; i++) {
		json_t *t = json_array_get(tags, i);
		const char *name =
		    json_string_value(json_object_get(t, "name"));

		if (name == NULL || json_object_set_new(t, "colour",
					json_string(feed_colour(name))) != 0)
			return false;
	}
	return true;
}

static bool
feed_stamp(json_t *o, uint64_t s)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)s);
	return json_object_set_new(o, "timestamp", json_string(text)) == 0;
}

/* Deleted is what MISP deletes, too: whatever it has of it, and the parts. */
static bool
feed_mark(json_t *o, uint64_t stamp, bool deleted)
{
	json_t *list = json_object_get(o, "Attribute");
	bool ok = feed_stamp(o, stamp);
	size_t i, n = json_array_size(list);

	if (deleted)
		ok = ok && json_object_set_new(o, "deleted", json_true()) == 0;
	for (i = 0; i < n && ok; i++) {
		json_t *a = json_array_get(list, i);

		ok = feed_stamp(a, stamp);
		if (deleted)
			ok = ok && json_object_set_new(
				       a, "deleted", json_true()) == 0;
	}
	return ok;
}

/* Does it stand in the feed? *deleted: as one that was recalled. */
static bool
feed_takes(const struct item *it, const struct feed_of *of, bool *deleted)
{
	char uuid[D4_UUID_TEXT];

	*deleted = it->state == ITEM_RECALLED || it->state == ITEM_RECALL;
	if (it->n == 0) /* remembered: nobody knows what to say of it */
		return false;
	if (*deleted) {
		d4_uuid_text(&it->uuid, uuid);
		return json_object_get(of->stood, uuid) != NULL;
	}
	return (it->state == ITEM_OPEN || it->state == ITEM_DONE) &&
	       item_released(it, of->may);
}

static bool
feed_item(json_t *event, const struct item *it, const struct feed_of *of,
    bool deleted)
{
	const char *key = it->mapper->object != NULL ? "Object" : "Attribute";
	json_t *list;

	if (!event_add_item(event, it))
		return false;
	list = json_object_get(event, key);
	/* What changes has a newer time; what is deleted, the event's own. */
	return feed_mark(json_array_get(list, json_array_size(list) - 1),
	    deleted ? of->stamp : it->last_us / 1000000, deleted);
}

static bool
feed_items(json_t *event, const struct event *e, const struct feed_of *of,
    size_t count[2])
{
	bool ok = true, deleted;

	for (size_t i = 0; i < e->n && ok; i++) {
		const struct item *it = e->items[i];

		if (!feed_takes(it, of, &deleted))
			continue;
		ok = feed_item(event, it, of, deleted);
		/* What was done to the data is nothing without the data. */
		if (it->mapper == event_anonymisation())
			continue;
		count[1]++;
		count[0] += !deleted;
	}
	return ok;
}

json_t *
feed_event_json(
    const struct event *e, const struct feed_of *of, size_t *live, size_t *all)
{
	const struct event_send send = {.distribution = of->distribution,
	    .group = "",
	    .prefix = of->prefix,
	    .tags = of->tags,
	    .published = true};
	json_t *event = event_head(e, &send), *file = NULL;
	size_t count[2] = {0, 0};
	bool ok = event != NULL;

	ok = ok && feed_colours(json_object_get(event, "Tag"));
	ok = ok && feed_stamp(event, of->stamp);
	ok = ok && json_object_set_new(event, "Orgc",
		       json_pack("{s:s, s:s}", "name", of->name, "uuid",
			   of->uuid)) == 0;
	ok = ok && feed_items(event, e, of, count);
	if (ok)
		file = json_pack("{s:O}", "Event", event);
	json_decref(event);
	*live = count[0];
	*all = count[1];
	return file;
}

json_t *
feed_entry(const json_t *file)
{
	static const char *const keys[] = {"Orgc", "Tag", "info", "date",
	    "analysis", "threat_level_id", "timestamp"};
	const json_t *event = json_object_get(file, "Event");
	json_t *o = json_object();

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && o != NULL;
	     i++) {
		if (json_object_set(
			o, keys[i], json_object_get(event, keys[i])) == 0)
			continue;
		json_decref(o);
		o = NULL;
	}
	return o;
}

/* ---- hashes.csv ---- */

static enum d4_status
hash_line(struct d4_slice value, const char *uuid, struct d4_buf *out)
{
	uint8_t md[EVP_MAX_MD_SIZE];
	char line[2 * FEED_MD5 + 2];
	unsigned n = 0;
	enum d4_status st;

	if (EVP_Digest(value.p, value.n, md, &n, EVP_md5(), NULL) != 1 ||
	    n != FEED_MD5)
		return D4_ECRYPTO;
	d4_slice_hex(d4_slice_of(md, FEED_MD5), line);
	line[2 * FEED_MD5] = ',';
	st = d4_buf_add(out, line, sizeof(line) - 1);
	if (st == D4_OK)
		st = d4_buf_adds(out, uuid);
	return st == D4_OK ? d4_buf_adds(out, "\n") : st;
}

static enum d4_status
hash_value(const json_t *a, const char *uuid, struct d4_buf *out)
{
	const char *type = json_string_value(json_object_get(a, "type"));
	const char *value = json_string_value(json_object_get(a, "value"));
	const char *bar = NULL;
	enum d4_status st = D4_OK;

	if (type == NULL || value == NULL ||
	    json_is_true(json_object_get(a, "deleted")))
		return D4_OK;
	if (strchr(type, '|') != NULL)
		bar = strchr(value, '|');
	if (bar != NULL) {
		st = hash_line(
		    d4_slice_of((const uint8_t *)value, (size_t)(bar - value)),
		    uuid, out);
		value = bar + 1;
	}
	return st == D4_OK ? hash_line(d4_slice_str(value), uuid, out) : st;
}

static enum d4_status
hash_list(const json_t *list, const char *uuid, struct d4_buf *out)
{
	enum d4_status st = D4_OK;

	for (size_t i = 0; i < json_array_size(list) && st == D4_OK; i++)
		st = hash_value(json_array_get(list, i), uuid, out);
	return st;
}

enum d4_status
feed_hashes(const json_t *file, struct d4_buf *out)
{
	const json_t *event = json_object_get(file, "Event");
	const json_t *objects = json_object_get(event, "Object");
	const char *uuid = json_string_value(json_object_get(event, "uuid"));
	enum d4_status st;

	if (uuid == NULL)
		return D4_ENOMEM;
	st = hash_list(json_object_get(event, "Attribute"), uuid, out);
	for (size_t i = 0; i < json_array_size(objects) && st == D4_OK; i++)
		st = hash_list(
		    json_object_get(json_array_get(objects, i), "Attribute"),
		    uuid, out);
	return st;
}

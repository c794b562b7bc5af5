#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "libd4/kit/file.h"
#include "libd4/kit/json.h"
#include "libd4/kit/log.h"
#include "misp-export/event_terms.h"
#include "misp-export/feed_json.h"
#include "misp-export/feed_room.h"
#include "misp-export/value.h"

#define SECOND_US 1000000u

/* ---- opening ---- */

void
feed_conf(struct feed *f, const struct misp_conf *c)
{
	f->conf = c;
	f->print = 0;
	json_decref(f->tags);
	f->tags = json_array();
	for (size_t i = 0; i < c->tags.n; i++)
		(void)json_array_append_new(
		    f->tags, json_string(c->tags.item[i]));
}

enum d4_status
feed_open(const struct misp_conf *c, struct feed **out)
{
	struct feed *f = calloc(1, sizeof(*f));
	enum d4_status st;

	if (f == NULL)
		return D4_ENOMEM;
	d4_buf_init(&f->hashes, FEED_LIST);
	f->gone = json_object();
	feed_conf(f, c);
	st = d4_dir_make(c->feed, 0755);
	if (st == D4_OK)
		st = feed_read(f);
	if (st != D4_OK) {
		feed_free(f);
		return st;
	}
	feed_sweep(f);
	*out = f;
	return D4_OK;
}

void
feed_free(struct feed *f)
{
	if (f == NULL)
		return;
	json_decref(f->manifest);
	json_decref(f->tags);
	json_decref(f->gone);
	d4_buf_fini(&f->hashes);
	free(f);
}

struct feed_counts
feed_counts(const struct feed *f)
{
	struct feed_counts c = f->counts;

	c.events = json_object_size(f->manifest);
	return c;
}

/* ---- one event ---- */

/* The time in the manifest; 0: it does not stand there. */
static uint64_t
feed_stamp_of(const struct feed *f, const char *uuid)
{
	const json_t *o = json_object_get(f->manifest, uuid);
	const char *s = json_string_value(json_object_get(o, "timestamp"));

	return s != NULL ? strtoull(s, NULL, 10) : 0;
}

static enum d4_status
feed_text(const struct event *e, const struct feed_of *of, json_t **file,
    struct d4_buf *text)
{
	size_t live, all;

	json_decref(*file);
	*file = feed_event_json(e, of, &live, &all);
	text->n = 0;
	return d4_json_line(json_incref(*file), JSON_INDENT(1), text);
}

/* As it stands there already: no MISP need read it again. */
static bool
feed_same(const struct feed *f, const char *uuid, const struct d4_buf *text)
{
	char *path = feed_path(f, uuid, ".json");
	struct d4_buf old;
	bool same;

	d4_buf_init(&old, EVENT_FILE_MAX);
	same = path != NULL && d4_file_read(path, &old) == D4_OK &&
	       d4_slice_eq(d4_buf_slice(&old), d4_buf_slice(text));
	d4_buf_fini(&old);
	free(path);
	return same;
}

static enum d4_status
feed_list(struct feed *f, const char *uuid, const json_t *file)
{
	if (json_object_set_new(f->gone, uuid, json_null()) != 0 ||
	    json_object_set_new(f->manifest, uuid, feed_entry(file)) != 0)
		return D4_ENOMEM;
	return feed_hashes(file, &f->hashes);
}

static enum d4_status
feed_write(
    struct feed *f, const struct event *e, struct feed_of *of, uint64_t now_s)
{
	char uuid[D4_UUID_TEXT], name[D4_UUID_TEXT + 8];
	struct d4_buf text;
	json_t *file = NULL;
	enum d4_status st;

	d4_uuid_text(&e->uuid, uuid);
	(void)snprintf(name, sizeof(name), "%s.json", uuid);
	d4_buf_init(&text, EVENT_FILE_MAX);
	of->stamp = feed_stamp_of(f, uuid);
	st = feed_text(e, of, &file, &text);
	if (st == D4_OK && (of->stamp == 0 || !feed_same(f, uuid, &text))) {
		of->stamp = now_s > of->stamp ? now_s : of->stamp + 1;
		st = feed_text(e, of, &file, &text);
		if (st == D4_OK)
			st = feed_put(f, name, d4_buf_slice(&text));
		if (st == D4_OK)
			st = feed_list(f, uuid, file);
		f->counts.written++;
	}
	json_decref(file);
	d4_buf_fini(&text);
	return st;
}

/* It leaves the manifest; the file goes when that is on disk. */
static enum d4_status
feed_drop(struct feed *f, const char *uuid)
{
	if (json_object_get(f->manifest, uuid) == NULL)
		return D4_OK;
	/* The name may be the manifest's own: used before it goes. */
	if (json_object_set_new(f->gone, uuid, json_null()) != 0 ||
	    json_object_del(f->manifest, uuid) != 0)
		return D4_ENOMEM;
	return D4_OK;
}

static bool
stood_add(json_t *stood, const json_t *list)
{
	bool ok = true;

	for (size_t i = 0; i < json_array_size(list) && ok; i++) {
		const char *uuid = json_string_value(
		    json_object_get(json_array_get(list, i), "uuid"));

		ok = uuid == NULL ||
		     json_object_set_new(stood, uuid, json_null()) == 0;
	}
	return ok;
}

/* What stands in the event's file, by UUID; NULL: no memory. */
static json_t *
feed_stood(const struct feed *f, const char *uuid)
{
	bool listed = json_object_get(f->manifest, uuid) != NULL;
	char *path = listed ? feed_path(f, uuid, ".json") : NULL;
	json_t *stood = json_object(), *old = NULL;
	const json_t *event;

	if (path != NULL)
		old = json_load_file(path, 0, NULL);
	event = json_object_get(old, "Event");
	if (!stood_add(stood, json_object_get(event, "Object")) ||
	    !stood_add(stood, json_object_get(event, "Attribute"))) {
		json_decref(stood);
		stood = NULL;
	}
	json_decref(old);
	free(path);
	return stood;
}

static enum d4_status
feed_event(struct feed *f, const struct event *e, struct event_may *may,
    uint64_t now_s)
{
	struct feed_of of = {.name = f->conf->feed_org,
	    .uuid = f->conf->feed_org_uuid,
	    .prefix = f->conf->info,
	    .tags = f->tags,
	    .may = may,
	    .distribution = may->distribution};
	size_t live = 0, all = 0;
	char uuid[D4_UUID_TEXT];
	enum d4_status st;
	json_t *file;

	d4_uuid_text(&e->uuid, uuid);
	if (of.distribution == 4) /* a feed cannot name a group's members */
		of.distribution = 0;
	if (e->name.label > terms_label(f->conf->feed_label)) {
		f->counts.above++;
		return feed_drop(f, uuid);
	}
	of.stood = feed_stood(f, uuid);
	file = feed_event_json(e, &of, &live, &all);
	if (file == NULL || of.stood == NULL)
		st = D4_ENOMEM;
	else if (of.distribution < 0 || all == 0)
		st = feed_drop(f, uuid);
	else
		st = feed_write(f, e, &of, now_s);
	json_decref(file);
	json_decref(of.stood);
	return st;
}

/* One of the store, as it may stand now. */
static enum d4_status
feed_known(struct feed *f, struct store *s, size_t i, struct event_ask *ask)
{
	struct event_may may;
	struct event *e;
	enum d4_status st = store_load(s, i, &e);

	if (st != D4_OK)
		return st;
	event_released(e, ask, &may);
	event_narrow(e, &may);
	st = feed_event(f, e, &may, ask->now_us / SECOND_US);
	if (st == D4_OK)
		store_fed(s, i, may.until_us);
	store_shrink(s, f->conf->memory);
	return st;
}

static bool
feed_over(const struct feed *f, const struct store_known *k, uint64_t now_s)
{
	return k->name.start_s + f->conf->feed_keep_us / SECOND_US < now_s;
}

static enum d4_status
feed_events(
    struct feed *f, struct store *s, const struct terms *t, uint64_t now_s)
{
	struct event_ask ask = {
	    .terms = t, .now_us = now_s * SECOND_US, .feed = true};
	bool all = f->print != terms_print(t);
	enum d4_status st = D4_OK;
	char uuid[D4_UUID_TEXT];

	for (size_t i = 0; i < store_n(s) && st == D4_OK; i++) {
		const struct store_known *k = store_at(s, i);

		d4_uuid_text(&k->uuid, uuid);
		if (feed_over(f, k, now_s))
			st = feed_drop(f, uuid);
		else if (all || k->fed != k->saved || k->again_us <= ask.now_us)
			st = feed_known(f, s, i, &ask);
	}
	return st;
}

/* Of what we know nothing, nobody can say that it is released. */
static enum d4_status
feed_unknown(struct feed *f, const struct store *s)
{
	json_t *known = json_object();
	enum d4_status st = known != NULL ? D4_OK : D4_ENOMEM;
	char text[D4_UUID_TEXT];
	const char *uuid;
	json_t *o;
	void *next;

	for (size_t i = 0; i < store_n(s) && st == D4_OK; i++) {
		d4_uuid_text(&store_at(s, i)->uuid, text);
		if (json_object_set_new(known, text, json_null()) != 0)
			st = D4_ENOMEM;
	}
	json_object_foreach_safe(f->manifest, next, uuid, o)
	{
		if (st == D4_OK && json_object_get(known, uuid) == NULL)
			st = feed_drop(f, uuid);
	}
	json_decref(known);
	return st;
}

/* Events of days that are over for long. */
static enum d4_status
feed_old(struct feed *f, uint64_t now_s)
{
	uint64_t keep = f->conf->feed_keep_us / SECOND_US + 86400;
	char before[VALUE_TIME_TEXT];
	enum d4_status st = D4_OK;
	const char *uuid;
	json_t *o;
	void *next;

	if (now_s < keep)
		return D4_OK;
	value_time((now_s - keep) * 1000000, before);
	json_object_foreach_safe(f->manifest, next, uuid, o)
	{
		const char *date =
		    json_string_value(json_object_get(o, "date"));

		if (st == D4_OK &&
		    (date == NULL || strlen(uuid) != UUID_CHARS ||
			strncmp(date, before, 10) < 0))
			st = feed_drop(f, uuid);
	}
	return st;
}

enum d4_status
feed_turn(
    struct feed *f, struct store *s, const struct terms *t, uint64_t now_s)
{
	enum d4_status st = feed_events(f, s, t, now_s);

	if (st == D4_OK)
		st = feed_old(f, now_s);
	if (st == D4_OK && f->print != terms_print(t))
		st = feed_unknown(f, s);
	if (st == D4_OK)
		st = feed_put_lists(f);
	if (st == D4_OK)
		f->print = terms_print(t);
	return st;
}

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "libd4/kit/file.h"
#include "libd4/kit/json.h"
#include "libd4/kit/log.h"
#include "misp-export/conf.h"
#include "misp-export/event_terms.h"
#include "misp-export/feed.h"
#include "misp-export/feed_json.h"
#include "misp-export/value.h"

#define FEED_LIST  (256u << 20) /* bytes of manifest.json, of hashes.csv */
#define FEED_MODE  0644         /* for a web server */
#define UUID_CHARS (D4_UUID_TEXT - 1)

/*
 * struct feed
 * Shape:  manifest: as on disk, but for a turn under way. print: of the terms
 *         that the folder was brought in line with. hashes: of the events
 *         that changed in this turn; gone: UUIDs of those that stand no more
 *         as they did, an object with null members.
 */
struct feed {
	const struct misp_conf *conf;
	json_t *manifest, *tags, *gone;
	uint64_t print;
	struct d4_buf hashes;
	struct feed_counts counts;
};

static char *
feed_path(const struct feed *f, const char *name, const char *end)
{
	char *file = NULL, *path;

	if (asprintf(&file, "%s%s", name, end) < 0)
		return NULL;
	path = d4_path(f->conf->feed, file);
	free(file);
	return path;
}

static enum d4_status
feed_put(const struct feed *f, const char *name, struct d4_slice text)
{
	char *path = feed_path(f, name, "");
	enum d4_status st = D4_ENOMEM;

	if (path != NULL)
		st = d4_file_replace(path, text, FEED_MODE);
	free(path);
	return st;
}

/* ---- opening ---- */

static enum d4_status
feed_read(struct feed *f)
{
	char *path = feed_path(f, "manifest.json", "");
	enum d4_status st = D4_ENOMEM;
	struct d4_buf text;

	d4_buf_init(&text, FEED_LIST);
	if (path != NULL)
		st = d4_file_read(path, &text);
	if (st == D4_OK)
		f->manifest = json_loadb(
		    (const char *)text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	if (st == D4_OK && !json_is_object(f->manifest))
		d4_warnx(
		    "alarm feed=%s error=\"no manifest, written anew\"", path);
	if (!json_is_object(f->manifest)) {
		json_decref(f->manifest);
		f->manifest = json_object();
	}
	d4_buf_fini(&text);
	free(path);
	return st == D4_ENOENT ? D4_OK : st;
}

enum d4_status
feed_open(const struct misp_conf *c, struct feed **out)
{
	struct feed *f = calloc(1, sizeof(*f));
	enum d4_status st;

	if (f == NULL)
		return D4_ENOMEM;
	f->conf = c;
	d4_buf_init(&f->hashes, FEED_LIST);
	f->tags = json_array();
	f->gone = json_object();
	for (size_t i = 0; i < c->tags.n; i++)
		(void)json_array_append_new(
		    f->tags, json_string(c->tags.item[i]));
	st = d4_dir_make(c->feed, 0755);
	if (st == D4_OK)
		st = feed_read(f);
	if (st != D4_OK) {
		feed_free(f);
		return st;
	}
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

static enum d4_status
feed_event(struct feed *f, const struct event *e, const struct terms *t,
    uint64_t now_s)
{
	struct feed_of of = {.name = f->conf->feed_org,
	    .uuid = f->conf->feed_org_uuid,
	    .prefix = f->conf->info,
	    .tags = f->tags,
	    .distribution = e->distribution};
	size_t live = 0, all = 0;
	char uuid[D4_UUID_TEXT];
	json_t *file;

	d4_uuid_text(&e->uuid, uuid);
	of.lanes = event_released(e, t, false, &of.distribution);
	if (of.distribution == 4) /* a feed cannot name a group's members */
		of.distribution = 0;
	if (e->name.label > terms_label(f->conf->feed_label)) {
		f->counts.above++;
		return feed_drop(f, uuid);
	}
	file = feed_event_json(e, &of, &live, &all);
	if (file == NULL)
		return D4_ENOMEM;
	json_decref(file);
	/* Recalled ones stand where they stood; else nobody is told of them. */
	if (of.distribution < 0 || all == 0 ||
	    (live == 0 && json_object_get(f->manifest, uuid) == NULL))
		return feed_drop(f, uuid);
	return feed_write(f, e, &of, now_s);
}

static enum d4_status
feed_events(
    struct feed *f, struct store *s, const struct terms *t, uint64_t now_s)
{
	bool all = f->print != terms_print(t);
	enum d4_status st = D4_OK;
	struct event *e;

	for (size_t i = 0; i < store_n(s) && st == D4_OK; i++) {
		const struct store_known *k = store_at(s, i);

		if ((!all && k->fed == k->saved) ||
		    k->name.start_s + f->conf->feed_keep_us / 1000000 < now_s)
			continue;
		st = store_load(s, i, &e);
		if (st == D4_OK)
			st = feed_event(f, e, t, now_s);
		if (st == D4_OK)
			store_fed(s, i);
		store_shrink(s, f->conf->memory);
	}
	return st;
}

/* Events of days that are over for long. */
static enum d4_status
feed_old(struct feed *f, uint64_t now_s)
{
	uint64_t keep = f->conf->feed_keep_us / 1000000 + 86400;
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

/* hashes.csv: without the lines of events that changed, with their new ones. */
static enum d4_status
feed_put_hashes(struct feed *f)
{
	char *path = feed_path(f, "hashes.csv", ""), uuid[D4_UUID_TEXT];
	enum d4_status st = D4_ENOMEM;
	struct d4_buf old, made;
	struct d4_slice rest;

	d4_buf_init(&old, FEED_LIST);
	d4_buf_init(&made, FEED_LIST);
	if (path != NULL)
		st = d4_file_read(path, &old);
	if (st == D4_ENOENT)
		st = D4_OK;
	rest = d4_buf_slice(&old);
	while (rest.n > 0 && st == D4_OK) {
		const uint8_t *end = memchr(rest.p, '\n', rest.n);
		size_t n = end != NULL ? (size_t)(end - rest.p) + 1 : rest.n;
		struct d4_slice line = d4_slice_skip(&rest, n);

		if (line.n != 32 + 1 + UUID_CHARS + 1)
			continue;
		(void)snprintf(
		    uuid, sizeof(uuid), "%.36s", (const char *)line.p + 33);
		if (json_object_get(f->gone, uuid) == NULL)
			st = d4_buf_add(&made, line.p, line.n);
	}
	if (st == D4_OK)
		st = d4_buf_add(&made, f->hashes.p, f->hashes.n);
	if (st == D4_OK)
		st = d4_file_replace(path, d4_buf_slice(&made), FEED_MODE);
	d4_buf_fini(&old);
	d4_buf_fini(&made);
	free(path);
	return st;
}

static enum d4_status
feed_put_manifest(struct feed *f)
{
	struct d4_buf text;
	enum d4_status st;

	d4_buf_init(&text, FEED_LIST);
	st = d4_json_line(
	    json_incref(f->manifest), JSON_INDENT(1) | JSON_SORT_KEYS, &text);
	if (st == D4_OK)
		st = feed_put(f, "manifest.json", d4_buf_slice(&text));
	d4_buf_fini(&text);
	return st;
}

static void
feed_unlink(struct feed *f)
{
	const char *uuid;
	json_t *o;
	char *path;

	json_object_foreach(f->gone, uuid, o)
	{
		if (json_object_get(f->manifest, uuid) != NULL)
			continue;
		path = feed_path(f, uuid, ".json");
		if (path != NULL && unlink(path) != 0 && errno != ENOENT)
			d4_warn("feed=%s", path);
		else
			f->counts.removed++;
		free(path);
	}
}

enum d4_status
feed_turn(
    struct feed *f, struct store *s, const struct terms *t, uint64_t now_s)
{
	enum d4_status st = feed_events(f, s, t, now_s);

	if (st == D4_OK)
		st = feed_old(f, now_s);
	if (st == D4_OK && json_object_size(f->gone) != 0) {
		st = feed_put_hashes(f);
		if (st == D4_OK)
			st = feed_put_manifest(f);
		if (st == D4_OK) {
			feed_unlink(f);
			(void)json_object_clear(f->gone);
			f->hashes.n = 0;
		}
	}
	if (st == D4_OK)
		f->print = terms_print(t);
	return st;
}

/* The feed's files. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "libd4/kit/file.h"
#include "libd4/kit/json.h"
#include "libd4/kit/log.h"
#include "misp-export/feed_room.h"
#include "misp-export/tidy.h"

#define FEED_MODE 0644 /* for a web server */

char *
feed_path(const struct feed *f, const char *name, const char *end)
{
	char *file = NULL, *path;

	if (asprintf(&file, "%s%s", name, end) < 0)
		return NULL;
	path = d4_path(f->conf->feed, file);
	free(file);
	return path;
}

enum d4_status
feed_put(const struct feed *f, const char *name, struct d4_slice text)
{
	char *path = feed_path(f, name, "");
	enum d4_status st = D4_ENOMEM;

	if (path != NULL)
		st = d4_file_replace(path, text, FEED_MODE);
	free(path);
	return st;
}

/* ---- reading ---- */

enum d4_status
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

/* UUID.json to UUID. */
static bool
sweep_event(const char *name, char uuid[D4_UUID_TEXT])
{
	struct d4_uuid u;

	if (strlen(name) != UUID_CHARS + strlen(".json") ||
	    strcmp(name + UUID_CHARS, ".json") != 0)
		return false;
	memcpy(uuid, name, UUID_CHARS);
	uuid[UUID_CHARS] = '\0';
	return d4_uuid_parse(uuid, &u) == D4_OK;
}

void
feed_sweep(const struct feed *f)
{
	DIR *d = opendir(f->conf->feed);
	char uuid[D4_UUID_TEXT];
	struct dirent *e;

	tidy(f->conf->feed);
	while (d != NULL && (e = readdir(d)) != NULL) {
		if (sweep_event(e->d_name, uuid) &&
		    json_object_get(f->manifest, uuid) == NULL &&
		    unlinkat(dirfd(d), e->d_name, 0) != 0)
			d4_warn("feed=%s file=%s", f->conf->feed, e->d_name);
	}
	if (d != NULL)
		(void)closedir(d);
}

/* ---- writing ---- */

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
feed_put_lists(struct feed *f)
{
	enum d4_status st = D4_OK;

	if (json_object_size(f->gone) == 0)
		return D4_OK;
	st = feed_put_hashes(f);
	if (st == D4_OK)
		st = feed_put_manifest(f);
	if (st != D4_OK)
		return st;
	feed_unlink(f);
	(void)json_object_clear(f->gone);
	f->hashes.n = 0;
	return D4_OK;
}

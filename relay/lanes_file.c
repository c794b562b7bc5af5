#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <jansson.h>
#include "libd4/kit/file.h"
#include "libd4/kit/spool_format.h"
#include "relay/lanes_file.h"

#define FILE_VERSION 1

static char *
file_path(const char *state, const struct lane *lane, bool folder)
{
	char name[128];

	if (folder)
		(void)snprintf(
		    name, sizeof(name), "lanes/%s", lane->head.partner);
	else
		(void)snprintf(name, sizeof(name), "lanes/%s/%s.json",
		    lane->head.partner, lane->head.id);
	return d4_path(state, name);
}

enum d4_status
lane_feed_add(struct lane *lane, const struct lane_feed *feed)
{
	struct lane_feed *list, own = *feed;
	uint8_t *meta;
	size_t cap;

	if (lane->n_feeds >= LANES_FEEDS)
		return D4_ETOOBIG;
	if (lane->n_feeds == lane->cap_feeds) {
		cap = lane->cap_feeds == 0 ? 4 : 2 * lane->cap_feeds;
		list = reallocarray(lane->feed, cap, sizeof(*list));
		if (list == NULL)
			return D4_ENOMEM;
		lane->feed = list;
		lane->cap_feeds = cap;
	}
	meta = malloc(feed->meta.n + 1);
	if (meta == NULL)
		return D4_ENOMEM;
	if (feed->meta.n > 0)
		memcpy(meta, feed->meta.p, feed->meta.n);
	own.meta.p = meta;
	lane->feed[lane->n_feeds++] = own;
	return D4_OK;
}

void
lane_feeds_fini(struct lane *lane)
{
	for (size_t i = 0; i < lane->n_feeds; i++)
		free((void *)(uintptr_t)lane->feed[i].meta.p);
	free(lane->feed);
	lane->feed = NULL;
	lane->n_feeds = lane->cap_feeds = 0;
	lane->n_barred = 0;
}

void
lanes_bar(struct lane *lane)
{
	lane->barred = d4_spool_seq(lane->writer);
	lane->n_barred = d4_spool_queued(lane->writer) > 0 ? 0 : lane->n_feeds;
}

uint64_t
lane_retired(const struct lane *lane, const bool *keep)
{
	bool since = lane->n_barred > 0;

	for (size_t i = 0; i < lane->n_feeds; i++)
		since = since && keep[i] == (i >= lane->n_barred);
	return since ? lane->barred : d4_spool_seq(lane->writer);
}

/* The header as received may be any bytes: JSON strings hold UTF-8 only. */
static json_t *
file_meta(struct d4_slice meta)
{
	json_t *text =
	    json_stringn(meta.n > 0 ? (const char *)meta.p : "", meta.n);
	json_t *hex;
	char *out;

	if (text != NULL)
		return text;
	out = malloc(2 * meta.n + 1);
	if (out == NULL)
		return NULL;
	d4_slice_hex(meta, out);
	hex = json_pack("{s:s}", "hex", out);
	free(out);
	return hex;
}

static json_t *
file_feeds(const struct lane *lane)
{
	json_t *list = json_array();
	char sensor[D4_UUID_TEXT];

	for (size_t i = 0; i < lane->n_feeds; i++) {
		const struct lane_feed *f = &lane->feed[i];
		json_t *o;

		d4_uuid_text(&f->sensor, sensor);
		o = json_pack("{s:s, s:s, s:s, s:i, s:o}", "source", f->source,
		    "to", f->to, "sensor", sensor, "type", (int)f->type, "meta",
		    file_meta(f->meta));
		if (json_array_append_new(list, o) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* A segment's header, for the day when none of the lane can be read. */
static json_t *
file_head(const struct lane *lane)
{
	json_t *head = NULL;
	struct d4_buf b;
	char *hex = NULL;

	d4_buf_init(&b, SPOOL_HEAD + SPOOL_JSON_MAX);
	if (spool_lane_encode(&lane->head, "", &b) == D4_OK)
		hex = malloc(2 * b.n + 1);
	if (hex != NULL) {
		d4_slice_hex(d4_buf_slice(&b), hex);
		head = json_string(hex);
	}
	free(hex);
	d4_buf_fini(&b);
	return head;
}

static char *
file_text(const struct lane *lane)
{
	json_t *o = json_pack("{s:i, s:s, s:s, s:I, s:o, s:o*}", "v",
	    FILE_VERSION, "partner", lane->head.partner, "lane", lane->head.id,
	    "after", (json_int_t)lane->after, "feeds", file_feeds(lane), "head",
	    file_head(lane));
	char *text = o == NULL ? NULL : json_dumps(o, JSON_COMPACT);

	json_decref(o);
	return text;
}

enum d4_status
lanes_file_save(const char *state, const struct lane *lane)
{
	char *path = file_path(state, lane, false);
	char *folder = file_path(state, lane, true);
	char *text = file_text(lane);
	enum d4_status st = D4_ENOMEM;

	if (path != NULL && folder != NULL && text != NULL)
		st = d4_dir_make(folder, 0700);
	if (st == D4_OK)
		st = d4_file_replace(path, d4_slice_str(text), 0600);
	free(path);
	free(folder);
	free(text);
	return st;
}

void
lanes_file_remove(const char *state, const char *partner, const char *id)
{
	char name[128];
	char *path;

	(void)snprintf(name, sizeof(name), "lanes/%s/%s.json", partner, id);
	path = d4_path(state, name);
	if (path != NULL)
		(void)unlink(path);
	free(path);
}

static int
file_nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Appends the bytes of a string of hex digits to out. */
static bool
file_read_hex(const json_t *hex, struct d4_buf *out)
{
	const char *s = json_string_value(hex);
	size_t n = json_string_length(hex);

	if (s == NULL || n % 2 != 0)
		return false;
	for (size_t i = 0; i < n; i += 2) {
		int hi = file_nibble(s[i]), lo = file_nibble(s[i + 1]);
		uint8_t b;

		if (hi < 0 || lo < 0)
			return false;
		b = (uint8_t)((unsigned)hi << 4 | (unsigned)lo);
		if (d4_buf_add(out, &b, 1) != D4_OK)
			return false;
	}
	return true;
}

/* Appends what a meta member says to out. */
static bool
file_read_meta(const json_t *v, struct d4_buf *out)
{
	if (json_is_string(v))
		return d4_buf_add(out, json_string_value(v),
			   json_string_length(v)) == D4_OK;
	return file_read_hex(json_object_get(v, "hex"), out);
}

static enum d4_status
file_read_feed(const json_t *o, struct lane *lane)
{
	const char *source = json_string_value(json_object_get(o, "source"));
	const char *sensor = json_string_value(json_object_get(o, "sensor"));
	const char *to = json_string_value(json_object_get(o, "to"));
	json_int_t type = json_integer_value(json_object_get(o, "type"));
	struct lane_feed f = {.to = LANES_ANYBODY, .type = (uint8_t)type};
	enum d4_status st;
	struct d4_buf meta;

	if (source == NULL || sensor == NULL ||
	    (to != NULL && strlen(to) >= sizeof(f.to)) ||
	    strlen(source) >= sizeof(f.source) || type < 1 ||
	    type > UINT8_MAX || d4_uuid_parse(sensor, &f.sensor) != D4_OK)
		return D4_EMALFORMED;
	memcpy(f.source, source, strlen(source) + 1);
	if (to != NULL)
		memcpy(f.to, to, strlen(to) + 1);
	d4_buf_init(&meta, 1u << 20);
	st = D4_EMALFORMED;
	if (file_read_meta(json_object_get(o, "meta"), &meta)) {
		f.meta = d4_buf_slice(&meta);
		st = lane_feed_add(lane, &f);
	}
	d4_buf_fini(&meta);
	return st;
}

static enum d4_status
file_read(const json_t *o, struct lane *lane)
{
	const json_t *feeds = json_object_get(o, "feeds");
	const json_t *after = json_object_get(o, "after");
	enum d4_status st = D4_OK;

	if (json_integer_value(json_object_get(o, "v")) != FILE_VERSION)
		return D4_EVERSION;
	if (!json_is_array(feeds) || !json_is_integer(after) ||
	    json_integer_value(after) < 0)
		return D4_EMALFORMED;
	for (size_t i = 0; st == D4_OK && i < json_array_size(feeds); i++)
		st = file_read_feed(json_array_get(feeds, i), lane);
	if (st != D4_OK) {
		lane_feeds_fini(lane);
		return st;
	}
	lane->after = (uint64_t)json_integer_value(after);
	lane->known = true;
	return D4_OK;
}

/* Reads and parses it. Owns: *out. */
static enum d4_status
file_open(const char *path, json_t **out)
{
	struct d4_buf text;
	enum d4_status st;

	d4_buf_init(&text, LANES_FILE_MAX);
	st = path == NULL ? D4_ENOMEM : d4_file_read(path, &text);
	if (st == D4_OK) {
		*out = json_loadb((const char *)text.p, text.n,
		    JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
		st = *out == NULL ? D4_EMALFORMED : D4_OK;
	}
	d4_buf_fini(&text);
	return st;
}

enum d4_status
lanes_file_load(const char *state, struct lane *lane)
{
	char *path = file_path(state, lane, false);
	json_t *o = NULL;
	enum d4_status st = file_open(path, &o);

	if (st == D4_OK)
		st = file_read(o, lane);
	json_decref(o);
	free(path);
	return st;
}

enum d4_status
lanes_file_head(const char *state, const struct lane_name *name,
    struct d4_buf *meta, struct d4_spool_lane *out)
{
	char file[128];
	char *path;
	json_t *o = NULL;
	struct d4_buf b;
	enum d4_status st;
	size_t used;

	(void)snprintf(
	    file, sizeof(file), "lanes/%s/%s.json", name->partner, name->id);
	path = d4_path(state, file);
	st = file_open(path, &o);
	d4_buf_init(&b, SPOOL_HEAD + SPOOL_JSON_MAX);
	if (st == D4_OK && !file_read_hex(json_object_get(o, "head"), &b))
		st = D4_EMALFORMED;
	if (st == D4_OK)
		st = spool_lane_decode(d4_buf_slice(&b), meta, out, &used);
	if (st == D4_AGAIN)
		st = D4_EMALFORMED;
	d4_buf_fini(&b);
	json_decref(o);
	free(path);
	return st;
}

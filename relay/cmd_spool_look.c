/* What one lane of the airlock holds; only reads. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/file.h"
#include "libd4/kit/json.h"
#include "libd4/kit/spool_cursor.h"
#include "libd4/kit/spool_look.h"
#include "libd4/type.h"
#include "relay/cmd_spool.h"

static void
put(json_t *o, const char *name, uint64_t n)
{
	(void)json_object_set_new(o, name, json_integer((json_int_t)n));
}

static void
put_text(json_t *o, const char *name, const char *s)
{
	(void)json_object_set_new(o, name, json_string(s));
}

static uint64_t
number(const json_t *o, const char *name)
{
	return (uint64_t)json_integer_value(json_object_get(o, name));
}

static int
is_segment(const struct dirent *e)
{
	uint64_t seq;

	return d4_spool_name_seq(e->d_name, &seq);
}

static void
list_segment(const char *dir, const char *name, json_t *lane, json_t *list)
{
	char *path = d4_path(dir, name);
	struct stat sb;

	if (path != NULL && stat(path, &sb) == 0) {
		put(lane, "bytes",
		    number(lane, "bytes") + (uint64_t)sb.st_size);
		(void)json_array_append_new(
		    list, json_pack("{s:s, s:I, s:I}", "file", name, "bytes",
			      (json_int_t)sb.st_size, "changed",
			      (json_int_t)sb.st_mtim.tv_sec));
	}
	free(path);
}

static void
list_head(const char *dir, json_t *lane)
{
	struct d4_spool_lane head;
	uint64_t seq = 0, total = 0;
	struct d4_buf meta;

	d4_buf_init(&meta, 1u << 20);
	if (d4_spool_head(dir, &meta, &head) == D4_OK) {
		put(lane, "type", head.type);
		put_text(lane, "ext", head.ext);
		put_text(lane, "rule", head.rule);
		put_text(lane, "label", head.label);
	}
	d4_buf_fini(&meta);
	if (d4_spool_tail(dir, &seq, &total) == D4_OK) {
		put(lane, "seq", seq);
		put(lane, "records", total);
	}
}

static void
list_cursor(const struct spool_ask *a, json_t *lane)
{
	struct d4_spool_cursor c = {.sent = 0};
	char name[128];
	char *path;

	(void)snprintf(name, sizeof(name), "%s/%s.cursor",
	    d4_json_str(lane, "partner"), d4_json_str(lane, "lane"));
	path = d4_path(a->conf->cursors, name);
	if (path != NULL && d4_spool_cursor_load(path, &c) == D4_OK) {
		put(lane, "sent", c.sent);
		put(lane, "confirmed", c.confirmed);
		put(lane, "gone", c.gone);
	}
	free(path);
}

static int
each_list(struct spool_ask *a, const char *dir, json_t *lane)
{
	json_t *list = json_array();
	struct dirent **e = NULL;
	int n = scandir(dir, &e, is_segment, cmd_spool_names);

	for (int i = 0; i < n; i++) {
		list_segment(dir, e[i]->d_name, lane, list);
		free((void *)e[i]);
	}
	free((void *)e);
	(void)json_object_set_new(lane, "segments", list);
	list_head(dir, lane);
	list_cursor(a, lane);
	return 0;
}

static void
print_list(const json_t *o)
{
	const json_t *list = json_object_get(o, "segments");
	char t[D4_TIME_TEXT];

	(void)printf("%s %s type %llu%s%s rule %s label %s\n    seq %llu "
		     "confirmed %llu sent %llu records %llu bytes %llu\n",
	    d4_json_str(o, "partner"), d4_json_str(o, "lane"),
	    (unsigned long long)number(o, "type"),
	    d4_json_str(o, "ext")[0] != '\0' ? "/" : "", d4_json_str(o, "ext"),
	    d4_json_str(o, "rule"), d4_json_str(o, "label"),
	    (unsigned long long)number(o, "seq"),
	    (unsigned long long)number(o, "confirmed"),
	    (unsigned long long)number(o, "sent"),
	    (unsigned long long)number(o, "records"),
	    (unsigned long long)number(o, "bytes"));
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *s = json_array_get(list, i);

		d4_time_text(number(s, "changed") * 1000000, t);
		(void)printf("    %s %llu bytes %s\n", d4_json_str(s, "file"),
		    (unsigned long long)number(s, "bytes"), t);
	}
}

static void
verify_damage(struct spool_ask *a, json_t *list,
    const struct d4_spool_where *at, uint64_t bytes)
{
	char name[32];

	(void)snprintf(
	    name, sizeof(name), "%020llu.seg", (unsigned long long)at->segment);
	(void)json_array_append_new(
	    list, json_pack("{s:s, s:I, s:I}", "file", name, "offset",
		      (json_int_t)at->offset, "bytes", (json_int_t)bytes));
	a->bad++;
}

static int
each_verify(struct spool_ask *a, const char *dir, json_t *lane)
{
	uint64_t entries = 0, records = 0;
	const struct d4_spool_lane *head;
	json_t *list = json_array();
	struct d4_spool_reader *r;
	struct d4_spool_where at;
	struct d4_spool_entry e;
	enum d4_status st;
	bool whole = false;
	size_t left = 0;

	(void)json_object_set_new(lane, "damages", list);
	st = d4_spool_reader_open(dir, 0, &r);
	if (st != D4_OK)
		return st == D4_ENOENT ? 0 : 1;
	while ((st = d4_spool_next(r, &head, &e)) != D4_AGAIN) {
		at = d4_spool_where(r);
		if (st == D4_ECHECKSUM || st == D4_EVERSION)
			verify_damage(a, list, &at, e.data.n);
		else if (st != D4_OK)
			break;
		entries += st == D4_OK;
		records += st == D4_OK ? e.n : 0;
	}
	at = d4_spool_where(r);
	if (st == D4_AGAIN)
		left = d4_spool_left(r, &whole);
	if (left > 0 && whole)
		verify_damage(a, list, &at, left);
	put(lane, "unfinished", whole ? 0 : left);
	put(lane, "entries", entries);
	put(lane, "records", records);
	d4_spool_reader_close(r);
	return st == D4_AGAIN ? 0 : 1;
}

static void
print_verify(const json_t *o)
{
	const json_t *list = json_object_get(o, "damages");

	(void)printf("%s %s entries %llu records %llu damages %zu "
		     "unfinished %llu bytes\n",
	    d4_json_str(o, "partner"), d4_json_str(o, "lane"),
	    (unsigned long long)number(o, "entries"),
	    (unsigned long long)number(o, "records"), json_array_size(list),
	    (unsigned long long)number(o, "unfinished"));
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *d = json_array_get(list, i);

		(void)printf("    %s offset %llu bytes %llu\n",
		    d4_json_str(d, "file"),
		    (unsigned long long)number(d, "offset"),
		    (unsigned long long)number(d, "bytes"));
	}
}

/* ---- cat: a lane as one file of its type ---- */

/* The opening once, where they are all the same in a lane. */
static bool
cat_entry(const struct d4_type_row *row, struct d4_spool_entry *e, bool *opened)
{
	if (*opened && (row == NULL || row->opening != D4_OPENING_EACH))
		(void)d4_slice_skip(&e->data, e->opening);
	*opened = *opened || e->opening > 0;
	return fwrite(e->data.p, 1, e->data.n, stdout) == e->data.n;
}

/* Up to the end (D4_AGAIN), or behind the last one asked for (D4_OK). */
static enum d4_status
cat_lane(struct spool_ask *a, struct d4_spool_reader *r)
{
	const struct d4_spool_lane *head;
	const struct d4_type_row *row;
	struct d4_spool_entry e;
	bool opened = false;
	enum d4_status st;

	while ((st = d4_spool_next(r, &head, &e)) != D4_AGAIN) {
		if (st == D4_ECHECKSUM || st == D4_EVERSION) {
			a->bad++;
			continue;
		}
		if (st != D4_OK || e.seq > a->to)
			break;
		row = d4_type_of(head->type, head->ext);
		if (!cat_entry(row, &e, &opened))
			return D4_EIO;
	}
	return st;
}

static int
each_cat(struct spool_ask *a, const char *dir, json_t *lane)
{
	struct d4_spool_reader *r;
	enum d4_status st;

	(void)lane;
	st = d4_spool_reader_open(dir, a->from > 0 ? a->from - 1 : 0, &r);
	if (st != D4_OK)
		return st == D4_ENOENT ? 0 : 1;
	st = cat_lane(a, r);
	d4_spool_reader_close(r);
	return st == D4_AGAIN || st == D4_OK ? 0 : 1;
}

/* ---- the table ---- */

static const struct spool_way ways[] = {
    {"ls", each_list, print_list},
    {"verify", each_verify, print_verify},
    {"cat", each_cat, NULL},
};

const struct spool_way *
cmd_spool_way(const char *name)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (strcmp(ways[i].name, name) == 0)
			return &ways[i];
	}
	return NULL;
}

/* What is in the airlock; only reads, whether the relay runs or not. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/file.h"
#include "libd4/kit/spool_cursor.h"
#include "libd4/kit/spool_look.h"
#include "relay/commands.h"

/* What was asked for: partner, lane NULL all; and found: lanes, damages. */
struct spool_ask {
	const struct relay_conf *conf;
	const char *partner, *lane;
	bool json;
	uint64_t from, to;
	json_t *out;
	uint64_t bad;
	int (*each)(struct spool_ask *a, const char *dir, json_t *lane);
};

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

static const char *
text(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s != NULL ? s : "";
}

static int
compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
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
	    text(lane, "partner"), text(lane, "lane"));
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
	int n = scandir(dir, &e, is_segment, compare_names);

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
	    text(o, "partner"), text(o, "lane"),
	    (unsigned long long)number(o, "type"),
	    text(o, "ext")[0] != '\0' ? "/" : "", text(o, "ext"),
	    text(o, "rule"), text(o, "label"),
	    (unsigned long long)number(o, "seq"),
	    (unsigned long long)number(o, "confirmed"),
	    (unsigned long long)number(o, "sent"),
	    (unsigned long long)number(o, "records"),
	    (unsigned long long)number(o, "bytes"));
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *s = json_array_get(list, i);

		d4_time_text(number(s, "changed") * 1000000, t);
		(void)printf("    %s %llu bytes %s\n", text(s, "file"),
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
	    text(o, "partner"), text(o, "lane"),
	    (unsigned long long)number(o, "entries"),
	    (unsigned long long)number(o, "records"), json_array_size(list),
	    (unsigned long long)number(o, "unfinished"));
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *d = json_array_get(list, i);

		(void)printf("    %s offset %llu bytes %llu\n", text(d, "file"),
		    (unsigned long long)number(d, "offset"),
		    (unsigned long long)number(d, "bytes"));
	}
}

/* ---- cat: a lane as one file of its type ---- */

static int
each_cat(struct spool_ask *a, const char *dir, json_t *lane)
{
	const struct d4_spool_lane *head;
	struct d4_spool_reader *r;
	struct d4_spool_entry e;
	enum d4_status st;
	bool opened = false;

	(void)lane;
	st = d4_spool_reader_open(dir, a->from > 0 ? a->from - 1 : 0, &r);
	if (st != D4_OK)
		return st == D4_ENOENT ? 0 : 1;
	while ((st = d4_spool_next(r, &head, &e)) != D4_AGAIN) {
		if (st == D4_ECHECKSUM || st == D4_EVERSION) {
			a->bad++;
			continue;
		}
		if (st != D4_OK || e.seq > a->to)
			break;
		/* The opening once: they are all the same in a lane. */
		if (opened)
			(void)d4_slice_skip(&e.data, e.opening);
		opened = opened || e.opening > 0;
		if (fwrite(e.data.p, 1, e.data.n, stdout) != e.data.n)
			break;
	}
	d4_spool_reader_close(r);
	return st == D4_AGAIN || (st == D4_OK && e.seq > a->to) ? 0 : 1;
}

static bool
lane_name(const char *s)
{
	return strlen(s) == 16 && strspn(s, "0123456789abcdef") == 16;
}

static int
walk_partner(struct spool_ask *a, const char *top, const char *partner)
{
	struct dirent **e = NULL;
	int n = scandir(top, &e, NULL, compare_names), code = 0;

	for (int i = 0; i < n; i++) {
		char *dir = d4_path(top, e[i]->d_name);
		json_t *lane;

		if (dir != NULL && lane_name(e[i]->d_name) &&
		    (a->lane == NULL || strcmp(a->lane, e[i]->d_name) == 0)) {
			lane = json_pack("{s:s, s:s}", "partner", partner,
			    "lane", e[i]->d_name);
			code |= a->each(a, dir, lane);
			(void)json_array_append_new(a->out, lane);
		}
		free(dir);
		free((void *)e[i]);
	}
	free((void *)e);
	return code;
}

static int
walk(struct spool_ask *a)
{
	struct dirent **e = NULL;
	int n = scandir(a->conf->spool, &e, NULL, compare_names), code = 0;

	if (n < 0)
		(void)fprintf(stderr, "d4-relay: %s: %s\n", a->conf->spool,
		    strerror(errno));
	for (int i = 0; i < n; i++) {
		char *top = d4_path(a->conf->spool, e[i]->d_name);

		if (top != NULL && e[i]->d_name[0] != '.' &&
		    (a->partner == NULL ||
			strcmp(a->partner, e[i]->d_name) == 0))
			code |= walk_partner(a, top, e[i]->d_name);
		free(top);
		free((void *)e[i]);
	}
	free((void *)e);
	return n < 0 ? 1 : code;
}

static const struct {
	const char *name;
	int (*each)(struct spool_ask *a, const char *dir, json_t *lane);
	void (*print)(const json_t *lane);
} ways[] = {
    {"ls", each_list, print_list},
    {"verify", each_verify, print_verify},
    {"cat", each_cat, NULL},
};

static int
usage(void)
{
	(void)fprintf(stderr,
	    "usage: d4-relay spool ls|verify [--json] [PARTNER [LANE]]\n"
	    "       d4-relay spool status [--json] [PARTNER]\n"
	    "       d4-relay spool cat [--from SEQ] [--to SEQ] PARTNER LANE\n");
	return 64;
}

/* Options and names behind the word; false: not understood. */
static bool
spool_args(struct spool_ask *a, int argc, char **argv)
{
	for (int i = 2; i < argc; i++) {
		char *end = NULL;
		uint64_t *to = strcmp(argv[i], "--from") == 0 ? &a->from
		               : strcmp(argv[i], "--to") == 0 ? &a->to
		                                              : NULL;

		if (strcmp(argv[i], "--json") == 0) {
			a->json = true;
		} else if (to != NULL && ++i < argc) {
			*to = strtoull(argv[i], &end, 10);
			if (end == argv[i] || *end != '\0')
				return false;
		} else if (to != NULL || argv[i][0] == '-') {
			return false;
		} else if (a->partner == NULL) {
			a->partner = argv[i];
		} else if (a->lane == NULL) {
			a->lane = argv[i];
		} else {
			return false;
		}
	}
	return true;
}

int
cmd_spool(const struct relay_conf *c, int argc, char **argv)
{
	struct spool_ask a = {.conf = c, .to = UINT64_MAX};
	size_t way = 0, n = sizeof(ways) / sizeof(ways[0]);
	int code;

	if (argc > 1 && strcmp(argv[1], "status") == 0)
		return cmd_spool_status(c, argc, argv);
	while (argc > 1 && way < n && strcmp(argv[1], ways[way].name) != 0)
		way++;
	if (argc < 2 || way == n || !spool_args(&a, argc, argv) ||
	    (ways[way].print == NULL && a.lane == NULL))
		return usage();
	a.each = ways[way].each;
	a.out = json_array();
	code = walk(&a);
	for (size_t i = 0;
	     ways[way].print != NULL && !a.json && i < json_array_size(a.out);
	     i++)
		ways[way].print(json_array_get(a.out, i));
	if (ways[way].print != NULL && a.json)
		(void)json_dumpf(a.out, stdout, JSON_INDENT(1));
	if (a.bad > 0)
		(void)fprintf(stderr, "d4-relay: %llu damages\n",
		    (unsigned long long)a.bad);
	json_decref(a.out);
	return code != 0 || a.bad > 0 || fflush(stdout) != 0 ? 1 : 0;
}

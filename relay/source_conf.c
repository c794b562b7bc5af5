#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "libd4/type.h"
#include "relay/source_conf.h"

#define HOUR_US    3600000000u
#define MEMBER(m)  offsetof(struct source_conf, m)
#define FILE_LIMIT (1ull << 40)

#define COMMON                                                               \
	{"kind", D4_CONF_STRING, MEMBER(kind_text), 0, 0, NULL, true,        \
	    "d4core-list, directory or stdin"},                              \
	{                                                                    \
		"type", D4_CONF_STRING, MEMBER(type_text), 0, 0, NULL, true, \
		    "1, 3 to 8, or the name of an extended type"             \
	}

static const struct d4_conf_option list_table[] = {
    COMMON,
    {"redis", D4_CONF_STRING, MEMBER(redis), 0, 0, NULL, true,
	"the server that has the lists: tcp://host:port or unix:/path"},
    {"queue", D4_CONF_STRING, MEMBER(queue), 0, 0, NULL, true,
	"the analyzer queue's UUID: list analyzer:TYPE:UUID"},
    {"db", D4_CONF_UINT, MEMBER(db), 0, 15, "2", false,
	"its database of lists"},
    {"metadata_db", D4_CONF_UINT, MEMBER(metadata_db), 0, 15, "0", false,
	"and the one where analyzer:UUID has max_size"},
    {"max_size", D4_CONF_UINT, MEMBER(max_size), 0, 1u << 30, "0", false,
	"items at which the server trims; 0: as its metadata say"},
    {"items", D4_CONF_STRING, MEMBER(items_text), 0, 0, "type", false,
	"lines, files (paths), or type: as d4-core does for it"},
    {"files", D4_CONF_PATH, MEMBER(dir), 0, 0, NULL, false,
	"the folder that must contain all paths"},
    {"prefix", D4_CONF_STRING, MEMBER(prefix), 0, 0, NULL, false,
	"the beginning of the paths at the server, if different"},
    {"file_max", D4_CONF_BYTES, MEMBER(file_max), 65536, FILE_LIMIT, "4GiB",
	false, "largest file, unpacked; the rest is dropped"},
    {.name = NULL},
};

static const struct d4_conf_option directory_table[] = {
    COMMON,
    {"dir", D4_CONF_PATH, MEMBER(dir), 0, 0, NULL, true, "the folder"},
    {"match", D4_CONF_STRING, MEMBER(match), 0, 0, "*", false,
	"names to read, as a shell pattern"},
    {"settle", D4_CONF_DURATION, MEMBER(settle_us), 0, 24ull * HOUR_US, "60s",
	false, "a file not written to for this long is finished"},
    {"superseded", D4_CONF_BOOL, MEMBER(superseded), 0, 0, "false", false,
	"a file is finished when a later one exists (not gzip)"},
    {"order", D4_CONF_STRING, MEMBER(order_text), 0, 0, "name", false,
	"name or time"},
    {"after", D4_CONF_STRING, MEMBER(after_text), 0, 0, "keep", false,
	"what to do with a file when done: keep, delete or move"},
    {"move_to", D4_CONF_PATH, MEMBER(move_to), 0, 0, NULL, false,
	"where to move it, on the same file system"},
    {"file_max", D4_CONF_BYTES, MEMBER(file_max), 65536, FILE_LIMIT, "4GiB",
	false, "largest file, unpacked; the rest is dropped"},
    {.name = NULL},
};

static const struct d4_conf_option stdin_table[] = {
    COMMON,
    {.name = NULL},
};

static const struct {
	const char *name;
	const struct d4_conf_option *table;
} kinds[] = {
    [SOURCE_QUEUES] = {"queues", NULL},
    [SOURCE_LIST] = {"d4core-list", list_table},
    [SOURCE_DIRECTORY] = {"directory", directory_table},
    [SOURCE_STDIN] = {"stdin", stdin_table},
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

const char *
source_conf_kind(enum source_what what)
{
	return kinds[what].name;
}

void
source_conf_help(FILE *to)
{
	for (unsigned i = SOURCE_LIST; i < N_KINDS; i++) {
		(void)fprintf(
		    to, "\noptions of a source of kind %s:\n", kinds[i].name);
		d4_conf_help(kinds[i].table, to);
	}
}

void
source_conf_free(struct source_conf *c)
{
	if (kinds[c->what].table != NULL)
		d4_conf_free(kinds[c->what].table, c);
	*c = (struct source_conf){.what = SOURCE_QUEUES};
}

static struct d4_mark
conf_at(const struct d4_yaml *node, const char *key)
{
	const struct d4_yaml *v = d4_yaml_get(node, key);

	return v != NULL ? v->at : node->at;
}

/* A value out of a few words; *out, given as the default, is its index. */
static enum d4_status
conf_word(const struct d4_yaml *node, const char *key,
    const char *const words[3], unsigned *out, struct d4_diag *diag)
{
	const struct d4_yaml *v = d4_yaml_get(node, key);

	if (v == NULL)
		return D4_OK;
	for (unsigned i = 0; i < 3 && words[i] != NULL; i++) {
		if (strcmp(words[i], v->text) == 0) {
			*out = i;
			return D4_OK;
		}
	}
	return d4_diag_set(diag, v->at, "see d4-relay --help",
	    "not a value of %s: %s", key, v->text);
}

/* A plain type that we can cut, or the name of an extended one. */
static enum d4_status
conf_type(
    const struct d4_yaml *node, struct source_conf *c, struct d4_diag *diag)
{
	const char *text = c->type_text;
	unsigned long n;
	char *end;

	n = strtoul(text, &end, 10);
	if (text[0] >= '0' && text[0] <= '9' && *end == '\0') {
		if (n > UINT8_MAX || d4_type_find((uint8_t)n) == NULL)
			return d4_diag_set(diag, conf_at(node, "type"),
			    "write 1, 3 to 8 or the name of an extended type",
			    "type %s cannot be read", text);
		c->type = (uint8_t)n;
		return D4_OK;
	}
	if (!d4_meta_type_ok(text))
		return d4_diag_set(diag, conf_at(node, "type"),
		    "write 1, 3 to 8 or the name of an extended type",
		    "`%.80s` is not a type", text);
	c->type = D4_TYPE_EXTENDED;
	(void)snprintf(c->ext, sizeof(c->ext), "%s", text);
	return D4_OK;
}

/* It becomes part of a Redis key. */
static bool
conf_queue_ok(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= 64 &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV"
			 "WXYZ0123456789._-") == n;
}

static enum d4_status
conf_list(
    const struct d4_yaml *node, struct source_conf *c, struct d4_diag *diag)
{
	static const char *const words[] = {"lines", "files", "type"};
	const struct d4_type_row *row = d4_type_of(c->type, c->ext);
	bool opens = row->opening != D4_OPENING_NONE;
	enum d4_status st;
	unsigned items = 2;

	if (!conf_queue_ok(c->queue))
		return d4_diag_set(diag, conf_at(node, "queue"),
		    "write the queue's UUID", "not a queue: %.80s", c->queue);
	st = conf_word(node, "items", words, &items, diag);
	if (st != D4_OK)
		return st;
	c->files = items == 1 || (items == 2 && row->paths);
	c->whole = c->files && row->content == D4_CONTENT_BASE64;
	if (!c->files && opens)
		return d4_diag_set(diag, conf_at(node, "items"),
		    "captures come as files", "a capture is no line");
	if (c->files && (c->dir == NULL || c->dir[0] != '/'))
		return d4_diag_set(diag, node->at,
		    "add `files: /folder` that all of them are in",
		    "the items are paths of files, of no known folder");
	if (!c->files && (c->dir != NULL || c->prefix != NULL))
		return d4_diag_set(diag, node->at,
		    "leave files and prefix out, or write `items: files`",
		    "the items are lines");
	return D4_OK;
}

static enum d4_status
conf_directory(
    const struct d4_yaml *node, struct source_conf *c, struct d4_diag *diag)
{
	static const char *const orders[] = {"name", "time", NULL};
	static const char *const afters[] = {"keep", "delete", "move"};
	enum d4_status st;
	unsigned order = 0, after = 0;

	st = conf_word(node, "order", orders, &order, diag);
	if (st == D4_OK)
		st = conf_word(node, "after", afters, &after, diag);
	if (st != D4_OK)
		return st;
	c->by_time = order == 1;
	c->after = (enum source_after)after;
	if ((c->after == SOURCE_MOVE) != (c->move_to != NULL))
		return d4_diag_set(diag, node->at,
		    "write both `after: move` and `move_to: FOLDER`",
		    "half a move");
	return D4_OK;
}

static enum d4_status
conf_check(
    const struct d4_yaml *node, struct source_conf *c, struct d4_diag *diag)
{
	enum d4_status st = conf_type(node, c, diag);

	if (st == D4_OK && c->what == SOURCE_LIST)
		st = conf_list(node, c, diag);
	if (st == D4_OK && c->what == SOURCE_DIRECTORY)
		st = conf_directory(node, c, diag);
	return st;
}

/* Which kind it is says which options it may have. */
static enum d4_status
conf_kind(
    const struct d4_yaml *node, struct source_conf *c, struct d4_diag *diag)
{
	const struct d4_yaml *kind =
	    node->kind == D4_YAML_MAP ? d4_yaml_get(node, "kind") : NULL;

	for (unsigned i = SOURCE_LIST; i < N_KINDS; i++) {
		if (kind == NULL || kind->kind != D4_YAML_SCALAR ||
		    strcmp(kind->text, kinds[i].name) != 0)
			continue;
		c->what = (enum source_what)i;
		return D4_OK;
	}
	return d4_diag_set(diag, kind != NULL ? kind->at : node->at,
	    "write kind: d4core-list, directory or stdin",
	    kind != NULL ? "not a kind of source" : "a source without a kind");
}

enum d4_status
source_conf_read(const struct d4_yaml *map, size_t i, struct d4_diag *diag,
    struct source_conf *out)
{
	const struct d4_yaml *node = map->item[i];
	const char *id = map->key[i]->text;
	enum d4_status st;
	size_t n = strlen(id);

	if (n == 0 || n >= sizeof(out->id) ||
	    strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") != n)
		return d4_diag_set(diag, map->key[i]->at,
		    "use the name of the policy's queue: [a-z0-9-]",
		    "not an id: %.80s", id);
	(void)snprintf(out->id, sizeof(out->id), "%s", id);
	st = conf_kind(node, out, diag);
	if (st == D4_OK)
		st = d4_conf_read(kinds[out->what].table, node, diag, out);
	return st == D4_OK ? conf_check(node, out, diag) : st;
}

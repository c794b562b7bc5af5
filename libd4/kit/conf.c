#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "libd4/kit/conf.h"
#include "libd4/kit/file.h"

#define CONF_OPTIONS 128 /* rows of a table */

static void *
conf_at(void *conf, const struct d4_conf_option *o)
{
	return (char *)conf + o->offset;
}

static enum d4_status
conf_nomem(struct d4_diag *diag, struct d4_mark at)
{
	enum d4_status st = d4_diag_set(diag, at, "", "out of memory");

	return st == D4_EINVAL ? D4_ENOMEM : st;
}

/* A row without limits (both 0) takes every value. */
static uint64_t
conf_max(const struct d4_conf_option *o)
{
	return o->min == 0 && o->max == 0 ? UINT64_MAX : o->max;
}

static enum d4_status
conf_range(const struct d4_conf_option *o, const struct d4_yaml *node,
    struct d4_diag *diag, uint64_t v)
{
	const char *unit = o->type == D4_CONF_DURATION ? " us" : " bytes";

	if (v >= o->min && v <= conf_max(o))
		return D4_OK;
	return d4_diag_set(diag, node->at, "give a value inside the limits",
	    "%s: %s is outside %" PRIu64 " to %" PRIu64 "%s", o->name,
	    node->text, o->min, conf_max(o), unit);
}

static enum d4_status
conf_number(const struct d4_conf_option *o, const struct d4_yaml *node,
    struct d4_diag *diag, uint64_t *out)
{
	const uint64_t range[2] = {o->min, conf_max(o)};
	enum d4_status st;
	uint64_t v = 0;

	if (o->type == D4_CONF_UINT)
		return d4_yaml_u64(node, range, diag, out);
	if (o->type == D4_CONF_DURATION)
		st = d4_yaml_duration_us(node, diag, &v);
	else
		st = d4_yaml_bytes(node, diag, &v);
	if (st == D4_OK)
		st = conf_range(o, node, diag, v);
	if (st == D4_OK)
		*out = v;
	return st;
}

static enum d4_status
conf_scalar(const struct d4_conf_option *o, const struct d4_yaml *node,
    struct d4_diag *diag)
{
	if (node->kind != D4_YAML_SCALAR)
		return d4_diag_set(diag, node->at, "write one value",
		    "%s takes one value", o->name);
	if (o->max != 0 && strlen(node->text) > o->max)
		return d4_diag_set(diag, node->at, "shorten it",
		    "%s is longer than %" PRIu64 " characters", o->name,
		    o->max);
	return D4_OK;
}

/* A relative path is meant from the folder of the file it stands in. */
static char *
conf_path(const char *file, const char *text)
{
	const char *slash = file != NULL ? strrchr(file, '/') : NULL;
	char *dir, *out;

	if (text[0] == '/' || text[0] == '\0' || slash == NULL)
		return strdup(text);
	dir = strndup(file, (size_t)(slash - file));
	if (dir == NULL)
		return NULL;
	out = d4_path(dir, text);
	free(dir);
	return out;
}

static enum d4_status
conf_string(const struct d4_conf_option *o, const struct d4_yaml *node,
    struct d4_diag *diag, char **out)
{
	enum d4_status st = conf_scalar(o, node, diag);
	char *s;

	if (st != D4_OK)
		return st;
	if (o->type == D4_CONF_PATH)
		s = conf_path(diag->file, node->text);
	else
		s = strdup(node->text);
	if (s == NULL)
		return conf_nomem(diag, node->at);
	free(*out);
	*out = s;
	return D4_OK;
}

static void
conf_list_free(struct d4_conf_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->item[i]);
	free(l->item);
	*l = (struct d4_conf_list){0};
}

/* A list of scalars, or one scalar; an empty scalar is the empty list. */
static enum d4_status
conf_list(const struct d4_conf_option *o, const struct d4_yaml *node,
    struct d4_diag *diag, struct d4_conf_list *out)
{
	struct d4_conf_list l = {0};
	enum d4_status st = D4_OK;
	bool one = node->kind == D4_YAML_SCALAR;
	size_t n = one ? (size_t)(node->text[0] != '\0') : node->n;

	if (node->kind == D4_YAML_MAP)
		return d4_diag_set(
		    diag, node->at, "write [a, b]", "%s takes a list", o->name);
	l.item = calloc(n + 1, sizeof(*l.item));
	if (l.item == NULL)
		return conf_nomem(diag, node->at);
	while (st == D4_OK && l.n < n) {
		st = conf_string(
		    o, one ? node : node->item[l.n], diag, &l.item[l.n]);
		if (st == D4_OK)
			l.n++;
	}
	if (st != D4_OK) {
		conf_list_free(&l);
		return st;
	}
	conf_list_free(out);
	*out = l;
	return D4_OK;
}

static enum d4_status
conf_set(const struct d4_conf_option *o, const struct d4_yaml *node,
    struct d4_diag *diag, void *conf)
{
	void *to = conf_at(conf, o);

	switch (o->type) {
	case D4_CONF_STRING:
	case D4_CONF_PATH:
		return conf_string(o, node, diag, to);
	case D4_CONF_BOOL:
		return d4_yaml_bool(node, diag, to);
	case D4_CONF_UINT:
	case D4_CONF_DURATION:
	case D4_CONF_BYTES:
		return conf_number(o, node, diag, to);
	case D4_CONF_LIST:
		return conf_list(o, node, diag, to);
	case D4_CONF_TREE:
		*(const struct d4_yaml **)to = node;
		return D4_OK;
	}
	return D4_EINVAL;
}

static enum d4_status
conf_default(const struct d4_conf_option *o, struct d4_diag *diag, void *conf)
{
	struct d4_yaml node = {.kind = D4_YAML_SCALAR};
	enum d4_status st;

	if (o->def == NULL || o->type == D4_CONF_TREE)
		return D4_OK;
	node.text = strdup(o->def);
	if (node.text == NULL)
		return conf_nomem(diag, node.at);
	st = conf_set(o, &node, diag, conf);
	free(node.text);
	return st;
}

static enum d4_status
conf_option(const struct d4_conf_option *o, const struct d4_yaml *tree,
    struct d4_diag *diag, void *conf)
{
	const struct d4_yaml *node = d4_yaml_get(tree, o->name);

	if (node != NULL)
		return conf_set(o, node, diag, conf);
	if (o->must)
		return d4_diag_set(diag, tree->at, o->help,
		    "option \"%s\" is missing", o->name);
	return conf_default(o, diag, conf);
}

enum d4_status
d4_conf_read(const struct d4_conf_option *table, const struct d4_yaml *tree,
    struct d4_diag *diag, void *out)
{
	const char *known[CONF_OPTIONS + 1];
	enum d4_status st;
	size_t n = 0;

	for (; table[n].name != NULL; n++) {
		assert(n < CONF_OPTIONS);
		known[n] = table[n].name;
	}
	known[n] = NULL;
	st = d4_yaml_keys(tree, known, diag);
	for (size_t i = 0; st == D4_OK && i < n; i++)
		st = conf_option(&table[i], tree, diag, out);
	return st;
}

static enum d4_status
conf_file(const char *path, struct d4_diag *diag, struct d4_buf *text)
{
	struct d4_mark whole = {0, 0};
	enum d4_status st = d4_file_read(path, text);

	if (st == D4_OK)
		return D4_OK;
	if (st == D4_ETOOBIG)
		return d4_diag_set(diag, whole, "split it", "file is too big");
	if (st == D4_ENOMEM)
		return conf_nomem(diag, whole);
	st = d4_diag_set(diag, whole, "", "%s", strerror(errno));
	return st == D4_EINVAL ? D4_EIO : st;
}

enum d4_status
d4_conf_load(const struct d4_conf_option *table, const char *path,
    struct d4_diag *diag, struct d4_yaml **tree, void *out)
{
	struct d4_yaml *root = NULL;
	enum d4_status st;
	struct d4_buf text;

	if (diag->file == NULL)
		diag->file = path;
	d4_buf_init(&text, D4_YAML_BYTES);
	st = conf_file(path, diag, &text);
	if (st == D4_OK)
		st = d4_yaml_parse(d4_buf_slice(&text), diag, &root);
	d4_buf_fini(&text);
	if (st != D4_OK)
		return st;
	st = d4_conf_read(table, root, diag, out);
	if (st != D4_OK) {
		d4_yaml_free(root);
		return st;
	}
	*tree = root;
	return D4_OK;
}

void
d4_conf_free(const struct d4_conf_option *table, void *conf)
{
	for (const struct d4_conf_option *o = table; o->name != NULL; o++) {
		void *at = conf_at(conf, o);

		if (o->type == D4_CONF_STRING || o->type == D4_CONF_PATH) {
			free(*(char **)at);
			*(char **)at = NULL;
		} else if (o->type == D4_CONF_LIST) {
			conf_list_free(at);
		} else if (o->type == D4_CONF_TREE) {
			*(const struct d4_yaml **)at = NULL;
		}
	}
}

void
d4_conf_help(const struct d4_conf_option *table, FILE *to)
{
	for (const struct d4_conf_option *o = table; o->name != NULL; o++) {
		const char *def = o->def != NULL ? o->def : "-";

		(void)fprintf(to, "  %-20s %-12s %s\n", o->name,
		    o->must ? "(mandatory)" : def, o->help);
	}
}

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "misp-export/warninglist.h"
#include "misp-export/warninglist_set.h"

#define LIST_NAME  128u
#define LIST_FILE  288u
#define LIST_VALUE 4096u /* longer ones are in no list */

/*
 * struct list -- file: in the folder. types: JSON array of the attributes that
 * it is for, NULL: of all. hits: findings that were not sent for it; told: of
 * them in the accounts. users: of two loads, while one takes the other's place.
 */
struct list {
	char file[LIST_FILE];
	char name[LIST_NAME];
	json_t *types;
	struct warn_set set;
	uint64_t hits, told;
	unsigned users;
};

struct warninglists {
	struct list *list[WARNINGLISTS];
	size_t n;
};

/* ---- loading ---- */

/* struct loading -- out: what is made; before: what held until now. */
struct loading {
	const char *dir;
	const struct warninglists *before;
	struct warninglists *out;
};

static void
list_free(struct list *l)
{
	if (--l->users > 0)
		return;
	json_decref(l->types);
	warn_set_fini(&l->set);
	free(l);
}

static struct list *
list_before(const struct loading *g, const char *file)
{
	for (size_t i = 0; g->before != NULL && i < g->before->n; i++) {
		if (strcmp(g->before->list[i]->file, file) == 0)
			return g->before->list[i];
	}
	return NULL;
}

static bool
list_kind(const char *text, enum warn_kind *out)
{
	static const char *const names[] = {
	    [WARN_STRING] = "string",
	    [WARN_SUBSTRING] = "substring",
	    [WARN_HOSTNAME] = "hostname",
	    [WARN_CIDR] = "cidr",
	    [WARN_REGEX] = "regex",
	};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (text != NULL && strcmp(text, names[i]) == 0) {
			*out = (enum warn_kind)i;
			return true;
		}
	}
	return false;
}

static enum d4_status
list_put(struct loading *g, struct list *l)
{
	if (g->out->n == WARNINGLISTS)
		return D4_ETOOBIG;
	l->users++;
	g->out->list[g->out->n++] = l;
	return D4_OK;
}

/* It is none now: the one of before stays, else it is left out. */
static enum d4_status
list_odd(struct loading *g, const char *file, const char *why)
{
	struct list *was = list_before(g, file);

	d4_warnx("warninglist=%s/%s error=\"%s\" %s", g->dir, file, why,
	    was != NULL ? "(the one of before stays)" : "(left out)");
	return was != NULL ? list_put(g, was) : D4_OK;
}

static enum d4_status
list_make(struct loading *g, const char *file, const json_t *o, struct list *l)
{
	const json_t *types = json_object_get(o, "matching_attributes");
	const char *type = json_string_value(json_object_get(o, "type"));
	const struct list *was = list_before(g, file);
	enum warn_kind kind = WARN_STRING;
	enum d4_status st;

	(void)snprintf(l->file, sizeof(l->file), "%s", file);
	(void)snprintf(l->name, sizeof(l->name), "%s",
	    json_string_value(json_object_get(o, "name")));
	(void)list_kind(type, &kind);
	if (json_is_array(types) && json_array_size(types) != 0)
		l->types = json_incref((json_t *)(uintptr_t)types);
	if (was != NULL)
		l->hits = l->told = was->hits;
	st = warn_set_init(&l->set, kind, json_object_get(o, "list"));
	if (st == D4_OK && l->set.regex.odd != 0)
		d4_warnx("warninglist=%s/%s patterns=%zu left out, the first: "
			 "%s",
		    g->dir, file, l->set.regex.odd, l->set.regex.why);
	return st;
}

static enum d4_status
list_read(struct loading *g, const char *file, const json_t *o)
{
	const char *type = json_string_value(json_object_get(o, "type"));
	enum warn_kind kind;
	enum d4_status st;
	struct list *l;

	if (!json_is_string(json_object_get(o, "name")) ||
	    !json_is_array(json_object_get(o, "list")) ||
	    !list_kind(type, &kind))
		return list_odd(g, file, "no name, list, or known type");
	l = calloc(1, sizeof(*l));
	if (l == NULL)
		return D4_ENOMEM;
	st = list_put(g, l);
	if (st != D4_OK) {
		free(l);
		return st;
	}
	return list_make(g, file, o, l);
}

static enum d4_status
list_load(struct loading *g, const char *file, const char *path)
{
	struct d4_buf text;
	enum d4_status st;
	json_t *o = NULL;
	int none;

	d4_buf_init(&text, WARNINGLIST_FILE);
	st = d4_file_read(path, &text);
	none = errno;
	if (st == D4_OK)
		o = json_loadb((const char *)text.p, text.n, 0, NULL);
	d4_buf_fini(&text);
	if (st == D4_ENOENT || (st == D4_EIO && none == ENOTDIR))
		return D4_OK; /* a folder without a list, or another file */
	if (st == D4_ENOMEM)
		return st;
	if (json_is_object(o))
		st = list_read(g, file, o);
	else
		st = list_odd(g, file,
		    st == D4_OK ? "not a JSON object" : d4_status_text(st));
	json_decref(o);
	return st;
}

static enum d4_status
list_entry(struct loading *g, const char *name)
{
	size_t n = strlen(name);
	bool whole = n > 5 && strcmp(name + n - 5, ".json") == 0;
	char *path = NULL, file[LIST_FILE];
	enum d4_status st;

	if (name[0] == '.' || n + 11 >= sizeof(file))
		return D4_OK;
	(void)snprintf(
	    file, sizeof(file), "%s%s", name, whole ? "" : "/list.json");
	path = d4_path(g->dir, file);
	if (path == NULL)
		return D4_ENOMEM;
	st = list_load(g, file, path);
	free(path);
	return st;
}

enum d4_status
warninglists_load(const char *dir, const struct warninglists *before,
    struct warninglists **out)
{
	struct loading g = {
	    dir, before, calloc(1, sizeof(struct warninglists))};
	DIR *d = opendir(dir);
	enum d4_status st = D4_OK;
	struct dirent *e;

	if (g.out == NULL || d == NULL)
		st = g.out == NULL ? D4_ENOMEM : D4_EIO;
	while (st == D4_OK && (e = readdir(d)) != NULL)
		st = list_entry(&g, e->d_name);
	if (d != NULL)
		(void)closedir(d);
	if (st != D4_OK) {
		warninglists_free(g.out);
		return st;
	}
	d4_info("warninglists=%s lists=%zu", dir, g.out->n);
	*out = g.out;
	return D4_OK;
}

void
warninglists_free(struct warninglists *w)
{
	if (w == NULL)
		return;
	for (size_t i = 0; i < w->n; i++)
		list_free(w->list[i]);
	free(w);
}

/* ---- asking ---- */

/* Templates have names and addresses as texts, too. */
static const char *
list_type(const char *type, const char *value)
{
	struct d4_addr a;

	if (strcmp(type, "text") != 0)
		return type;
	if (d4_addr_parse(d4_slice_str(value), &a) == D4_OK)
		return "ip-dst";
	return strchr(value, '.') != NULL && strpbrk(value, " /@") == NULL
	           ? "domain"
	           : type;
}

static bool
list_is_for(const struct list *l, const char *type)
{
	if (l->types == NULL)
		return true;
	for (size_t i = 0; i < json_array_size(l->types); i++) {
		const char *t = json_string_value(json_array_get(l->types, i));

		if (t != NULL && strcmp(t, type) == 0)
			return true;
	}
	return false;
}

/* "192.0.2.1|443": each part by itself, and the whole. */
static bool
list_has(struct list *l, const char *type, const char *value)
{
	const char *bar = NULL;
	char first[LIST_VALUE];

	if (warn_set_has(&l->set, value))
		return true;
	if (strchr(type, '|') != NULL)
		bar = strchr(value, '|');
	if (bar == NULL || (size_t)(bar - value) >= sizeof(first))
		return false;
	memcpy(first, value, (size_t)(bar - value));
	first[bar - value] = '\0';
	return warn_set_has(&l->set, first) || warn_set_has(&l->set, bar + 1);
}

static size_t
lists_find(const struct warninglists *w, const char *type, const char *value)
{
	size_t i = 0;

	if (strlen(value) >= LIST_VALUE)
		return w->n;
	type = list_type(type, value);
	while (i < w->n && !(list_is_for(w->list[i], type) &&
			       list_has(w->list[i], type, value)))
		i++;
	return i;
}

const char *
warninglists_find(
    const struct warninglists *w, const char *type, const char *value)
{
	size_t i = lists_find(w, type, value);

	return i < w->n ? w->list[i]->name : NULL;
}

/* A pseudonym is nobody's address, whatever stands in a list. */
bool
warninglists_take(struct warninglists *w, const struct finding *f)
{
	size_t at;

	for (size_t i = 0; w != NULL && i < f->n; i++) {
		const struct map_rel *rel = &f->mapper->rel[f->value[i].rel];

		if (f->value[i].mapped ||
		    (rel->flags & (MAP_IDS | MAP_SIGHT)) == 0)
			continue;
		at = lists_find(w, rel->type, f->value[i].text);
		if (at < w->n) {
			w->list[at]->hits += f->count;
			return true;
		}
	}
	return false;
}

static void
json_count(json_t *o, const char *name, const char *end, uint64_t n)
{
	char key[LIST_NAME + 16];

	(void)snprintf(key, sizeof(key), "%s%s", name, end);
	if (n != 0)
		(void)json_object_set_new(o, key, json_integer((json_int_t)n));
}

json_t *
warninglists_json(const struct warninglists *w)
{
	json_t *o = json_object();

	for (size_t i = 0; w != NULL && o != NULL && i < w->n; i++) {
		const struct list *l = w->list[i];

		json_count(o, l->name, "", l->hits);
		json_count(o, l->name, ": limit", l->set.regex.limits);
	}
	return o;
}

void
warninglists_told(struct warninglists *w,
    void (*fn)(void *arg, const char *name, uint64_t n), void *arg)
{
	for (size_t i = 0; w != NULL && i < w->n; i++) {
		struct list *l = w->list[i];

		if (l->hits == l->told)
			continue;
		fn(arg, l->name, l->hits - l->told);
		l->told = l->hits;
	}
}

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "misp-export/warninglist.h"
#include "misp-export/warninglist_set.h"

#define LIST_NAME  128u
#define LIST_VALUE 4096u /* longer ones are in no list */

/*
 * struct list -- types: JSON array of the attributes that it is for, NULL: of
 * all. hits: findings that were not sent for it.
 */
struct list {
	char name[LIST_NAME];
	json_t *types;
	struct warn_set set;
	uint64_t hits;
};

struct warninglists {
	struct list list[WARNINGLISTS];
	size_t n;
};

/* ---- loading ---- */

static bool
list_kind(const char *text, enum warn_kind *out)
{
	static const char *const names[] = {
	    [WARN_STRING] = "string",
	    [WARN_SUBSTRING] = "substring",
	    [WARN_HOSTNAME] = "hostname",
	    [WARN_CIDR] = "cidr",
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
list_read(struct warninglists *w, const char *path, const json_t *o)
{
	const char *name = json_string_value(json_object_get(o, "name"));
	const char *type = json_string_value(json_object_get(o, "type"));
	json_t *types = json_object_get(o, "matching_attributes");
	const json_t *words = json_object_get(o, "list");
	struct list *l = &w->list[w->n];
	enum warn_kind kind;
	enum d4_status st;

	if (name == NULL || !json_is_array(words) || !list_kind(type, &kind)) {
		d4_warnx("warninglist=%s left out, type=%s", path,
		    type != NULL ? type : "none");
		return D4_OK;
	}
	if (w->n == WARNINGLISTS)
		return D4_ETOOBIG;
	(void)snprintf(l->name, sizeof(l->name), "%s", name);
	st = warn_set_init(&l->set, kind, words);
	if (json_is_array(types) && json_array_size(types) != 0)
		l->types = json_incref(types);
	w->n++; /* also after an error: to be freed */
	return st;
}

static enum d4_status
list_load(struct warninglists *w, const char *path)
{
	struct d4_buf text;
	enum d4_status st;
	json_t *o = NULL;

	d4_buf_init(&text, WARNINGLIST_FILE);
	st = d4_file_read(path, &text);
	if (st == D4_OK)
		o = json_loadb((const char *)text.p, text.n, 0, NULL);
	d4_buf_fini(&text);
	if (st == D4_ENOENT || st == D4_ENOMEM)
		return st == D4_ENOENT ? D4_OK : st;
	if (json_is_object(o))
		st = list_read(w, path, o);
	else
		d4_warnx("warninglist=%s left out: %s", path,
		    st == D4_OK ? "not a JSON object" : d4_status_text(st));
	json_decref(o);
	return st == D4_ENOMEM || st == D4_ETOOBIG ? st : D4_OK;
}

static enum d4_status
list_entry(struct warninglists *w, const char *dir, const char *name)
{
	size_t n = strlen(name);
	bool file = n > 5 && strcmp(name + n - 5, ".json") == 0;
	enum d4_status st;
	char *path = NULL;

	if (name[0] == '.')
		return D4_OK;
	if (asprintf(&path, "%s/%s%s", dir, name, file ? "" : "/list.json") < 0)
		return D4_ENOMEM;
	st = list_load(w, path);
	free(path);
	return st;
}

enum d4_status
warninglists_load(const char *dir, struct warninglists **out)
{
	struct warninglists *w = calloc(1, sizeof(*w));
	DIR *d = opendir(dir);
	enum d4_status st = D4_OK;
	struct dirent *e;

	if (w == NULL || d == NULL)
		st = w == NULL ? D4_ENOMEM : D4_EIO;
	while (st == D4_OK && (e = readdir(d)) != NULL)
		st = list_entry(w, dir, e->d_name);
	if (d != NULL)
		(void)closedir(d);
	if (st != D4_OK) {
		warninglists_free(w);
		return st;
	}
	d4_info("warninglists=%s lists=%zu", dir, w->n);
	*out = w;
	return D4_OK;
}

void
warninglists_free(struct warninglists *w)
{
	if (w == NULL)
		return;
	for (size_t i = 0; i < w->n; i++) {
		json_decref(w->list[i].types);
		warn_set_fini(&w->list[i].set);
	}
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
list_has(const struct list *l, const char *type, const char *value)
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
	while (i < w->n && !(list_is_for(&w->list[i], type) &&
			       list_has(&w->list[i], type, value)))
		i++;
	return i;
}

const char *
warninglists_find(
    const struct warninglists *w, const char *type, const char *value)
{
	size_t i = lists_find(w, type, value);

	return i < w->n ? w->list[i].name : NULL;
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
			w->list[at].hits += f->count;
			return true;
		}
	}
	return false;
}

json_t *
warninglists_json(const struct warninglists *w)
{
	json_t *o = json_object();

	for (size_t i = 0; w != NULL && o != NULL && i < w->n; i++) {
		if (w->list[i].hits != 0)
			(void)json_object_set_new(o, w->list[i].name,
			    json_integer((json_int_t)w->list[i].hits));
	}
	return o;
}

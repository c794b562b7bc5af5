/* A preset's template and what the policy says, as one list of steps. */
#include <stdlib.h>
#include <string.h>
#include "libd4/nearest.h"
#include "sanitizers/preset.h"

#define PRESET_WORDS 33u   /* names offered in a message, and the NULL */
#define PRESET_KEYS  9u    /* preset, must, may, and the NULL */
#define PRESET_NODES 4096u /* of the steps that come of it */

/*
 * struct preset_job -- one expansion.
 * Shape:  given: the policy's map, NULL where it is one word. item: what
 *         `$item` stands for, or NULL. left: nodes that may still be made.
 */
struct preset_job {
	const struct san_preset *preset;
	const struct d4_yaml *given, *item;
	struct d4_mark at;
	struct d4_diag *diag;
	size_t left;
};

static const struct d4_yaml *
preset_word(const struct d4_yaml *steps)
{
	const struct d4_yaml *w = steps;

	if (steps->kind == D4_YAML_MAP)
		w = d4_yaml_get(steps, "preset");
	return w != NULL && w->kind == D4_YAML_SCALAR ? w : NULL;
}

const struct san_preset *
san_preset_of(const struct d4_yaml *steps)
{
	const struct d4_yaml *w = preset_word(steps);

	for (size_t i = 0; w != NULL && san_presets[i].name != NULL; i++) {
		if (strcmp(san_presets[i].name, w->text) == 0)
			return &san_presets[i];
	}
	return NULL;
}

static enum d4_status
preset_unknown(const struct d4_yaml *word, struct d4_diag *diag)
{
	const char *words[PRESET_WORDS] = {NULL};
	char hint[D4_DIAG_TEXT];

	for (size_t i = 0; i + 1 < PRESET_WORDS && san_presets[i].name != NULL;
	     i++)
		words[i] = san_presets[i].name;
	(void)d4_nearest_hint(word->text, words, hint, sizeof(hint));
	return d4_diag_set(
	    diag, word->at, hint, "`%s` is no preset", word->text);
}

/* preset_check -- what the policy writes is known, what must be is there. */
static enum d4_status
preset_check(const struct preset_job *j)
{
	const char *keys[PRESET_KEYS] = {"preset"};
	const struct san_preset *p = j->preset;
	enum d4_status st = D4_OK;
	size_t n = 1;

	for (size_t i = 0; i < 4 && p->must[i] != NULL; i++)
		keys[n++] = p->must[i];
	for (size_t i = 0; i < 4 && p->may[i] != NULL; i++)
		keys[n++] = p->may[i];
	if (j->given != NULL)
		st = d4_yaml_keys(j->given, keys, j->diag);
	for (size_t i = 0; st == D4_OK && i < 4 && p->must[i] != NULL; i++) {
		if (j->given == NULL ||
		    d4_yaml_get(j->given, p->must[i]) == NULL)
			return d4_diag_set(j->diag, j->at,
			    "write it beside the name, as in "
			    "{preset: NAME, scope: NETWORK}",
			    "preset `%s` needs `%s`", p->name, p->must[i]);
	}
	return st;
}

/* preset_param -- the node is `$name`: true, and what stands for it. */
static bool
preset_param(const struct preset_job *j, const struct d4_yaml *node,
    const struct d4_yaml **out)
{
	const char *name;

	if (node->kind != D4_YAML_SCALAR || node->text[0] != '$')
		return false;
	name = node->text + 1;
	if (name[strspn(name, "abcdefghijklmnopqrstuvwxyz_")] != '\0')
		return false;
	if (strcmp(name, "item") == 0)
		*out = j->item;
	else
		*out = j->given != NULL ? d4_yaml_get(j->given, name) : NULL;
	return true;
}

static enum d4_status preset_copy(struct preset_job *j,
    const struct d4_yaml *from, bool ours, struct d4_yaml **out);

/* preset_room -- a copy's node, with room for n children. */
static struct d4_yaml *
preset_room(const struct d4_yaml *from, size_t n)
{
	struct d4_yaml *y = calloc(1, sizeof(*y));
	bool ok = true;

	if (y == NULL)
		return NULL;
	y->kind = from->kind;
	y->quoted = from->quoted;
	y->at = from->at;
	if (from->text != NULL)
		ok = (y->text = strdup(from->text)) != NULL;
	if (from->kind != D4_YAML_SCALAR)
		ok = ok && (y->item = calloc(
				n + 1, sizeof(struct d4_yaml *))) != NULL;
	if (from->kind == D4_YAML_MAP)
		ok = ok &&
		     (y->key = calloc(n + 1, sizeof(struct d4_yaml *))) != NULL;
	if (ok)
		return y;
	d4_yaml_free(y);
	return NULL;
}

/* preset_nothing -- a map of which the policy gave no part: no such step. */
static bool
preset_nothing(const struct d4_yaml *from, const struct d4_yaml *to)
{
	return from->kind == D4_YAML_MAP && from->n != 0 && to->n == 0;
}

/* preset_child -- from's child i, unless it stands for what is not given. */
static enum d4_status
preset_child(struct preset_job *j, const struct d4_yaml *from, size_t i,
    bool ours, struct d4_yaml *to)
{
	const struct d4_yaml *v = from->item[i];
	enum d4_status st;

	if (ours && preset_param(j, v, &v)) {
		if (v == NULL)
			return D4_OK;
		ours = false;
	}
	st = preset_copy(j, v, ours, &to->item[to->n]);
	if (st == D4_OK && from->kind == D4_YAML_MAP) {
		st = preset_copy(j, from->key[i], ours, &to->key[to->n]);
		if (st != D4_OK) {
			d4_yaml_free(to->item[to->n]);
			return st;
		}
	}
	if (st == D4_OK && ours && from->kind == D4_YAML_LIST &&
	    preset_nothing(v, to->item[to->n])) {
		d4_yaml_free(to->item[to->n]);
		to->item[to->n] = NULL;
		return D4_OK;
	}
	to->n += st == D4_OK;
	return st;
}

/* preset_each -- the map behind `each`, once for every element. */
static enum d4_status
preset_each(struct preset_job *j, const struct d4_yaml *map,
    const struct d4_yaml *list, struct d4_yaml *to)
{
	enum d4_status st = D4_OK;

	if (list->kind != D4_YAML_LIST || list->n == 0)
		return d4_diag_set(
		    j->diag, list->at, "write [ONE, ANOTHER]", "no list");
	for (size_t i = 0; st == D4_OK && i < list->n; i++) {
		struct d4_yaml *one = preset_room(map, map->n);

		if (one == NULL)
			return D4_ENOMEM;
		one->at = j->at;
		j->item = list->item[i];
		for (size_t k = 1; st == D4_OK && k < map->n; k++)
			st = preset_child(j, map, k, true, one);
		if (st == D4_OK)
			to->item[to->n++] = one;
		else
			d4_yaml_free(one);
	}
	j->item = NULL;
	return st;
}

/* preset_list -- elements; one with `each` may become many. */
static enum d4_status
preset_list(struct preset_job *j, const struct d4_yaml *from, bool ours,
    struct d4_yaml **out)
{
	const struct d4_yaml *list = NULL;
	enum d4_status st = D4_OK;
	size_t n = from->n;

	for (size_t i = 0; ours && i < from->n; i++) {
		const struct d4_yaml *e = d4_yaml_get(from->item[i], "each");

		if (e != NULL && preset_param(j, e, &list) && list != NULL)
			n += list->n;
	}
	*out = n > PRESET_NODES ? NULL : preset_room(from, n);
	if (*out == NULL)
		return D4_ENOMEM;
	for (size_t i = 0; st == D4_OK && i < from->n; i++) {
		const struct d4_yaml *e =
		    ours ? d4_yaml_get(from->item[i], "each") : NULL;

		if (e != NULL && preset_param(j, e, &list) && list != NULL)
			st = preset_each(j, from->item[i], list, *out);
		else
			st = preset_child(j, from, i, ours, *out);
	}
	return st;
}

static enum d4_status
preset_map(struct preset_job *j, const struct d4_yaml *from, bool ours,
    struct d4_yaml **out)
{
	enum d4_status st = D4_OK;

	*out = preset_room(from, from->n);
	if (*out == NULL)
		return D4_ENOMEM;
	for (size_t i = 0; st == D4_OK && i < from->n; i++)
		st = preset_child(j, from, i, ours, *out);
	return st;
}

/* preset_copy -- ours: of the template, where `$name` means something. */
static enum d4_status
preset_copy(struct preset_job *j, const struct d4_yaml *from, bool ours,
    struct d4_yaml **out)
{
	enum d4_status st = D4_OK;

	*out = NULL;
	if (j->left-- == 0) {
		j->left = 0;
		return d4_diag_set(j->diag, j->at, "name fewer",
		    "more than %u values", PRESET_NODES);
	}
	if (from->kind == D4_YAML_LIST)
		st = preset_list(j, from, ours, out);
	else if (from->kind == D4_YAML_MAP)
		st = preset_map(j, from, ours, out);
	else
		*out = preset_room(from, 0);
	if (st == D4_OK && *out == NULL)
		st = D4_ENOMEM;
	if (*out != NULL && ours)
		(*out)->at = j->at;
	if (st == D4_OK)
		return D4_OK;
	d4_yaml_free(*out);
	*out = NULL;
	return st;
}

enum d4_status
san_preset_expand(
    const struct d4_yaml *steps, struct d4_diag *diag, struct d4_yaml **out)
{
	const struct d4_yaml *word = preset_word(steps);
	struct preset_job j = {.diag = diag, .left = PRESET_NODES};
	struct d4_yaml *template = NULL;
	enum d4_status st;

	*out = NULL;
	if (steps->kind == D4_YAML_LIST)
		return D4_OK;
	if (word == NULL)
		return d4_diag_set(diag, steps->at,
		    "write a list, `[]`, or {preset: NAME}",
		    "steps are a list or a preset");
	j.preset = san_preset_of(steps);
	j.given = steps->kind == D4_YAML_MAP ? steps : NULL;
	j.at = word->at;
	if (j.preset == NULL)
		return preset_unknown(word, diag);
	st = preset_check(&j);
	if (st == D4_OK)
		st = d4_yaml_parse(
		    d4_slice_str(j.preset->steps), diag, &template);
	if (st == D4_OK)
		st = preset_copy(&j, template, true, out);
	d4_yaml_free(template);
	return st;
}

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "libd4/nearest.h"
#include "libd4/type.h"
#include "sanitizers/canon.h"
#include "sanitizers/mapped.h"
#include "sanitizers/concerns.h"
#include "sanitizers/dnscap.h"
#include "sanitizers/preset.h"
#include "sanitizers/step.h"

#define CHAIN_WORDS 33u /* words offered in a message, and the NULL */

struct san_chain {
	struct san_concerns *concerns; /* NULL: records of anybody */
	struct d4_yaml *preset; /* steps that a preset stands for, or NULL */
	struct san_step step[SAN_STEPS_MAX];
	size_t n_step;
	uint8_t *types;
	size_t n_types;
	char (*ext)[64];
	size_t n_ext;
	unsigned families;
	bool dnscap; /* type 4 is text */
	unsigned cls;
	bool needs_keys;
	char hash[SAN_HASH_TEXT];
};

/* Networks are looked up through here, so that they get into the hash. */
struct chain_lookup {
	const struct san_env *env;
	struct d4_buf canon;
	enum d4_status st;
};

static const struct d4_prefix_set *
chain_network(void *arg, const char *name)
{
	const struct d4_prefix_set *set = NULL;
	struct chain_lookup *l = arg;

	if (l->env != NULL && l->env->network != NULL)
		set = l->env->network(l->env->arg, name);
	if (set != NULL && l->st == D4_OK)
		l->st = san_canon_network(name, set, &l->canon);
	return set;
}

static enum d4_status
chain_unknown(const struct d4_yaml *key, const struct san_compile *cx)
{
	const char *words[CHAIN_WORDS] = {NULL};
	const struct san_step_kind *k;
	char hint[D4_DIAG_TEXT];
	size_t n = 0;

	for (size_t i = 0; (k = san_step_at(i)) != NULL; i++) {
		if (n + 1 < CHAIN_WORDS)
			words[n++] = k->name;
	}
	(void)d4_nearest_hint(key->text, words, hint, sizeof(hint));
	return d4_diag_set(cx->diag, key->at, hint,
	    "`%s` is no step of this version", key->text);
}

/* "- word: value", or "- word" for steps that need no value. */
static enum d4_status
chain_word(const struct d4_yaml *item, const struct san_compile *cx,
    struct san_step *out)
{
	const struct d4_yaml *key;

	if (item->kind != D4_YAML_MAP || item->n != 1)
		return d4_diag_set(cx->diag, item->at, "write `- word: value`",
		    "a step is one word with its value");
	key = item->key[0];
	out->at = key->at;
	out->kind = san_step_find(key->text);
	if (out->kind == NULL)
		return chain_unknown(key, cx);
	if ((cx->families & ~out->kind->families) != 0)
		return d4_diag_set(cx->diag, key->at,
		    "split the pipeline by type",
		    "step `%s` cannot work on every type that the pipeline "
		    "takes",
		    key->text);
	return out->kind->compile(cx, item->item[0], &out->conf);
}

static enum d4_status
chain_step(struct san_chain *c, const struct d4_yaml *item,
    const struct san_compile *cx)
{
	struct san_step *s = &c->step[c->n_step];
	enum d4_status st;

	if (c->n_step == SAN_STEPS_MAX)
		return d4_diag_set(
		    cx->diag, item->at, "", "more than 16 steps");
	st = chain_word(item, cx, s);
	if (st != D4_OK)
		return st;
	assert(s->kind != NULL);
	c->n_step++;
	for (size_t i = 0; i + 1 < c->n_step; i++) {
		if (c->step[i].kind == s->kind)
			return d4_diag_set(cx->diag, s->at, "merge the two",
			    "step `%s` stands twice", s->kind->name);
	}
	if (s->kind->needs_keys != NULL && s->kind->needs_keys(s->conf))
		c->needs_keys = true;
	return D4_OK;
}

const struct san_family *
san_chain_family(const struct san_chain *c, uint8_t type, const char *ext)
{
	return type == D4_TYPE_DNSCAP && c->dnscap ? &san_family_dnscap
	                                           : san_family_of(type, ext);
}

static const struct san_family *
chain_family(const struct san_chain *c, size_t i)
{
	if (i < c->n_types)
		return san_chain_family(c, c->types[i], "");
	return san_chain_family(c, D4_TYPE_EXTENDED, c->ext[i - c->n_types]);
}

/* chain_says -- a step with that name stands there. */
static bool
chain_says(const struct d4_yaml *steps, const char *name)
{
	for (size_t i = 0; i < steps->n; i++) {
		const struct d4_yaml *item = steps->item[i];

		if (item->kind == D4_YAML_MAP && item->n == 1 &&
		    strcmp(item->key[0]->text, name) == 0)
			return true;
	}
	return false;
}

/* Every type that is taken has a family, once there are steps. */
static enum d4_status
chain_families(struct san_chain *c, struct d4_mark at, struct d4_diag *diag)
{
	for (size_t i = 0; i < c->n_types + c->n_ext; i++) {
		const struct san_family *f = chain_family(c, i);

		if (f == NULL || f->record == NULL)
			return d4_diag_set(diag, at,
			    "take the type out, or leave the steps empty",
			    "steps for type %u%s are not enforced by this "
			    "version",
			    i < c->n_types ? c->types[i] : D4_TYPE_EXTENDED,
			    f == NULL ? "" : " (text)");
		c->families |= f->bit;
	}
	return D4_OK;
}

/* The class is the lowest of all families; each checks its steps first. */
static enum d4_status
chain_class(struct san_chain *c, struct d4_diag *diag)
{
	unsigned cls = 4;

	for (size_t i = 0; i < c->n_types + c->n_ext; i++) {
		const struct san_family *f = chain_family(c, i);
		enum d4_status st;
		unsigned own;

		assert(f->record != NULL); /* chain_families saw to it */
		st = f->check != NULL ? f->check(c, diag) : D4_OK;
		if (st != D4_OK)
			return st;
		own = f->compute != NULL ? f->compute(c) : 0;
		cls = own < cls ? own : cls;
	}
	c->cls = c->n_types + c->n_ext == 0 ? 0 : cls;
	return D4_OK;
}

static enum d4_status
chain_steps(struct san_chain *c, const struct d4_yaml *steps,
    const struct san_env *env, struct d4_diag *diag)
{
	struct san_compile cx = {.env = env, .diag = diag};
	enum d4_status st;

	if (steps->n == 0)
		return D4_OK;
	c->dnscap = chain_says(steps, "dnscap");
	st = chain_families(c, steps->at, diag);
	cx.families = c->families;
	for (size_t i = 0; st == D4_OK && i < steps->n; i++)
		st = chain_step(c, steps->item[i], &cx);
	return st != D4_OK ? st : chain_class(c, diag);
}

static enum d4_status
chain_takes(struct san_chain *c, const struct san_takes *t)
{
	c->types = malloc(t->n_types + 1);
	c->ext = calloc(t->n_ext + 1, sizeof(*c->ext));
	if (c->types == NULL || c->ext == NULL)
		return D4_ENOMEM;
	if (t->n_types != 0)
		memcpy(c->types, t->types, t->n_types);
	if (t->n_ext != 0)
		memcpy(c->ext, t->ext, t->n_ext * sizeof(*c->ext));
	c->n_types = t->n_types;
	c->n_ext = t->n_ext;
	return D4_OK;
}

/* Families whose records are asked whom they concern. */
#define CHAIN_ASKED                                                 \
	(SAN_PACKETS | SAN_IPFIX | SAN_PDNS | SAN_JSON | SAN_TEXT | \
	    SAN_MALTRAIL)

static enum d4_status
chain_about(struct san_chain *c, const struct d4_yaml *steps,
    struct chain_lookup *l, struct d4_diag *diag)
{
	const struct san_about *about = l->env->about;
	enum d4_status st;

	if (c->n_step == 0 || (c->families | CHAIN_ASKED) != CHAIN_ASKED)
		return d4_diag_set(diag, steps->at,
		    "leave `concerns` out of the rule, or split the pipeline "
		    "by type",
		    "nothing says whom a record of this pipeline concerns");
	st = san_concerns_new(about, diag, &c->concerns);
	if (st == D4_OK)
		st = d4_buf_adds(&l->canon, "\nconcerns");
	if (st == D4_OK && about->networks != NULL)
		st = san_canon_network("", about->networks, &l->canon);
	if (st == D4_OK && about->domains != NULL)
		st = san_canon_node(about->domains, &l->canon);
	return st;
}

static enum d4_status
chain_build(struct san_chain *c, const struct d4_yaml *steps,
    struct chain_lookup *l, struct d4_diag *diag)
{
	struct san_env env = {.network = chain_network, .arg = l};
	enum d4_status st;

	st = san_preset_expand(steps, diag, &c->preset);
	if (st != D4_OK)
		return st;
	steps = c->preset != NULL ? c->preset : steps;
	st = d4_buf_adds(&l->canon, SAN_ENGINE "\n");
	if (st == D4_OK)
		st = san_canon_node(steps, &l->canon);
	if (st == D4_OK)
		st = chain_steps(c, steps, &env, diag);
	st = st == D4_OK ? l->st : st;
	if (st == D4_OK && l->env != NULL && l->env->about != NULL)
		st = chain_about(c, steps, l, diag);
	if (st == D4_OK && l->env != NULL && l->env->forgettable &&
	    c->needs_keys)
		st = d4_buf_adds(&l->canon, "\nforgettable");
	return st != D4_OK ? st
	                   : san_canon_hash(d4_buf_slice(&l->canon), c->hash);
}

enum d4_status
san_chain_compile(const struct d4_yaml *steps, const struct san_takes *takes,
    const struct san_env *env, struct d4_diag *diag, struct san_chain **out)
{
	const struct san_preset *preset = san_preset_of(steps);
	struct chain_lookup l = {.env = env, .st = D4_OK};
	struct san_chain *c;
	enum d4_status st;

	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return D4_ENOMEM;
	d4_buf_init(&l.canon, SAN_CANON_MAX);
	st = chain_takes(c, takes);
	if (st == D4_OK)
		st = chain_build(c, steps, &l, diag);
	if (st == D4_OK && preset != NULL && preset->cls > c->cls)
		c->cls = preset->cls;
	d4_buf_fini(&l.canon);
	if (st != D4_OK) {
		san_chain_free(c);
		return st;
	}
	*out = c;
	return D4_OK;
}

void
san_chain_free(struct san_chain *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->n_step; i++) {
		if (c->step[i].kind->destroy != NULL)
			c->step[i].kind->destroy(c->step[i].conf);
		else
			free(c->step[i].conf);
	}
	san_concerns_free(c->concerns);
	d4_yaml_free(c->preset);
	free(c->types);
	free(c->ext);
	free(c);
}

unsigned
san_chain_class(const struct san_chain *c)
{
	return c->cls;
}

const char *
san_chain_hash(const struct san_chain *c)
{
	return c->hash;
}

bool
san_chain_needs_keys(const struct san_chain *c)
{
	return c->needs_keys;
}

const struct san_concerns *
san_chain_concerns(const struct san_chain *c)
{
	return c->concerns;
}

bool
san_chain_empty(const struct san_chain *c)
{
	return c->n_step == 0;
}

void
san_chain_words(const struct san_chain *c,
    void (*fn)(void *arg, const char *word), void *arg)
{
	for (size_t i = 0; i < c->n_step; i++)
		fn(arg, c->step[i].kind->name);
}

static const struct san_step *
chain_find(const struct san_chain *c, const char *name)
{
	for (size_t i = 0; i < c->n_step; i++) {
		if (name == NULL || strcmp(c->step[i].kind->name, name) == 0)
			return &c->step[i];
	}
	return NULL;
}

const void *
san_chain_step(const struct san_chain *c, const char *name)
{
	const struct san_step *s = chain_find(c, name);

	return s != NULL ? s->conf : NULL;
}

struct d4_mark
san_chain_at(const struct san_chain *c, const char *name)
{
	const struct san_step *s = chain_find(c, name);

	return s != NULL ? s->at : (struct d4_mark){0, 0};
}

bool
san_chain_takes(const struct san_chain *c, uint8_t type, const char *ext)
{
	if (type != D4_TYPE_EXTENDED)
		return c->n_types != 0 &&
		       memchr(c->types, type, c->n_types) != NULL;
	for (size_t i = 0; i < c->n_ext; i++) {
		if (strcmp(c->ext[i], ext) == 0)
			return true;
	}
	return false;
}

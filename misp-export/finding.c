#include <stdio.h>
#include <string.h>
#include "misp-export/finding.h"

enum d4_status
finding_init(struct finding_maker *m)
{
	memset(m, 0, sizeof(*m));
	d4_buf_init(&m->text, FINDING_TEXT);
	d4_buf_init(&m->value, VALUE_MAX + 1);
	d4_buf_init(&m->key, FINDING_TEXT);
	/* All of it at once: findings point into it. */
	return d4_buf_reserve(&m->text, FINDING_TEXT);
}

void
finding_fini(struct finding_maker *m)
{
	d4_buf_fini(&m->text);
	d4_buf_fini(&m->value);
	d4_buf_fini(&m->key);
}

static void
finding_refuse(struct finding_maker *m, const struct finding_ask *ask,
    const struct map_rel *rel, enum value_why why)
{
	m->refused[why]++;
	if (m->told != NULL)
		m->told(m->arg, ask->mapper, rel, why);
}

/* Length, colon, bytes: no two lists of keys are one. */
static enum d4_status
finding_key(struct finding_maker *m)
{
	enum d4_status st = d4_buf_addf(&m->key, "%zu:", m->value.n);

	return st == D4_OK ? d4_buf_add(&m->key, m->value.p, m->value.n) : st;
}

static bool
finding_keep(
    struct finding_maker *m, struct finding *out, size_t rel, bool mapped)
{
	const char *text = (const char *)m->text.p + m->text.n;

	if (d4_buf_add(&m->text, m->value.p, m->value.n) != D4_OK ||
	    d4_buf_add(&m->text, "", 1) != D4_OK)
		return false;
	out->value[out->n++] =
	    (struct finding_value){(uint8_t)rel, mapped, text};
	return true;
}

/* One row; false: without it there is no finding. */
static bool
finding_rel(struct finding_maker *m, const struct finding_ask *ask, size_t i,
    struct record *r, struct finding *out)
{
	const struct map_rel *rel = &ask->mapper->rel[i];
	struct d4_slice got = mapper_value(rel, r);
	bool key = (rel->flags & MAP_KEY) != 0, mapped;
	enum value_why why;

	if (got.p == NULL || got.n == 0)
		return !key || (rel->flags & MAP_HIDDEN) != 0;
	mapped = (rel->flags & MAP_CONST) == 0 &&
	         terms_mapped(ask->lane, rel->path, got);
	why = value_normal(mapped ? "text" : rel->type, got, &m->value);
	if (why != VALUE_OK) {
		finding_refuse(m, ask, rel, why);
		return !key;
	}
	if (key && finding_key(m) != D4_OK)
		return false;
	if ((rel->flags & MAP_HIDDEN) != 0)
		return true;
	return finding_keep(m, out, i, mapped);
}

bool
finding_make(struct finding_maker *m, const struct finding_ask *ask,
    struct record *r, struct finding *out)
{
	size_t n = mapper_rels(ask->mapper);
	size_t from = ask->rel < n ? ask->rel : 0;
	size_t to = ask->rel < n ? from + 1 : n;

	m->text.n = m->key.n = 0;
	out->mapper = ask->mapper;
	out->n = 0;
	out->time_us = r->time_us;
	out->came_us = 0; /* who has the entry knows */
	out->count = r->count;
	out->ids = ask->lane->ids;
	for (size_t i = from; i < to; i++) {
		if ((ask->mapper->rel[i].flags & MAP_COMPUTED) == 0 &&
		    !finding_rel(m, ask, i, r, out))
			return false;
	}
	mapper_comment(ask->mapper, r, out->comment, sizeof(out->comment));
	out->key = (const char *)m->key.p;
	out->key_n = m->key.n;
	return out->n > 0 && out->key_n > 0;
}

/* In words that people read beside the findings. */
static void
finding_describe(const struct terms_lane *l, char *out, size_t n)
{
	char fields[160] = "";
	size_t at = 0;

	for (size_t i = 0; i < json_array_size(l->mapped); i++) {
		const char *f = json_string_value(json_array_get(l->mapped, i));
		int got = snprintf(fields + at, sizeof(fields) - at, "%s%s",
		    at > 0 ? ", " : "", strcmp(f, "*") == 0 ? "any" : f);

		if (got < 0 || (size_t)got >= sizeof(fields) - at)
			break;
		at += (size_t)got;
	}
	(void)snprintf(out, n,
	    "class %s; steps: %s; pseudonyms: %s; pipeline %s", l->cls,
	    l->steps[0] != '\0' ? l->steps : "none", at > 0 ? fields : "none",
	    l->pipeline);
}

bool
finding_anonymisation(struct finding_maker *m, const struct terms_lane *lane,
    uint64_t time_us, struct finding *out)
{
	const struct mapper *mapper = event_anonymisation();
	struct terms_lane plain = {.id = ""};
	struct record r;
	char text[640];

	finding_describe(lane, text, sizeof(text));
	record_init(&r);
	r.time_us = time_us;
	r.count = 0;
	record_add(&r, "method", d4_slice_str("D4 pipeline"));
	record_add(&r, "description", d4_slice_str(text));
	return finding_make(
	    m, &(struct finding_ask){mapper, &plain, MAPPER_RELS}, &r, out);
}

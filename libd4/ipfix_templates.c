#include <stdlib.h>
#include <string.h>
#include "libd4/cutter.h"
#include "libd4/ipfix_templates.h"
#include "libd4/wire.h"

#define TEMPLATES_HEADER 16u  /* bytes of a message's header */
#define TEMPLATES_SET    4u   /* bytes of a set's header */
#define TEMPLATES_FIRST  256u /* the least id of a template */
#define TEMPLATES_GROW   16u

void
ipfix_templates_init(struct ipfix_templates *t)
{
	*t = (struct ipfix_templates){.n = 0};
	d4_buf_init(&t->opening, D4_OPENING_MAX);
}

void
ipfix_templates_fini(struct ipfix_templates *t)
{
	free(t->at);
	d4_buf_fini(&t->opening);
	ipfix_templates_init(t);
}

void
ipfix_templates_forget(struct ipfix_templates *t)
{
	t->n = 0;
	t->opening.n = 0;
	t->stale = false;
}

struct d4_slice
ipfix_templates_opening(const struct ipfix_templates *t)
{
	return d4_buf_slice(&t->opening);
}

/* ---- reading ---- */

bool
ipfix_set_next(struct d4_slice *at, struct ipfix_set *out)
{
	size_t n;

	if (at->n < TEMPLATES_SET)
		return false;
	n = d4_get_be16(at->p + 2);
	if (n < TEMPLATES_SET || n > at->n)
		return false;
	out->id = d4_get_be16(at->p);
	out->body = d4_slice_skip(at, n);
	(void)d4_slice_skip(&out->body, TEMPLATES_SET);
	return true;
}

static bool
template_padding(struct d4_slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != 0)
			return false;
	}
	return true;
}

/* Bytes of the fields at the start of s; 0: they are not all there. */
static size_t
template_fields(struct d4_slice s, unsigned count)
{
	size_t sum = 0;

	for (; count != 0; count--) {
		size_t n = s.n > 0 && (s.p[0] & 0x80) != 0 ? 8 : 4;

		if (n > s.n)
			return 0;
		(void)d4_slice_skip(&s, n);
		sum += n;
	}
	return sum;
}

/* A withdrawal has no fields. */
static bool
template_gone(struct d4_slice *at, uint16_t set, struct ipfix_def *out)
{
	uint16_t id = d4_get_be16(at->p);

	(void)d4_slice_skip(at, 4);
	*out = (struct ipfix_def){.id = id};
	return id >= TEMPLATES_FIRST || id == set;
}

enum d4_status
ipfix_def_next(struct d4_slice *at, uint16_t set, struct ipfix_def *out)
{
	size_t head = set == IPFIX_OPTIONS ? 6 : 4, fields;
	unsigned count;

	if (at->n < 4 || template_padding(*at))
		return D4_END;
	count = d4_get_be16(at->p + 2);
	if (count == 0)
		return template_gone(at, set, out) ? D4_OK : D4_EMALFORMED;
	if (at->n < head || d4_get_be16(at->p) < TEMPLATES_FIRST)
		return D4_EMALFORMED;
	if (set == IPFIX_OPTIONS &&
	    (d4_get_be16(at->p + 4) == 0 || d4_get_be16(at->p + 4) > count))
		return D4_EMALFORMED;
	fields =
	    template_fields(d4_slice_of(at->p + head, at->n - head), count);
	if (fields == 0)
		return D4_EMALFORMED;
	out->id = d4_get_be16(at->p);
	out->record = d4_slice_skip(at, head + fields);
	return D4_OK;
}

/* ---- the table ---- */

static int
template_order(const struct ipfix_template *t, uint32_t domain, uint32_t key)
{
	uint32_t mine = (uint32_t)t->set << 16 | t->id;

	if (t->domain != domain)
		return t->domain < domain ? -1 : 1;
	return mine == key ? 0 : mine < key ? -1 : 1;
}

/* Where it is, or would be. */
static size_t
template_place(
    const struct ipfix_templates *t, uint32_t domain, uint16_t set, uint16_t id)
{
	uint32_t key = (uint32_t)set << 16 | id;
	size_t from = 0, to = t->n;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (template_order(&t->at[mid], domain, key) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

static struct ipfix_template *
template_find(
    const struct ipfix_templates *t, uint32_t domain, uint16_t set, uint16_t id)
{
	size_t i = template_place(t, domain, set, id);

	if (i < t->n && t->at[i].domain == domain && t->at[i].set == set &&
	    t->at[i].id == id)
		return &t->at[i];
	return NULL;
}

const struct ipfix_template *
ipfix_templates_find(
    const struct ipfix_templates *t, uint32_t domain, uint16_t id)
{
	const struct ipfix_template *at =
	    template_find(t, domain, IPFIX_TEMPLATES, id);

	return at != NULL ? at : template_find(t, domain, IPFIX_OPTIONS, id);
}

/* Removes n of them, from the i-th on. */
static void
template_remove(struct ipfix_templates *t, size_t i, size_t n)
{
	if (n == 0)
		return;
	memmove(t->at + i, t->at + i + n, (t->n - i - n) * sizeof(*t->at));
	t->n -= n;
	t->stale = true;
}

/* An id belongs to one set only: its other meaning ends. */
static uint16_t
template_other(uint16_t set)
{
	return set == IPFIX_OPTIONS ? IPFIX_TEMPLATES : IPFIX_OPTIONS;
}

static void
template_withdraw(
    struct ipfix_templates *t, uint32_t domain, uint16_t set, uint16_t id)
{
	bool all = id < TEMPLATES_FIRST;
	size_t from = template_place(t, domain, set, all ? 0 : id), to = from;

	while (to < t->n && t->at[to].domain == domain &&
	       t->at[to].set == set && (all || t->at[to].id == id))
		to++;
	template_remove(t, from, to - from);
}

static enum d4_status
template_room(struct ipfix_templates *t)
{
	struct ipfix_template *at;

	if (t->n < t->cap)
		return D4_OK;
	if (t->n == IPFIX_TEMPLATES_MAX)
		return D4_ETOOBIG;
	at = realloc(t->at, (t->cap + TEMPLATES_GROW) * sizeof(*at));
	if (at == NULL)
		return D4_ENOMEM;
	t->at = at;
	t->cap += TEMPLATES_GROW;
	return D4_OK;
}

/* One definition of a message: `as` says all of it. */
static enum d4_status
template_define(struct ipfix_templates *t, const struct ipfix_template *as)
{
	struct ipfix_template *old =
	    template_find(t, as->domain, as->set, as->id);
	enum d4_status st;
	size_t i;

	if (old != NULL && d4_slice_eq(old->record, as->record))
		return D4_OK;
	if (old != NULL) {
		*old = *as;
		t->stale = true;
		return D4_OK;
	}
	st = template_room(t);
	if (st != D4_OK)
		return st;
	template_withdraw(t, as->domain, template_other(as->set), as->id);
	i = template_place(t, as->domain, as->set, as->id);
	memmove(t->at + i + 1, t->at + i, (t->n - i) * sizeof(*t->at));
	t->at[i] = *as;
	t->n++;
	t->stale = true;
	return D4_OK;
}

enum d4_status
ipfix_templates_keep(struct ipfix_templates *t, uint32_t domain)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		if (t->at[i].domain == domain)
			t->at[n++] = t->at[i];
	}
	if (n == t->n)
		return D4_OK;
	t->n = n;
	t->stale = true;
	return ipfix_templates_tell(t);
}

enum ipfix_news
ipfix_templates_compare(
    const struct ipfix_templates *t, uint32_t domain, const struct ipfix_set *s)
{
	enum ipfix_news news = IPFIX_SAME;
	struct d4_slice at = s->body;
	struct ipfix_def d;
	enum d4_status st;

	while ((st = ipfix_def_next(&at, s->id, &d)) == D4_OK) {
		const struct ipfix_template *old =
		    template_find(t, domain, s->id, d.id);

		if (d.id < TEMPLATES_FIRST ||
		    !d4_slice_eq(d.record,
			old != NULL ? old->record : (struct d4_slice){0}))
			news = IPFIX_NEW;
	}
	return st == D4_END ? news : IPFIX_WRONG;
}

static enum d4_status
learn_set(struct ipfix_templates *t, const struct ipfix_set *s,
    const struct ipfix_template *from)
{
	struct ipfix_template as = *from;
	struct d4_slice at = s->body;
	enum d4_status st = D4_OK;
	struct ipfix_def d;

	as.set = s->id;
	while (st == D4_OK && ipfix_def_next(&at, s->id, &d) == D4_OK) {
		as.id = d.id;
		as.record = d.record;
		if (d.record.n != 0)
			st = template_define(t, &as);
		else
			template_withdraw(t, as.domain, s->id, d.id);
	}
	return st;
}

enum d4_status
ipfix_templates_learn_set(struct ipfix_templates *t, const uint8_t header[16],
    const struct ipfix_set *s)
{
	const struct ipfix_template as = {.domain = d4_get_be32(header + 12),
	    .stamp = d4_get_be64(header + 4)};
	enum d4_status st;

	if (s->id != IPFIX_TEMPLATES && s->id != IPFIX_OPTIONS)
		return D4_OK;
	st = learn_set(t, s, &as);
	return st == D4_OK && t->stale ? ipfix_templates_tell(t) : st;
}

enum d4_status
ipfix_templates_learn(struct ipfix_templates *t, struct d4_slice message)
{
	struct ipfix_template as = {.domain = d4_get_be32(message.p + 12),
	    .stamp = d4_get_be64(message.p + 4)};
	enum d4_status st = D4_OK;
	struct ipfix_set s;

	(void)d4_slice_skip(&message, TEMPLATES_HEADER);
	while (st == D4_OK && ipfix_set_next(&message, &s)) {
		if (s.id == IPFIX_TEMPLATES || s.id == IPFIX_OPTIONS)
			st = learn_set(t, &s, &as);
	}
	return st == D4_OK && t->stale ? ipfix_templates_tell(t) : st;
}

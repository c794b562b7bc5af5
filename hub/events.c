#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "hub/events.h"

struct events {
	const struct events_ops *ops;
	void *arg;
	struct event *at[EVENTS_MAX];
	size_t n;
	uint64_t more;
	bool blind[EVENT_KIND_MAX];
};

static const struct {
	const char *name;
	unsigned looks;
	const char *about;
} kinds[] = {
#define EVENT_ROW(sym, word, l, text) \
	[EVENT_##sym] = {.name = (word), .looks = (l), .about = (text)},
    EVENT_KINDS(EVENT_ROW)
#undef EVENT_ROW
};

const char *
event_name(enum event_kind kind)
{
	return kinds[kind].name;
}

const char *
event_about(enum event_kind kind)
{
	return kinds[kind].about;
}

void
event_key(const struct event *e, char out[EVENT_KEY])
{
	(void)snprintf(
	    out, EVENT_KEY, "%s:%s", kinds[e->kind].name, e->subject);
}

enum d4_status
events_new(const struct events_ops *ops, void *arg, struct events **out)
{
	struct events *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return D4_ENOMEM;
	s->ops = ops;
	s->arg = arg;
	*out = s;
	return D4_OK;
}

void
events_free(struct events *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n; i++)
		free(s->at[i]);
	free(s);
}

/* What reaches logs, terminals and commands. */
static void
plain(char *out, size_t n, const char *text)
{
	size_t i = 0;

	for (; text[i] != '\0' && i + 1 < n; i++) {
		out[i] = '?';
		if (text[i] >= ' ' && text[i] <= '~')
			out[i] = text[i];
	}
	out[i] = '\0';
}

static struct event *
events_find(struct events *s, enum event_kind kind, const char *subject)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->at[i]->kind == kind &&
		    strcmp(s->at[i]->subject, subject) == 0)
			return s->at[i];
	}
	return NULL;
}

static struct event *
events_add(struct events *s, enum event_kind kind, const char *subject)
{
	struct event *e = NULL;

	if (s->n < EVENTS_MAX)
		e = calloc(1, sizeof(*e));
	if (e == NULL) {
		s->more++;
		return NULL;
	}
	e->kind = kind;
	(void)snprintf(e->subject, sizeof(e->subject), "%s", subject);
	s->at[s->n++] = e;
	return e;
}

void
events_begin(struct events *s)
{
	s->more = 0;
	memset(s->blind, 0, sizeof(s->blind));
	for (size_t i = 0; i < s->n; i++)
		s->at[i]->seen = false;
}

void
events_hold(struct events *s, enum event_kind kind, const char *subject,
    const char *text)
{
	char clean[EVENT_SUBJECT];
	struct event *e;

	plain(clean, sizeof(clean), subject);
	e = events_find(s, kind, clean);
	if (e == NULL)
		e = events_add(s, kind, clean);
	if (e == NULL || e->seen)
		return;
	plain(e->text, sizeof(e->text), text);
	e->seen = true;
	e->missed = 0;
	e->looks++;
}

void
events_blind(struct events *s, enum event_kind kind)
{
	s->blind[kind] = true;
}

/* false: it is over, and forgotten. */
static bool
event_end(struct events *s, struct event *e, uint64_t now_s)
{
	if (e->seen && e->raised_s == 0 && e->looks >= kinds[e->kind].looks) {
		e->raised_s = now_s;
		s->ops->raised(s->arg, e);
	}
	if (e->seen || s->blind[e->kind])
		return true;
	e->looks = 0;
	if (e->raised_s != 0 && ++e->missed < EVENT_CLEAR)
		return true;
	if (e->raised_s != 0)
		s->ops->cleared(s->arg, e);
	return false;
}

void
events_end(struct events *s, uint64_t now_s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (event_end(s, s->at[i], now_s))
			s->at[kept++] = s->at[i];
		else
			free(s->at[i]);
	}
	s->n = kept;
}

size_t
events_raised(const struct events *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += s->at[i]->raised_s != 0;
	return n;
}

uint64_t
events_more(const struct events *s)
{
	return s->more;
}

void
events_each(
    struct events *s, void (*fn)(void *arg, const struct event *e), void *arg)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->at[i]->raised_s != 0)
			fn(arg, s->at[i]);
	}
}

json_t *
event_json(const struct event *e, const char *state)
{
	return json_pack("{s:s,s:s,s:s,s:I,s:s,s:s}", "event",
	    kinds[e->kind].name, "subject", e->subject, "state", state,
	    "raised_seen", (json_int_t)e->raised_s, "about",
	    kinds[e->kind].about, "text", e->text);
}

json_t *
events_json(struct events *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->n; i++) {
		if (s->at[i]->raised_s != 0)
			(void)json_array_append_new(
			    list, event_json(s->at[i], "raised"));
	}
	return list;
}

static void
events_load_one(struct events *s, const json_t *o)
{
	const char *name = json_string_value(json_object_get(o, "event"));
	const char *subject = json_string_value(json_object_get(o, "subject"));
	const char *text = json_string_value(json_object_get(o, "text"));
	json_int_t t = json_integer_value(json_object_get(o, "raised_seen"));
	unsigned kind = 0;
	struct event *e;

	if (name == NULL || subject == NULL || text == NULL || t <= 0)
		return;
	while (kind < EVENT_KIND_MAX && strcmp(kinds[kind].name, name) != 0)
		kind++;
	if (kind == EVENT_KIND_MAX)
		return;
	events_hold(s, (enum event_kind)kind, subject, text);
	for (size_t i = 0; i < s->n; i++) {
		e = s->at[i];
		if (e->seen && e->raised_s == 0)
			e->raised_s = (uint64_t)t;
	}
}

void
events_load(struct events *s, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		events_load_one(s, json_array_get(list, i));
}

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "misp-export/store_room.h"

/* ---- files ---- */

char *
store_path(const struct store *s, const struct d4_uuid *u)
{
	char uuid[D4_UUID_TEXT], name[D4_UUID_TEXT + sizeof(STORE_SUFFIX)];

	d4_uuid_text(u, uuid);
	(void)snprintf(name, sizeof(name), "%s" STORE_SUFFIX, uuid);
	return d4_path(s->dir, name);
}

static enum d4_status
store_write(const struct store *s, const struct event *e)
{
	char *path = store_path(s, &e->uuid);
	enum d4_status st = D4_ENOMEM;
	struct d4_buf text;

	d4_buf_init(&text, EVENT_FILE_MAX);
	if (path != NULL)
		st = event_write(e, &text);
	if (st == D4_OK)
		st = d4_file_replace(path, d4_buf_slice(&text), 0640);
	d4_buf_fini(&text);
	free(path);
	return st;
}

void
store_bad(const char *path, enum d4_status st)
{
	char *aside = NULL;

	d4_warnx("alarm state=damaged file=%s error=\"%s\"", path,
	    d4_status_text(st));
	if (asprintf(&aside, "%s.bad", path) < 0)
		return;
	if (rename(path, aside) != 0)
		d4_warn("file=%s", path);
	free(aside);
}

static enum d4_status
store_read(struct store *s, const struct d4_uuid *u, struct event **out)
{
	char *path = store_path(s, u);
	enum d4_status st = D4_ENOMEM;
	struct d4_buf text;
	uint64_t lost = 0;

	d4_buf_init(&text, EVENT_FILE_MAX);
	if (path != NULL)
		st = d4_file_read(path, &text);
	if (st == D4_OK)
		st = event_read(d4_buf_slice(&text), s->mappers, &lost, out);
	if (st == D4_OK && lost > 0) {
		s->lost += lost;
		(*out)->changed = true; /* once */
		d4_warnx("alarm state file=%s items=%llu of other rows, or "
			 "without a mapper: not sent",
		    path, (unsigned long long)lost);
	}
	if (st == D4_EMALFORMED || st == D4_EVERSION) {
		store_bad(path, st);
		st = D4_ENOENT;
	}
	d4_buf_fini(&text);
	free(path);
	return st;
}

/* ---- the list ---- */

enum d4_status
store_add(struct store *s, const struct store_known *k)
{
	struct store_known *list;
	size_t cap;

	if (s->n == STORE_EVENTS)
		return D4_ETOOBIG;
	if (s->n == s->cap) {
		cap = s->cap == 0 ? 64 : 2 * s->cap;
		list = reallocarray(s->list, cap, sizeof(*list));
		if (list == NULL)
			return D4_ENOMEM;
		s->list = list;
		s->cap = cap;
	}
	s->list[s->n++] = *k;
	return D4_OK;
}

static size_t
store_find(const struct store *s, const struct d4_uuid *u)
{
	size_t i = 0;

	while (i < s->n && !d4_uuid_eq(&s->list[i].uuid, u))
		i++;
	return i;
}

uint64_t
store_lost(const struct store *s)
{
	return s->lost;
}

size_t
store_n(const struct store *s)
{
	return s->n;
}

const struct store_known *
store_at(const struct store *s, size_t i)
{
	return &s->list[i];
}

void
store_fed(struct store *s, size_t i, uint64_t again_us)
{
	s->list[i].again_us = again_us;
	s->list[i].fed = s->list[i].saved;
}

size_t
store_items(const struct store *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += s->list[i].event != NULL ? s->list[i].event->n : 0;
	return n;
}

enum d4_status
store_load(struct store *s, size_t i, struct event **out)
{
	struct store_known *k = &s->list[i];
	enum d4_status st = D4_OK;

	if (k->event == NULL)
		st = store_read(s, &k->uuid, &k->event);
	if (st == D4_ENOENT) /* gone, or damaged: begun anew, same names */
		st = event_new(&s->space, &k->name, &k->event);
	if (st != D4_OK)
		return st;
	k->used = ++s->turn;
	*out = k->event;
	return D4_OK;
}

enum d4_status
store_get(struct store *s, const struct event_name *name, struct event **out)
{
	struct store_known k = {.name = *name, .saved = 1};
	enum d4_status st = event_uuid(&s->space, name, &k.uuid);
	size_t i;

	if (st != D4_OK)
		return st;
	i = store_find(s, &k.uuid);
	if (i == s->n)
		st = store_add(s, &k);
	return st == D4_OK ? store_load(s, i, out) : st;
}

void
store_free(struct store *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n; i++)
		event_free(s->list[i].event);
	free(s->list);
	free(s->dir);
	free(s);
}

const struct d4_uuid *
store_space(const struct store *s)
{
	return &s->space;
}

/* ---- saving and forgetting ---- */

enum d4_status
store_save(struct store *s)
{
	enum d4_status st = D4_OK;

	for (size_t i = 0; i < s->n && st == D4_OK; i++) {
		struct store_known *k = &s->list[i];

		if (k->event == NULL || !k->event->changed)
			continue;
		st = store_write(s, k->event);
		k->event->changed = st != D4_OK;
		k->due = event_due(k->event);
		k->waits = k->event->waits;
		k->saved++;
	}
	return st;
}

void
store_forget(struct store *s)
{
	for (size_t i = 0; i < s->n; i++) {
		struct store_known *k = &s->list[i];

		if (k->event == NULL || !k->event->changed)
			continue;
		event_free(k->event);
		k->event = NULL;
	}
}

void
store_mappers(struct store *s, const struct mappers *mappers)
{
	for (size_t i = 0; i < s->n; i++) {
		event_free(s->list[i].event);
		s->list[i].event = NULL;
	}
	s->mappers = mappers;
}

size_t
store_due(const struct store *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += s->list[i].due ? 1 : 0;
	return n;
}

void
store_shrink(struct store *s, size_t items)
{
	size_t loaded, oldest;

	for (;;) {
		loaded = 0;
		oldest = s->n;
		for (size_t i = 0; i < s->n; i++) {
			const struct store_known *k = &s->list[i];

			if (k->event == NULL)
				continue;
			loaded++;
			if (!k->event->changed &&
			    (oldest == s->n || k->used < s->list[oldest].used))
				oldest = i;
		}
		if (oldest == s->n ||
		    (loaded <= STORE_LOADED && store_items(s) <= items))
			return;
		event_free(s->list[oldest].event);
		s->list[oldest].event = NULL;
	}
}

static bool
expire_one(struct store *s, size_t i, bool (*goes)(void *arg, struct event *e),
    void *arg)
{
	struct event *e;
	char *path;
	bool ok;

	if (store_load(s, i, &e) != D4_OK || !goes(arg, e))
		return false;
	path = store_path(s, &e->uuid);
	ok = path != NULL && (unlink(path) == 0 || errno == ENOENT);
	if (!ok)
		d4_warn("file=%s", path != NULL ? path : "");
	free(path);
	if (!ok)
		return false;
	event_free(e);
	s->list[i] = s->list[--s->n];
	return true;
}

void
store_expire(struct store *s, uint64_t before_s,
    bool (*goes)(void *arg, struct event *e), void *arg)
{
	for (size_t i = 0; i < s->n;) {
		const struct store_known *k = &s->list[i];

		if (k->name.start_s + k->name.span_s > before_s ||
		    (k->event != NULL && k->event->changed) ||
		    !expire_one(s, i, goes, arg))
			i++;
	}
}

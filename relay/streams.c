#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "libd4/fnv.h"
#include "libd4/kit/file.h"
#include "relay/breakers.h"
#include "relay/streams_room.h"

enum d4_status
streams_new(const char *state, struct streams **out)
{
	struct streams *s = calloc(1, sizeof(*s));
	enum d4_status st = D4_ENOMEM;

	if (s == NULL)
		return D4_ENOMEM;
	s->folder = d4_path(state, "streams");
	s->breakers = d4_path(state, BREAKERS_FOLDER);
	if (s->folder != NULL && s->breakers != NULL)
		st = d4_dir_make(s->folder, 0700);
	if (st == D4_OK)
		st = d4_dir_make(s->breakers, 0700);
	if (st != D4_OK) {
		streams_free(s);
		return st;
	}
	*out = s;
	return D4_OK;
}

enum d4_status
streams_quarantine(struct streams *s, const char *state, uint64_t max,
    struct d4_account *account)
{
	return quarantine_open(&s->quarantine, state, max, account);
}

static void
stream_free(struct streams *s, struct stream *t)
{
	for (size_t i = 0; i < s->n_partners; i++)
		path_reset(s, t, i);
	free((void *)(uintptr_t)t->meta.p);
	free(t->path);
	free(t);
}

static void
streams_forget(struct streams *s)
{
	struct stream *t, *next;

	for (size_t i = 0; i < STREAMS_BUCKETS; i++) {
		for (t = s->bucket[i]; t != NULL; t = next) {
			next = t->next;
			stream_free(s, t);
		}
		s->bucket[i] = NULL;
	}
	s->n = 0;
}

void
streams_free(struct streams *s)
{
	if (s == NULL)
		return;
	streams_forget(s);
	free(s->folder);
	free(s->breakers);
	quarantine_close(&s->quarantine);
	free(s);
}

void
streams_gate(struct streams *s, struct gate *g)
{
	streams_forget(s);
	s->gate = g;
	s->n_partners = g == NULL ? 0 : pol_n_partners(gate_policy(g));
	paths_tidy(s);
}

/* A stream whose breaker is open is kept: forgetting would close it. */
static bool
stream_may_go(const struct streams *s, const struct stream *t)
{
	for (size_t i = 0; i < s->n_partners; i++) {
		if (path_broken(&t->path[i]))
			return false;
	}
	return true;
}

static void
stream_again(struct streams *s, struct stream *t)
{
	for (size_t i = 0; i < s->n_partners; i++) {
		struct path *p = &t->path[i];

		if (!path_broken(p)) {
			path_reset(s, t, i);
			continue;
		}
		p->row = p->none = -1;
		p->lane = NULL;
		p->named = false;
	}
}

void
streams_again(struct streams *s)
{
	for (size_t i = 0; i < STREAMS_BUCKETS; i++) {
		struct stream **link = &s->bucket[i], *t;

		while ((t = *link) != NULL) {
			if (!stream_may_go(s, t)) {
				stream_again(s, t);
				link = &t->next;
				continue;
			}
			*link = t->next;
			stream_free(s, t);
			s->n--;
		}
	}
}

void
streams_breakers(struct streams *s)
{
	if (!s->broken)
		return;
	s->broken = s->unnoted = false;
	for (size_t i = 0; i < STREAMS_BUCKETS; i++) {
		for (struct stream *t = s->bucket[i]; t != NULL; t = t->next) {
			for (size_t k = 0; k < s->n_partners; k++)
				path_breaker(s, t, k);
		}
	}
}

bool
streams_noted(struct streams *s)
{
	if (s->unnoted)
		streams_breakers(s);
	return !s->unnoted;
}

json_t *
streams_open(const struct streams *s)
{
	return breakers_list(s->breakers);
}

static bool
stream_save(struct streams *s, const struct stream *t, size_t max)
{
	bool all = true;

	for (size_t k = 0; k < s->n_partners; k++) {
		if (t->path[k].state_bytes <= max)
			all = path_save(s, t, k) && all;
	}
	return all;
}

bool
streams_save(struct streams *s, size_t max)
{
	bool all = true;

	for (size_t i = 0; i < STREAMS_BUCKETS; i++) {
		for (struct stream *t = s->bucket[i]; t != NULL; t = t->next)
			all = stream_save(s, t, max) && all;
	}
	return all;
}

static void
stream_lane_gone(
    const struct streams *s, struct stream *t, const struct lane *lane)
{
	for (size_t k = 0; k < s->n_partners; k++) {
		if (t->path[k].lane == lane)
			t->path[k].lane = NULL;
	}
}

void
streams_lane_gone(struct streams *s, const struct lane *lane)
{
	for (size_t i = 0; i < STREAMS_BUCKETS; i++) {
		for (struct stream *t = s->bucket[i]; t != NULL; t = t->next)
			stream_lane_gone(s, t, lane);
	}
}

static uint32_t
streams_hash(const struct d4_entry *e)
{
	uint32_t h = D4_FNV32 ^ e->type;

	h = d4_fnv32(h, d4_slice_of(e->sensor.b, D4_UUID_LEN));
	return d4_fnv32(d4_fnv32(h, e->ext), e->meta);
}

static bool
streams_is(const struct stream *t, uint32_t hash, const struct d4_entry *e)
{
	return t->hash == hash && t->type == e->type &&
	       d4_uuid_eq(&t->sensor, &e->sensor) &&
	       d4_slice_eqs(e->ext, t->ext) && d4_slice_eq(t->meta, e->meta);
}

static void
streams_make_room(struct streams *s)
{
	struct stream **oldest = NULL, **link;
	struct stream *t;

	for (size_t i = 0; i < STREAMS_BUCKETS; i++) {
		for (link = &s->bucket[i]; *link != NULL;
		     link = &(*link)->next) {
			if ((oldest == NULL ||
				(*link)->used < (*oldest)->used) &&
			    stream_may_go(s, *link))
				oldest = link;
		}
	}
	if (oldest == NULL)
		return;
	t = *oldest;
	*oldest = t->next;
	stream_free(s, t);
	s->n--;
}

static enum d4_status
streams_make(struct streams *s, const struct d4_entry *e, struct stream **out)
{
	struct stream *t = calloc(1, sizeof(*t));
	uint8_t *meta = malloc(e->meta.n + 1);

	if (t != NULL)
		t->path = calloc(s->n_partners + 1, sizeof(*t->path));
	if (t == NULL || meta == NULL || t->path == NULL) {
		free(meta);
		free(t != NULL ? t->path : NULL);
		free(t);
		return D4_ENOMEM;
	}
	for (size_t i = 0; i < s->n_partners; i++)
		t->path[i].row = t->path[i].none = -1;
	if (e->meta.n > 0)
		memcpy(meta, e->meta.p, e->meta.n);
	t->meta = d4_slice_of(meta, e->meta.n);
	t->sensor = e->sensor;
	t->type = e->type;
	(void)snprintf(t->ext, sizeof(t->ext), "%.*s", (int)e->ext.n,
	    e->ext.n > 0 ? (const char *)e->ext.p : "");
	*out = t;
	return D4_OK;
}

enum d4_status
streams_get(struct streams *s, const struct d4_entry *e, struct stream **out)
{
	uint32_t hash = streams_hash(e);
	struct stream **head = &s->bucket[hash & (STREAMS_BUCKETS - 1)];
	struct stream *t;
	enum d4_status st;

	for (t = *head; t != NULL && !streams_is(t, hash, e); t = t->next)
		continue;
	if (t == NULL) {
		if (s->n >= STREAMS_MAX)
			streams_make_room(s);
		st = streams_make(s, e, &t);
		if (st != D4_OK)
			return st;
		t->hash = hash;
		t->next = *head;
		*head = t;
		s->n++;
	}
	t->used = ++s->clock;
	*out = t;
	return D4_OK;
}

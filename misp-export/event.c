#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "misp-export/event_top.h"

#define EVENT_SLOTS 64u

/* ---- what was done to the data ---- */

static const struct map_rel rel_anonymisation[] = {
    {"method", "text", NULL, "method", MAP_QUIET},
    {"description", "text", NULL, "description", MAP_KEY | MAP_QUIET},
    {.type = NULL},
};

static const struct mapper anonymisation = {
    .id = "anonymisation",
    .object = "anonymisation",
    .reader = "json",
    .rel = rel_anonymisation,
};

const struct mapper *
event_anonymisation(void)
{
	return &anonymisation;
}

/* ---- events ---- */

enum d4_status
event_uuid(const struct d4_uuid *space, const struct event_name *name,
    struct d4_uuid *out)
{
	char start[48];
	const char *part[] = {"event", name->source, name->kind, start,
	    terms_label_text(name->label), terms_pap_text(name->pap), NULL};

	(void)snprintf(start, sizeof(start), "%llu+%llu",
	    (unsigned long long)name->start_s,
	    (unsigned long long)name->span_s);
	return identity_of(space, part, out);
}

enum d4_status
event_new(const struct d4_uuid *space, const struct event_name *name,
    struct event **out)
{
	struct event *e = calloc(1, sizeof(*e));
	enum d4_status st = D4_ENOMEM;

	if (e != NULL) {
		e->slots = EVENT_SLOTS;
		e->slot = calloc(e->slots, sizeof(struct item *));
		e->name = *name;
		e->distribution = -2;
	}
	if (e != NULL && e->slot != NULL)
		st = event_uuid(space, name, &e->uuid);
	if (st != D4_OK) {
		event_free(e);
		return st;
	}
	*out = e;
	return D4_OK;
}

void
event_free(struct event *e)
{
	if (e == NULL)
		return;
	for (size_t i = 0; i < e->n; i++)
		free(e->items[i]);
	free(e->items);
	free(e->slot);
	free(e);
}

size_t
event_lane(struct event *e, const struct event_lane *of, uint64_t *seq)
{
	size_t at = EVENT_LANES;

	*seq = 0;
	for (size_t i = 0; i < e->n_lanes; i++) {
		const struct event_lane *l = &e->lane[i];

		if (strcmp(l->id, of->id) != 0)
			continue;
		if (l->seq > *seq)
			*seq = l->seq;
		if (l->after == of->after &&
		    strcmp(l->pipeline, of->pipeline) == 0)
			at = i;
	}
	if (at < EVENT_LANES || e->n_lanes == EVENT_LANES)
		return at;
	e->lane[e->n_lanes] = *of;
	e->lane[e->n_lanes].seq = *seq;
	return e->n_lanes++;
}

/* ---- the table of items ---- */

/* A version 5 UUID is a hash already. */
static size_t
event_slot(const struct event *e, const struct d4_uuid *u)
{
	uint64_t h;

	memcpy(&h, u->b, sizeof(h));
	return (size_t)(h & (e->slots - 1));
}

struct item *
event_find(const struct event *e, const struct d4_uuid *uuid)
{
	struct item *it = e->slot[event_slot(e, uuid)];

	while (it != NULL && !d4_uuid_eq(&it->uuid, uuid))
		it = it->next;
	return it;
}

void
event_link(struct event *e, struct item *it)
{
	size_t i = event_slot(e, &it->uuid);

	it->next = e->slot[i];
	e->slot[i] = it;
}

void
event_unlink(struct event *e, const struct item *it)
{
	struct item **at = &e->slot[event_slot(e, &it->uuid)];

	while (*at != NULL && *at != it)
		at = &(*at)->next;
	if (*at != NULL)
		*at = it->next;
}

static enum d4_status
event_grow(struct event *e)
{
	size_t cap = e->cap == 0 ? EVENT_SLOTS : 2 * e->cap;
	struct item **items =
	    reallocarray(e->items, cap, sizeof(struct item *));
	struct item **slot;

	if (items == NULL)
		return D4_ENOMEM;
	e->items = items;
	slot = calloc(2 * cap, sizeof(struct item *));
	if (slot == NULL)
		return D4_ENOMEM;
	free(e->slot);
	e->slot = slot;
	e->slots = 2 * cap;
	e->cap = cap;
	for (size_t i = 0; i < e->n; i++)
		event_link(e, e->items[i]);
	return D4_OK;
}

enum d4_status
event_add(struct event *e, struct item *it)
{
	if (e->n == e->cap && event_grow(e) != D4_OK) {
		free(it);
		return D4_ENOMEM;
	}
	it->at = e->n;
	e->items[e->n++] = it;
	event_link(e, it);
	return D4_OK;
}

/* ---- taking a finding ---- */

static enum d4_status
event_item_uuid(
    const struct event *e, const struct finding *f, struct d4_uuid *out)
{
	const char *object = f->mapper->object;
	struct d4_slice part[3] = {
	    d4_slice_str(object != NULL ? "object" : "attribute"),
	    d4_slice_str(
		object != NULL ? object : f->mapper->rel[f->value[0].rel].type),
	    d4_slice_of(f->key, f->key_n)};

	return identity_v5(&e->uuid, part, 3, out);
}

uint32_t
event_bucket(const struct event *e, uint64_t time_us)
{
	uint64_t s = time_us / 1000000, at;

	if (s <= e->name.start_s)
		return 0;
	at = (s - e->name.start_s) * EVENT_BUCKETS / e->name.span_s;
	return (uint32_t)(at < EVENT_BUCKETS ? at : EVENT_BUCKETS - 1);
}

static void
item_seen(struct event *e, struct item *it, const struct finding *f)
{
	it->count += f->count;
	if (f->came_us > it->came_us)
		it->came_us = f->came_us;
	it->seen |= 1u << event_bucket(e, f->time_us);
	if (f->time_us < it->first_us)
		it->first_us = f->time_us;
	if (f->time_us > it->last_us)
		it->last_us = f->time_us;
	it->ids = it->ids && f->ids;
	it->moved = true;
}

static enum d4_status
event_first(struct event *e, const struct finding *f,
    const struct d4_uuid *uuid, struct item **out)
{
	struct item *it = item_new(f, uuid);
	enum d4_status st;

	if (it == NULL)
		return D4_ENOMEM;
	it->first_us = it->last_us = f->time_us;
	it->ids = f->ids;
	/* The first one is the attribute itself, not a sighting of it. */
	it->told = 1u << event_bucket(e, f->time_us);
	st = event_add(e, it);
	if (st == D4_OK)
		*out = it;
	return st;
}

/* What is remembered gets its values from a finding that is released now. */
static enum d4_status
event_adopt(struct event *e, const struct finding *f, struct item **it)
{
	const struct item *old = *it;
	struct item *now = item_new(f, &old->uuid);

	if (now == NULL)
		return D4_ENOMEM;
	now->at = old->at;
	now->count = old->count;
	now->err = old->err;
	now->first_us = old->first_us;
	now->last_us = old->last_us;
	now->came_us = old->came_us;
	now->seen = old->seen;
	now->told = old->told;
	now->state = old->state;
	now->ids = f->ids;
	event_unlink(e, old);
	event_link(e, now);
	e->items[now->at] = now;
	free(*it);
	*it = now;
	return D4_OK;
}

/*
 * What is seen for the first time waits until it was seen often enough, and
 * where only the top is sent, for its place there.
 */
static void
item_weigh(struct event *e, struct item *it, const struct event_limits *limits)
{
	bool data = it->mapper != event_anonymisation();
	bool go = !data || (it->count >= limits->least && !e->waits &&
			       (e->top == 0 || e->chosen < e->top));

	if (it->state == ITEM_OPEN && !go) {
		it->state = ITEM_BELOW;
	} else if (go && e->top != 0 && data) {
		it->state = ITEM_OPEN;
		e->chosen++;
	} else if (it->state == ITEM_BELOW && go) {
		it->state = ITEM_OPEN;
	}
}

/* A new one; no *out: there is no room for it. */
static enum d4_status
event_enter(struct event *e, const struct finding *f,
    const struct d4_uuid *uuid, const struct event_limits *limits,
    struct item **out)
{
	uint64_t err = 0;
	enum d4_status st;

	*out = NULL;
	if (e->n >= limits->most && !(e->waits && top_evict(e, &err))) {
		e->over += f->count;
		return D4_OK;
	}
	st = event_first(e, f, uuid, out);
	if (st == D4_OK)
		(*out)->err = err;
	return st;
}

enum d4_status
event_take(struct event *e, const struct finding *f, size_t lane,
    const struct event_limits *limits)
{
	enum d4_status st;
	struct d4_uuid uuid;
	struct item *it;
	bool fresh;

	st = event_item_uuid(e, f, &uuid);
	if (st != D4_OK)
		return st;
	e->changed = true;
	if (e->state == EVENT_GONE) { /* recalled by a person: so it stays */
		e->over += f->count;
		return D4_OK;
	}
	it = event_find(e, &uuid);
	fresh = it == NULL;
	if (fresh)
		st = event_enter(e, f, &uuid, limits, &it);
	else if (it->lanes == 0)
		st = event_adopt(e, f, &it);
	if (st != D4_OK || it == NULL)
		return st;
	item_seen(e, it, f);
	it->lanes |= 1ULL << lane;
	if (fresh || it->state == ITEM_BELOW)
		item_weigh(e, it, limits);
	if (e->waits)
		top_settle(e, it);
	return D4_OK;
}

static void
item_recall(struct item *it)
{
	bool there = it->state == ITEM_DONE || it->state == ITEM_RECALL ||
	             it->state == ITEM_OPEN;

	it->state = there ? ITEM_RECALL : ITEM_RECALLED;
}

bool
event_recall(struct event *e, const struct d4_uuid *item)
{
	struct item *one = item != NULL ? event_find(e, item) : NULL;

	if (item != NULL && one == NULL)
		return false;
	for (size_t i = 0; i < e->n; i++) {
		if (item == NULL || e->items[i] == one)
			item_recall(e->items[i]);
	}
	if (item == NULL && e->state != EVENT_BLOCKED)
		e->state = EVENT_GONE;
	if (e->waits)
		top_heap(e);
	e->changed = true;
	return true;
}

bool
event_due(const struct event *e)
{
	bool findings = false;

	if (e->state == EVENT_BLOCKED)
		return false;
	/* What was done to the data is nothing without the data. */
	for (size_t i = 0; i < e->n && !findings; i++)
		findings = item_due(e->items[i]) &&
		           (e->state == EVENT_KNOWN ||
			       e->items[i]->mapper != &anonymisation);
	return findings || e->publish_owed || e->unsure_s != 0;
}

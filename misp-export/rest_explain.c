/*
 * Items that a 200 dropped without a word: asked for again in the calls that
 * say why. And sightings, which MISP takes in bulk.
 */
#include <stdio.h>
#include <string.h>
#include "misp-export/rest_room.h"

#define SIGHTINGS       1000u /* of one call */
#define EXPLAIN_OBJECTS 16u   /* asked about in one round, a call each */

/* ---- attributes: one array, an answer for each ---- */

static json_t *
explain_body(const struct rest_batch *b)
{
	json_t *list = json_array();

	for (size_t i = 0; i < b->n; i++)
		(void)json_array_append_new(list, item_json(b->item[i]));
	return list;
}

static void
explain_one(struct rest *r, const struct rest_batch *b, struct item *it,
    const struct reply_error *e)
{
	if (it->state != ITEM_OPEN)
		return;
	if (e->there) {
		it->state = ITEM_DONE;
		r->counts.items++;
	} else {
		rest_quarantine(r, b->event, it, e->why);
	}
}

/* An array of one is answered as if it were none. */
static void
explain_alone(struct rest *r, const struct rest_batch *b, const struct reply *a)
{
	struct reply_error e = {.there = false};

	e.there = strstr(a->why, "similar attribute") != NULL ||
	          strstr(a->why, "not unique") != NULL;
	(void)snprintf(e.why, sizeof(e.why), "%s", a->why);
	explain_one(r, b, b->item[0], &e);
}

static enum rest_step
explain_attributes(struct rest *r, struct rest_batch *b)
{
	enum rest_step step;
	char path[96];
	struct reply a;
	json_t *body;

	body = explain_body(b);
	rest_path("/attributes/add/", &b->event->uuid, "", path, sizeof(path));
	step = rest_ask(r, path, body, &a);
	json_decref(body);
	if (step == STEP_UNSURE)
		return STEP_NEXT; /* the next round verifies */
	if (step != STEP_NEXT && step != STEP_SPLIT)
		return step;
	for (size_t i = 0; i < a.n; i++) {
		if (a.error[i].index < b->n)
			explain_one(
			    r, b, b->item[a.error[i].index], &a.error[i]);
	}
	if (a.n == 0 && b->n == 1 && step == STEP_SPLIT)
		explain_alone(r, b, &a);
	reply_fini(&a);
	return STEP_NEXT;
}

/* ---- objects: one a call ---- */

static enum rest_step
explain_object(struct rest *r, const struct rest_batch *b, struct item *it)
{
	enum rest_step step;
	char path[128];
	struct reply a;
	json_t *body = item_json(it);

	rest_path("/objects/add/", &b->event->uuid, "/breakOnDuplicate:1", path,
	    sizeof(path));
	step = rest_ask(r, path, body, &a);
	json_decref(body);
	if (step == STEP_UNSURE)
		return STEP_NEXT;
	/* There already, with something missing: the next round mends it. */
	if (step == STEP_SPLIT && strstr(a.why, "not unique") == NULL)
		rest_quarantine(r, b->event, it, a.why);
	reply_fini(&a);
	return step == STEP_SPLIT ? STEP_NEXT : step;
}

static enum rest_step
explain_objects(struct rest *r, struct rest_batch *b)
{
	enum rest_step step = STEP_NEXT;

	for (size_t i = 0; i < b->n && i < EXPLAIN_OBJECTS; i++) {
		if (step == STEP_NEXT)
			step = explain_object(r, b, b->item[i]);
	}
	return step;
}

/* Those that are still open stay, in front. */
static void
explain_left(struct rest_batch *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++) {
		if (b->item[i]->state == ITEM_OPEN)
			b->item[n++] = b->item[i];
	}
	b->n = n;
}

static enum rest_step
explain_kind(struct rest *r, const struct rest_batch *b, bool object)
{
	struct item *list[REST_BATCH];
	struct rest_batch part = {.event = b->event, .item = list};

	for (size_t i = 0; i < b->n; i++) {
		if ((b->item[i]->mapper->object != NULL) == object)
			list[part.n++] = b->item[i];
	}
	if (part.n == 0)
		return STEP_NEXT;
	return object ? explain_objects(r, &part)
	              : explain_attributes(r, &part);
}

enum rest_step
rest_explain(struct rest *r, struct rest_batch *b)
{
	enum rest_step step = explain_kind(r, b, false);

	if (step == STEP_NEXT)
		step = explain_kind(r, b, true);
	explain_left(b);
	return step;
}

/* ---- sightings ---- */

enum rest_step
rest_sightings(struct rest *r, struct event *e)
{
	enum rest_step step = STEP_NEXT;
	char path[96];
	struct reply a;
	json_t *list;
	size_t n = SIGHTINGS;

	rest_path(
	    "/sightings/bulkSaveSightings/", &e->uuid, "", path, sizeof(path));
	while (step == STEP_NEXT && n == SIGHTINGS && e->state == EVENT_KNOWN) {
		list = event_sightings(e, &r->may, SIGHTINGS);
		n = json_array_size(list);
		if (n == 0) {
			json_decref(list);
			return STEP_NEXT;
		}
		step = rest_ask(r, path, list, &a);
		json_decref(list);
		if (step == STEP_NEXT) {
			/* Their UUIDs are known there: again is harmless. */
			event_sighted(e, &r->may, SIGHTINGS);
			r->counts.sightings += n;
			e->changed = true;
		}
		reply_fini(&a);
	}
	return step == STEP_SPLIT ? rest_later(r, "sightings are refused", 0)
	                          : step;
}

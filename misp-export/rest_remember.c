/*
 * The state out of MISP: what it has of an event that we do not remember, by
 * restSearch. It is asked before the first call that writes, so that counts go
 * on where they were, and by the command `rebuild` for all events.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "libd4/kit/log.h"
#include "misp-export/remember.h"
#include "misp-export/rest_room.h"

#define REMEMBER_PAGE  500u  /* objects or attributes of one answer */
#define REMEMBER_PAGES 2000u /* of one question */
#define REMEMBER_LIST  100u  /* events of one answer */

/* struct asking -- what a page is of. id: of the event there. */
struct asking {
	struct rest *rest;
	struct remember *memory;
	const char *path, *id;
};

/* ---- one question ---- */

static const json_t *
response_of(const struct reply *a)
{
	return json_object_get(a->body, "response");
}

/* An answer that says it; what is refused is said, and later. */
static enum rest_step
remember_ask(
    struct rest *r, const char *path, json_t *body_taken, struct reply *out)
{
	enum rest_step step;

	if (path == NULL)
		return rest_later(r, "out of memory", 0);
	step = rest_ask(r, path, body_taken, out);
	json_decref(body_taken);
	if (step == STEP_NEXT && out->kind == REPLY_OK)
		return STEP_NEXT;
	if (step == STEP_NEXT || step == STEP_SPLIT)
		step = rest_later(r, "MISP does not say what it has", 0);
	else if (step == STEP_UNSURE)
		step = rest_later(r, "no answer in time", 0);
	reply_fini(out);
	return step;
}

/* Unknown filters return everything: of another event is no answer. */
static bool
of_event(const json_t *o, const char *id)
{
	const char *got = json_string_value(json_object_get(o, "event_id"));

	return got != NULL && strcmp(got, id) == 0;
}

static enum d4_status
page_take(const struct asking *q, const json_t *o)
{
	const char *in = json_string_value(json_object_get(o, "object_id"));

	if (!of_event(o, q->id))
		return D4_EMALFORMED;
	/* Parts of objects come with those. */
	if (in != NULL && strcmp(in, "0") != 0)
		return D4_OK;
	return remember_item(q->memory, o);
}

/* [{"Object": {...}}] or {"Attribute": [...]}. */
static enum rest_step
page_read(const struct asking *q, const struct reply *a, size_t *n)
{
	const json_t *list = response_of(a);
	enum d4_status st = D4_OK;

	if (json_is_object(list))
		list = json_object_get(list, "Attribute");
	*n = json_array_size(list);
	for (size_t i = 0; i < *n && st == D4_OK; i++) {
		const json_t *o = json_array_get(list, i);
		const json_t *in = json_object_get(o, "Object");

		/* An attribute has a member of that name, too. */
		st = page_take(q, json_object_get(o, "uuid") != NULL ? o : in);
	}
	if (st == D4_EMALFORMED)
		return rest_later(q->rest, "an answer nobody asked for", 0);
	return st == D4_OK ? STEP_NEXT
	                   : rest_later(q->rest, d4_status_text(st), 0);
}

static enum rest_step
remember_pages(const struct asking *q)
{
	enum rest_step step = STEP_NEXT;
	size_t n = REMEMBER_PAGE;
	struct reply a;

	for (unsigned i = 1;
	     i < REMEMBER_PAGES && n == REMEMBER_PAGE && step == STEP_NEXT;
	     i++) {
		step = remember_ask(q->rest, q->path,
		    json_pack("{s:s, s:s, s:[i,i], s:i, s:i}", "returnFormat",
			"json", "eventid", q->id, "deleted", 0, 1, "limit",
			(int)REMEMBER_PAGE, "page", (int)i),
		    &a);
		if (step != STEP_NEXT)
			break;
		step = page_read(q, &a, &n);
		reply_fini(&a);
	}
	return step;
}

/*
 * Too many of them are no answer, and not needed: a sighting that is sent
 * twice has one name.
 */
static enum rest_step
remember_sightings(const struct asking *q)
{
	enum d4_status st = D4_OK;
	enum rest_step step;
	struct reply a;
	char path[64];

	(void)snprintf(path, sizeof(path), "/sightings/index/%.20s", q->id);
	step = rest_ask(q->rest, path, NULL, &a);
	for (size_t i = 0; i < json_array_size(a.body) && st == D4_OK; i++)
		st = remember_sighting(q->memory, json_array_get(a.body, i));
	reply_fini(&a);
	if (st != D4_OK)
		return rest_later(q->rest, d4_status_text(st), 0);
	return step == STEP_LATER || step == STEP_STOP ? step : STEP_NEXT;
}

/* ---- one event ---- */

static int
distribution_of(const json_t *event)
{
	const char *s =
	    json_string_value(json_object_get(event, "distribution"));

	return s != NULL && s[0] >= '0' && s[0] <= '4' && s[1] == '\0'
	           ? s[0] - '0'
	           : 0;
}

static enum rest_step
remember_all(struct asking *q, const json_t *event)
{
	const struct event *e = q->memory->event;
	const struct mapper *m = mappers_find(q->memory->mappers, e->name.kind);
	enum rest_step step;

	q->id = json_string_value(json_object_get(event, "id"));
	if (q->id == NULL || strspn(q->id, "0123456789") != strlen(q->id))
		return rest_later(q->rest, "an event without an id", 0);
	step = remember_sightings(q);
	q->path = "/objects/restSearch";
	if (step == STEP_NEXT)
		step = remember_pages(q);
	q->path = "/attributes/restSearch";
	if (step == STEP_NEXT && m != NULL && m->object == NULL)
		step = remember_pages(q);
	return step;
}

static enum rest_step
remember_event(
    struct rest *r, struct event *e, const json_t *event, uint64_t top)
{
	struct remember memory;
	struct asking q = {.rest = r, .memory = &memory};
	enum d4_status st = remember_init(&memory, e, r->set.conf->mappers);
	enum rest_step step;
	size_t n;

	if (st != D4_OK)
		return rest_later(r, d4_status_text(st), 0);
	step = remember_all(&q, event);
	n = memory.event->n;
	if (step == STEP_NEXT)
		st = remember_end(&memory, e, distribution_of(event), top);
	if (step == STEP_NEXT && st == D4_OK) {
		r->counts.remembered += n;
		r->counts.foreign += memory.foreign;
	}
	remember_fini(&memory);
	return st == D4_OK ? step : rest_later(r, d4_status_text(st), 0);
}

static enum rest_step
remember_found(struct rest *r, struct event *e, const json_t *event)
{
	uint64_t before = r->counts.remembered;
	enum rest_step step = remember_event(r, e, event, 0);
	char uuid[D4_UUID_TEXT];

	d4_uuid_text(&e->uuid, uuid);
	if (step == STEP_NEXT)
		d4_warnx("misp=remembered event=%s items=%llu (MISP has it, "
			 "the state did not)",
		    uuid, (unsigned long long)(r->counts.remembered - before));
	return step;
}

/* Nothing of ours is written there before this is on disk. */
static enum rest_step
remember_asked(struct rest *r, struct event *e)
{
	e->asked = true;
	e->changed = true;
	if (r->set.save == NULL || r->set.save(r->set.arg))
		return STEP_NEXT;
	return rest_later(r, "state not saved", 0);
}

enum rest_step
rest_remember(struct rest *r, struct event *e)
{
	enum rest_step step;
	const json_t *event;
	char uuid[D4_UUID_TEXT];
	const char *got;
	struct reply a;

	if (e->asked || e->state != EVENT_NEW)
		return STEP_NEXT;
	d4_uuid_text(&e->uuid, uuid);
	step = remember_ask(r, "/events/restSearch",
	    json_pack("{s:s, s:s, s:b}", "returnFormat", "json", "uuid", uuid,
		"metadata", 1),
	    &a);
	if (step != STEP_NEXT)
		return step;
	event = json_object_get(json_array_get(response_of(&a), 0), "Event");
	got = json_string_value(json_object_get(event, "uuid"));
	if (got != NULL && strcmp(got, uuid) == 0)
		step = remember_found(r, e, event);
	reply_fini(&a);
	return step == STEP_NEXT ? remember_asked(r, e) : step;
}

/* ---- all of them ---- */

static enum rest_step
rebuild_event(struct rest *r, const json_t *event, const struct d4_uuid *space,
    const struct rest_found *found)
{
	const char *info = json_string_value(json_object_get(event, "info"));
	const char *text = json_string_value(json_object_get(event, "uuid"));
	struct event_name name;
	enum rest_step step;
	struct d4_uuid uuid;
	struct event *e;
	uint64_t top;

	if (info == NULL || text == NULL || d4_uuid_parse(text, &uuid) != D4_OK)
		return STEP_NEXT;
	if (!remember_name(space, info, &uuid, &name, &top)) {
		found->foreign(found->arg, &uuid);
		return STEP_NEXT;
	}
	e = found->event(found->arg, &name);
	if (e == NULL)
		return STEP_NEXT;
	step = remember_event(r, e, event, top);
	return step == STEP_NEXT && !found->done(found->arg, e)
	           ? rest_later(r, "state not saved", 0)
	           : step;
}

static enum rest_step
rebuild_page(struct rest *r, unsigned page, struct reply *out)
{
	char filter[128];

	(void)snprintf(filter, sizeof(filter), "%.100s%%", r->set.conf->info);
	return remember_ask(r, "/events/restSearch",
	    json_pack("{s:s, s:s, s:b, s:i, s:i}", "returnFormat", "json",
		"eventinfo", filter, "metadata", 1, "limit", (int)REMEMBER_LIST,
		"page", (int)page),
	    out);
}

enum rest_end
rest_rebuild(
    struct rest *r, const struct d4_uuid *space, const struct rest_found *found)
{
	enum rest_step step = STEP_NEXT;
	size_t n = REMEMBER_LIST;
	struct reply a;

	for (unsigned i = 1;
	     i < REMEMBER_PAGES && n == REMEMBER_LIST && step == STEP_NEXT;
	     i++) {
		step = rebuild_page(r, i, &a);
		if (step != STEP_NEXT)
			break;
		n = json_array_size(response_of(&a));
		for (size_t k = 0; k < n && step == STEP_NEXT; k++)
			step = rebuild_event(r,
			    json_object_get(
				json_array_get(response_of(&a), k), "Event"),
			    space, found);
		reply_fini(&a);
	}
	if (step == STEP_NEXT)
		return REST_DONE;
	return step == STEP_STOP ? REST_STOP : REST_LATER;
}

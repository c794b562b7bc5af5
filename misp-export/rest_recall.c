/*
 * Taking back: soft deletion there, and a publication that tells others. In
 * edits that name many, then by what MISP says is left, one by one.
 */
#include <stdio.h>
#include "libd4/kit/log.h"
#include "misp-export/rest_room.h"

/* Names alone: what is taken back is not said once more. */
static json_t *
recall_row(const struct item *it)
{
	char uuid[D4_UUID_TEXT];

	d4_uuid_text(&it->uuid, uuid);
	return json_pack("{s:s, s:b}", "uuid", uuid, "deleted", 1);
}

static json_t *
recall_body(const struct event *e, const struct rest_batch *b)
{
	json_t *objects = json_array(), *attributes = json_array();
	char uuid[D4_UUID_TEXT];

	for (size_t i = 0; i < b->n; i++)
		(void)json_array_append_new(
		    b->item[i]->mapper->object != NULL ? objects : attributes,
		    recall_row(b->item[i]));
	d4_uuid_text(&e->uuid, uuid);
	return json_pack("{s:{s:s, s:o, s:o}}", "Event", "uuid", uuid, "Object",
	    objects, "Attribute", attributes);
}

/* The event as MISP has it becomes what body says; body is ours then. */
static enum rest_step
recall_put(struct rest *r, const struct event *e, json_t *body)
{
	enum rest_step step;
	struct reply a;
	char path[96];

	if (body == NULL)
		return rest_later(r, "out of memory", 0);
	rest_path("/events/edit/", &e->uuid, "/metadata:1", path, sizeof(path));
	step = rest_ask(r, path, body, &a);
	json_decref(body);
	reply_fini(&a);
	return step;
}

/* Whatever it answers: what is left is asked for. */
static enum rest_step
recall_edit(struct rest *r, const struct event *e, const struct rest_batch *b)
{
	enum rest_step step = recall_put(r, e, recall_body(e, b));

	return step == STEP_LATER || step == STEP_STOP ? step : STEP_NEXT;
}

static void
recall_done(struct rest *r, struct item *it)
{
	char uuid[D4_UUID_TEXT];
	json_t *o;

	it->state = ITEM_RECALLED;
	r->counts.recalled++;
	d4_uuid_text(&it->uuid, uuid);
	o = json_pack("{s:s}", "item", uuid);
	if (o == NULL || d4_account_write(r->set.account, false,
			     "misp.recalled", o) != D4_OK)
		d4_warn("account");
}

/* What is not there is as good as deleted. */
static enum rest_step
recall_one(struct rest *r, struct item *it)
{
	bool object = it->mapper->object != NULL;
	json_t *body = json_object();
	enum rest_step step;
	struct reply a;
	char path[96];

	rest_path(object ? "/objects/delete/" : "/attributes/delete/",
	    &it->uuid, "", path, sizeof(path));
	step = rest_ask(r, path, body, &a);
	json_decref(body);
	reply_fini(&a);
	if (step == STEP_SPLIT) /* "has to be POST", "already deleted" */
		step = STEP_NEXT;
	if (step == STEP_NEXT)
		recall_done(r, it);
	return step;
}

static enum rest_step
recall_batch(struct rest *r, struct event *e, const struct rest_batch *b)
{
	enum rest_step step = recall_edit(r, e, b);
	bool alive[REST_BATCH];

	e->changed = true;
	if (step == STEP_NEXT)
		step = rest_alive(r, b, alive);
	if (step != STEP_NEXT)
		return step;
	for (size_t i = 0; i < b->n; i++) {
		if (!alive[i])
			recall_done(r, b->item[i]);
	}
	for (size_t i = 0; i < b->n && step == STEP_NEXT; i++) {
		if (alive[i])
			step = recall_one(r, b->item[i]);
	}
	return step;
}

static void
recall_pick(struct event *e, size_t *at, struct rest_batch *b)
{
	b->n = 0;
	for (; *at < e->n && b->n < REST_BATCH; (*at)++) {
		if (e->items[*at]->state == ITEM_RECALL)
			b->item[b->n++] = e->items[*at];
	}
}

static enum rest_step
recall_all(struct rest *r, struct event *e, bool *any)
{
	struct item *list[REST_BATCH];
	struct rest_batch b = {.event = e, .item = list};
	enum rest_step step = STEP_NEXT;
	size_t at = 0;

	for (recall_pick(e, &at, &b); b.n > 0 && step == STEP_NEXT;
	     recall_pick(e, &at, &b)) {
		*any = true;
		step = recall_batch(r, e, &b);
	}
	if (*any && d4_account_sync(r->set.account) != D4_OK)
		d4_warn("account");
	return step;
}

/*
 * Nobody else will publish it: those who have it learn it now. Its name alone
 * (capture 1227): an event that is not there must not be made for that.
 */
static enum rest_step
recall_publish(struct rest *r, struct event *e)
{
	char uuid[D4_UUID_TEXT];
	enum rest_step step;

	d4_uuid_text(&e->uuid, uuid);
	step = recall_put(r, e,
	    json_pack("{s:{s:s, s:b}}", "Event", "uuid", uuid, "published", 1));
	if (step == STEP_SPLIT)
		return rest_later(r, "it does not publish the recall", 0);
	if (step == STEP_NEXT) {
		e->publish_owed = false;
		e->changed = true;
		r->counts.published++;
	}
	return step;
}

/* Nothing of it was ever written there. */
static enum rest_step
recall_unsent(struct rest *r, struct event *e)
{
	for (size_t i = 0; i < e->n; i++) {
		if (e->items[i]->state != ITEM_RECALL)
			continue;
		recall_done(r, e->items[i]);
		e->changed = true;
	}
	return STEP_NEXT;
}

enum rest_step
rest_recall(struct rest *r, struct event *e)
{
	bool any = false;
	enum rest_step step;

	if (!e->asked)
		return recall_unsent(r, e);
	step = recall_all(r, e, &any);
	e->changed = e->changed || any;
	if (any && e->publish)
		e->publish_owed = true;
	if (step != STEP_NEXT || !e->publish_owed || e->state != EVENT_GONE)
		return step;
	return recall_publish(r, e);
}

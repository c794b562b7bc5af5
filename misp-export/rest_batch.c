/* A batch of items into an event: sent, verified, halved, one at a time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "libd4/kit/log.h"
#include "misp-export/rest_room.h"

#define UPSERT_TURNS 6u

static json_t *
upsert_body(struct rest *r, const struct rest_batch *b, bool published)
{
	const struct event *e = b->event;
	json_t *tags = json_array(), *head, *body = NULL;
	const struct event_send send = {.distribution = e->distribution,
	    .group = r->group,
	    .prefix = r->set.conf->info,
	    .tags = tags,
	    .published = published};
	bool ok = true;

	for (size_t i = 0; i < r->set.conf->tags.n; i++)
		(void)json_array_append_new(
		    tags, json_string(r->set.conf->tags.item[i]));
	head = event_head(e, &send);
	json_decref(tags);
	if (head == NULL)
		return NULL;
	for (size_t i = 0; i < b->n && ok; i++)
		ok = event_add_item(head, b->item[i]);
	if (ok)
		body = json_pack("{s:O}", "Event", head);
	json_decref(head);
	return body;
}

/* Somebody deleted it, or it is another's: nothing may be there any more. */
static enum rest_step
upsert_burned(struct rest *r, struct event *e, const char *why)
{
	char uuid[D4_UUID_TEXT];
	json_t *o;

	d4_uuid_text(&e->uuid, uuid);
	e->state = EVENT_BLOCKED;
	e->changed = true;
	r->counts.blocked++;
	d4_warnx("alarm misp=event-blocked event=%s why=\"%s\"", uuid, why);
	o = json_pack("{s:s, s:s, s:I}", "event_uuid", uuid, "why", why,
	    "items", (json_int_t)e->n);
	if (o == NULL ||
	    d4_account_write(r->set.account, true, "misp.blocked", o) != D4_OK)
		d4_warn("account");
	return STEP_NEXT;
}

/* Where to go behind an answer; *again: the other way. */
static enum rest_step
upsert_answer(
    struct rest *r, struct rest_batch *b, const struct reply *a, bool *again)
{
	(void)snprintf(b->why, sizeof(b->why), "%s", a->why);
	*again = a->kind == REPLY_NO_EVENT || a->kind == REPLY_EXISTS;
	if (a->kind == REPLY_OK)
		b->event->state = EVENT_KNOWN;
	if (a->kind == REPLY_BLOCKED)
		return upsert_burned(r, b->event, a->why);
	return STEP_NEXT;
}

enum rest_step
rest_upsert(struct rest *r, struct rest_batch *b, bool published)
{
	json_t *body = upsert_body(r, b, published);
	enum rest_step step = STEP_NEXT;
	bool again = true, add = false;
	char edit[96];
	struct reply a;

	if (body == NULL)
		return rest_later(r, "out of memory", 0);
	rest_path("/events/edit/", &b->event->uuid, "/metadata:1", edit,
	    sizeof(edit));
	for (unsigned i = 0; i < UPSERT_TURNS && again; i++) {
		step = rest_ask(
		    r, add ? "/events/add/metadata:1" : edit, body, &a);
		again = false;
		if (step == STEP_SPLIT)
			(void)snprintf(b->why, sizeof(b->why), "%s", a.why);
		if (step == STEP_NEXT)
			step = upsert_answer(r, b, &a, &again);
		reply_fini(&a);
		add = !add;
	}
	json_decref(body);
	/* Not to be seen, and not to be made: it is somebody else's. */
	return again ? upsert_burned(r, b->event, "it is not ours") : step;
}

/* ---- what MISP chokes on ---- */

/*
 * One item alone gave 500. Is it the item? Only if the same event without it
 * can be written now; a server that is ill must not fill the quarantine.
 */
static enum rest_step
send_poison(struct rest *r, struct rest_batch *b, unsigned *tries)
{
	struct rest_batch none = {.event = b->event, .n = 0};
	enum rest_step step = rest_upsert(r, &none, false);

	if (step == STEP_UNSURE || step == STEP_SPLIT)
		return rest_later(r, "MISP fails", 0);
	if (step != STEP_NEXT)
		return step;
	if (++*tries < REST_TRIES)
		return STEP_NEXT;
	rest_quarantine(r, b->event, b->item[0],
	    "MISP answers 500 to it, and not without it");
	b->n = 0;
	return STEP_NEXT;
}

static enum rest_step
send_halves(struct rest *r, struct rest_batch *b)
{
	struct rest_batch first = *b, second = *b;
	enum rest_step step;

	r->counts.split++;
	first.n = b->n / 2;
	second.item = b->item + first.n;
	second.n = b->n - first.n;
	step = rest_send(r, &first);
	if (step == STEP_NEXT && b->event->state != EVENT_BLOCKED)
		step = rest_send(r, &second);
	b->n = 0;
	return step;
}

static enum rest_step
send_refused(struct rest *r, struct rest_batch *b)
{
	if (b->n > 1)
		return send_halves(r, b);
	rest_quarantine(r, b->event, b->item[0], b->why);
	b->n = 0;
	return STEP_NEXT;
}

/* MISP said 200: what it has of the items that it had before is renewed. */
static void
send_renewed(struct rest *r, struct rest_batch *b)
{
	for (size_t i = 0; i < b->n; i++) {
		if (b->item[i]->state == ITEM_DONE)
			r->counts.moved++;
		b->item[i]->moved = false;
	}
}

/* Nothing of it arrived, or a part: the rest again, smaller. */
static enum rest_step
send_unsure(
    struct rest *r, struct rest_batch *b, size_t missing, unsigned *tries)
{
	bool progress = missing < b->n;

	b->n = missing;
	r->counts.again++;
	if (progress)
		return STEP_NEXT;
	if (r->raw.end == HTTP_ANSWER && b->n == 1)
		return send_poison(r, b, tries);
	if (++*tries < REST_TRIES)
		return STEP_NEXT;
	return b->n > 1 ? send_halves(r, b)
	                : rest_later(r, "no answer in time", 0);
}

static enum rest_step
send_round(struct rest *r, struct rest_batch *b, unsigned *tries)
{
	size_t missing = b->n;
	enum rest_step step = rest_upsert(r, b, false);
	bool unsure = step == STEP_UNSURE;

	if (step == STEP_SPLIT)
		return send_refused(r, b);
	if (step != STEP_NEXT && !unsure)
		return step;
	if (b->event->state == EVENT_BLOCKED) {
		b->n = 0;
		return STEP_NEXT;
	}
	if (!unsure)
		send_renewed(r, b);
	step = rest_verify(r, b, &missing);
	if (step != STEP_NEXT)
		return step;
	if (unsure && missing > 0)
		return send_unsure(r, b, missing, tries);
	b->n = missing;
	return b->n > 0 ? rest_explain(r, b) : STEP_NEXT;
}

/* It recurses by halves: at most ten deep. NOLINTNEXTLINE(misc-no-recursion) */
enum rest_step
rest_send(struct rest *r, struct rest_batch *b)
{
	enum rest_step step = STEP_NEXT;
	unsigned tries = 0;

	for (unsigned i = 0; i < REST_ROUNDS && b->n > 0 && step == STEP_NEXT;
	     i++)
		step = send_round(r, b, &tries);
	if (step == STEP_NEXT && b->n > 0)
		return rest_later(r, "some findings do not arrive", 0);
	return step;
}

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"
#include "misp-export/event_terms.h"
#include "misp-export/rest_room.h"

enum d4_status
rest_new(const struct rest_setup *set, struct rest **out)
{
	struct rest *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return D4_ENOMEM;
	r->set = *set;
	http_reply_init(&r->raw);
	*out = r;
	return D4_OK;
}

void
rest_free(struct rest *r)
{
	if (r == NULL)
		return;
	http_reply_fini(&r->raw);
	types_fini(&r->types);
	free(r);
}

void
rest_conf(struct rest *r, const struct misp_conf *c)
{
	r->set.conf = c;
	r->greeted = false;
	r->n_refused = 0;
	r->group[0] = '\0';
	r->next_ms = r->wait_us = 0;
}

const struct rest_counts *
rest_counts(const struct rest *r)
{
	return &r->counts;
}

const char *
rest_trouble(const struct rest *r)
{
	return r->trouble;
}

bool
rest_ready(const struct rest *r)
{
	return d4_mono_ms() >= r->next_ms;
}

void
rest_path(const char *front, const struct d4_uuid *u, const char *back,
    char *out, size_t n)
{
	char uuid[D4_UUID_TEXT];

	d4_uuid_text(u, uuid);
	(void)snprintf(out, n, "%s%s%s", front, uuid, back);
}

/* ---- the back-off ---- */

enum rest_step
rest_later(struct rest *r, const char *why, uint64_t retry_s)
{
	const struct misp_conf *c = r->set.conf;
	uint64_t us;

	r->wait_us = r->wait_us == 0 ? c->backoff_min_us : 2 * r->wait_us;
	if (r->wait_us > c->backoff_max_us)
		r->wait_us = c->backoff_max_us;
	us = retry_s * 1000000 > r->wait_us ? retry_s * 1000000 : r->wait_us;
	if (us > c->backoff_max_us)
		us = c->backoff_max_us;
	r->next_ms = d4_mono_ms() + us / 1000;
	if (strcmp(r->trouble, why) != 0)
		d4_warnx("alarm misp=waiting partner=%s why=\"%s\"", c->partner,
		    why);
	if (why != r->trouble)
		(void)snprintf(r->trouble, sizeof(r->trouble), "%s", why);
	return STEP_LATER;
}

void
rest_fine(struct rest *r)
{
	if (r->trouble[0] != '\0')
		d4_info("misp=answers partner=%s", r->set.conf->partner);
	r->trouble[0] = '\0';
	r->wait_us = 0;
	r->next_ms = 0;
}

/* ---- one call ---- */

static enum rest_step
ask_refused(struct rest *r, const struct reply *a)
{
	char why[REPLY_WHY + 64];

	(void)snprintf(
	    why, sizeof(why), "%s: %s", reply_kind_text(a->kind), a->why);
	return rest_later(r, why, a->kind == REPLY_BUSY ? r->raw.retry_s : 0);
}

/* The server is at work, or was: whoever asks at once sees half of it. */
static enum rest_step
ask_unsure(struct rest *r)
{
	r->counts.unsure++;
	r->unsure = true;
	return http_wait(r->set.http, r->set.conf->settle_us) ? STEP_UNSURE
	                                                      : STEP_STOP;
}

static enum rest_step
ask_answer(struct rest *r, const char *path, struct reply *out)
{
	struct reply_in in = {.status = r->raw.status,
	    .location = r->raw.location[0] != '\0',
	    .csv = strcmp(path, REST_SEARCH) == 0,
	    .body = d4_buf_slice(&r->raw.body)};
	enum rest_step step = STEP_NEXT;

	reply_read(&in, out);
	switch (out->kind) {
	case REPLY_OK:
	case REPLY_NO_EVENT:
	case REPLY_EXISTS:
	case REPLY_BLOCKED:
		return STEP_NEXT;
	case REPLY_INVALID:
	case REPLY_TOOBIG:
		return STEP_SPLIT;
	case REPLY_FAILED:
		r->counts.failed++;
		step = STEP_UNSURE;
		break;
	case REPLY_BUSY:
		/* A gateway gave up; what is behind it need not. */
		r->unsure = r->unsure || in.status >= 500;
		step = ask_refused(r, out);
		break;
	case REPLY_AUTH:
	case REPLY_DENIED:
		step = ask_refused(r, out);
		break;
	}
	reply_fini(out);
	return step;
}

enum rest_step
rest_ask(
    struct rest *r, const char *path, const json_t *body, struct reply *out)
{
	*out = (struct reply){.why = ""};
	if (r->set.may != NULL && !r->set.may(r->set.arg))
		return rest_later(r, "frozen, or not released so now", 0);
	r->counts.calls++;
	http_call(r->set.http, path, body, &r->raw);
	switch (r->raw.end) {
	case HTTP_ANSWER:
		break;
	case HTTP_TIMEOUT:
	case HTTP_BROKEN:
		return ask_unsure(r);
	case HTTP_UNREACHED:
		return rest_later(r, r->raw.why, 0);
	case HTTP_STOPPED:
		r->unsure = true;
		return STEP_STOP;
	}
	return ask_answer(r, path, out);
}

/* ---- an event ---- */

/* Room that an item takes of a batch: its attributes. */
static size_t
deliver_weight(const struct item *it)
{
	size_t n = it->n;

	for (size_t i = 0; it->mapper->rel[i].type != NULL; i++)
		n += (it->mapper->rel[i].flags & MAP_COMPUTED) != 0 ? 1 : 0;
	return n;
}

static bool
deliver_wants(const struct item *it)
{
	return it->state == ITEM_OPEN || (it->state == ITEM_DONE && it->moved);
}

/* The next items from *at on; n 0: none are left. */
static void
deliver_pick(struct rest *r, struct event *e, size_t *at, struct rest_batch *b)
{
	const struct misp_conf *c = r->set.conf;
	size_t weight = 0;

	b->n = 0;
	for (; *at < e->n && b->n < REST_BATCH; (*at)++) {
		struct item *it = e->items[*at];
		bool object = it->mapper->object != NULL;

		if (!deliver_wants(it))
			continue;
		if (rest_refuses(r, it->mapper) ||
		    !item_released(it, &r->may)) {
			r->counts.held++;
			continue;
		}
		weight += deliver_weight(it);
		if (b->n > 0 && (weight > c->batch * (object ? 10 : 1) ||
				    (object && b->n >= c->objects)))
			return;
		b->item[b->n++] = it;
	}
}

/* What people had deleted there is none of it. */
static void
deliver_left(struct rest_batch *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++) {
		if (deliver_wants(b->item[i]))
			b->item[n++] = b->item[i];
	}
	b->n = n;
}

static enum rest_step
deliver_items(struct rest *r, struct event *e, bool *sent)
{
	struct item *list[REST_BATCH];
	struct rest_batch b = {.event = e, .item = list};
	enum rest_step step = STEP_NEXT;
	size_t at = 0;

	while (step == STEP_NEXT && e->state != EVENT_BLOCKED) {
		deliver_pick(r, e, &at, &b);
		if (b.n == 0)
			return STEP_NEXT;
		step = rest_remember(r, e);
		if (step != STEP_NEXT || e->state == EVENT_GONE)
			return step;
		deliver_left(&b);
		*sent = true;
		step = rest_send(r, &b);
		e->changed = true;
	}
	return step;
}

static enum rest_step
deliver_publish(struct rest *r, struct event *e)
{
	struct rest_batch b = {.event = e, .n = 0};
	enum rest_step step;

	/* Who adopts what was remembered sends it, and owes this anew. */
	if (e->publish_owed && event_remembered(e)) {
		e->publish_owed = false;
		e->changed = true;
	}
	if (!e->publish_owed || !r->may.publish || e->state != EVENT_KNOWN)
		return STEP_NEXT;
	step = rest_upsert(r, &b, true);
	if (step == STEP_NEXT) {
		e->publish_owed = false;
		e->changed = true;
		r->counts.published++;
	}
	return step;
}

static enum rest_end
deliver_end(struct rest *r, enum rest_step step)
{
	switch (step) {
	case STEP_NEXT:
		rest_fine(r);
		return REST_DONE;
	case STEP_STOP:
		return REST_STOP;
	case STEP_UNSURE:
	case STEP_SPLIT:
		(void)rest_later(r, "no clear answer", 0);
		return REST_LATER;
	case STEP_LATER:
		break;
	}
	return REST_LATER;
}

/*
 * Written down in front of the first call, so that a kill in the middle is
 * known: what was under way then is said again once it must be over.
 */
static bool
deliver_begin(struct rest *r, struct event *e, uint64_t *before)
{
	uint64_t now = d4_now_us() / 1000000;
	uint64_t linger = r->set.conf->linger_us / 1000000;

	r->unsure = false;
	*before = e->unsure_s;
	if (*before != 0 && now >= *before + linger) {
		*before = 0;
		for (size_t i = 0; i < e->n; i++)
			e->items[i]->moved = e->items[i]->lanes != 0;
		e->publish_owed = e->publish && !event_remembered(e);
	}
	for (size_t i = 0; i < e->n; i++) {
		if (!item_due(e->items[i]))
			continue;
		e->unsure_s = now;
		e->changed = true;
		return r->set.save == NULL || r->set.save(r->set.arg);
	}
	return true;
}

static void
deliver_over(const struct rest *r, struct event *e, uint64_t before)
{
	uint64_t since = r->unsure ? d4_now_us() / 1000000 : before;

	e->changed = e->changed || since != e->unsure_s;
	e->unsure_s = since;
}

static enum rest_end
deliver_event(struct rest *r, struct event *e, const struct terms *t)
{
	const struct event_ask ask = {.terms = t,
	    .now_us = d4_now_us(),
	    .group = r->set.conf->group != NULL};
	enum rest_step step = rest_recall(r, e);
	bool sent = false;

	if (step != STEP_NEXT || e->state == EVENT_GONE)
		return deliver_end(r, step);
	event_released(e, &ask, &r->may);
	event_narrow(e, &r->may);
	e->distribution = r->may.distribution;
	if (r->may.lanes == 0)
		return deliver_end(r, step);
	/* Amber without the group's id would go to nobody, or too far. */
	if (e->distribution == 4 && r->group[0] == '\0')
		return deliver_end(
		    r, rest_later(r, "the sharing group is not known", 0));
	step = deliver_items(r, e, &sent);
	if (step == STEP_NEXT)
		step = rest_sightings(r, e);
	if (sent && e->publish && !event_remembered(e)) {
		e->publish_owed = true;
		e->changed = true;
	}
	if (step == STEP_NEXT)
		step = deliver_publish(r, e);
	return deliver_end(r, step);
}

enum rest_end
rest_deliver(struct rest *r, struct event *e, const struct terms *t)
{
	enum rest_step step = rest_greet(r);
	enum rest_end end;
	uint64_t before;

	if (step != STEP_NEXT)
		return deliver_end(r, step);
	if (!deliver_begin(r, e, &before))
		return deliver_end(r, rest_later(r, "state not saved", 0));
	end = deliver_event(r, e, t);
	deliver_over(r, e, before);
	return end;
}

/* All sessions: lists, pauses, the flush timer, the budget. */
#include <stdlib.h>
#include <string.h>
#include "hub/session_conn.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"

#define FLUSH_IDLE 5u /* this part of `flush` is enough when Redis is idle */

static void
pause_one(struct session *s, enum hub_pause why, bool on)
{
	unsigned was = s->pause;

	s->pause = on ? was | why : was & ~(unsigned)why;
	if (s->pause != was)
		session_apply_pause(s);
}

/* How long an entry of this list may wait; 0: for ever. */
static uint64_t
flush_us(const struct hub *h, enum hub_drafts list)
{
	return list == DRAFTS_DISK ? h->opt->flush_disk_us : h->opt->flush_us;
}

/* When the oldest of a list is due; UINT64_MAX: never. */
static uint64_t
flush_due(const struct hub *h, enum hub_drafts list)
{
	const struct session *s = TAILQ_FIRST(&h->drafts[list]);
	uint64_t wait = flush_us(h, list);

	return s != NULL && wait != 0 ? s->draft_us + wait : UINT64_MAX;
}

static void
flush_arm(struct hub *h)
{
	uint64_t now = d4_mono_ms() * 1000, due = UINT64_MAX;
	struct timeval tv;

	for (unsigned l = 0; l < DRAFTS; l++) {
		uint64_t at = flush_due(h, (enum hub_drafts)l);

		due = at < due ? at : due;
	}
	if (due == UINT64_MAX)
		return;
	due = due > now ? due - now : 0;
	tv = (struct timeval){
	    (time_t)(due / 1000000), (suseconds_t)(due % 1000000)};
	(void)evtimer_add(h->flush_timer, &tv);
}

/* Behind what goes to disk nobody waits for this entry: let it grow. */
static enum hub_drafts
drafts_of(const struct session *s)
{
	return s->origin->shard->queue->spills ? DRAFTS_DISK : DRAFTS_SOON;
}

void
sessions_drafting(struct session *s, bool on)
{
	struct hub *h = s->hub;
	bool first;

	if (s->drafting == on)
		return;
	s->drafting = on;
	if (!on) {
		TAILQ_REMOVE(&h->drafts[s->draft_list], s, drafts);
		return;
	}
	s->draft_us = d4_mono_ms() * 1000;
	s->draft_list = drafts_of(s);
	first = TAILQ_EMPTY(&h->drafts[s->draft_list]);
	TAILQ_INSERT_TAIL(&h->drafts[s->draft_list], s, drafts);
	if (first)
		flush_arm(h);
}

/*
 * Who sends little waits for nothing, and who sends more for little, while
 * Redis has nothing else to do. Else entries grow, and are no more than if
 * each had waited.
 */
void
sessions_prompt(struct session *s)
{
	const struct hub *h = s->hub;
	uint64_t wait = flush_us(h, DRAFTS_SOON);
	uint64_t since = (s->active_ms - s->shelved_ms) * 1000;

	if (!s->drafting || s->draft_list != DRAFTS_SOON || wait == 0 ||
	    !shelf_prompt(h->shelf))
		return;
	if (since >= wait ||
	    (since >= wait / FLUSH_IDLE && shelf_entries(h->shelf) == 0))
		session_shelve(s);
}

static void
on_flush(evutil_socket_t fd, short what, void *arg)
{
	struct hub *h = arg;
	uint64_t now = d4_mono_ms() * 1000;

	(void)fd;
	(void)what;
	for (unsigned l = 0; l < DRAFTS; l++) {
		while (flush_due(h, (enum hub_drafts)l) <= now)
			session_shelve(TAILQ_FIRST(&h->drafts[l]));
	}
	flush_arm(h);
}

enum d4_status
sessions_init(struct hub *h)
{
	TAILQ_INIT(&h->sessions);
	for (unsigned l = 0; l < DRAFTS; l++)
		TAILQ_INIT(&h->drafts[l]);
	h->budget.max = h->opt->held_max;
	h->flush_timer = evtimer_new(h->base, on_flush, h);
	return h->flush_timer != NULL ? D4_OK : D4_ENOMEM;
}

void
sessions_add(struct session *s)
{
	TAILQ_INSERT_TAIL(&s->hub->sessions, s, all);
	s->hub->n_sessions++;
}

void
sessions_remove(struct session *s)
{
	struct hub *h = s->hub;

	(void)budget_change(&h->budget, s->held, 0);
	s->held = 0;
	sessions_drafting(s, false);
	sessions_waiting(s, false);
	if (s->counted)
		TAILQ_REMOVE(&s->sensor->sessions, s, by_sensor);
	s->counted = false;
	TAILQ_REMOVE(&h->sessions, s, all);
	h->n_sessions--;
}

/* The address is the peer's text without the port. */
void
sessions_name(struct session *s)
{
	struct d4_uuid id;
	char *colon;
	size_t n;

	d4_tls_peer_text(s->tls, s->peer, sizeof(s->peer));
	memcpy(s->address, s->peer, sizeof(s->address));
	colon = strrchr(s->address, ':');
	if (colon != NULL)
		*colon = '\0';
	n = strlen(s->address);
	if (n > 2 && s->address[0] == '[') {
		memmove(s->address, s->address + 1, n - 2);
		s->address[n - 2] = '\0';
	}
	if (d4_addr_parse(d4_slice_str(s->address), &s->from) != D4_OK)
		s->from.family = 0; /* in no list */
	if (d4_uuid_random(&id) == D4_OK)
		d4_uuid_text(&id, s->id);
}

/* ---- pauses ---- */

void
sessions_pause(struct hub *h, enum hub_pause why, bool on)
{
	unsigned was = h->pause;
	struct session *s;

	h->pause = on ? was | why : was & ~(unsigned)why;
	if ((h->pause != 0) == (was != 0))
		return;
	TAILQ_FOREACH(s, &h->sessions, all)
	session_apply_pause(s);
}

void
sessions_waiting(struct session *s, bool on)
{
	if (((s->pause & PAUSE_WHO) != 0) == on)
		return;
	if (on)
		TAILQ_INSERT_TAIL(&s->sensor->waiting, s, by_sensor);
	else
		TAILQ_REMOVE(&s->sensor->waiting, s, by_sensor);
	pause_one(s, PAUSE_WHO, on);
}

void
sessions_queue(struct hub *h, const struct queue *q)
{
	struct session *s;

	TAILQ_FOREACH(s, &h->sessions, all)
	{
		if (s->origin != NULL && s->origin->shard != NULL &&
		    s->origin->shard->queue == q)
			pause_one(s, PAUSE_QUEUE, q->full);
	}
}

/* ---- the budget of unfinished bytes ---- */

static struct session *
largest(struct hub *h, bool unpaused)
{
	struct session *s, *most = NULL;

	TAILQ_FOREACH(s, &h->sessions, all)
	{
		if (unpaused && (s->pause & PAUSE_HELD) != 0)
			continue;
		if (s->held != 0 && (most == NULL || s->held > most->held))
			most = s;
	}
	return most;
}

void
sessions_budget(struct session *s)
{
	struct hub *h = s->hub;
	enum budget_state was = h->budget.state, now;
	uint64_t held = intake_held(&s->intake);
	struct session *big;

	now = budget_change(&h->budget, s->held, held);
	s->held = held;
	if (now == BUDGET_FREE) {
		if (was == BUDGET_FREE)
			return;
		TAILQ_FOREACH(big, &h->sessions, all)
		pause_one(big, PAUSE_HELD, false);
		return;
	}
	big = largest(h, now == BUDGET_OVER);
	if (now == BUDGET_OVER && big != NULL)
		pause_one(big, PAUSE_HELD, true);
	/* Nobody who is paused can finish: what is too much must go. */
	while (now == BUDGET_HARD && big != NULL) {
		session_refuse(big, D4_R_BUDGET);
		now = h->budget.state;
		big = largest(h, false);
	}
}

bool
sessions_loud(struct hub *h)
{
	if (h->loud == 0) {
		h->hushed++;
		return false;
	}
	h->loud--;
	return true;
}

/* ---- what happens to many of them ---- */

void
sessions_known(struct hub *h, struct sensor *sensor)
{
	struct session *s;
	size_t n = 0;

	(void)h;
	TAILQ_FOREACH(s, &sensor->waiting, by_sensor)
	n++;
	/* Each leaves the list: it goes on, or is refused; or it rests. */
	for (; n != 0 && !TAILQ_EMPTY(&sensor->waiting); n--) {
		s = TAILQ_FIRST(&sensor->waiting);
		session_resume(s);
		if (TAILQ_FIRST(&sensor->waiting) != s)
			continue;
		TAILQ_REMOVE(&sensor->waiting, s, by_sensor);
		TAILQ_INSERT_TAIL(&sensor->waiting, s, by_sensor);
	}
}

/* s may be gone afterwards. */
static void
recheck(struct session *s)
{
	enum d4_reason why = D4_R_NONE;

	if (s->counted &&
	    (s->state == SESSION_OPEN || s->state == SESSION_LEAVE))
		why = session_welcome(s);
	if (why != D4_R_NONE)
		session_refuse(s, why);
}

void
sessions_recheck(struct hub *h)
{
	struct session *s, *next;

	for (s = TAILQ_FIRST(&h->sessions); s != NULL; s = next) {
		next = TAILQ_NEXT(s, all);
		recheck(s);
	}
}

void
sessions_recheck_of(struct sensor *sensor)
{
	struct session *s, *next;

	for (s = TAILQ_FIRST(&sensor->sessions); s != NULL; s = next) {
		next = TAILQ_NEXT(s, by_sensor);
		recheck(s);
	}
}

void
sessions_clock(struct hub *h)
{
	struct session *s, *next;

	for (s = TAILQ_FIRST(&h->sessions); s != NULL; s = next) {
		next = TAILQ_NEXT(s, all);
		if (s->state != SESSION_BYE)
			session_clock(s);
	}
}

void
sessions_flush(struct hub *h)
{
	struct session *s;

	TAILQ_FOREACH(s, &h->sessions, all)
	session_finish(s);
}

void
sessions_bye(struct hub *h)
{
	struct session *s, *next;

	for (s = TAILQ_FIRST(&h->sessions); s != NULL; s = next) {
		next = TAILQ_NEXT(s, all);
		if (s->state != SESSION_FLUSH && s->state != SESSION_BYE)
			session_gone(s, d4_reason_name(D4_R_DRAIN));
	}
}

void
sessions_leave(struct hub *h, size_t n)
{
	struct session *s;

	TAILQ_FOREACH(s, &h->sessions, all)
	{
		if (n == 0)
			return;
		n -= session_leave(s) ? 1 : 0;
	}
}

void
sessions_cut(struct hub *h)
{
	struct session *s;

	TAILQ_FOREACH(s, &h->sessions, all)
	session_cut(s);
}

void
sessions_free(struct hub *h)
{
	struct session *s;

	while ((s = TAILQ_FIRST(&h->sessions)) != NULL) {
		session_finish(s);
		session_gone(s, "the hub stops");
	}
	if (h->flush_timer != NULL)
		event_free(h->flush_timer);
	h->flush_timer = NULL;
}

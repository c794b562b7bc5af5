/*
 * Whose turn it is: lanes of one wire UUID and type share a slot, lanes of a
 * partner or of a rule share its rate. Who waits longest goes first.
 */
#include <string.h>
#include "libd4/kit/clock.h"
#include "relay/post_room.h"

#define TURN_LOOK_US 50000u /* until a lane looks for the slot again */
#define TURN_POLL_US 2000u  /* until it looks for the rate again */

static void
turn_wake(struct post_lane *l)
{
	post_lane_wake(l, post_now_us());
	post_lane_arm(l);
}

/* Since when it waits, compared: 0 has only just come. */
static bool
turn_older(uint64_t a_us, uint64_t b_us)
{
	return a_us != 0 && (b_us == 0 || a_us < b_us);
}

/* ---- slots ---- */

static bool
slot_same(const struct post_lane *a, const struct post_lane *b)
{
	return a->named && b->named && a->name.type == b->name.type &&
	       d4_uuid_eq(&a->name.wire_uuid, &b->name.wire_uuid) &&
	       strcmp(a->name.ext, b->name.ext) == 0;
}

/* Is the last session of the slot begun long enough ago? */
static bool
slot_rested(struct post_lane *l)
{
	struct post_partner *pp = l->partner;
	uint64_t last = 0, gap = post_partner_gap(pp);

	for (size_t i = 0; i < pp->n_lanes; i++) {
		const struct post_lane *o = pp->lanes[i];

		if (slot_same(o, l) && o->run.opened_us > last)
			last = o->run.opened_us;
	}
	if (last == 0 || post_now_us() - last >= gap)
		return true;
	post_lane_wake(l, last + gap);
	return false;
}

/* Another lane has the slot, or waits for it longer than this one. */
static bool
slot_taken(struct post_lane *l)
{
	struct post_partner *pp = l->partner;
	struct post_lane *first = NULL;

	for (size_t i = 0; i < pp->n_lanes; i++) {
		struct post_lane *o = pp->lanes[i];

		if (o == l || !slot_same(o, l))
			continue;
		if (post_session_active(o)) {
			o->run.yield = true;
			return true;
		}
		if (o->state == POST_IDLE && turn_older(o->slot_us, l->slot_us))
			first = o;
	}
	if (first == NULL)
		return false;
	turn_wake(first);
	post_lane_wake(l, post_now_us() + TURN_LOOK_US);
	return true;
}

bool
post_slot_take(struct post_lane *l)
{
	if (!l->partner->sink->d4)
		return true; /* there are no slots */
	if (slot_rested(l) && !slot_taken(l)) {
		l->slot_us = 0;
		return true;
	}
	if (l->slot_us == 0)
		l->slot_us = post_now_us();
	return false;
}

void
post_slot_free(struct post_lane *l)
{
	struct post_partner *pp = l->partner;
	struct post_lane *first = NULL;

	for (size_t i = 0; i < pp->n_lanes; i++) {
		struct post_lane *o = pp->lanes[i];

		if (o == l || o->state != POST_IDLE || !slot_same(o, l))
			continue;
		if (first == NULL || turn_older(o->slot_us, first->slot_us))
			first = o;
	}
	if (first != NULL && first->slot_us != 0)
		turn_wake(first);
}

/* ---- limits ---- */

static uint64_t
limits_wait(struct post_lane *l)
{
	uint64_t now = d4_now_us();
	uint64_t a = limit_wait(&l->partner->limit, now), b = 0;

	if (l->limit != NULL)
		b = limit_wait(l->limit, now);
	return a > b ? a : b;
}

/* Do the two share a rate? */
static bool
limits_shared(const struct post_lane *a, const struct post_lane *b)
{
	if (a->partner->limit.rate_bits != 0)
		return true;
	return a->limit != NULL && a->limit == b->limit &&
	       a->limit->rate_bits != 0;
}

/* Who could send now, and waits longer? */
static struct post_lane *
limits_first(const struct post_lane *l)
{
	struct post_partner *pp = l->partner;
	struct post_lane *first = NULL;

	for (size_t i = 0; i < pp->n_lanes; i++) {
		struct post_lane *o = pp->lanes[i];
		uint64_t since = first != NULL ? first->limit_us : l->limit_us;

		if (o != l && turn_older(o->limit_us, since) &&
		    limits_shared(l, o) && limits_wait(o) == 0)
			first = o;
	}
	return first;
}

uint64_t
post_limit_wait(struct post_lane *l)
{
	uint64_t wait = limits_wait(l);
	struct post_lane *first;

	if (wait == 0 && limits_shared(l, l)) {
		first = limits_first(l);
		if (first != NULL) {
			turn_wake(first);
			wait = TURN_POLL_US;
		}
	}
	if (wait == 0)
		l->limit_us = 0;
	else if (l->limit_us == 0)
		l->limit_us = post_now_us();
	return wait;
}

void
post_turn_none(struct post_lane *l)
{
	l->slot_us = l->limit_us = 0;
}

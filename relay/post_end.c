/* How sessions end: confirmed or not, and what follows. */
#include <stdlib.h>
#include "relay/post_room.h"

#define END_YIELD  50000u /* us that the next lane of the slot has */
#define END_GROWTH 8u     /* by which the budget grows with a confirmation */

/* No connection any more; what the frames held is forgotten. */
void
post_clear(struct post_lane *l)
{
	d4_resolve_cancel(l->run.query);
	l->run.query = NULL;
	sink_free(l);
	if (l->frames != NULL)
		post_frames_begin(l->frames);
}

/* What else is known there: see post_likely.h. */
static void
end_signs(const struct post_lane *l, struct post_signs *s)
{
	const struct post_partner *pp = l->partner;

	for (size_t i = 0; i < pp->n_lanes; i++) {
		const struct post_lane *o = pp->lanes[i];
		bool served = o->books.cursor.confirmed_records != 0;
		bool uuid = o->named &&
		            d4_uuid_eq(&o->name.wire_uuid, &l->name.wire_uuid);

		if (uuid && o->name.type == l->name.type)
			s->broke = s->broke || o->broke;
		else if (uuid)
			s->same_uuid = s->same_uuid || served;
		if (o != l)
			s->others = s->others || served;
	}
}

static enum post_likely
end_likely(const struct post_lane *l, enum post_failure what)
{
	struct post_signs s = {
	    .refused = what == POST_FAIL_REFUSED,
	    .closed = what == POST_FAIL_NOT_ACCEPTED,
	    .frames = what == POST_FAIL_LOST ? l->run.frames : 0,
	    .lockable = l->name.type != D4_TYPE_EXTENDED,
	    .before = l->books.cursor.confirmed_records != 0,
	};

	if (!l->partner->sink->d4) /* it has no registrations, nor limits */
		return LIKELY_NONE;
	end_signs(l, &s);
	return post_likely(&s);
}

/*
 * Was the session cut off, so that the server may not have seen its end? One
 * that the server ended at its first frames was refused, and has no place
 * there: unless that server is then gone (see end_away).
 */
static void
end_cut(struct post_lane *l, enum post_failure what)
{
	bool open = what == POST_FAIL_LOST || what == POST_FAIL_UNCONFIRMED;
	bool theirs = l->run.how == D4_TLS_EOF || l->run.how == D4_TLS_RESET;

	if (open && theirs && l->run.frames < LIKELY_LONG)
		l->ended = true;
	else if (open || what == POST_FAIL_STALLED || what == POST_FAIL_LOCAL)
		l->broke = true;
}

/* Nobody listens: it was killed, perhaps, and its places are still taken. */
static void
end_away(const struct post_partner *pp)
{
	for (size_t i = 0; i < pp->n_lanes; i++) {
		struct post_lane *l = pp->lanes[i];

		l->broke = l->broke || l->ended;
	}
}

/*
 * The alarm of the partner or of the lane, and when to try again. Frames are
 * numbered by entries, so a session that was cut off long has to be shorter
 * the next time: a server that ends it at a limit must not see the same
 * records for ever.
 */
static void
end_alarm(struct post_lane *l, enum post_failure what, const char *why)
{
	struct post_partner *pp = l->partner;
	bool all = post_failure_partner(what);
	struct post_alarm *a = all ? &pp->alarm : &l->alarm;
	const struct post_failed f = {
	    .what = what, .likely = end_likely(l, what), .why = why};
	uint64_t now = post_now_us(), wait;

	if (post_alarm_raise(a, &f, now))
		post_alarm_say(l, a);
	wait = limit_backoff(a->count, pp->conf->backoff_min_us,
	    pp->conf->backoff_max_us, arc4random());
	l->retry_us = now + wait;
	if (all) {
		pp->retry_us = now + wait;
		pp->next_address++;
	}
}

static bool
end_begun(const struct post_lane *l)
{
	return l->state == POST_STREAM || l->state == POST_DRAIN ||
	       l->state == POST_CLOSE;
}

void
post_fail(struct post_lane *l, enum post_failure what, const char *why)
{
	bool begun = end_begun(l);

	if (begun && l->run.wire != NULL)
		post_pump_acked(l);
	if (begun && l->run.frames / 2 < l->budget)
		l->budget = l->run.frames / 2;
	if (l->budget < POST_PROBE)
		l->budget = POST_PROBE;
	/*
	 * Proven by the past only: who took us yesterday may refuse us now.
	 * The second loss in a row is told as the refusal that it seems to be.
	 */
	if (what == POST_FAIL_REFUSED || what == POST_FAIL_NOT_ACCEPTED ||
	    what == POST_FAIL_LOST)
		l->proven = false;
	end_alarm(l, what, why);
	if (begun)
		end_cut(l, what);
	if (what == POST_FAIL_CONNECT)
		end_away(l->partner);
	post_clear(l);
	post_lane_rewind(l);
	post_session_enter(l, POST_BACKOFF);
	if (begun && post_settle(l, POST_UNCLEAN) != D4_OK)
		post_lane_wake(l, post_now_us() + POST_SECOND);
	post_lane_wake(l, l->retry_us);
	post_slot_free(l);
}

/*
 * Not begun again before the freeze is over (see session_idle): no alarm, no
 * wait. What was not confirmed is sent again then, or counted as maybe lost.
 */
void
post_abort(struct post_lane *l)
{
	bool begun = end_begun(l);

	if (begun && l->run.wire != NULL)
		post_pump_acked(l);
	sink_abort(l);
	post_clear(l);
	post_lane_rewind(l);
	l->retry_us = 0;
	post_session_enter(l, POST_BACKOFF);
	if (begun && post_settle(l, POST_UNCLEAN) != D4_OK)
		post_lane_wake(l, post_now_us() + POST_SECOND);
	post_lane_wake(l, post_now_us());
	post_slot_free(l);
}

/* The connection is gone in the middle: what does it mean? */
void
post_lost(struct post_lane *l)
{
	enum post_failure what = POST_FAIL_LOST;

	/* A server that refuses does so at the first frames. */
	if (l->partner->sink->d4 && !l->proven && l->run.how != D4_TLS_TIMEOUT)
		what = POST_FAIL_REFUSED;
	if (l->run.how == D4_TLS_UNTRUSTED)
		what = POST_FAIL_CERTIFICATE;
	if (l->partner->sink->d4 && l->run.how == D4_TLS_CLEAN)
		what = POST_FAIL_NOT_ACCEPTED;
	post_fail(l, what, l->run.why);
}

void
post_confirmed(struct post_lane *l)
{
	enum post_outcome how =
	    l->partner->sink->never ? POST_UNCLEAN : POST_CONFIRMED;
	bool cut = l->run.cut;

	post_pump_acked(l);
	l->proven = true;
	l->broke = l->ended = false;
	l->budget *= END_GROWTH;
	if (l->budget > POST_FRAMES_MAX)
		l->budget = POST_FRAMES_MAX;
	post_alarm_over(l, &l->alarm);
	post_clear(l);
	post_session_enter(l, POST_IDLE);
	/* Who waits for the slot goes first. */
	if (post_settle(l, how) == D4_OK)
		post_lane_wake(
		    l, post_now_us() + (l->run.yield ? END_YIELD : 0));
	else
		post_lane_wake(l, post_now_us() + POST_SECOND);
	if (cut)
		post_lane_rewind(l);
	post_slot_free(l);
}

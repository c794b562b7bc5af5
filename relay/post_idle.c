/* A lane without a session: is there anything to send, and may it be? */
#include "relay/post_room.h"

/* Nothing that was passed over in idle is in anybody's hands: settle it. */
static bool
idle_pass(struct post_lane *l)
{
	if (l->passed.seq == 0)
		return true;
	post_resend_note(&l->books, (struct post_place){.seq = l->passed.seq},
	    &l->passed.counts, 0);
	l->passed = (struct post_passed){.seq = 0};
	return post_settle(l, POST_CONFIRMED) == D4_OK;
}

/* Is there something to send that may be sent? */
static bool
idle_has_entry(struct post_lane *l)
{
	enum d4_status st;
	uint64_t wait;

	if (l->unsettled && post_settle(l, l->outcome) != D4_OK)
		return false;
	st = post_lane_entry(l);
	if (l->unsettled) { /* an earlier process was killed: see books */
		post_lane_wake(l, post_now_us());
		return false;
	}
	if (!idle_pass(l) || st != D4_OK) {
		post_turn_none(l);
		return false;
	}
	wait = post_limit_wait(l);
	if (wait != 0)
		post_lane_wake(l, post_now_us() + wait);
	return wait == 0;
}

static bool
idle_may(const struct post_lane *l)
{
	return !l->partner->post->draining && l->broken[0] == '\0' &&
	       l->partner->broken[0] == '\0' && l->release != NULL &&
	       l->partner->frozen == D4_THAWED;
}

/* Not to be sent there as far as is known: it waits, and that is told. */
static bool
idle_held(struct post_lane *l)
{
	static const struct post_failed held = {.what = POST_FAIL_HELD,
	    .why = "the type is not known to be accepted"};
	uint64_t now = post_now_us();

	if (post_partner_accepts(l)) {
		if (l->alarm.what == POST_FAIL_HELD)
			post_alarm_over(l, &l->alarm);
		return false;
	}
	post_turn_none(l);
	if (l->alarm.what != POST_FAIL_HELD || now >= l->alarm.next_us) {
		if (post_alarm_raise(&l->alarm, &held, now))
			post_alarm_say(l, &l->alarm);
	}
	return true;
}

void
post_idle(struct post_lane *l)
{
	enum d4_status st;

	if (!idle_may(l)) {
		post_turn_none(l);
		return;
	}
	if (!idle_has_entry(l) || idle_held(l) || !post_slot_take(l) ||
	    !post_dial_may(l))
		return;
	l->run.tried = 0;
	post_session_enter(l, POST_RESOLVE);
	st = post_dial_resolve(l);
	if (st == D4_OK)
		post_dial_connect(l);
	else if (st == D4_AGAIN)
		post_lane_wake(
		    l, post_now_us() + l->partner->post->times.connect_us);
	else
		post_fail(l, POST_FAIL_LOCAL, d4_status_text(st));
}

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "libd4/kit/log.h"
#include "relay/post_room.h"

#define SESSION_POLL_US  5000u /* how often TCP is asked at the end */
#define SESSION_POLL_MAX 200000u
#define SESSION_SURE     1000000u /* us to close, where that says nothing */
#define SESSION_QUIET    40u      /* the shortest quiet while, as a part */

static const char *const state_names[] = {
    [POST_IDLE] = "idle",
    [POST_RESOLVE] = "resolve",
    [POST_CONNECT] = "connect",
    [POST_STREAM] = "streaming",
    [POST_DRAIN] = "draining",
    [POST_CLOSE] = "closing",
    [POST_BACKOFF] = "backoff",
};

const char *
post_state_name(enum post_state s)
{
	return state_names[s];
}

bool
post_session_active(const struct post_lane *l)
{
	return l->state != POST_IDLE && l->state != POST_BACKOFF;
}

static bool
session_dialing(enum post_state s)
{
	return s == POST_RESOLVE || s == POST_CONNECT;
}

void
post_session_enter(struct post_lane *l, enum post_state to)
{
	d4_debug("post partner=%s lane=%s state=%s->%s", l->partner->conf->id,
	    l->id, state_names[l->state], state_names[to]);
	if (session_dialing(l->state) && !session_dialing(to))
		l->partner->dialing--;
	if (!session_dialing(l->state) && session_dialing(to))
		l->partner->dialing++;
	l->state = to;
	post_turn_none(l);
	l->run.entered_us = post_now_us();
	if (!post_session_active(l) && l->partner->post->draining)
		event_active(l->partner->post->drain, EV_TIMEOUT, 0);
}

/* ---- one function a state ---- */

/* Not wanted any more before it was open. */
static bool
session_unwanted(const struct post_lane *l)
{
	return l->partner->post->draining || l->release == NULL;
}

static bool
session_late(struct post_lane *l, uint64_t limit_us)
{
	uint64_t at = l->run.entered_us + limit_us;

	if (post_now_us() >= at)
		return true;
	post_lane_wake(l, at);
	return false;
}

static void
session_resolve(struct post_lane *l, enum post_event ev)
{
	if (session_unwanted(l)) {
		post_clear(l);
		post_session_enter(l, POST_IDLE);
	} else if (ev == POST_RESOLVED) {
		post_dial_connect(l);
	} else if (session_late(l, l->partner->post->times.connect_us)) {
		post_fail(l, POST_FAIL_RESOLVE, "no answer in time");
	}
}

static bool
session_no_tcp(const struct post_lane *l)
{
	return l->run.how == D4_TLS_CONNECT || l->run.how == D4_TLS_TIMEOUT;
}

static void
session_unconnected(struct post_lane *l)
{
	bool proxy = l->partner->conf->proxy.host != NULL;
	enum post_failure what = POST_FAIL_TLS;

	if (session_no_tcp(l) && post_dial_next(l))
		return;
	if (session_no_tcp(l))
		what = proxy ? POST_FAIL_PROXY : POST_FAIL_CONNECT;
	else if (l->run.how == D4_TLS_PROXY)
		what = POST_FAIL_PROXY;
	else if (l->run.how == D4_TLS_UNTRUSTED)
		what = POST_FAIL_CERTIFICATE;
	post_fail(l, what, l->run.why);
}

static void
session_connecting(struct post_lane *l, enum post_event ev)
{
	enum d4_status st;

	if (ev == POST_ENDED) {
		session_unconnected(l);
	} else if (ev == POST_OPEN) {
		post_alarm_over(l, &l->partner->alarm);
		l->partner->retry_us = 0;
		st = post_pump_begin(l);
		post_session_enter(l, POST_STREAM);
		if (st != D4_OK)
			post_fail(l, POST_FAIL_LOCAL, d4_status_text(st));
		else
			post_session_step(l, POST_POKE);
	} else if (session_unwanted(l)) {
		post_clear(l);
		post_session_enter(l, POST_IDLE);
	} else if (session_late(l, l->partner->post->times.connect_us)) {
		l->run.how = D4_TLS_CONNECT;
		(void)snprintf(
		    l->run.why, sizeof(l->run.why), "no connection in time");
		session_unconnected(l);
	}
}

/* True: the connection is over, and that was dealt with. */
static bool
session_over(struct post_lane *l, enum post_event ev)
{
	if (ev == POST_PEER_CLOSED && !l->partner->sink->d4)
		post_fail(l, POST_FAIL_LOST, "closed by the receiver");
	else if (ev == POST_PEER_CLOSED)
		post_fail(
		    l, POST_FAIL_NOT_ACCEPTED, "close_notify before ours");
	else if (ev == POST_ENDED)
		post_lost(l);
	else if (l->partner->sink->d4 && l->run.heard > POST_HEARD_MAX)
		post_fail(l, POST_FAIL_FLOOD, "it sends and sends");
	else if (post_now_us() - l->run.progress_us >=
		 l->partner->post->times.stall_us)
		post_fail(l, POST_FAIL_STALLED, "nothing acknowledged");
	else
		return false;
	return true;
}

/*
 * How long it has to be quiet: a server that refuses what it has got says so
 * within about the time that it took to send it.
 */
static uint64_t
session_quiet(const struct post_lane *l)
{
	uint64_t most = l->partner->post->times.quiet_us;
	uint64_t part = (post_now_us() - l->run.opened_us) / 8;

	if (!l->partner->sink->d4)
		return 0;
	if (!l->proven || part > most)
		return most;
	return part < most / SESSION_QUIET ? most / SESSION_QUIET : part;
}

/*
 * Its release changed, and the partner does not take what was written before:
 * who knows when it does. True: it was discarded.
 */
static bool
session_barred(struct post_lane *l)
{
	uint64_t now = post_now_us(), at;

	if (l->release != NULL && !l->run.stale)
		l->run.barred_us = 0;
	else if (l->run.barred_us == 0)
		l->run.barred_us = now;
	if (l->run.barred_us == 0 || sink_unacked(l) == 0)
		return false;
	at = l->run.barred_us + l->partner->post->times.leave_us;
	if (now < at) {
		post_lane_wake(l, at);
		return false;
	}
	d4_warnx("post discards what was under way partner=%s lane=%s "
		 "bytes=%llu why=\"not released any more\"",
	    l->partner->conf->id, l->id, (unsigned long long)sink_unacked(l));
	post_abort(l);
	return true;
}

static void
session_drain(struct post_lane *l, enum post_event ev)
{
	uint64_t now, poll;

	post_pump_acked(l);
	if (session_over(l, ev) || session_barred(l))
		return;
	now = post_now_us();
	if (sink_unacked(l) != 0) {
		poll = (now - l->run.entered_us) / 8 + SESSION_POLL_US;
		l->run.quiet_us = 0;
		post_lane_wake(l,
		    now + (poll < SESSION_POLL_MAX ? poll : SESSION_POLL_MAX));
		return;
	}
	/* What is read is not obeyed; a server that never stops has to wait. */
	if (l->run.quiet_us == 0 ||
	    (ev == POST_READ && now - l->run.entered_us < 4 * session_quiet(l)))
		l->run.quiet_us = now;
	if (now - l->run.quiet_us < session_quiet(l)) {
		post_lane_wake(l, l->run.quiet_us + session_quiet(l));
		return;
	}
	post_session_enter(l, POST_CLOSE);
	sink_close(l);
	post_lane_wake(l, now + l->partner->post->times.confirm_us);
}

/*
 * The release is gone, or another one than that by which the entry under way,
 * and what is held, were judged: they are read and judged again.
 */
static bool
session_changed(struct post_lane *l)
{
	if (l->release == NULL)
		return true;
	if (!l->run.given && post_frames_held(l->frames) == 0)
		l->run.stale = false;
	return l->run.stale;
}

static void
session_stream(struct post_lane *l, enum post_event ev)
{
	enum d4_status st;

	post_pump_acked(l);
	if (session_over(l, ev))
		return;
	post_release_look(l->partner);
	if (session_changed(l)) { /* at this record border */
		l->run.cut = true;
		st = D4_END;
	} else {
		st = post_pump(l);
	}
	if (st == D4_AGAIN)
		return;
	if (st == D4_EDENIED) {
		post_freeze_lane(l);
		return;
	}
	if (st != D4_END) {
		post_fail(l, POST_FAIL_LOCAL, d4_status_text(st));
		return;
	}
	post_session_enter(l, POST_DRAIN);
	session_drain(l, POST_POKE);
}

static void
session_close(struct post_lane *l, enum post_event ev)
{
	bool sure = l->partner->conf->out.sure;

	if ((ev == POST_ENDED && l->run.how == D4_TLS_CLEAN) ||
	    (sure && (ev == POST_ENDED || session_late(l, SESSION_SURE)))) {
		post_confirmed(l);
	} else if (ev == POST_ENDED) {
		post_fail(l,
		    l->proven || !l->partner->sink->d4 ? POST_FAIL_UNCONFIRMED
						       : POST_FAIL_REFUSED,
		    l->run.why);
	} else if (session_late(l, l->partner->post->times.confirm_us)) {
		l->run.how = D4_TLS_TIMEOUT;
		post_fail(l, POST_FAIL_UNCONFIRMED, "no answer in time");
	}
}

static void
session_backoff(struct post_lane *l)
{
	if (l->unsettled && post_settle(l, l->outcome) != D4_OK) {
		post_lane_wake(l, post_now_us() + POST_SECOND);
		return;
	}
	if (post_now_us() < l->retry_us) {
		post_lane_wake(l, l->retry_us);
		return;
	}
	post_session_enter(l, POST_IDLE);
	post_idle(l);
}

void
post_session_step(struct post_lane *l, enum post_event ev)
{
	l->wake_us = 0;
	switch (l->state) {
	case POST_IDLE:
		post_idle(l);
		break;
	case POST_RESOLVE:
		session_resolve(l, ev);
		break;
	case POST_CONNECT:
		session_connecting(l, ev);
		break;
	case POST_STREAM:
		session_stream(l, ev);
		break;
	case POST_DRAIN:
		session_drain(l, ev);
		break;
	case POST_CLOSE:
		session_close(l, ev);
		break;
	case POST_BACKOFF:
		session_backoff(l);
		break;
	}
	post_lane_arm(l);
}

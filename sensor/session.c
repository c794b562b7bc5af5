#include <stdio.h>
#include <stdlib.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"
#include "sensor/session_parts.h"

#define SESSION_CLOSE_MS 120000u /* for the server's close_notify */
#define SESSION_STALL_MS 300000u /* without TCP's acknowledgement */
#define SESSION_PROBE_MS 10u     /* ticks until the server is known */
#define SESSION_DRAIN_MS 2u      /* ticks until TCP has delivered all */
#define SESSION_SLOW_MS  1000u

static const char *const state_names[] = {
    [SESSION_IDLE] = "idle",
    [SESSION_WAIT] = "wait",
    [SESSION_DIAL] = "dial",
    [SESSION_STREAM] = "stream",
    [SESSION_DRAIN] = "drain",
    [SESSION_CLOSE] = "close",
    [SESSION_DONE] = "done",
};

static void
session_after(struct event *timer, uint64_t ms)
{
	struct timeval tv = {
	    .tv_sec = (time_t)(ms / 1000),
	    .tv_usec = (suseconds_t)(ms % 1000 * 1000),
	};

	(void)evtimer_add(timer, &tv);
}

/* How long a state goes on without anything else happening. */
static uint64_t
session_state_ms(const struct session *s)
{
	switch (s->state) {
	case SESSION_WAIT:
		return session_backoff_ms(s);
	case SESSION_DIAL:
		return s->conf.dial_ms;
	case SESSION_STREAM:
		return s->proven ? SESSION_SLOW_MS : SESSION_PROBE_MS;
	case SESSION_DRAIN:
		return SESSION_DRAIN_MS;
	case SESSION_CLOSE:
		return SESSION_CLOSE_MS;
	case SESSION_IDLE:
	case SESSION_DONE:
		break;
	}
	return 0;
}

void
session_enter(struct session *s, enum session_state to)
{
	uint64_t ms;

	d4_debug(
	    "session state=%s->%s", state_names[s->state], state_names[to]);
	s->state = to;
	ms = session_state_ms(s);
	if (ms != 0)
		session_after(s->timer, ms);
	else
		(void)evtimer_del(s->timer);
}

static void
session_done(struct session *s, const char *why)
{
	if (s->state == SESSION_DONE)
		return;
	session_enter(s, SESSION_DONE);
	(void)evtimer_del(s->patience);
	session_dial_stop(s);
	d4_tls_free(s->tls);
	s->tls = NULL;
	s->ev->done(s->arg, why);
}

void
session_failed(struct session *s)
{
	session_enter(s, SESSION_WAIT);
	s->failures++;
	d4_warnx("not connected host=%s port=%s failures=%u why=\"%s\"",
	    s->conf.host, s->conf.port, s->failures, s->why);
	if (s->conf.retries != 0 && s->failures >= s->conf.retries)
		session_done(s, s->why);
}

void
session_connect(struct session *s)
{
	s->proven = s->refused = false;
	session_enter(s, SESSION_DIAL);
	if (!session_dial(s))
		session_failed(s);
}

/* Whether there is anything that a connection is needed for. */
static bool
session_has_work(const struct session *s)
{
	return ring_next(s->conf.ring) != NULL;
}

/* All is confirmed; the owner goes on from the loop. */
static void
session_turned(struct session *s)
{
	s->turning = false;
	if (s->state != SESSION_IDLE)
		session_enter(s, SESSION_IDLE);
	s->ev->turned(s->arg);
}

void
session_next(struct session *s)
{
	if (session_has_work(s))
		session_connect(s);
	else if (s->turning)
		session_turned(s);
	else if (s->finishing)
		session_done(s, NULL);
	else if (s->state != SESSION_IDLE)
		session_enter(s, SESSION_IDLE);
}

static void
session_opened(struct session *s)
{
	char peer[64];

	d4_tls_peer_text(s->tls, peer, sizeof(peer));
	/* A busy sensor changes sessions often: not each is worth a line. */
	if (s->trusted)
		d4_debug("connected again peer=%s", peer);
	else
		d4_info("connected peer=%s", peer);
	s->conf.counts->sessions++;
	s->first_end = s->bytes = s->acked = s->heard_ms = s->read_ms = 0;
	s->open_ms = s->progress_ms = d4_mono_ms();
	session_enter(s, SESSION_STREAM);
	if (session_control(s) == D4_OK) {
		session_step(s, SESSION_ROOM);
		return;
	}
	(void)snprintf(s->why, sizeof(s->why), "cannot compute an HMAC");
	d4_tls_free(s->tls);
	s->tls = NULL;
	session_failed(s);
}

/* Has this session gone on for so long that it should be confirmed? */
static bool
session_is_due(const struct session *s)
{
	uint64_t now = d4_mono_ms(), age = now - s->open_ms;
	struct ring_sum sent = ring_sum_sent(s->conf.ring);

	if (s->first_end == 0)
		return false;
	if ((s->finishing || s->turning) && !session_has_work(s))
		return true;
	if (s->bytes >= s->conf.rotate_bytes || age >= s->conf.rotate_ms)
		return true;
	if (!session_has_work(s) && now - s->sent_ms >= s->conf.idle_ms)
		return true;
	/* Reading would have to stop soon. */
	return s->conf.resend_all &&
	       sent.bytes >= ring_size(s->conf.ring) / 4 * 3;
}

static void
session_stalled(struct session *s, uint64_t limit_ms)
{
	if (d4_mono_ms() - s->progress_ms >= limit_ms)
		session_ended(s, D4_TLS_TIMEOUT, "no acknowledgement by TCP");
}

static void
session_stream(struct session *s)
{
	session_acked(s);
	session_pump(s);
	if (session_is_due(s)) {
		session_enter(s, SESSION_DRAIN);
		session_step(s, SESSION_TICK);
		return;
	}
	session_after(s->timer, session_state_ms(s));
	if (d4_tls_unacked(s->tls) != 0)
		session_stalled(s, SESSION_STALL_MS);
}

/*
 * All is sent. Only when TCP has delivered it and the server still has not
 * closed is its close_notify an answer to ours, and not a refusal.
 */
static void
session_drain(struct session *s)
{
	session_acked(s);
	if (d4_tls_unacked(s->tls) == 0 && session_quiet(s)) {
		session_enter(s, SESSION_CLOSE);
		d4_tls_close(s->tls);
		return;
	}
	session_after(s->timer, session_state_ms(s));
	session_stalled(s, SESSION_STALL_MS);
}

/* The server closes first: a refusal, whatever it has read. */
static void
session_refused(struct session *s)
{
	s->refused = true;
	d4_tls_close(s->tls); /* `end` comes */
}

static void
session_step_open(struct session *s, enum session_what what)
{
	if (what == SESSION_CLOSED)
		session_refused(s);
	else if (s->refused)
		return;
	else if (s->state == SESSION_STREAM)
		session_stream(s);
	else
		session_drain(s);
}

void
session_step(struct session *s, enum session_what what)
{
	switch (s->state) {
	case SESSION_IDLE:
		if (what == SESSION_WAKE)
			session_next(s);
		break;
	case SESSION_WAIT:
		if (what == SESSION_TICK)
			session_next(s);
		break;
	case SESSION_DIAL:
		if (what == SESSION_OPEN)
			session_opened(s);
		else if (what == SESSION_TICK)
			session_ended(s, D4_TLS_TIMEOUT, "no answer");
		else if (what == SESSION_FOUND && !session_dial_found(s))
			session_failed(s);
		break;
	case SESSION_STREAM:
	case SESSION_DRAIN:
		session_step_open(s, what);
		break;
	case SESSION_CLOSE:
		if (what == SESSION_TICK)
			session_ended(
			    s, D4_TLS_TIMEOUT, "no close_notify in time");
		break;
	case SESSION_DONE:
		break;
	}
}

static void
session_on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	session_step(arg, SESSION_TICK);
}

/* The input has ended, and this is how long nothing has moved. */
static void
session_on_patience(evutil_socket_t fd, short what, void *arg)
{
	struct session *s = arg;
	uint64_t still = d4_mono_ms() - s->progress_ms;

	(void)fd;
	(void)what;
	if (still < s->conf.wait_ms) {
		session_after(s->patience, s->conf.wait_ms - still);
		return;
	}
	if (s->why[0] == '\0')
		(void)snprintf(s->why, sizeof(s->why), "no answer");
	session_done(s, s->why);
}

enum d4_status
session_new(const struct session_conf *conf, const struct session_events *ev,
    void *arg, struct session **out)
{
	struct session *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return D4_ENOMEM;
	s->conf = *conf;
	s->ev = ev;
	s->arg = arg;
	d4_buf_init(&s->control, 1u << 20);
	s->timer = evtimer_new(conf->base, session_on_timer, s);
	s->patience = evtimer_new(conf->base, session_on_patience, s);
	if (s->timer == NULL || s->patience == NULL) {
		session_free(s);
		return D4_ENOMEM;
	}
	*out = s;
	return D4_OK;
}

void
session_free(struct session *s)
{
	if (s == NULL)
		return;
	d4_tls_free(s->tls);
	if (s->timer != NULL)
		event_free(s->timer);
	if (s->patience != NULL)
		event_free(s->patience);
	session_dial_stop(s);
	d4_buf_fini(&s->control);
	free(s);
}

void
session_wake(struct session *s)
{
	session_step(s, SESSION_WAKE);
}

void
session_turn(struct session *s)
{
	s->turning = true;
	session_step(s, SESSION_WAKE);
}

void
session_finish(struct session *s)
{
	s->finishing = true;
	s->progress_ms = d4_mono_ms();
	if (s->conf.wait_ms != 0)
		session_after(s->patience, s->conf.wait_ms);
	session_step(s, SESSION_WAKE);
}

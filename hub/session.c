#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "hub/census.h"
#include "hub/discard.h"
#include "hub/replay_store.h"
#include "hub/session_conn.h"
#include "hub/tee.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"

static const char *const state_names[] = {
    [SESSION_SHAKE] = "handshake",
    [SESSION_FIRST] = "first",
    [SESSION_OPEN] = "open",
    [SESSION_FLUSH] = "flush",
    [SESSION_LEAVE] = "leave",
    [SESSION_BYE] = "bye",
};

const char *
session_state(const struct session *s)
{
	return state_names[s->state];
}

/* What a session may be told. */
enum session_event {
	ON_OPEN,   /* the handshake is done */
	ON_BYTES,  /* frames, or pieces of them */
	ON_KNOWN,  /* the registry has answered */
	ON_CLOSED, /* the sensor's close_notify */
	ON_STORED, /* Redis has all of it */
	ON_TIMER,  /* look at the clock */
};

void
session_enter(struct session *s, enum session_state to)
{
	d4_debug("session=%s state=%s->%s", s->id, state_names[s->state],
	    state_names[to]);
	s->state = to;
}

void
session_timer(struct session *s, uint64_t us)
{
	struct timeval tv = {
	    (time_t)(us / 1000000), (suseconds_t)(us % 1000000)};

	(void)evtimer_add(s->timer, &tv);
}

void
session_apply_pause(struct session *s)
{
	if (s->tls != NULL)
		d4_tls_read_pause(s->tls, (s->pause | s->hub->pause) != 0);
}

/* ---- the end ---- */

void
session_gone(struct session *s, const char *why)
{
	struct hub *h = s->hub;

	if (s->counted) {
		d4_info("session=%s closed why=\"%s\" frames=%llu"
			" bytes=%llu records=%llu",
		    s->id, why, (unsigned long long)s->intake.frames,
		    (unsigned long long)s->intake.bytes,
		    (unsigned long long)s->records);
		census_end(h->census, s);
		crowd_end(h->crowd, s);
	}
	h->counts.closed++;
	tee_end(s->tee);
	sessions_remove(s);
	if (s->origin != NULL) {
		s->origin->acked = NULL;
		shelf_origin_unref(s->origin);
	}
	registry_unref(h->registry, s->sensor);
	d4_tls_free(s->tls);
	intake_fini(&s->intake);
	draft_fini(&s->draft);
	event_free(s->timer);
	free(s);
}

static void
refuse_log(const struct session *s, enum d4_reason why)
{
	char uuid[D4_UUID_TEXT] = "-";

	if (s->sensor != NULL)
		d4_uuid_text(&s->sensor->uuid, uuid);
	if (sessions_loud(s->hub))
		d4_warnx("session=%s refused reason=%s peer=%s uuid=%s"
			 " frames=%llu text=\"%s\"",
		    s->id, d4_reason_name(why), s->peer, uuid,
		    (unsigned long long)s->intake.frames, d4_reason_text(why));
}

void
session_refuse(struct session *s, enum d4_reason why)
{
	struct hub *h = s->hub;

	h->counts.refused[why]++;
	discard_note(h->discard, s, why, &(struct discarded){.sessions = 1});
	if (s->sensor != NULL) {
		sensor_refuse(s->sensor, why);
		census_error(h->census, s->sensor, why);
	}
	refuse_log(s, why);
	/* What was authentic before stays. */
	session_finish(s);
	session_gone(s, d4_reason_name(why));
}

/* Ours after theirs, when Redis has all of it (Decision 8). */
void
session_bye(struct session *s)
{
	session_enter(s, SESSION_BYE);
	if (s->replay_no != 0) {
		replay_answered(s->sensor->replay, s->replay_no);
		replay_store_put(s);
	}
	d4_tls_close(s->tls);
	session_timer(s, s->hub->opt->handshake_us);
}

/* ---- the state machine ---- */

/* s may be gone afterwards. */
static void
session_sensor_done(struct session *s)
{
	if (session_finish(s) != 0) {
		/* Not all of it was taken: no answer that would say so. */
		session_gone(s, "closed inside a frame");
		return;
	}
	if (s->lost || s->intake.refused != D4_R_NONE) {
		session_gone(s, "out of memory");
		return;
	}
	session_enter(s, SESSION_FLUSH);
	if (s->origin == NULL || s->origin->waiting == 0)
		session_bye(s);
}

/* Bytes to frames to records. s may be gone afterwards. */
static void
session_feed(struct session *s, struct d4_slice bytes)
{
	enum d4_status st;

	s->now.t_rx_us = d4_now_us();
	s->active_ms = d4_mono_ms();
	st = intake_feed(&s->intake, bytes);
	if (st == D4_EDENIED) {
		session_refuse(s, s->intake.refused);
		return;
	}
	if (st == D4_OK && s->counted && session_clone(s, false) != D4_R_NONE) {
		session_refuse(s, D4_R_CLONE);
		return;
	}
	sessions_waiting(s, st == D4_AGAIN);
	if (st == D4_OK) {
		sessions_rate(s, bytes.n);
		sessions_prompt(s);
	}
	if (st == D4_OK && s->closing)
		session_sensor_done(s);
	else
		sessions_budget(s);
}

/* Frames are wanted. */
static bool
session_takes(const struct session *s)
{
	return s->state == SESSION_FIRST || s->state == SESSION_OPEN ||
	       s->state == SESSION_LEAVE;
}

/* s may be gone afterwards, unless the event says otherwise. */
static void
session_step(struct session *s, enum session_event ev, struct d4_slice bytes)
{
	switch (ev) {
	case ON_OPEN:
		session_enter(s, SESSION_FIRST);
		return;
	case ON_BYTES:
	case ON_KNOWN:
		/* The hub stops: what comes now would not be shelved. */
		if (!s->finished && session_takes(s))
			session_feed(s, bytes);
		return;
	case ON_CLOSED:
		s->closing = true;
		/* While the registry is asked, its first bytes wait. */
		if (!s->finished && (s->pause & PAUSE_WHO) == 0 &&
		    (s->state == SESSION_FIRST || s->state == SESSION_OPEN))
			session_sensor_done(s);
		return;
	case ON_STORED:
		if (s->state == SESSION_FLUSH)
			session_bye(s);
		else
			session_left(s);
		return;
	case ON_TIMER:
		session_clock(s);
		return;
	}
}

static void
on_open(void *arg)
{
	session_step(arg, ON_OPEN, d4_slice_of(NULL, 0));
}

static void
on_read(void *arg, struct d4_slice bytes)
{
	session_step(arg, ON_BYTES, bytes);
}

static void
on_drained(void *arg)
{
	(void)arg; /* the hub writes nothing but its close_notify */
}

static void
on_peer_closed(void *arg)
{
	session_step(arg, ON_CLOSED, d4_slice_of(NULL, 0));
}

static void
on_end(void *arg, enum d4_tls_end how, const char *why)
{
	struct session *s = arg;

	if (how == D4_TLS_HANDSHAKE) {
		s->hub->counts.refused[D4_R_TLS]++;
		discard_note(s->hub->discard, s, D4_R_TLS,
		    &(struct discarded){.sessions = 1});
		if (sessions_loud(s->hub))
			d4_warnx("session=%s refused reason=tls peer=%s"
				 " why=\"%s\"",
			    s->id, s->peer, why);
	}
	session_finish(s);
	session_gone(s, why);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	session_step(arg, ON_TIMER, d4_slice_of(NULL, 0));
}

void
session_resume(struct session *s)
{
	session_step(s, ON_KNOWN, d4_slice_of(NULL, 0));
}

void
session_stored(void *arg)
{
	session_step(arg, ON_STORED, d4_slice_of(NULL, 0));
}

static const struct d4_tls_events tls_events = {
    .open = on_open,
    .read = on_read,
    .drained = on_drained,
    .end = on_end,
    .peer_closed = on_peer_closed,
};

static struct session *
session_make(struct hub *h, int fd)
{
	struct session *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		(void)close(fd);
		return NULL;
	}
	s->hub = h;
	draft_init(&s->draft);
	s->timer = evtimer_new(h->base, on_timer, s);
	if (s->timer == NULL || intake_init(&s->intake, &session_ops, s,
				    &h->rules, h->opt->payload_max) != D4_OK) {
		(void)close(fd);
		if (s->timer != NULL)
			event_free(s->timer);
		free(s);
		return NULL;
	}
	return s;
}

static void
not_accepted(struct hub *h)
{
	h->counts.refused[D4_R_BUDGET]++;
	discard_note(
	    h->discard, NULL, D4_R_BUDGET, &(struct discarded){.sessions = 1});
}

void
session_accept(struct hub *h, int fd)
{
	struct session *s = session_make(h, fd);

	h->counts.accepted++;
	if (s == NULL) {
		not_accepted(h);
		return;
	}
	if (d4_tls_accept(h->base, h->tls, fd,
		&(struct d4_tls_owner){&tls_events, s}, &s->tls) != D4_OK) {
		not_accepted(h);
		event_free(s->timer);
		intake_fini(&s->intake);
		free(s);
		return;
	}
	sessions_name(s);
	s->accepted_ms = s->active_ms = d4_mono_ms();
	sessions_add(s);
	session_apply_pause(s);
	session_timer(s, h->opt->handshake_us);
	if (registry_blocks(h->registry, &s->from))
		session_refuse(s, D4_R_BLOCKED_IP);
}

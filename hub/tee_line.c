/*
 * One session's way upstream. Until the server cannot refuse it any more all
 * that was sent is kept, so that a refused session is simply sent again, from
 * its first byte; later there is no way back: a server would have to take the
 * rest of a session for a session of its own.
 */
#include <assert.h>
#include <unistd.h>
#include "hub/session_conn.h"
#include "hub/tee_parts.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"

#define IDLE_S 60u /* TCP asks an idle server whether it is there */

static const char *const state_names[] = {
    [TEE_WAIT] = "wait",
    [TEE_ASK] = "ask",
    [TEE_SHAKE] = "handshake",
    [TEE_OPEN] = "open",
    [TEE_BYE] = "bye",
    [TEE_OFF] = "off",
};

void
tee_line_enter(struct tee_line *l, enum tee_state to)
{
	d4_debug("session=%s tee=%s->%s", l->id, state_names[l->state],
	    state_names[to]);
	l->state = to;
}

void
tee_line_alarm(struct tee_line *l, uint64_t ms)
{
	struct timeval tv = {
	    (time_t)(ms / 1000), (suseconds_t)(ms % 1000) * 1000};

	(void)evtimer_add(l->timer, &tv);
}

/* ---- the end ---- */

void
tee_remove(struct tee_line *l)
{
	struct tee *t = l->tee;
	struct tee_line *o, *next;

	TAILQ_REMOVE(&t->lines, l, link);
	t->n--;
	t->held -= TEE_OVERHEAD + l->out.n;
	d4_tls_free(l->tls);
	event_free(l->timer);
	d4_buf_fini(&l->out);
	if (l->session != NULL)
		l->session->tee = NULL;
	for (o = TAILQ_FIRST(&t->lines); o != NULL; o = next) {
		next = TAILQ_NEXT(o, link);
		if (o->after != l)
			continue;
		o->after = NULL;
		if (o->state == TEE_WAIT)
			tee_line_go(o);
	}
	free(l);
}

/* Of what was handed over, since a line that starts again does so twice. */
static void
line_count(struct tee_line *l)
{
	uint64_t waiting = l->out.n - l->sent;

	l->bytes_out = l->bytes - waiting;
	l->tee->counts.frames += l->frames_out;
	l->tee->counts.bytes += l->bytes_out;
}

void
tee_line_give_up(struct tee_line *l, enum d4_reason why)
{
	char sensor[D4_UUID_TEXT];

	if (l->state != TEE_OFF) {
		line_count(l);
		l->why = why;
		l->tee->counts.given_up++;
		d4_uuid_text(&l->sensor, sensor);
		d4_warnx("alarm=tee session=%s uuid=%s type=%u given up"
			 " reason=%s sent=%llu waiting=%llu text=\"%s\""
			 " remedy=\"the sensor's next session is teed again;"
			 " d4-hub ctl sensors kick begins one\"",
		    l->id, sensor, l->type, d4_reason_name(why),
		    (unsigned long long)l->frames_out,
		    (unsigned long long)(l->frames - l->frames_out),
		    d4_reason_text(why));
	}
	tee_line_enter(l, TEE_OFF);
	(void)event_del(l->timer);
	d4_tls_free(l->tls);
	l->tls = NULL;
	l->sent = l->out.n;
	tee_line_forget(l, l->out.n);
	d4_buf_fini(&l->out);
	l->after = NULL;
	tee_note(l);
	if (l->over)
		tee_remove(l);
}

/* The server closed it, or is not there. l may be gone afterwards. */
static void
line_again(struct tee_line *l, enum d4_reason why)
{
	uint64_t wait = l->tee->hub->opt->tee_wait_us / 1000;

	d4_tls_free(l->tls);
	l->tls = NULL;
	if (l->settled) {
		tee_line_give_up(l, D4_R_TEE_LOST);
		return;
	}
	l->sent = l->part = 0;
	l->frames_out = 0;
	tee_line_enter(l, TEE_WAIT);
	if (l->over &&
	    (d4_mono_ms() - l->over_ms >= wait || l->refusals >= TEE_REFUSALS))
		tee_line_give_up(l, why);
	else
		tee_line_alarm(l, l->rest_ms);
}

/* The answer to our close_notify: it has consumed all of the session. */
static void
line_done(struct tee_line *l, bool confirmed, const char *how)
{
	line_count(l);
	if (confirmed) {
		l->tee->counts.confirmed++;
	} else {
		l->tee->counts.unconfirmed++;
		l->why = D4_R_TEE_UNCONFIRMED;
		tee_note(l);
	}
	d4_info("session=%s tee=%s frames=%llu bytes=%llu how=\"%s\"", l->id,
	    confirmed ? "confirmed" : "unconfirmed",
	    (unsigned long long)l->frames_out, (unsigned long long)l->bytes_out,
	    how);
	tee_remove(l);
}

/* ---- TLS ---- */

static void
on_open(void *arg)
{
	struct tee_line *l = arg;

	l->tee->asking--;
	tee_reached(l->tee);
	tee_line_enter(l, TEE_OPEN);
	tee_line_alarm(l, TEE_SETTLE_MS);
	tee_line_pump(l);
}

static void
on_read(void *arg, struct d4_slice bytes)
{
	(void)arg; /* a D4 server says nothing; what it says means nothing */
	(void)bytes;
}

static void
on_drained(void *arg)
{
	struct tee_line *l = arg;

	if (l->state == TEE_OPEN)
		tee_line_pump(l);
}

static void
line_refused(struct tee_line *l, const char *why)
{
	char sensor[D4_UUID_TEXT];

	if (l->refusals++ == 0) {
		d4_uuid_text(&l->sensor, sensor);
		d4_warnx("alarm=tee session=%s uuid=%s type=%u"
			 " failure=refused why=\"%s\" remedy=\"is the sensor"
			 " registered there, with this key? type accepted? an"
			 " older session of it left over?\"",
		    l->id, sensor, l->type, why);
	}
	l->rest_ms = l->rest_ms != 0 ? 2 * l->rest_ms : TEE_REST_MIN;
	if (l->rest_ms > TEE_REST_MAX)
		l->rest_ms = TEE_REST_MAX;
	line_again(l, D4_R_TEE_REFUSED);
}

static void
on_end(void *arg, enum d4_tls_end how, const char *why)
{
	struct tee_line *l = arg;

	switch (l->state) {
	case TEE_SHAKE:
		l->tee->asking--;
		tee_failed(l->tee, why);
		line_again(l, D4_R_TEE_LOST);
		return;
	case TEE_BYE:
		/* A refusal of a short session is no answer to its end. */
		if (how == D4_TLS_CLEAN || l->settled)
			line_done(l, how == D4_TLS_CLEAN, why);
		else
			line_refused(l, why);
		return;
	case TEE_OPEN:
		if (l->settled)
			line_again(l, D4_R_TEE_LOST);
		else
			line_refused(l, why);
		return;
	case TEE_WAIT:
	case TEE_ASK:
	case TEE_OFF:
		return;
	}
}

static const struct d4_tls_events tls_events = {
    .open = on_open,
    .read = on_read,
    .drained = on_drained,
    .end = on_end,
};

void
tee_line_dialed(struct tee_line *l, int fd, const char *why)
{
	struct tee *t = l->tee;
	const struct d4_tls_owner owner = {&tls_events, l};

	assert(l->state == TEE_ASK);
	if (fd >= 0 &&
	    d4_tls_client(t->hub->base, t->ctx,
		&(struct d4_tls_fd){fd, t->name}, &owner, &l->tls) == D4_OK) {
		d4_tls_keepalive(l->tls, IDLE_S);
		tee_line_enter(l, TEE_SHAKE);
		tee_line_alarm(l, TEE_ANSWER_MS);
		return;
	}
	t->asking--;
	tee_failed(t, fd >= 0 ? "out of memory" : why);
	line_again(l, D4_R_TEE_LOST);
}

/* ---- what happens to it ---- */

void
tee_line_go(struct tee_line *l)
{
	struct tee *t = l->tee;
	uint64_t now = d4_mono_ms();
	uint64_t wait = t->hub->opt->tee_wait_us / 1000;

	if (l->over && now - l->over_ms >= wait) {
		tee_line_give_up(l, D4_R_TEE_LOST);
		return;
	}
	if (l->after != NULL || now < t->rest_until_ms ||
	    t->asking >= (t->failing ? 1 : TEE_ASKING)) {
		tee_line_alarm(l, now < t->rest_until_ms
				      ? t->rest_until_ms - now
				      : TEE_REST_MIN / 4);
		return;
	}
	l->number = t->next++;
	if (t->hub->events.dial == NULL ||
	    !t->hub->events.dial(t->hub->events.arg, l->number)) {
		tee_line_alarm(l, TEE_REST_MIN);
		return;
	}
	t->asking++;
	tee_line_enter(l, TEE_ASK);
	tee_line_alarm(l, TEE_ANSWER_MS);
}

void
tee_line_timer(evutil_socket_t fd, short what, void *arg)
{
	struct tee_line *l = arg;

	(void)fd;
	(void)what;
	switch (l->state) {
	case TEE_WAIT:
		tee_line_go(l);
		return;
	case TEE_ASK:
	case TEE_SHAKE:
		l->tee->asking--;
		tee_failed(l->tee, "no answer in time");
		line_again(l, D4_R_TEE_LOST);
		return;
	case TEE_OPEN:
		l->settled = true;
		d4_debug("session=%s tee settled", l->id);
		tee_line_shrink(l);
		return;
	case TEE_BYE:
		line_done(l, false, "no close_notify in time");
		return;
	case TEE_OFF:
		return;
	}
}

void
tee_line_frame(struct tee_line *l, const uint8_t *wire, struct d4_slice payload)
{
	size_t n = D4_HEADER_LEN + payload.n;

	if (l->state != TEE_OFF && !tee_line_room(l, n))
		tee_line_give_up(l, D4_R_TEE_FULL);
	l->frames++;
	l->bytes += n;
	if (l->state == TEE_OFF)
		return;
	if (d4_buf_add(&l->out, wire, D4_HEADER_LEN) != D4_OK ||
	    d4_buf_add(&l->out, payload.p, payload.n) != D4_OK)
		return; /* there is room: tee_line_room made it */
	l->tee->held += n;
	if (l->state == TEE_OPEN)
		tee_line_pump(l);
}

void
tee_line_over(struct tee_line *l)
{
	l->over = true;
	l->over_ms = d4_mono_ms();
	if (l->state == TEE_OFF) {
		tee_note(l);
		tee_remove(l);
	} else if (l->state == TEE_OPEN) {
		tee_line_pump(l);
	}
}

#include <stdio.h>
#include <stdlib.h>
#include "libd4/kit/log.h"
#include "libd4/type.h"
#include "sensor/books.h"
#include "sensor/enroll.h"
#include "sensor/sensor.h"

static void
sensor_fail(struct sensor *s, const char *why)
{
	if (s->failure == NULL)
		s->failure = why;
}

/* ---- between the parts ---- */

/* Frames may be sent. */
static void
on_wake(void *arg)
{
	struct sensor *s = arg;

	if (s->out != NULL)
		out_wake(s->out);
	else
		session_wake(s->session);
}

static void
on_frames(void *arg)
{
	struct sensor *s = arg;

	books_state(s, 0);
	if (ring_broken(s->ring)) /* what is made until it is mended is lost */
		event_active(s->tick, EV_TIMEOUT, 0);
	if (s->tee != NULL)
		tee_wake(s->tee);
	else
		on_wake(s);
}

/* So many bytes are read next, and are nobody's but ours then. */
static void
on_taking(void *arg, size_t n)
{
	books_state(arg, n);
}

/* No more frames will come, and the tee has had them all. */
static void
on_drained(void *arg)
{
	struct sensor *s = arg;

	if (s->out != NULL)
		out_finish(s->out);
	else
		session_finish(s->session);
}

static void
on_input_end(void *arg, const char *why)
{
	struct sensor *s = arg;

	if (why != NULL) {
		d4_warnx("input cannot be read any further why=\"%s\"", why);
		sensor_fail(s, why);
	}
	if (s->tee != NULL)
		tee_finish(s->tee);
	else
		on_drained(s);
}

static enum d4_status
on_opened(void *arg, struct d4_slice opening)
{
	struct sensor *s = arg;

	/* Without it nobody could read what is in the ring. */
	return ring_set_opening(s->ring, opening);
}

/* A capture of another kind: one session, or one stream, has one opening. */
static void
on_turn(void *arg)
{
	struct sensor *s = arg;

	if (s->out != NULL) {
		sensor_fail(s, "another kind of capture");
		d4_warnx("a stream can have one capture header only: give "
			 "captures of one kind");
		reader_stop(s->reader);
		on_drained(s);
		return;
	}
	d4_info("another kind of capture: a new session begins");
	if (s->tee != NULL)
		tee_stop(s->tee, "another kind of capture begins");
	session_turn(s->session);
}

/* Later, from the loop: the session is in the middle of something. */
static void
on_turned(void *arg)
{
	struct sensor *s = arg;

	event_active(s->turned, EV_TIMEOUT, 0);
}

static void
on_turned_later(evutil_socket_t fd, short what, void *arg)
{
	struct sensor *s = arg;

	(void)fd;
	(void)what;
	reader_turned(s->reader);
}

static struct d4_slice
on_opening(void *arg)
{
	const struct sensor *s = arg;

	return reader_opening(s->reader);
}

/* What the tee's stream begins with: as a session does. */
static enum d4_status
on_tee_opening(void *arg, struct d4_buf *out)
{
	struct sensor *s = arg;
	enum d4_status st;

	st = framer_control(
	    s->framer, D4_TYPE_META, d4_buf_slice(&s->conf.meta), out);
	if (st == D4_OK)
		st = framer_control(
		    s->framer, s->conf.type, reader_opening(s->reader), out);
	return st;
}

static void
on_room(void *arg)
{
	struct sensor *s = arg;

	event_active(s->resume, EV_TIMEOUT, 0);
}

static void
on_resume(evutil_socket_t fd, short what, void *arg)
{
	struct sensor *s = arg;

	(void)fd;
	(void)what;
	reader_resume(s->reader);
}

/* Every so often: what was made is on the disk, what was lost is noted. */
static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct sensor *s = arg;

	(void)fd;
	(void)what;
	if (ring_broken(s->ring)) {
		if (!books_repair(s))
			sensor_fail(s, "the spool cannot be mended");
		on_frames(s);
		on_room(s);
	}
	books_tick(s);
}

static void
on_done(void *arg, const char *why)
{
	struct sensor *s = arg;

	if (why != NULL) {
		d4_warnx("given up why=\"%s\"", why);
		sensor_fail(s, "not all was confirmed");
	}
	(void)event_base_loopbreak(s->base);
}

static const struct reader_events reader_events = {
    .taking = on_taking,
    .frames = on_frames,
    .opened = on_opened,
    .turn = on_turn,
    .end = on_input_end,
};

static const struct session_events session_events = {
    .opening = on_opening,
    .room = on_room,
    .turned = on_turned,
    .done = on_done,
};

static const struct tee_events tee_events = {
    .opening = on_tee_opening,
    .wake = on_wake,
    .drained = on_drained,
};

/* ---- counts ---- */

/* Drops by reason, as " drop.NAME=N"; returns their sum. */
static uint64_t
sensor_drops(const struct d4_tally *t, char *out, size_t max)
{
	uint64_t sum = 0;
	size_t n = 0;

	out[0] = '\0';
	for (unsigned r = D4_R_NONE + 1; r < D4_REASON_MAX; r++) {
		if (t->records[r] == 0 || r == D4_R_MAYBE_LOST ||
		    r == D4_R_LOST_AT_SOURCE)
			continue;
		sum += t->records[r];
		if (n + 64 > max)
			continue;
		n += (size_t)snprintf(out + n, max - n, " drop.%s=%llu",
		    d4_reason_name((enum d4_reason)r),
		    (unsigned long long)t->records[r]);
	}
	return sum;
}

/* In memory only, what was not sent is lost with it; in a spool it is held. */
static void
sensor_report(const struct sensor *s, const char *event)
{
	const struct d4_tally *t = &s->counts.tally;
	uint64_t lost = t->records[D4_R_LOST_AT_SOURCE], held = 0;
	uint64_t unconfirmed, unsent, dropped;
	char drops[1024];

	books_left(s, &unconfirmed, &unsent);
	if (ring_durable(s->ring))
		held = unsent + unconfirmed - ring_book(s->ring)->acked;
	else
		lost += unsent;
	dropped = sensor_drops(t, drops, sizeof(drops));
	d4_info("%s records=%llu sent=%llu confirmed=%llu unconfirmed=%llu "
		"maybe_lost=%llu lost_at_source=%llu dropped=%llu held=%llu "
		"resent=%llu bytes=%llu sessions=%llu%s",
	    event, (unsigned long long)t->in,
	    (unsigned long long)s->counts.sent,
	    (unsigned long long)t->records[D4_R_NONE],
	    (unsigned long long)unconfirmed,
	    (unsigned long long)t->records[D4_R_MAYBE_LOST],
	    (unsigned long long)lost, (unsigned long long)dropped,
	    (unsigned long long)held, (unsigned long long)s->counts.resent,
	    (unsigned long long)s->counts.bytes_in,
	    (unsigned long long)s->counts.sessions, drops);
}

/* ---- signals ---- */

/* The first signal ends the input, a second one everything. */
static void
on_stop(void *arg)
{
	struct sensor *s = arg;

	if (s->stopping) {
		sensor_fail(s, "stopped");
		(void)event_base_loopbreak(s->base);
		return;
	}
	s->stopping = true;
	d4_info("stopping");
	reader_stop(s->reader);
}

static void
on_dump(void *arg)
{
	sensor_report(arg, "status");
}

static const struct d4_signals_events signal_events = {
    .stop = on_stop,
    .dump = on_dump,
};

static const struct sensor_hooks sensor_hooks = {
    .session = &session_events,
    .reader = &reader_events,
    .tee = &tee_events,
    .signals = &signal_events,
    .resume = on_resume,
    .turned = on_turned_later,
    .tick = on_tick,
};

/* 0 only when every record that was read is confirmed. */
static int
sensor_run(struct sensor *s)
{
	const struct d4_tally *t = &s->counts.tally;

	d4_info("ready source=%s type=%u sensor=%s", s->conf.source->name,
	    (unsigned)s->conf.type, s->uuid);
	/* What an earlier run left in the spool waits for no input. */
	if (ring_sum_waiting(s->ring).frames != 0)
		on_frames(s);
	(void)event_base_dispatch(s->base);
	books_end(s);
	sensor_report(s, "end");
	return s->failure == NULL && t->records[D4_R_NONE] == t->in ? 0 : 1;
}

int
main(int argc, char **argv)
{
	static struct sensor s;
	int rc = options_read(argc, argv, &s.options);

	if (rc >= 0)
		return rc;
	d4_log_open("d4-sensor", s.options.verbose ? D4_LOG_DEBUG : D4_LOG_INFO,
	    s.options.json);
	if (s.options.enroll)
		return enroll_run(
		    s.options.dir, s.options.from, s.options.force);
	rc = 1;
	if (sensor_open(&s, &sensor_hooks))
		rc = sensor_run(&s);
	sensor_close(&s);
	return rc;
}

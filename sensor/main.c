#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "libd4/kit/log.h"
#include "libd4/kit/signals.h"
#include "sensor/conf_dir.h"
#include "sensor/enroll.h"
#include "sensor/options.h"
#include "sensor/out.h"
#include "sensor/reader.h"
#include "sensor/session.h"

/* What runs; made by sensor_open in the order in which it stands here. */
struct sensor {
	struct options options;
	struct conf_dir conf;
	struct counts counts;
	struct d4_tls_ctx *tls;
	struct d4_hmac *hmac;
	struct ring *ring;
	struct framer *framer;
	struct event_base *base;
	struct event *resume;
	struct d4_signals *signals;
	struct session *session; /* or */
	struct out *out;
	struct reader *reader;
	const char *failure; /* the first thing that went wrong */
	bool stopping;
};

static void
sensor_fail(struct sensor *s, const char *why)
{
	if (s->failure == NULL)
		s->failure = why;
}

/* ---- between the parts ---- */

static void
on_frames(void *arg)
{
	struct sensor *s = arg;

	if (s->out != NULL)
		out_wake(s->out);
	else
		session_wake(s->session);
}

static void
on_input_end(void *arg, const char *why)
{
	struct sensor *s = arg;

	if (why != NULL) {
		d4_warnx("input cannot be read any further why=\"%s\"", why);
		sensor_fail(s, why);
	}
	if (s->out != NULL)
		out_finish(s->out);
	else
		session_finish(s->session);
}

static struct d4_slice
on_opening(void *arg)
{
	const struct sensor *s = arg;

	return reader_opening(s->reader);
}

/* Later, from the loop: the session is in the middle of something. */
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
    .frames = on_frames,
    .end = on_input_end,
};

static const struct session_events session_events = {
    .opening = on_opening,
    .room = on_room,
    .done = on_done,
};

/* ---- signals ---- */

/* What is still in memory: sent and not confirmed, or never sent. */
static void
sensor_left(const struct sensor *s, uint64_t *unconfirmed, uint64_t *lost)
{
	struct ring_sum sent = ring_sum_sent(s->ring);
	struct ring_sum waiting = ring_sum_waiting(s->ring);
	uint64_t again = ring_waiting_again(s->ring);

	*unconfirmed = s->counts.acked + sent.records + again;
	*lost = waiting.records - again;
}

static void
sensor_report(const struct sensor *s, const char *event)
{
	const struct d4_tally *t = &s->counts.tally;
	uint64_t unconfirmed, lost, maybe = t->records[D4_R_MAYBE_LOST];
	char drops[1024] = "";
	size_t n = 0;

	sensor_left(s, &unconfirmed, &lost);
	for (unsigned r = D4_R_NONE + 1; r < D4_REASON_MAX; r++) {
		if (t->records[r] == 0 || r == D4_R_MAYBE_LOST ||
		    n + 64 > sizeof(drops))
			continue;
		n += (size_t)snprintf(drops + n, sizeof(drops) - n,
		    " drop.%s=%llu", d4_reason_name((enum d4_reason)r),
		    (unsigned long long)t->records[r]);
	}
	d4_info("%s records=%llu sent=%llu confirmed=%llu unconfirmed=%llu "
		"maybe_lost=%llu lost_at_source=%llu dropped=%llu resent=%llu "
		"bytes=%llu sessions=%llu%s",
	    event, (unsigned long long)t->in,
	    (unsigned long long)s->counts.sent,
	    (unsigned long long)t->records[D4_R_NONE],
	    (unsigned long long)unconfirmed, (unsigned long long)maybe,
	    (unsigned long long)lost,
	    (unsigned long long)(d4_tally_withheld(t) - maybe),
	    (unsigned long long)s->counts.resent,
	    (unsigned long long)s->counts.bytes_in,
	    (unsigned long long)s->counts.sessions, drops);
}

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

/* ---- start ---- */

static bool
sensor_open_tls(struct sensor *s)
{
	const struct conf_dir *c = &s->conf;
	const struct d4_tls_settings set = {
	    .ca = c->ca,
	    .pin = c->pin[0] != '\0' ? c->pin : NULL,
	    .insecure = c->insecure,
	};
	const char *why = NULL;

	if (c->to_stdout)
		return true;
	if (c->insecure)
		d4_warnx("the server is NOT verified: tls says insecure");
	if (d4_tls_ctx_new(&set, &why, &s->tls) == D4_OK)
		return true;
	d4_warnx("TLS cannot be set up why=\"%s\"", why);
	return false;
}

/* At most the type's frame and the snaplen, whichever is less. */
static size_t
sensor_target(const struct conf_dir *c)
{
	size_t most = c->row != NULL ? c->row->frame_max : CONF_SNAPLEN;

	return c->snaplen < most ? c->snaplen : most;
}

static enum d4_status
sensor_open_frames(struct sensor *s)
{
	struct framer_conf fc = {
	    .uuid = s->conf.uuid,
	    .type = s->conf.type,
	    .target = sensor_target(&s->conf),
	    .counts = &s->counts,
	};
	enum d4_status st;

	st = d4_hmac_new(d4_buf_slice(&s->conf.key), &s->hmac);
	d4_buf_wipe(&s->conf.key);
	if (st == D4_OK)
		st = ring_new((size_t)s->options.ring, &s->ring);
	fc.hmac = s->hmac;
	fc.ring = s->ring;
	if (st == D4_OK)
		st = framer_new(&fc, &s->framer);
	return st;
}

static enum d4_status
sensor_open_session(struct sensor *s)
{
	const struct conf_dir *c = &s->conf;
	const struct session_conf sc = {
	    .base = s->base,
	    .tls = s->tls,
	    .host = c->host,
	    .port = c->port,
	    .name = c->name,
	    .meta = d4_buf_slice(&c->meta),
	    .framer = s->framer,
	    .ring = s->ring,
	    .counts = &s->counts,
	    .rotate_ms = s->options.rotate_ms,
	    .rotate_bytes = s->options.rotate_bytes,
	    .idle_ms = s->options.idle_ms,
	    .wait_ms = s->options.wait_ms,
	    .type = c->type,
	    .resend_all = c->resend_all,
	};

	if (c->to_stdout)
		return out_new(&sc, 1, &session_events, s, &s->out);
	return session_new(&sc, &session_events, s, &s->session);
}

static enum d4_status
sensor_open_events(struct sensor *s)
{
	struct reader_conf rc = {
	    .kind = s->conf.row != NULL ? s->conf.row->cutter : NULL,
	    .framer = s->framer,
	    .counts = &s->counts,
	};
	enum d4_status st;

	s->base = event_base_new();
	if (s->base == NULL)
		return D4_ENOMEM;
	s->resume = event_new(s->base, -1, 0, on_resume, s);
	if (s->resume == NULL)
		return D4_ENOMEM;
	st = d4_signals_new(s->base, &signal_events, s, &s->signals);
	if (st == D4_OK)
		st = sensor_open_session(s);
	rc.base = s->base;
	if (st == D4_OK)
		st = reader_new(&rc, &reader_events, s, &s->reader);
	return st;
}

static bool
sensor_open(struct sensor *s)
{
	struct d4_diag diag = {.file = NULL};
	char text[1024];
	enum d4_status st;

	if (conf_dir_read(s->options.dir, &s->conf, &diag) != D4_OK) {
		d4_diag_format(&diag, text, sizeof(text));
		d4_warnx("%s", text);
		return false;
	}
	if (s->conf.row == NULL)
		d4_warnx("records of type %u are not known: frames are cut "
			 "anywhere",
		    (unsigned)s->conf.type);
	if (!sensor_open_tls(s))
		return false;
	st = sensor_open_frames(s);
	if (st == D4_OK)
		st = sensor_open_events(s);
	if (st != D4_OK)
		d4_warnx("cannot start why=\"%s\"", d4_status_text(st));
	return st == D4_OK;
}

static void
sensor_close(struct sensor *s)
{
	reader_free(s->reader);
	session_free(s->session);
	out_free(s->out);
	d4_signals_free(s->signals);
	if (s->resume != NULL)
		event_free(s->resume);
	if (s->base != NULL)
		event_base_free(s->base);
	framer_free(s->framer);
	ring_free(s->ring);
	d4_hmac_free(s->hmac);
	d4_tls_ctx_free(s->tls);
	conf_dir_fini(&s->conf);
}

/* 0 only when every record that was read is confirmed. */
static int
sensor_verdict(const struct sensor *s)
{
	const struct d4_tally *t = &s->counts.tally;

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
	if (sensor_open(&s)) {
		(void)event_base_dispatch(s.base);
		rc = sensor_verdict(&s);
	}
	sensor_close(&s);
	return rc;
}

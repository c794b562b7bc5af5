#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include "libd4/kit/log.h"
#include "sensor/reader.h"

#define READER_PIPE    (1 << 20) /* bytes asked for in a pipe */
#define READER_OPENING 65536u    /* bytes of an opening */

enum reader_state {
	READER_READING,
	READER_BLOCKED, /* the ring is full */
	READER_ENDED,
};

static const char *const state_names[] = {
    [READER_READING] = "reading",
    [READER_BLOCKED] = "blocked",
    [READER_ENDED] = "ended",
};

/*
 * in: read and not cut yet, in buf. run: cut and not framed yet. A full ring
 * leaves both where they are.
 */
struct reader {
	struct reader_conf conf;
	const struct reader_events *ev;
	void *arg;
	enum reader_state state;
	struct d4_cutter *cutter;
	struct event *readable, *pause;
	struct d4_slice in;
	struct d4_run run;
	struct d4_buf opening; /* kept when the cutter has forgotten it */
	bool file;             /* readable without events */
	bool finished;         /* end of input was read, or reader_stop */
	uint8_t buf[READER_BUFFER];
};

static void
reader_enter(struct reader *r, enum reader_state to)
{
	if (r->state == to)
		return;
	d4_debug("source state=%s->%s", state_names[r->state], state_names[to]);
	r->state = to;
}

static void
reader_arm(struct reader *r)
{
	static const struct timeval now = {0, 0};

	if (r->state != READER_READING)
		return;
	(void)event_add(r->readable, r->file ? &now : NULL);
}

static void
reader_end(struct reader *r, const char *why)
{
	if (r->state == READER_ENDED)
		return;
	reader_enter(r, READER_ENDED);
	(void)event_del(r->readable);
	(void)event_del(r->pause);
	if (framer_flush(r->conf.framer) != D4_OK && why == NULL)
		why = "cannot compute an HMAC";
	r->ev->end(r->arg, why);
}

static void
reader_count(struct reader *r, const struct d4_run *run)
{
	struct d4_tally *t = &r->conf.counts->tally;

	t->in += run->n;
	if (run->reason == D4_R_NONE)
		return;
	t->records[run->reason] += run->n;
	t->bytes[run->reason] += run->bytes;
}

/* Types without a cutter: whatever came; the framer makes records of it. */
static enum d4_status
reader_opaque(struct reader *r)
{
	size_t n = r->in.n;

	if (n == 0)
		return D4_AGAIN;
	r->run = (struct d4_run){.data = d4_slice_skip(&r->in, n), .bytes = n};
	return D4_OK;
}

/* The next run, counted. */
static enum d4_status
reader_cut(struct reader *r)
{
	enum d4_status st;

	if (r->cutter == NULL)
		st = reader_opaque(r);
	else
		st = d4_cutter_feed(r->cutter, &r->in, &r->run);
	if (st == D4_OK)
		reader_count(r, &r->run);
	return st;
}

/* Moves what was read into frames until D4_AGAIN: all done, or no room. */
static enum d4_status
reader_pump(struct reader *r)
{
	enum d4_status st;

	do {
		st = framer_take(r->conf.framer, r->cutter, &r->run);
		if (st == D4_AGAIN)
			reader_enter(r, READER_BLOCKED);
		if (st == D4_OK)
			st = reader_cut(r);
	} while (st == D4_OK);
	return st;
}

/* An unfinished last line gets its newline; other remains are counted. */
static enum d4_status
reader_last(struct reader *r)
{
	static const uint8_t newline = '\n';
	struct d4_run left = {0};
	struct d4_slice opening;

	if (r->cutter == NULL)
		return D4_AGAIN;
	if (r->conf.kind == &d4_cutter_lines &&
	    d4_cutter_held(r->cutter) != 0) {
		r->in = d4_slice_of(&newline, 1);
		return reader_pump(r);
	}
	opening = d4_cutter_opening(r->cutter);
	if (d4_buf_add(&r->opening, opening.p, opening.n) != D4_OK)
		return D4_ENOMEM;
	if (d4_cutter_finish(r->cutter, &left) == D4_ETRUNC)
		reader_count(r, &left);
	return D4_AGAIN;
}

static const char *
reader_why(const struct reader *r, enum d4_status st)
{
	if (r->cutter != NULL && r->cutter->failed != D4_R_NONE)
		return d4_reason_text(r->cutter->failed);
	return d4_status_text(st);
}

static void
reader_failed(struct reader *r, enum d4_status st)
{
	if (r->cutter != NULL && r->cutter->failed != D4_R_NONE) {
		struct d4_run rest = {.n = 1, .reason = r->cutter->failed};

		rest.bytes = r->in.n;
		reader_count(r, &rest);
	}
	reader_end(r, reader_why(r, st));
}

static void
reader_step(struct reader *r)
{
	static const struct timeval pause = {0, READER_PAUSE_US};
	enum d4_status st = reader_pump(r);

	if (st == D4_AGAIN && r->state == READER_READING && r->finished)
		st = reader_last(r);
	/* The newline of the last line needed room: it has been taken. */
	r->ev->frames(r->arg);
	if (st != D4_AGAIN) {
		reader_failed(r, st);
		return;
	}
	if (r->state != READER_READING)
		return;
	if (r->finished) {
		reader_end(r, NULL);
		return;
	}
	if (framer_pending(r->conf.framer))
		(void)event_add(r->pause, &pause);
	reader_arm(r);
}

static void
reader_on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct reader *r = arg;
	ssize_t n = read(fd, r->buf, sizeof(r->buf));

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		reader_arm(r);
		return;
	}
	if (n < 0) {
		d4_warn("source cannot be read");
		reader_end(r, "read error");
		return;
	}
	r->finished = n == 0;
	r->in = d4_slice_of(r->buf, (size_t)n);
	r->conf.counts->bytes_in += (uint64_t)n;
	reader_step(r);
}

static void
reader_on_pause(evutil_socket_t fd, short what, void *arg)
{
	struct reader *r = arg;

	(void)fd;
	(void)what;
	if (framer_flush(r->conf.framer) != D4_OK)
		reader_end(r, "cannot compute an HMAC");
	else
		r->ev->frames(r->arg);
}

/* Files, folders and devices like /dev/null make no events. */
static bool
reader_is_file(int fd)
{
	struct stat sb;

	if (fstat(fd, &sb) != 0 || S_ISCHR(sb.st_mode))
		return isatty(fd) == 0;
	return S_ISREG(sb.st_mode) || S_ISDIR(sb.st_mode);
}

enum d4_status
reader_new(const struct reader_conf *conf, const struct reader_events *ev,
    void *arg, struct reader **out)
{
	struct reader *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return D4_ENOMEM;
	r->conf = *conf;
	r->ev = ev;
	r->arg = arg;
	d4_buf_init(&r->opening, READER_OPENING);
	r->file = reader_is_file(conf->fd);
	r->readable = event_new(conf->base, conf->fd,
	    r->file ? EV_TIMEOUT : EV_READ, reader_on_readable, r);
	r->pause = evtimer_new(conf->base, reader_on_pause, r);
	if (r->readable == NULL || r->pause == NULL ||
	    (conf->kind != NULL &&
		d4_cutter_new(conf->kind, &r->cutter) != D4_OK)) {
		reader_free(r);
		return D4_ENOMEM;
	}
	/* Larger reads; where it is no pipe or not allowed, as it is. */
	(void)fcntl(conf->fd, F_SETPIPE_SZ, READER_PIPE);
	reader_arm(r);
	*out = r;
	return D4_OK;
}

void
reader_free(struct reader *r)
{
	if (r == NULL)
		return;
	if (r->readable != NULL)
		event_free(r->readable);
	if (r->pause != NULL)
		event_free(r->pause);
	d4_cutter_free(r->cutter);
	d4_buf_fini(&r->opening);
	free(r);
}

void
reader_resume(struct reader *r)
{
	if (r->state != READER_BLOCKED)
		return;
	reader_enter(r, READER_READING);
	reader_step(r);
}

void
reader_stop(struct reader *r)
{
	r->finished = true;
	if (r->state == READER_READING)
		reader_step(r);
}

struct d4_slice
reader_opening(const struct reader *r)
{
	if (r->cutter == NULL || r->opening.n != 0)
		return d4_buf_slice(&r->opening);
	return d4_cutter_opening(r->cutter);
}

#include <stdlib.h>
#include "libd4/kit/log.h"
#include "sensor/reader_parts.h"

#define READER_OPENING 65536u /* bytes of an opening */

static const char *const state_names[] = {
    [READER_READING] = "reading",
    [READER_BLOCKED] = "blocked",
    [READER_TURNING] = "turning",
    [READER_ENDED] = "ended",
};

void
reader_enter(struct reader *r, enum reader_state to)
{
	if (r->state == to)
		return;
	d4_debug("source state=%s->%s", state_names[r->state], state_names[to]);
	r->state = to;
}

static void
reader_end(struct reader *r, const char *why)
{
	if (r->state == READER_ENDED)
		return;
	reader_enter(r, READER_ENDED);
	(void)event_del(r->pause);
	if (framer_flush(r->conf.framer) != D4_OK && why == NULL)
		why = "cannot compute an HMAC";
	r->ev->end(r->arg, why);
}

static const char *
reader_why(const struct reader *r, enum d4_status st)
{
	if (r->cutter != NULL && r->cutter->failed != D4_R_NONE)
		return d4_reason_text(r->cutter->failed);
	return d4_status_text(st);
}

/* The stream cannot be followed any further: the source's next one may be. */
static void
reader_failed(struct reader *r, enum d4_status st)
{
	bool data = r->cutter != NULL && r->cutter->failed != D4_R_NONE;

	if (data) {
		struct d4_run rest = {.n = 1, .reason = r->cutter->failed};

		rest.bytes = r->in.n;
		reader_count(r, &rest);
	}
	if (!data || !r->conf.source.kind->many) {
		reader_end(r, reader_why(r, st));
		return;
	}
	d4_warnx("skipped up to the next file or connection why=\"%s\"",
	    reader_why(r, st));
	r->skipping = true;
	r->in.n = 0;
}

/* Frames up to this one will hold all that was given until now. */
static uint64_t
reader_mark(const struct reader *r)
{
	return framer_made(r->conf.framer) +
	       (framer_pending(r->conf.framer) ? 1 : 0);
}

/* All that was given is in frames. */
static void
reader_go_on(struct reader *r)
{
	static const struct timeval pause = {0, READER_PAUSE_US};

	r->cutting = false;
	if (r->finished) {
		reader_end(r, NULL);
		return;
	}
	if (framer_pending(r->conf.framer))
		(void)event_add(r->pause, &pause);
	source_want(r->source, reader_mark(r));
}

static void
reader_step(struct reader *r)
{
	enum d4_status st = r->skipping ? D4_AGAIN : reader_pump(r);

	if (st == D4_AGAIN && r->state == READER_READING &&
	    (r->cutting || r->finished))
		st = reader_last(r);
	/* The newline of the last line needed room: it has been taken. */
	r->ev->frames(r->arg);
	if (st != D4_AGAIN)
		reader_failed(r, st);
	if (r->state == READER_TURNING)
		r->ev->turn(r->arg);
	else if (r->state == READER_READING)
		reader_go_on(r);
}

/* ---- what the source tells ---- */

static void
on_take(void *arg, size_t n)
{
	struct reader *r = arg;

	r->ev->taking(r->arg, n);
}

static void
on_give(void *arg, struct d4_slice bytes)
{
	struct reader *r = arg;

	if (r->state == READER_ENDED || r->finished)
		return;
	r->conf.counts->bytes_in += bytes.n;
	r->in = bytes;
	reader_step(r);
}

static void
on_cut(void *arg)
{
	struct reader *r = arg;

	if (r->state == READER_ENDED || r->finished)
		return;
	r->cutting = true;
	reader_step(r);
}

static void
on_drop(void *arg, enum d4_reason why, uint64_t bytes)
{
	struct reader *r = arg;
	struct d4_run run = {.n = 1, .bytes = bytes, .reason = why};

	reader_count(r, &run);
}

static void
on_end(void *arg, const char *why)
{
	struct reader *r = arg;

	if (why != NULL) {
		reader_end(r, why);
		return;
	}
	reader_stop(r);
}

static const struct source_events source_events = {
    .take = on_take,
    .give = on_give,
    .cut = on_cut,
    .drop = on_drop,
    .end = on_end,
};

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

static enum d4_status
reader_open(struct reader *r)
{
	const struct source_conf *sc = &r->conf.source;
	const struct source_owner to = {&source_events, r};
	enum d4_status st = D4_OK;

	r->pause = evtimer_new(sc->base, reader_on_pause, r);
	if (r->pause == NULL)
		return D4_ENOMEM;
	if (r->kind != NULL)
		st = d4_cutter_new(r->kind, &r->cutter);
	if (st == D4_OK)
		st = d4_buf_add(
		    &r->opening, r->conf.opening.p, r->conf.opening.n);
	return st == D4_OK ? source_new(sc, &to, &r->source) : st;
}

enum d4_status
reader_new(const struct reader_conf *conf, const struct reader_events *ev,
    void *arg, struct reader **out)
{
	struct reader *r = calloc(1, sizeof(*r));
	enum d4_status st;

	if (r == NULL)
		return D4_ENOMEM;
	r->conf = *conf;
	r->kind = conf->source.row != NULL ? conf->source.row->cutter : NULL;
	r->ev = ev;
	r->arg = arg;
	r->fresh = conf->opening.n == 0;
	d4_buf_init(&r->opening, READER_OPENING);
	st = reader_open(r);
	if (st != D4_OK) {
		reader_free(r);
		return st;
	}
	source_want(r->source, 0);
	*out = r;
	return D4_OK;
}

void
reader_free(struct reader *r)
{
	if (r == NULL)
		return;
	source_free(r->source);
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
reader_turned(struct reader *r)
{
	enum d4_status st;

	if (r->state != READER_TURNING)
		return;
	reader_enter(r, READER_READING);
	st = reader_adopt(r, d4_cutter_opening(r->cutter));
	if (st != D4_OK)
		reader_end(r, d4_status_text(st));
	else
		reader_step(r);
}

void
reader_settled(struct reader *r, uint64_t frames)
{
	source_settled(r->source, frames);
}

void
reader_stop(struct reader *r)
{
	if (r->state == READER_ENDED)
		return;
	r->finished = true;
	if (r->state == READER_READING)
		reader_step(r);
}

void
reader_held(const struct reader *r, uint64_t *whole, uint64_t *uncut)
{
	uint64_t framing = framer_held(r->conf.framer);

	*whole = r->run.data.n;
	*uncut = r->in.n;
	if (r->cutter == NULL) {
		*uncut += framing; /* a record when it is a frame */
		return;
	}
	*whole += framing;
	*uncut += d4_cutter_held(r->cutter);
}

struct d4_slice
reader_opening(const struct reader *r)
{
	return d4_buf_slice(&r->opening);
}

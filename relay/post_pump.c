#include "libd4/kit/clock.h"
#include "relay/post_room.h"

/* Below D4_TLS_QUEUE by more than the head of a frame (see pump_write). */
#define PUMP_FULL (D4_TLS_QUEUE - 1024u)

#define PUMP_PARKED_US 20000u /* see pump_wait */

enum d4_status
post_pump_begin(struct post_lane *l)
{
	struct post_framing of = {
	    .row = l->row,
	    .hmac = l->partner->hmac,
	    .uuid = l->name.wire_uuid,
	    .shape = l->partner->sink->shape,
	    .line = &l->line,
	};
	uint64_t now = post_now_us();

	l->run.frames = l->run.bytes = l->run.acked = 0;
	l->run.held_us = l->run.quiet_us = l->run.heard = 0;
	l->run.paid = UINT64_MAX;
	l->run.opened_us = l->run.written_us = l->run.progress_us = now;
	l->run.barred_us = 0;
	l->run.given = l->run.cut = false;
	l->run.yield = l->run.stale = false;
	if (of.shape == NULL)
		of.meta = l->name.meta;
	else
		sink_line_init(&l->line, &l->partner->conf->out,
		    &l->name.wire_uuid, post_lane_type(l));
	if (l->frames == NULL)
		return post_frames_new(&of, &l->frames);
	post_frames_begin(l->frames);
	return D4_OK;
}

void
post_pump_acked(struct post_lane *l)
{
	uint64_t acked = sink_acked(l);

	if (acked > l->run.acked) {
		l->run.acked = acked;
		l->run.progress_us = post_now_us();
		post_resend_acked(&l->books, acked);
		l->dirty = true;
	}
	if (acked == sink_end(l))
		l->run.progress_us = post_now_us();
}

static void
pump_note(struct post_lane *l, const struct post_frame *fr)
{
	if (!fr->marked)
		return;
	post_resend_note(&l->books, fr->at, &fr->counts, sink_end(l));
	l->dirty = true;
}

/*
 * One frame, in one TLS record or, when it is a large one, in whole records
 * of which none is too short. After an error nothing may follow it.
 */
static enum d4_status
pump_write(struct post_lane *l, const struct post_frame *fr)
{
	struct d4_slice rest = fr->wire;
	size_t head = l->partner->sink->d4 ? post_frames_head(rest.n) : 0;
	enum d4_status st = D4_OK;

	/* Once in a burst: a freeze holds before anybody has told us of it. */
	if (!l->run.asked && post_freeze_now(l->partner))
		return D4_EDENIED;
	l->run.asked = true;
	if (head != 0)
		st = sink_write(l, d4_slice_skip(&rest, head));
	if (st == D4_OK)
		st = sink_write(l, rest);
	if (st != D4_OK)
		return st;
	l->run.frames++;
	l->run.bytes += fr->wire.n;
	l->run.held_us = 0;
	l->run.written_us = post_now_us();
	limit_take(&l->partner->limit, fr->wire.n);
	if (l->limit != NULL)
		limit_take(l->limit, fr->wire.n);
	pump_note(l, fr);
	return D4_OK;
}

/* Writes what is held. */
static enum d4_status
pump_flush(struct post_lane *l)
{
	struct post_frame fr;
	enum d4_status st = post_frames_flush(l->frames, &fr);

	if (st == D4_OK)
		return pump_write(l, &fr);
	if (st == D4_AGAIN)
		pump_note(l, &fr);
	return st == D4_AGAIN ? D4_OK : st;
}

/* The session ends here; perhaps inside an entry, which is read again. */
static enum d4_status
pump_end(struct post_lane *l)
{
	enum d4_status st = pump_flush(l);

	l->run.cut = l->run.given;
	/* What was passed behind the last frame is told by a second one. */
	if (st == D4_OK)
		st = pump_flush(l);
	return st == D4_OK ? D4_END : st;
}

/* Between two entries: is it time for a confirmation? */
static bool
pump_rotates(const struct post_lane *l)
{
	const struct relay_partner *c = l->partner->conf;
	const struct post_run *r = &l->run;

	if (l->partner->post->draining)
		return true;
	if (l->partner->sink->rotates != NULL)
		return l->partner->sink->rotates(l);
	if (l->partner->sink->d4 && r->frames >= l->budget)
		return true;
	if (r->yield &&
	    post_now_us() - r->opened_us >= l->partner->post->times.turn_us)
		return true;
	if (c->rotate_bytes != 0 && r->bytes >= c->rotate_bytes)
		return true;
	return c->rotate_us != 0 &&
	       post_now_us() - r->opened_us >= c->rotate_us;
}

/*
 * How long it waits for more entries. A parked partner has room by what it
 * confirms only, and so by the end of a session.
 */
static uint64_t
pump_wait(const struct post_lane *l, uint64_t us)
{
	return l->partner->release.parked && us > PUMP_PARKED_US
	           ? PUMP_PARKED_US
	           : us;
}

/* No more entries for now: what is held goes out after a while. */
static enum d4_status
pump_dry(struct post_lane *l)
{
	uint64_t linger = pump_wait(l, l->partner->post->times.linger_us);
	uint64_t idle = pump_wait(l, l->partner->conf->idle_us);
	uint64_t now = post_now_us();
	struct post_run *r = &l->run;

	if (r->yield)
		return pump_end(l);
	if (post_frames_held(l->frames) != 0) {
		if (r->held_us == 0)
			r->held_us = now;
		if (now - r->held_us >= linger)
			return pump_flush(l);
		post_lane_wake(l, r->held_us + linger);
		return D4_AGAIN;
	}
	if (l->partner->sink->rotates != NULL)
		return D4_AGAIN; /* it is looked at every second */
	if (now - r->written_us >= idle)
		return pump_end(l);
	post_lane_wake(l, r->written_us + idle);
	return D4_AGAIN;
}

/*
 * A limit: between frames, also of one entry. What is held waits with it; a
 * wait that is longer than a session may be idle ends it.
 */
static enum d4_status
pump_limited(struct post_lane *l, uint64_t wait)
{
	uint64_t idle = l->run.written_us + l->partner->conf->idle_us;
	uint64_t now = post_now_us();

	if ((now >= idle && l->partner->sink->rotates == NULL) ||
	    pump_rotates(l))
		return pump_end(l);
	post_lane_wake(l, now + wait < idle ? now + wait : idle);
	return D4_AGAIN;
}

/* The next entry to the frames. D4_OK: there is one, or a frame was sent. */
static enum d4_status
pump_entry(struct post_lane *l)
{
	struct post_take take;
	enum d4_status st;

	if (l->run.given) {
		l->have = false;
		l->before = l->entry.seq;
	}
	l->run.given = false;
	if (pump_rotates(l))
		return pump_end(l);
	st = post_lane_entry(l);
	if (l->passed.seq != 0)
		post_frames_pass(l->frames, l->passed.seq, &l->passed.counts);
	l->passed = (struct post_passed){.seq = 0};
	if (st != D4_OK)
		return st == D4_AGAIN ? pump_dry(l) : st;
	take.skip = l->skip;
	take.coarse_us = post_coarse(l) ? POST_COARSE_S * POST_SECOND : 0;
	take.again =
	    post_resend_again(&l->books, l->before, l->entry.seq, l->entry.n);
	st = post_frames_entry(l->frames, &l->entry, take);
	l->run.given = st == D4_OK;
	if (st == D4_OK && l->partner->sink->entry != NULL)
		l->partner->sink->entry(l);
	return st == D4_END ? pump_end(l) : st;
}

/* The next frame, or what is in its way. */
static enum d4_status
pump_step(struct post_lane *l)
{
	uint64_t wait = l->run.bytes != l->run.paid ? post_limit_wait(l) : 0;
	struct post_frame fr;
	enum d4_status st;

	if (wait != 0)
		return pump_limited(l, wait);
	l->run.paid = l->run.bytes; /* a turn is good until it wrote */
	st = post_frames_next(l->frames, &fr);
	if (st == D4_OK)
		return pump_write(l, &fr);
	return st == D4_AGAIN ? pump_entry(l) : st;
}

enum d4_status
post_pump(struct post_lane *l)
{
	enum d4_status st = D4_OK;

	post_pump_acked(l);
	l->run.asked = false;
	while (st == D4_OK && sink_queued(l) < PUMP_FULL)
		st = pump_step(l);
	if (st == D4_OK) /* full: it waits for its partner, not for a turn */
		post_turn_none(l);
	return st == D4_OK ? D4_AGAIN : st;
}

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "relay/post_room.h"

#define LANE_PASSES 64u /* entries passed over in one wake-up */

void
post_lane_break(struct post_lane *l, const char *why)
{
	char quoted[160];

	(void)snprintf(l->broken, sizeof(l->broken), "%s", why);
	d4_warnx("post lane is not sent partner=%s lane=%s why=%s",
	    l->partner->conf->id, l->id,
	    d4_log_quote(why, strlen(why), quoted, sizeof(quoted)));
}

static void
lane_load_cursor(struct post_lane *l)
{
	struct d4_spool_cursor c = {.sent = 0};
	enum d4_status st = d4_spool_cursor_load(l->cursor_path, &c);

	if (st != D4_OK && st != D4_ENOENT)
		post_lane_break(l, "its cursor file cannot be read; repair or "
				   "remove it (then all is sent again)");
	post_resend_init(&l->books, false, &c);
}

void
post_lane_wake(struct post_lane *l, uint64_t at_us)
{
	if (l->wake_us == 0 || at_us < l->wake_us)
		l->wake_us = at_us;
}

void
post_lane_arm(struct post_lane *l)
{
	uint64_t now = post_now_us(), wait;
	struct timeval tv;

	if (l->wake_us == 0) {
		(void)evtimer_del(l->timer);
		return;
	}
	wait = l->wake_us > now ? l->wake_us - now : 0;
	tv.tv_sec = (time_t)(wait / POST_SECOND);
	tv.tv_usec = (suseconds_t)(wait % POST_SECOND);
	(void)evtimer_add(l->timer, &tv);
}

static void
on_lane_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	post_session_step(arg, POST_POKE);
}

enum d4_status
post_lane_new(struct post_partner *pp, const char *id, struct post_lane **out)
{
	struct post_lane *l = calloc(1, sizeof(*l));
	char file[32];

	if (l == NULL)
		return D4_ENOMEM;
	l->partner = pp;
	l->budget = POST_PROBE;
	d4_buf_init(&l->meta, POST_META_MAX);
	(void)snprintf(l->id, sizeof(l->id), "%s", id);
	(void)snprintf(file, sizeof(file), "%s.cursor", l->id);
	l->dir = d4_path(pp->dir, l->id);
	l->cursor_path = d4_path(pp->cursors, file);
	l->timer = evtimer_new(pp->post->base, on_lane_timer, l);
	if (l->dir == NULL || l->cursor_path == NULL || l->timer == NULL) {
		post_lane_free(l);
		return D4_ENOMEM;
	}
	lane_load_cursor(l);
	*out = l;
	return D4_OK;
}

void
post_lane_free(struct post_lane *l)
{
	if (l == NULL)
		return;
	d4_resolve_cancel(l->run.query);
	sink_free(l);
	d4_spool_reader_close(l->reader);
	post_frames_free(l->frames);
	d4_buf_fini(&l->meta);
	if (l->timer != NULL)
		event_free(l->timer);
	free(l->dir);
	free(l->cursor_path);
	free(l);
}

void
post_lane_rewind(struct post_lane *l)
{
	d4_spool_reader_close(l->reader);
	l->reader = NULL;
	l->watch.on = false;
	l->have = l->damaged = false;
	l->passed = (struct post_passed){.seq = 0};
}

/* Records that are behind the place where reading begins. */
static uint64_t
lane_settled(const struct d4_spool_cursor *c)
{
	return c->confirmed_records + c->maybe_lost + c->expired + c->damaged +
	       c->toobig + c->withheld;
}

static enum d4_status
lane_open(struct post_lane *l)
{
	uint64_t after =
	    l->named ? post_resend_from(&l->books) : l->books.cursor.confirmed;
	enum d4_status st = d4_spool_reader_open(l->dir, after, &l->reader);

	if (st == D4_OK)
		l->base = lane_settled(&l->books.cursor);
	else if (st != D4_ENOENT)
		d4_warnx(
		    "post cannot read spool partner=%s lane=%s error=\"%s\"",
		    l->partner->conf->id, l->id, d4_status_text(st));
	return st == D4_OK ? st : D4_AGAIN;
}

static bool
lane_tcp(const struct post_lane *l)
{
	enum relay_resend mode = l->partner->conf->resend;

	return mode == RELAY_TCP ||
	       (mode == RELAY_BY_TYPE && !l->row->resend_all);
}

/*
 * The first entry says what lane this is. What an earlier process left
 * between acknowledged and confirmed is settled before anything else.
 */
static enum d4_status
lane_take_name(struct post_lane *l)
{
	struct d4_spool_cursor c = l->books.cursor;

	l->name = *l->head;
	l->row = l->name.type == D4_TYPE_EXTENDED ? d4_type_handler("lines")
	                                          : d4_type_find(l->name.type);
	l->meta.n = 0;
	if (d4_buf_add(&l->meta, l->head->meta.p, l->head->meta.n) != D4_OK)
		return D4_ENOMEM;
	l->name.meta = d4_buf_slice(&l->meta);
	l->named = true;
	if (l->row == NULL) {
		post_lane_break(l, "its type is not supported");
		return D4_AGAIN;
	}
	if (l->name.type == D4_TYPE_EXTENDED && l->meta.n == 0) {
		post_lane_break(l, "type 254 without a meta header");
		return D4_AGAIN;
	}
	post_resend_init(&l->books, lane_tcp(l), &c);
	if (c.acked == c.confirmed)
		return D4_OK;
	l->unsettled = true;
	l->outcome = POST_UNCLEAN;
	return D4_AGAIN;
}

static void
lane_damage(struct post_lane *l, enum d4_status st, size_t bytes)
{
	if (!l->damaged)
		d4_warnx("post spool damaged partner=%s lane=%s after=%llu "
			 "bytes=%zu error=\"%s\"",
		    l->partner->conf->id, l->id,
		    (unsigned long long)l->books.cursor.sent, bytes,
		    d4_status_text(st));
	l->damaged = true;
}

/*
 * The next entry of the spool. A lane without a session does not keep the
 * reader (its window, its descriptors): it watches the folder instead. The
 * watch is set before the last look, so nothing is missed in between.
 */
static enum d4_status
lane_next(struct post_lane *l)
{
	bool idle = !post_session_active(l);
	enum d4_status st = D4_OK;
	struct post_watch watch;

	if (l->reader == NULL && post_watch_same(&l->watch, l->dir))
		return D4_AGAIN;
	if (idle)
		post_watch_take(&watch, l->dir);
	if (l->reader == NULL)
		st = lane_open(l);
	if (st == D4_OK)
		st = d4_spool_next(l->reader, &l->head, &l->entry);
	if (st == D4_AGAIN && idle && watch.on) {
		d4_spool_reader_close(l->reader);
		l->reader = NULL;
		l->watch = watch;
	}
	return st;
}

/* D4_OK: l->entry is the next one. D4_END: look again. */
static enum d4_status
lane_read(struct post_lane *l)
{
	struct d4_spool_entry *e = &l->entry;
	enum d4_status st = lane_next(l);

	if (st == D4_ECHECKSUM || st == D4_EVERSION) {
		lane_damage(l, st, st == D4_ECHECKSUM ? e->data.n : 0);
		return D4_END;
	}
	if (st != D4_OK && st != D4_AGAIN) {
		d4_warnx(
		    "post cannot read spool partner=%s lane=%s error=\"%s\"",
		    l->partner->conf->id, l->id, d4_status_text(st));
		post_lane_rewind(l);
	}
	if (st == D4_OK && !l->named) {
		st = lane_take_name(l);
		if (st != D4_OK)
			post_lane_rewind(l);
	}
	if (st != D4_OK)
		return D4_AGAIN;
	if (l->damaged && e->base > l->base) {
		l->passed.counts.damaged += e->base - l->base;
		l->passed.seq = e->seq - 1;
	}
	l->damaged = false;
	l->base = e->base + e->n;
	l->have = true;
	return D4_OK;
}

static void
lane_pass(struct post_lane *l, uint64_t *reason)
{
	*reason += l->entry.n;
	l->passed.seq = l->entry.seq;
	l->have = false;
}

/*
 * It passed another pipeline than today's rule names (ADR 0005). The release
 * file may just be on its way, so it is given up only after a while.
 */
static enum d4_status
lane_recheck(struct post_lane *l)
{
	uint64_t now = post_now_us();

	if (l->entry.seq <= l->release->after) { /* its stream is denied now */
		lane_pass(l, &l->passed.counts.withheld);
		return D4_END;
	}
	if (strcmp(l->head->pipeline, l->release->pipeline) == 0) {
		l->recheck_us = 0;
		return D4_OK;
	}
	if (l->recheck_us == 0 ||
	    strcmp(l->pipeline, l->release->pipeline) != 0) {
		l->recheck_us = now + l->partner->post->times.recheck_us;
		(void)snprintf(l->pipeline, sizeof(l->pipeline), "%s",
		    l->release->pipeline);
	}
	if (now < l->recheck_us) {
		post_lane_wake(l, l->recheck_us);
		return D4_AGAIN;
	}
	lane_pass(l, &l->passed.counts.withheld);
	return D4_END;
}

/* D4_OK: it may go. D4_AGAIN: not yet. D4_END: it was passed over. */
static enum d4_status
lane_judge(struct post_lane *l)
{
	uint64_t now_s = d4_now_us() / 1000000;

	if (l->entry.expires_s != 0 && l->entry.expires_s <= now_s) {
		lane_pass(l, &l->passed.counts.expired);
		return D4_END;
	}
	if (l->entry.not_before_s > now_s)
		return D4_AGAIN; /* looked at again every second */
	return lane_recheck(l);
}

enum d4_status
post_lane_entry(struct post_lane *l)
{
	enum d4_status st = D4_END;

	for (unsigned i = 0; i < LANE_PASSES && st == D4_END; i++) {
		st = l->have ? D4_OK : lane_read(l);
		if (st == D4_OK)
			st = lane_judge(l);
	}
	if (st == D4_END)
		post_lane_wake(l, post_now_us()); /* go on in the next turn */
	return st == D4_OK ? D4_OK : D4_AGAIN;
}

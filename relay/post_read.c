/* A lane's next entry: what is read, passed over, missing, or may go. */
#include <stdio.h>
#include <string.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"
#include "libd4/kit/spool_look.h"
#include "relay/post_room.h"

#define READ_PASSES 64u /* entries passed over in one wake-up */

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
read_settled(const struct d4_spool_cursor *c)
{
	return c->confirmed_records + c->maybe_lost + c->expired + c->damaged +
	       c->toobig + c->withheld + c->gone;
}

static enum d4_status
read_open(struct post_lane *l)
{
	const struct d4_spool_cursor *c = &l->books.cursor;
	struct post_place from = {c->confirmed, c->confirmed_part};
	enum d4_status st;

	if (l->named)
		from = post_resend_from(&l->books);
	st = d4_spool_reader_open(l->dir, from.seq, &l->reader);
	if (st == D4_OK) {
		l->base = read_settled(c);
		l->before = from.seq;
		l->part = from.part;
	} else if (st != D4_ENOENT)
		d4_warnx(
		    "post cannot read spool partner=%s lane=%s error=\"%s\"",
		    l->partner->conf->id, l->id, d4_status_text(st));
	return st == D4_OK ? st : D4_AGAIN;
}

static bool
read_tcp(const struct post_lane *l)
{
	enum relay_resend mode = l->partner->conf->resend;

	if (l->partner->sink->all)
		return false;
	if (l->partner->sink->never || l->partner->conf->out.sure)
		return true;
	return mode == RELAY_TCP ||
	       (mode == RELAY_BY_TYPE && !l->row->resend_all);
}

const char *
post_lane_type(const struct post_lane *l)
{
	return l->name.ext[0] != '\0' ? l->name.ext : l->row->name;
}

/*
 * The first entry says what lane this is. What an earlier process left
 * between acknowledged and confirmed is settled before anything else.
 */
static enum d4_status
read_name(struct post_lane *l)
{
	struct d4_spool_cursor c = l->books.cursor;

	l->name = *l->head;
	l->row = d4_type_of(l->name.type, l->name.ext);
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
	if (l->partner->sink->lines && l->row->opening) {
		post_lane_break(l, "its sink cannot carry captures");
		return D4_AGAIN;
	}
	post_resend_init(&l->books, read_tcp(l), &c);
	l->books.sure = l->partner->conf->out.sure;
	if (c.acked == c.confirmed && c.acked_part == c.confirmed_part)
		return D4_OK;
	l->unsettled = l->broke = true;
	l->outcome = POST_UNCLEAN;
	return D4_AGAIN;
}

static void
read_damage(struct post_lane *l, enum d4_status st, size_t bytes)
{
	struct d4_spool_where at = d4_spool_where(l->reader);

	if (!l->damaged)
		d4_warnx("post spool damaged partner=%s lane=%s segment=%llu "
			 "offset=%llu bytes=%zu error=\"%s\"",
		    l->partner->conf->id, l->id, (unsigned long long)at.segment,
		    (unsigned long long)at.offset, bytes, d4_status_text(st));
	l->damaged = true;
}

/*
 * Of a gap in front of the entry behind `to`: records that were sent and
 * never confirmed. Nobody can send them again.
 */
static uint64_t
read_lost(const struct post_lane *l, uint64_t gap, uint64_t to)
{
	const struct d4_spool_cursor *c = &l->books.cursor;
	uint64_t settled = c->confirmed_records + c->maybe_lost, open = 0;

	if (l->before > c->sent)
		return 0;
	if (to <= c->sent)
		return gap;
	if (c->sent_records > settled)
		open = c->sent_records - settled;
	return open < gap ? open : gap;
}

/*
 * Records up to `base` and entries up to `to` are not there: damaged, or
 * taken away by wash, which has accounted for what was never sent.
 */
static void
read_gap(struct post_lane *l, uint64_t base, uint64_t to)
{
	uint64_t gap = base > l->base ? base - l->base : 0, lost;

	if (gap == 0)
		return;
	lost = read_lost(l, gap, to);
	l->passed.counts.lost += lost;
	if (l->damaged)
		l->passed.counts.damaged += gap - lost;
	else
		l->passed.counts.gone += gap - lost;
	l->passed.seq = to;
	l->base = base;
	l->damaged = false;
}

/* Nothing of the lane is there to be read: its segment says what lane it is. */
static enum d4_status
read_name_head(struct post_lane *l)
{
	struct d4_spool_lane head;
	struct d4_buf meta;
	enum d4_status st;

	d4_buf_init(&meta, POST_META_MAX);
	st = d4_spool_head(l->dir, &meta, &head);
	if (st == D4_OK) {
		l->head = &head;
		st = read_name(l);
		l->head = NULL;
	}
	d4_buf_fini(&meta);
	return st;
}

/*
 * There is no more: is something missing at the end? The tail is from before
 * the last look, so whatever it counts would have been found.
 */
static void
read_tail(struct post_lane *l, uint64_t seq, uint64_t total)
{
	if (l->have || seq <= l->before)
		return;
	if (!l->named && read_name_head(l) != D4_OK) {
		if (l->unsettled) /* to be looked at again behind it */
			post_lane_rewind(l);
		return;
	}
	read_gap(l, total, seq);
}

/*
 * Bytes at the end that are no entry, and nothing moves any more: wash knows
 * whether they were one, and begins another segment if so.
 */
static void
read_stuck(struct post_lane *l, uint64_t segment)
{
	struct d4_spool_cursor c = l->books.cursor;
	enum d4_status st;

	if (c.stuck == segment)
		return;
	c.stuck = segment;
	st = d4_spool_cursor_save(l->cursor_path, &c);
	if (st == D4_OK)
		l->books.cursor.stuck = segment;
	else
		l->watch.on = false; /* tried again */
	d4_warnx("post spool damaged at its end partner=%s lane=%s "
		 "segment=%llu told=\"%s\"",
	    l->partner->conf->id, l->id, (unsigned long long)segment,
	    d4_status_text(st));
}

/*
 * The next entry of the spool. A lane without a session does not keep the
 * reader (its window, its descriptors): it watches the folder instead. The
 * watch is set before the last look, so nothing is missed in between.
 */
static enum d4_status
read_next(struct post_lane *l)
{
	bool idle = !post_session_active(l);
	enum d4_status st = D4_OK, tail = D4_AGAIN;
	uint64_t seq = 0, total = 0, segment;
	struct post_watch watch;
	size_t left;
	bool whole;

	if (l->reader == NULL && post_watch_same(&l->watch, l->dir))
		return D4_AGAIN;
	if (idle) {
		post_watch_take(&watch, l->dir);
		tail = d4_spool_tail(l->dir, &seq, &total);
	}
	if (l->reader == NULL)
		st = read_open(l);
	if (st == D4_OK)
		st = d4_spool_next(l->reader, &l->head, &l->entry);
	if (st == D4_AGAIN && idle && watch.on) {
		left = d4_spool_left(l->reader, &whole);
		segment = d4_spool_where(l->reader).segment;
		d4_spool_reader_close(l->reader);
		l->reader = NULL;
		l->watch = watch;
		if (left > 0)
			read_stuck(l, segment);
		if (tail == D4_OK)
			read_tail(l, seq, total);
	}
	return st;
}

/*
 * The first entry after a session that ended inside one: what of it is done.
 * Only if the records add up: it may be another one, when that is gone.
 */
static void
read_part(struct post_lane *l)
{
	const struct d4_spool_entry *e = &l->entry;

	l->skip = l->part != 0 && e->base + l->part == l->base ? l->part : 0;
	l->part = 0;
}

/* D4_OK: l->entry is the next one. D4_END: look again. */
static enum d4_status
read_entry(struct post_lane *l)
{
	struct d4_spool_entry *e = &l->entry;
	enum d4_status st = read_next(l);

	if (st == D4_ECHECKSUM || st == D4_EVERSION) {
		read_damage(l, st, st == D4_ECHECKSUM ? e->data.n : 0);
		return D4_END;
	}
	if (st != D4_OK && st != D4_AGAIN) {
		d4_warnx(
		    "post cannot read spool partner=%s lane=%s error=\"%s\"",
		    l->partner->conf->id, l->id, d4_status_text(st));
		if (post_session_active(l))
			return st;
		post_lane_rewind(l);
	}
	if (st == D4_OK && !l->named) {
		st = read_name(l);
		if (st != D4_OK)
			post_lane_rewind(l);
	}
	if (st != D4_OK)
		return D4_AGAIN;
	read_gap(l, e->base, e->seq - 1);
	read_part(l);
	l->damaged = false;
	l->base = e->base + e->n;
	l->have = true;
	return D4_OK;
}

static void
read_pass(struct post_lane *l, uint64_t *reason)
{
	*reason += l->entry.n - (l->skip < l->entry.n ? l->skip : l->entry.n);
	l->passed.seq = l->entry.seq;
	l->before = l->entry.seq;
	l->have = false;
}

/*
 * It passed another pipeline than today's rule names (ADR 0005). The release
 * file may just be on its way, so it is given up only after a while.
 */
static enum d4_status
read_recheck(struct post_lane *l)
{
	uint64_t now = post_now_us();

	if (l->entry.seq <= l->release->after) { /* its stream is denied now */
		read_pass(l, &l->passed.counts.withheld);
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
	read_pass(l, &l->passed.counts.withheld);
	return D4_END;
}

/* A delay or an embargo that was set since it came holds for it, too. */
static uint64_t
read_when(const struct post_lane *l)
{
	const struct release_lane *r = l->release;

	return release_when(l->entry.t_last_us, r->delay_us, r->not_before_s);
}

/* Too old: as its header said when it came, or by what holds today. */
static bool
read_expired(const struct post_lane *l, uint64_t now_s)
{
	const struct d4_spool_entry *e = &l->entry;
	uint64_t age = l->release->max_age_s, came_s = e->t_first_us / 1000000;

	if (e->expires_s != 0 && e->expires_s <= now_s)
		return true;
	return age != 0 && came_s < now_s && now_s - came_s >= age;
}

/* D4_OK: it may go. D4_AGAIN: not yet. D4_END: it was passed over. */
static enum d4_status
read_judge(struct post_lane *l)
{
	uint64_t now_s = d4_now_us() / 1000000;

	if (read_expired(l, now_s)) {
		read_pass(l, &l->passed.counts.expired);
		return D4_END;
	}
	if (l->entry.not_before_s > now_s || read_when(l) > now_s)
		return D4_AGAIN; /* looked at again every second */
	return read_recheck(l);
}

enum d4_status
post_lane_entry(struct post_lane *l)
{
	enum d4_status st = D4_END;

	for (unsigned i = 0; i < READ_PASSES && st == D4_END; i++) {
		st = l->have ? D4_OK : read_entry(l);
		if (st == D4_OK)
			st = read_judge(l);
	}
	if (st == D4_END)
		post_lane_wake(l, post_now_us()); /* go on in the next turn */
	return st == D4_END ? D4_AGAIN : st;
}

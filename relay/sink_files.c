/*
 * Wires that are files: one of a lane is written at a time, and published
 * when its period is over. See sink_files.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"
#include "relay/sink_files.h"
#include "relay/sink_rows.h"

#define FILES_TURN (256u << 10) /* bytes in one turn of the loop */
#define FILES_DAY  86400u
#define FILES_SOON 10u /* seconds before one of its records is too old */

/*
 * struct files_wire
 * Shape:  period_s: in which it was begun; span_s: how long one is. total:
 *         bytes taken; turn: of those, in this turn. pipeline, first: under
 *         which release, the first entry's seq, the youngest's time.
 *         expires_s: when the first of its records is too old, 0 never.
 *         whole: it has its name.
 */
struct files_wire {
	struct post_lane *lane;
	struct event *kick;
	struct sink_item item;
	struct d4_pack *file;
	char *part;
	uint64_t period_s, span_s, total;
	size_t turn;
	char pipeline[65];
	uint64_t first, last_us, max_age_s, expires_s;
	bool busy, dead, up, owes, closing, whole;
};

/* ---- publishing ---- */

/*
 * It was released when it was written; is it still? Nothing of it is public
 * yet, so what is not allowed any more does not become so.
 */
static bool
files_released(const struct files_wire *w)
{
	const struct release_lane *r = w->lane->release;

	return r != NULL && strcmp(r->pipeline, w->pipeline) == 0 &&
	       r->after < w->first && r->max_age_s == w->max_age_s &&
	       release_when(w->last_us, r->delay_us, r->not_before_s) <=
	           d4_now_us() / POST_SECOND;
}

/* Will one of its records be too old to leave, at that time? */
static bool
files_expired(const struct files_wire *w, uint64_t at_s)
{
	return w->expires_s != 0 && w->expires_s <= at_s;
}

static enum d4_status
files_publish(struct files_wire *w)
{
	struct post_lane *l = w->lane;
	struct post_settled s;
	enum d4_status st;

	/* A web server reads it. */
	st = d4_pack_finish(w->file, 0644, &w->item.bytes, w->item.sha256);
	if (st == D4_OK)
		st = post_settle_ready(l, POST_CONFIRMED, &s);
	if (st != D4_OK)
		return st;
	w->item.records =
	    s.cursor.confirmed_records - l->books.cursor.confirmed_records;
	if (w->item.records == 0)
		return D4_OK; /* nothing came of its entries */
	w->item.to_s = (w->item.to_s / w->span_s + 1) * w->span_s;
	w->item.from_s -= w->item.from_s % w->span_s;
	st = sink_files_publish(l, &w->item, &s.cursor);
	w->whole = st == D4_OK;
	return st;
}

static void
files_over(struct files_wire *w)
{
	struct post_lane *l = w->lane;
	enum d4_status st;

	w->up = false;
	post_release_look(l->partner);
	if (!files_released(w) || post_freeze_now(l->partner) ||
	    files_expired(w, d4_now_us() / POST_SECOND)) {
		d4_warnx("dataset partner=%s lane=%s withheld file=%s "
			 "(not released any more, or too old)",
		    l->partner->conf->id, l->id, w->item.name);
		post_abort(l);
		return;
	}
	errno = 0;
	st = files_publish(w);
	if (st != D4_OK) {
		post_fail(l, POST_FAIL_LOCAL,
		    errno != 0 ? strerror(errno) : d4_status_text(st));
		return;
	}
	l->run.how = D4_TLS_CLEAN;
	(void)snprintf(l->run.why, sizeof(l->run.why), "published");
	post_session_step(l, POST_ENDED);
}

/* ---- the wire ---- */

static void
files_destroy(struct files_wire *w)
{
	d4_pack_close(w->file);
	if (w->file != NULL && !w->whole && unlink(w->part) != 0 &&
	    errno != ENOENT)
		d4_warn("dataset cannot remove file=%s", w->part);
	if (w->kick != NULL)
		event_free(w->kick);
	free(w->part);
	free(w);
}

static void
files_kick(struct files_wire *w)
{
	static const struct timeval now = {0, 0};

	if (!evtimer_pending(w->kick, NULL))
		(void)evtimer_add(w->kick, &now);
}

static void
on_files(evutil_socket_t fd, short what, void *arg)
{
	struct files_wire *w = arg;

	(void)fd;
	(void)what;
	w->busy = true;
	w->turn = 0;
	if (w->closing) {
		files_over(w);
	} else if (!w->up) {
		w->up = true;
		post_session_step(w->lane, POST_OPEN);
	} else if (w->owes) {
		w->owes = false;
		post_session_step(w->lane, POST_ROOM);
	}
	w->busy = false;
	if (w->dead)
		files_destroy(w);
}

static uint64_t
files_span(const struct post_lane *l)
{
	uint64_t span = l->partner->conf->rotate_us / POST_SECOND;

	if (post_coarse(l) && span < POST_COARSE_S)
		span = POST_COARSE_S;
	if (span > FILES_DAY)
		span = FILES_DAY;
	return span != 0 ? span : 1;
}

/* What the file is, from the entry that is to be its first. */
static enum d4_status
files_name(struct files_wire *w)
{
	struct post_lane *l = w->lane;
	uint64_t now_s = d4_now_us() / POST_SECOND;
	struct d4_spool_lane of = *l->head;

	of.wire_uuid = l->name.wire_uuid;
	of.type = l->name.type;
	w->span_s = files_span(l);
	w->period_s = now_s - now_s % w->span_s;
	sink_item_init(&w->item, &of, post_lane_type(l), w->period_s,
	    l->entry.base + l->skip);
	sink_item_pack(&w->item, l->partner->conf->out.pack);
	w->item.from_s = UINT64_MAX;
	(void)snprintf(
	    w->pipeline, sizeof(w->pipeline), "%s", l->release->pipeline);
	w->first = l->entry.seq;
	w->max_age_s = l->release->max_age_s;
	w->part = sink_set_path(l->partner->kept, w->item.name, SINK_PART);
	return w->part != NULL ? D4_OK : D4_ENOMEM;
}

static enum d4_status
files_open(struct post_lane *l)
{
	struct files_wire *w = calloc(1, sizeof(*w));
	enum d4_status st = D4_ENOMEM;

	errno = 0;
	if (w != NULL) {
		w->lane = l;
		w->kick = evtimer_new(l->partner->post->base, on_files, w);
	}
	if (w != NULL && w->kick != NULL)
		st = files_name(w);
	if (st == D4_OK)
		st =
		    d4_pack_open(w->part, l->partner->conf->out.pack, &w->file);
	if (st != D4_OK) {
		(void)snprintf(l->run.why, sizeof(l->run.why), "%s",
		    errno != 0 ? strerror(errno) : d4_status_text(st));
		if (w != NULL)
			files_destroy(w);
		return st;
	}
	files_kick(w);
	l->run.wire = w;
	return D4_OK;
}

static enum d4_status
files_write(void *wire, struct d4_slice bytes)
{
	struct files_wire *w = wire;

	w->total += bytes.n;
	w->turn += bytes.n;
	w->owes = true;
	files_kick(w);
	return d4_pack_write(w->file, bytes);
}

/* Nothing waits here; but others want their turn. */
static size_t
files_queued(const void *wire)
{
	const struct files_wire *w = wire;

	return w->turn >= FILES_TURN ? D4_TLS_QUEUE : 0;
}

static uint64_t
files_total(const void *wire)
{
	const struct files_wire *w = wire;

	return w->total;
}

static void
files_close(void *wire)
{
	struct files_wire *w = wire;

	w->closing = true;
	files_kick(w);
}

static void
files_free(void *wire)
{
	struct files_wire *w = wire;

	if (w == NULL)
		return;
	if (w->busy)
		w->dead = true;
	else
		files_destroy(w);
}

/* When a record that came at first_s is too old, 0 never. */
static uint64_t
files_until(const struct post_lane *l, uint64_t first_s)
{
	const struct files_wire *w = l->run.wire;
	uint64_t until = l->entry.expires_s;

	if (w->max_age_s != 0 && (until == 0 || first_s + w->max_age_s < until))
		until = first_s + w->max_age_s;
	return until;
}

static void
files_entry(struct post_lane *l)
{
	struct files_wire *w = l->run.wire;
	uint64_t first = l->entry.t_first_us / POST_SECOND;
	uint64_t last = l->entry.t_last_us / POST_SECOND;
	uint64_t until = files_until(l, first);

	if (until != 0 && (w->expires_s == 0 || until < w->expires_s))
		w->expires_s = until;
	if (first < w->item.from_s)
		w->item.from_s = first;
	if (first > w->item.to_s)
		w->item.to_s = first;
	if (l->entry.t_last_us > w->last_us)
		w->last_us = l->entry.t_last_us;
	if (last > w->item.to_s)
		w->item.to_s = last;
}

/*
 * At the end of its period, at midnight, when large, or to be dropped; before
 * a record is too old to be published, unless that told when it was received.
 */
static bool
files_rotates(const struct post_lane *l)
{
	const struct files_wire *w = l->run.wire;
	uint64_t now_s = d4_now_us() / POST_SECOND;

	if (!files_released(w) || now_s - now_s % w->span_s != w->period_s ||
	    now_s / FILES_DAY != w->period_s / FILES_DAY)
		return true;
	if (!post_coarse(l) && files_expired(w, now_s + FILES_SOON))
		return true;
	return l->run.bytes >= l->partner->conf->rotate_bytes;
}

const struct sink sink_directory = {
    .kind = SINK_DIRECTORY,
    .confirms = "its file is on disk under its name",
    .all = true,
    .shape = &sink_shape_stream,
    .begin = sink_files_begin,
    .end_all = sink_files_end_all,
    .tick = sink_files_tick,
    .status = sink_files_status,
    .entry = files_entry,
    .rotates = files_rotates,
    .open = files_open,
    .write = files_write,
    .queued = files_queued,
    .end = files_total,
    .acked = files_total,
    .close = files_close,
    .free = files_free,
};

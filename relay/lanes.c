#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "libd4/reason.h"
#include "relay/lanes.h"
#include "relay/lanes_file.h"
#include "relay/lanes_room.h"
#include "relay/marks.h"

#define LANES_FLUSH (1u << 20) /* bytes queued in a lane that go to disk */

void
lane_free(struct lane *lane)
{
	if (lane == NULL)
		return;
	d4_spool_writer_close(lane->writer);
	lane_feeds_fini(lane);
	d4_buf_fini(&lane->meta);
	free(lane);
}

enum d4_status
lane_new(const struct d4_spool_lane *head, struct lane **out)
{
	struct lane *lane = calloc(1, sizeof(*lane));
	enum d4_status st;

	if (lane == NULL)
		return D4_ENOMEM;
	d4_buf_init(&lane->meta, 1u << 20);
	st = d4_buf_add(&lane->meta, head->meta.p, head->meta.n);
	if (st != D4_OK) {
		lane_free(lane);
		return st;
	}
	lane->head = *head;
	lane->head.meta = d4_buf_slice(&lane->meta);
	*out = lane;
	return D4_OK;
}

char *
lane_cursor_path(const struct lanes *ls, const char *partner, const char *id)
{
	const char *dir = ls->dirs.cursors;
	char name[128];
	char *path = NULL;

	if (ls->dirs.findings != NULL)
		path = d4_path(ls->dirs.findings, partner);
	if (path != NULL && access(path, F_OK) == 0)
		dir = ls->dirs.findings;
	free(path);
	(void)snprintf(name, sizeof(name), "%s/%s.cursor", partner, id);
	return d4_path(dir, name);
}

void
lane_read_cursor(struct lanes *ls, struct lane *lane)
{
	uint64_t sent = lane->cursor.sent;
	char *path = lane_cursor_path(ls, lane->head.partner, lane->head.id);

	if (path != NULL)
		(void)!d4_spool_cursor_load(path, &lane->cursor);
	free(path);
	lane->moving = lane->cursor.sent != sent;
}

/* What a crash or a power cut left behind the last whole entry. */
static void
lane_torn(const struct lanes *ls, const struct lane *lane, uint64_t bytes)
{
	json_t *o;

	d4_warnx("airlock partner=%s lane=%s torn_bytes=%llu after=%llu",
	    lane->head.partner, lane->head.id, (unsigned long long)bytes,
	    (unsigned long long)d4_spool_seq(lane->writer));
	if (ls->dirs.account == NULL)
		return;
	/* What was not acknowledged comes again: see ADR 0007. */
	o = json_pack("{s:s, s:s, s:s, s:I, s:I}", "partner",
	    lane->head.partner, "lane", lane->head.id, "reason",
	    d4_reason_name(D4_R_SPOOL_TORN), "bytes", (json_int_t)bytes,
	    "after", (json_int_t)d4_spool_seq(lane->writer));
	if (o == NULL || d4_account_write(ls->dirs.account, true,
			     "airlock.torn", o) != D4_OK)
		d4_warn("account");
}

/* What was durable once and cannot be read: post tells how much and where. */
static void
lane_damaged(const struct lane *lane, const struct d4_spool_end *end)
{
	d4_warnx("airlock partner=%s lane=%s damaged at its end records=%llu "
		 "bytes=%llu upto=%llu",
	    lane->head.partner, lane->head.id, (unsigned long long)end->lost,
	    (unsigned long long)end->lost_bytes,
	    (unsigned long long)d4_spool_seq(lane->writer));
}

/* A lane that was removed, and is wanted again, goes on behind its cursor. */
static void
lane_go_on(struct lane *lane)
{
	const struct d4_spool_cursor *c = &lane->cursor;

	d4_spool_floor(lane->writer, c->sent);
	d4_spool_resume(lane->writer, c->sent,
	    c->confirmed_records + c->maybe_lost + c->expired + c->damaged +
		c->toobig + c->withheld + c->gone);
}

enum d4_status
lane_open_writer(struct lanes *ls, struct lane *lane)
{
	struct d4_spool_end end = {.mark = NULL};
	struct d4_spool_mark mark;
	enum d4_status st;

	if (marks_find(ls->marks, lane->head.partner, lane->head.id, &mark))
		end.mark = &mark;
	st = d4_spool_writer_open_at(
	    ls->dirs.spool, &lane->head, &end, &lane->writer);
	if (st != D4_OK)
		return st;
	lane_read_cursor(ls, lane);
	lane_go_on(lane);
	if (end.torn > 0)
		lane_torn(ls, lane, end.torn);
	if (end.lost > 0 || end.lost_bytes > 0)
		lane_damaged(lane, &end);
	return lane_partner_join(ls, lane);
}

enum d4_status
lanes_insert(struct lanes *ls, struct lane *lane)
{
	struct lane **list;
	size_t cap;

	if (ls->n == ls->cap) {
		cap = ls->cap == 0 ? 16 : 2 * ls->cap;
		list = reallocarray(ls->list, cap, sizeof(struct lane *));
		if (list == NULL)
			return D4_ENOMEM;
		ls->list = list;
		ls->cap = cap;
	}
	ls->list[ls->n++] = lane;
	return D4_OK;
}

void
lanes_close(struct lanes *ls)
{
	if (ls == NULL)
		return;
	d4_spool_packer_free(ls->packer); /* it knows a writer */
	json_decref(ls->marks);
	for (size_t i = 0; i < ls->n; i++)
		lane_free(ls->list[i]);
	for (size_t i = 0; i < ls->n_partners; i++)
		free(ls->partner[i]);
	free(ls->partner);
	free(ls->list);
	free(ls);
}

size_t
lanes_n(const struct lanes *ls)
{
	return ls->n;
}

struct lane *
lanes_at(const struct lanes *ls, size_t i)
{
	return ls->list[i];
}

struct lane *
lanes_find(const struct lanes *ls, const char *partner, const char *id)
{
	for (size_t i = 0; i < ls->n; i++) {
		if (strcmp(ls->list[i]->head.id, id) == 0 &&
		    strcmp(ls->list[i]->head.partner, partner) == 0)
			return ls->list[i];
	}
	return NULL;
}

bool
lanes_changed(struct lanes *ls)
{
	bool changed = ls->changed;

	ls->changed = false;
	return changed;
}

bool
lanes_minted(const struct lanes *ls, const struct d4_uuid *uuid)
{
	for (size_t i = 0; i < ls->n; i++) {
		if (d4_uuid_eq(&ls->list[i]->head.wire_uuid, uuid))
			return true;
	}
	return false;
}

static enum d4_status
lanes_make(
    struct lanes *ls, const struct d4_spool_lane *head, struct lane **out)
{
	struct lane *lane;
	enum d4_status st;
	size_t mine = 0;

	for (size_t i = 0; i < ls->n; i++)
		mine += strcmp(ls->list[i]->head.partner, head->partner) == 0;
	if (mine >= LANES_PER_PARTNER)
		return D4_ETOOBIG;
	st = lane_new(head, &lane);
	if (st != D4_OK)
		return st;
	st = lanes_revive(ls, head->partner, head->id);
	if (st == D4_OK)
		st = lane_open_writer(ls, lane);
	if (st == D4_OK)
		lane_recall(ls, lane);
	if (st == D4_OK)
		st = lanes_insert(ls, lane);
	if (st != D4_OK) {
		lane_free(lane);
		return st;
	}
	*out = lane;
	return D4_OK;
}

static bool
feed_same(const struct lane_feed *a, const struct lane_feed *b)
{
	return a->type == b->type && d4_uuid_eq(&a->sensor, &b->sensor) &&
	       strcmp(a->source, b->source) == 0 && strcmp(a->to, b->to) == 0 &&
	       d4_slice_eq(a->meta, b->meta);
}

/*
 * The feed is on disk before the first entry that came from it. Where nobody
 * knows what fed the lane before, nothing of what it holds is sent any more.
 */
static enum d4_status
lane_take_feed(
    struct lanes *ls, struct lane *lane, const struct lane_feed *feed)
{
	enum d4_status st;

	for (size_t i = 0; i < lane->n_feeds && lane->known; i++) {
		if (feed_same(&lane->feed[i], feed))
			return D4_OK;
	}
	if (!lane->known) {
		lane_feeds_fini(lane);
		lane->after = d4_spool_seq(lane->writer);
	}
	st = lane_feed_add(lane, feed);
	if (st != D4_OK)
		return st;
	ls->changed = true;
	st = lanes_file_save(ls->dirs.state, lane);
	if (st != D4_OK) {
		lane->n_feeds--;
		free((void *)(uintptr_t)lane->feed[lane->n_feeds].meta.p);
		return st;
	}
	lane->known = true;
	return D4_OK;
}

enum d4_status
lanes_get(struct lanes *ls, const struct d4_spool_lane *head,
    const struct lane_feed *feed, struct lane **out)
{
	struct lane *lane = lanes_find(ls, head->partner, head->id);
	enum d4_status st = D4_OK;

	if (lane == NULL)
		st = lanes_make(ls, head, &lane);
	/* Under another header: what is queued stands under the old one. */
	if (st == D4_OK && d4_spool_queued(lane->writer) > 0)
		st = d4_spool_commit(lane->writer);
	if (st != D4_OK)
		return st;
	lane->flushed = lane->counted = 0;
	st = lane_take_feed(ls, lane, feed);
	if (st == D4_OK)
		st = d4_spool_relabel(lane->writer, head);
	if (st != D4_OK)
		return st;
	lane->head = *head;
	lane->head.meta = d4_buf_slice(&lane->meta); /* part of the id */
	*out = lane;
	return D4_OK;
}

enum d4_status
lanes_retire(struct lanes *ls, struct lane *lane, const bool *keep)
{
	uint64_t before = lane->after;
	enum d4_status st;
	size_t n = 0;

	if (d4_spool_queued(lane->writer) > 0)
		return D4_AGAIN;
	lane->after = lane_retired(lane, keep);
	lane->n_barred = 0;
	for (size_t i = 0; i < lane->n_feeds; i++) {
		struct lane_feed f = lane->feed[i];

		/* Kept ones move to the front, the others behind them. */
		if (!keep[i])
			continue;
		lane->feed[i] = lane->feed[n];
		lane->feed[n++] = f;
	}
	for (size_t all = lane->n_feeds; all > n; all--)
		free((void *)(uintptr_t)lane->feed[all - 1].meta.p);
	lane->n_feeds = n;
	st = lanes_file_save(ls->dirs.state, lane);
	if (st != D4_OK) {
		/* Memory says less than the disk: not before a restart. */
		lane->after = before;
		lane->known = false;
	}
	return st;
}

void
lane_appended(struct lane *lane)
{
	size_t queued = d4_spool_queued(lane->writer);

	lane_partner_count(lane);
	if (queued - lane->flushed < LANES_FLUSH)
		return;
	d4_spool_flush(lane->writer);
	lane->flushed = queued;
}

enum d4_status
lanes_commit(struct lanes *ls)
{
	enum d4_status st;

	/* The disk has all of it while the first lane is waited for. */
	for (size_t i = 0; i < ls->n; i++) {
		if (ls->list[i]->touched)
			d4_spool_flush(ls->list[i]->writer);
	}
	for (size_t i = 0; i < ls->n; i++) {
		if (!ls->list[i]->touched)
			continue;
		st = d4_spool_commit(ls->list[i]->writer);
		if (st != D4_OK)
			return st;
		ls->list[i]->touched = false;
		ls->list[i]->flushed = 0;
	}
	lanes_measure(ls);
	return D4_OK;
}

void
lanes_drop(struct lanes *ls)
{
	for (size_t i = 0; i < ls->n; i++) {
		if (ls->list[i]->touched)
			d4_spool_drop(ls->list[i]->writer);
		ls->list[i]->touched = false;
		ls->list[i]->flushed = 0;
	}
	lanes_measure(ls);
}

uint64_t
lanes_bytes(const struct lanes *ls)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < ls->n; i++)
		sum += d4_spool_bytes(ls->list[i]->writer);
	return sum;
}

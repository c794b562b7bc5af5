#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "libd4/kit/spool_cursor.h"
#include "libd4/reason.h"
#include "misp-export/airlock.h"

#define AIRLOCK_LANES  1024u
#define AIRLOCK_SECOND 1000000u
#define RECHECK_US     (60ull * AIRLOCK_SECOND)

/*
 * struct airlock_lane
 * Shape:  saved: the cursor on disk; now: as far as was read. base: records
 *         of the lane in front of the next entry. recheck_us: since when an
 *         entry waits for the pipeline that it passed to be today's. terms:
 *         of this turn, NULL: not released.
 */
struct airlock_lane {
	char id[17];
	char *dir, *cursor;
	struct d4_spool_reader *reader;
	struct d4_spool_cursor saved, now;
	uint64_t base, recheck_us;
	bool have, damaged;
	const struct d4_spool_lane *head;
	struct d4_spool_entry entry;
};

struct airlock {
	const char *partner;
	char *spool;   /* of the partner */
	char *cursors; /* of the partner */
	struct d4_account *account;
	struct airlock_lane *lane[AIRLOCK_LANES];
	size_t n;
};

enum d4_status
airlock_open(
    const struct misp_conf *c, struct d4_account *account, struct airlock **out)
{
	struct airlock *a = calloc(1, sizeof(*a));
	enum d4_status st = D4_ENOMEM;

	if (a != NULL) {
		a->partner = c->partner;
		a->account = account;
		a->spool = d4_path(c->spool, c->partner);
		a->cursors = d4_path(c->cursors, c->partner);
	}
	if (a != NULL && a->spool != NULL && a->cursors != NULL)
		st = d4_dir_make(a->cursors, 0750);
	if (st != D4_OK) {
		airlock_close(a);
		return st;
	}
	*out = a;
	return D4_OK;
}

static void
lane_free(struct airlock_lane *l)
{
	if (l == NULL)
		return;
	d4_spool_reader_close(l->reader);
	free(l->dir);
	free(l->cursor);
	free(l);
}

void
airlock_close(struct airlock *a)
{
	if (a == NULL)
		return;
	for (size_t i = 0; i < a->n; i++)
		lane_free(a->lane[i]);
	free(a->spool);
	free(a->cursors);
	free(a);
}

/* ---- lanes ---- */

static uint64_t
lane_settled(const struct d4_spool_cursor *c)
{
	return c->confirmed_records + c->maybe_lost + c->expired + c->damaged +
	       c->toobig + c->withheld + c->gone;
}

static void
lane_rewind(struct airlock_lane *l)
{
	d4_spool_reader_close(l->reader);
	l->reader = NULL;
	l->now = l->saved;
	l->base = lane_settled(&l->saved);
	l->have = l->damaged = false;
}

static struct airlock_lane *
lane_new(const struct airlock *a, const char *id)
{
	struct airlock_lane *l = calloc(1, sizeof(*l));
	char name[32];

	if (l == NULL)
		return NULL;
	(void)snprintf(l->id, sizeof(l->id), "%s", id);
	(void)snprintf(name, sizeof(name), "%s.cursor", id);
	l->dir = d4_path(a->spool, id);
	l->cursor = d4_path(a->cursors, name);
	if (l->dir == NULL || l->cursor == NULL) {
		lane_free(l);
		return NULL;
	}
	(void)!d4_spool_cursor_load(l->cursor, &l->saved);
	lane_rewind(l);
	return l;
}

static struct airlock_lane *
airlock_lane(struct airlock *a, const char *id)
{
	for (size_t i = 0; i < a->n; i++) {
		if (strcmp(a->lane[i]->id, id) == 0)
			return a->lane[i];
	}
	if (a->n == AIRLOCK_LANES)
		return NULL;
	a->lane[a->n] = lane_new(a, id);
	return a->lane[a->n] != NULL ? a->lane[a->n++] : NULL;
}

/* ---- reading ---- */

/* Records that are not there: damaged, or taken away by wash. */
static void
lane_gap(struct airlock_lane *l, uint64_t base)
{
	uint64_t gap = base > l->base ? base - l->base : 0;

	if (l->damaged)
		l->now.damaged += gap;
	else
		l->now.gone += gap;
	l->base = base;
	l->damaged = false;
}

/* D4_OK: l->entry is the next one. D4_AGAIN: nothing yet. */
static enum d4_status
lane_next(const struct airlock *a, struct airlock_lane *l)
{
	enum d4_status st = D4_OK;

	if (l->reader == NULL)
		st = d4_spool_reader_open(l->dir, l->now.confirmed, &l->reader);
	if (st == D4_ENOENT)
		return D4_AGAIN;
	while (st == D4_OK) {
		st = d4_spool_next(l->reader, &l->head, &l->entry);
		if (st != D4_ECHECKSUM && st != D4_EVERSION)
			break;
		if (!l->damaged)
			d4_warnx("airlock damaged partner=%s lane=%s "
				 "error=\"%s\"",
			    a->partner, l->id, d4_status_text(st));
		l->damaged = true;
		st = D4_OK;
	}
	if (st != D4_OK)
		return st;
	lane_gap(l, l->entry.base);
	l->base = l->entry.base + l->entry.n;
	l->have = true;
	return D4_OK;
}

static uint64_t
lane_when(const struct d4_spool_entry *e, const struct terms_lane *t)
{
	uint64_t us, s = e->not_before_s;

	if (t->not_before_s > s)
		s = t->not_before_s;
	if (t->delay_us == 0)
		return s;
	if (__builtin_add_overflow(e->t_last_us, t->delay_us, &us))
		return UINT64_MAX;
	us = us / AIRLOCK_SECOND + (us % AIRLOCK_SECOND != 0);
	return us > s ? us : s;
}

static bool
lane_expired(
    const struct d4_spool_entry *e, const struct terms_lane *t, uint64_t now_s)
{
	uint64_t came_s = e->t_first_us / AIRLOCK_SECOND;

	if (e->expires_s != 0 && e->expires_s <= now_s)
		return true;
	return t->max_age_s != 0 && came_s < now_s &&
	       now_s - came_s >= t->max_age_s;
}

/* The entry is behind us; of its n records none is anybody's any more. */
static enum d4_status
lane_pass(struct airlock *a, struct airlock_lane *l, enum d4_reason why,
    uint64_t *count)
{
	json_t *o = json_pack("{s:s, s:s, s:s, s:I, s:I}", "partner",
	    a->partner, "lane", l->id, "reason", d4_reason_name(why), "records",
	    (json_int_t)l->entry.n, "entry", (json_int_t)l->entry.seq);

	if (o == NULL)
		return D4_ENOMEM;
	*count += l->entry.n;
	l->now.confirmed = l->entry.seq;
	l->have = false;
	return d4_account_write(a->account, false, "misp.loss", o);
}

/* D4_OK: it may go. D4_AGAIN: not yet. D4_END: it was passed over. */
static enum d4_status
lane_judge(
    struct airlock *a, struct airlock_lane *l, const struct terms_lane *t)
{
	uint64_t now_us = d4_now_us(), now_s = now_us / AIRLOCK_SECOND;
	enum d4_status st;

	if (lane_expired(&l->entry, t, now_s)) {
		st = lane_pass(a, l, D4_R_SPOOL_EXPIRED, &l->now.expired);
		return st == D4_OK ? D4_END : st;
	}
	if (lane_when(&l->entry, t) > now_s)
		return D4_AGAIN;
	if (strcmp(l->head->pipeline, t->pipeline) == 0 &&
	    l->entry.seq > t->after) {
		l->recheck_us = 0;
		return D4_OK;
	}
	/* The release file of its pipeline may be on its way. */
	if (l->recheck_us == 0)
		l->recheck_us = now_us + RECHECK_US;
	if (l->entry.seq > t->after && now_us < l->recheck_us)
		return D4_AGAIN;
	st = lane_pass(a, l, D4_R_SEND_RECHECK, &l->now.withheld);
	return st == D4_OK ? D4_END : st;
}

static enum d4_status
lane_take(struct airlock_lane *l, const struct terms_lane *t,
    const struct airlock_taker *taker, struct airlock_batch *out)
{
	enum d4_status st = taker->take(taker->arg, t, l->head, &l->entry);

	if (st != D4_OK)
		return st;
	out->entries++;
	out->records += l->entry.n;
	l->now.confirmed_records += l->entry.n;
	l->now.confirmed = l->entry.seq;
	l->have = false;
	return D4_OK;
}

static enum d4_status
lane_read(struct airlock *a, struct airlock_lane *l, const struct terms_lane *t,
    const struct airlock_taker *taker, struct airlock_batch *out)
{
	enum d4_status st = l->have ? D4_OK : lane_next(a, l);

	if (st == D4_OK)
		st = lane_judge(a, l, t);
	if (st == D4_OK)
		return lane_take(l, t, taker, out);
	return st == D4_END ? D4_OK : st;
}

/* A lane that cannot be read is said so and does not stop the others. */
static enum d4_status
airlock_lane_turn(struct airlock *a, const struct terms_lane *t, size_t most,
    const struct airlock_taker *taker, struct airlock_batch *out)
{
	struct airlock_lane *l = airlock_lane(a, t->id);
	enum d4_status st = D4_OK;

	if (l == NULL)
		return D4_ENOMEM;
	while (st == D4_OK && out->entries < most)
		st = lane_read(a, l, t, taker, out);
	if (st == D4_OK)
		out->more = true;
	if (st == D4_AGAIN && !l->have) {
		/* An idle lane keeps no descriptor. */
		d4_spool_reader_close(l->reader);
		l->reader = NULL;
	}
	return st == D4_AGAIN ? D4_OK : st;
}

enum d4_status
airlock_read(struct airlock *a, const struct terms *t, size_t most,
    const struct airlock_taker *taker, struct airlock_batch *out)
{
	enum d4_status st = D4_OK;

	*out = (struct airlock_batch){.entries = 0};
	for (size_t i = 0; i < t->n && st == D4_OK; i++)
		st = airlock_lane_turn(a, &t->lane[i], most, taker, out);
	return st;
}

static bool
lane_moved(const struct airlock_lane *l)
{
	return memcmp(&l->now, &l->saved, sizeof(l->now)) != 0;
}

enum d4_status
airlock_confirm(struct airlock *a)
{
	enum d4_status st = d4_account_sync(a->account);

	for (size_t i = 0; i < a->n && st == D4_OK; i++) {
		struct airlock_lane *l = a->lane[i];

		if (!lane_moved(l))
			continue;
		/* To us there is one state: taken, durably. */
		l->now.sent = l->now.acked = l->now.confirmed;
		l->now.sent_records = l->now.acked_records =
		    l->now.confirmed_records;
		st = d4_spool_cursor_save(l->cursor, &l->now);
		if (st == D4_OK)
			l->saved = l->now;
	}
	return st;
}

void
airlock_rewind(struct airlock *a)
{
	for (size_t i = 0; i < a->n; i++) {
		if (lane_moved(a->lane[i]) || a->lane[i]->have)
			lane_rewind(a->lane[i]);
	}
}

json_t *
airlock_counts(const struct airlock *a)
{
	struct d4_spool_cursor sum = {.sent = 0};

	for (size_t i = 0; i < a->n; i++) {
		const struct d4_spool_cursor *c = &a->lane[i]->saved;

		sum.confirmed_records += c->confirmed_records;
		sum.expired += c->expired;
		sum.withheld += c->withheld;
		sum.damaged += c->damaged;
		sum.gone += c->gone;
	}
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "lanes",
	    (json_int_t)a->n, "taken", (json_int_t)sum.confirmed_records,
	    "expired", (json_int_t)sum.expired, "withheld",
	    (json_int_t)sum.withheld, "damaged", (json_int_t)sum.damaged,
	    "gone", (json_int_t)sum.gone);
}

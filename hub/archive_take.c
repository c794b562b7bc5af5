#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "hub/archive.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"

#define TAKE_FIELDS 64u   /* names and values of an entry */
#define TAKE_HOLD   2000u /* ms until an unreadable disk is tried again */
#define TAKE_T_MAX  253402300800000000ull /* us: the year 10000 */

/* An entry under way. id: as Redis wrote it, for people. */
struct take {
	struct archive *a;
	struct archive_queue *q;
	const char *id;
	struct d4_entry e;
};

static enum d4_status
take_note(const struct take *t, const char *event)
{
	char rx[D4_TIME_TEXT] = "", sess[D4_UUID_TEXT] = "";
	char sensor[D4_UUID_TEXT] = "", id[64];
	const struct d4_entry *e = &t->e;

	if (e->n != 0) {
		d4_time_text(e->t_rx_us, rx);
		d4_uuid_text(&e->sess, sess);
		d4_uuid_text(&e->sensor, sensor);
	}
	(void)d4_log_quote(t->id, strlen(t->id), id, sizeof(id));
	d4_warnx("archive queue=%s id=%s event=%s", t->q->key, id, event);
	/* Durable with the batch. */
	return d4_account_write(t->a->account, false, event,
	    json_pack("{s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:s}", "queue", t->q->key,
		"id", id, "sensor", sensor, "session", sess, "seq",
		(json_int_t)e->seq, "records", (json_int_t)e->n, "bytes",
		(json_int_t)e->ref.length + (json_int_t)e->data.n, "received",
		rx));
}

/* ---- what it is ---- */

static enum d4_status
take_parse(struct take *t, const redisReply *fields)
{
	struct d4_slice pair[TAKE_FIELDS];

	if (fields->elements % 2 != 0 || fields->elements > TAKE_FIELDS)
		return D4_EMALFORMED;
	for (size_t i = 0; i < fields->elements; i++) {
		if (fields->element[i]->type != REDIS_REPLY_STRING)
			return D4_EMALFORMED;
		pair[i] = d4_slice_of(
		    fields->element[i]->str, fields->element[i]->len);
	}
	return d4_entry_parse(pair, fields->elements / 2, &t->e);
}

static struct d4_cutter *
take_cutter(struct archive *a, const struct d4_cutter_kind *kind)
{
	for (size_t i = 0; i < ARCHIVE_CUTTERS; i++) {
		if (a->cutter[i] == NULL &&
		    d4_cutter_new(kind, &a->cutter[i]) != D4_OK)
			return NULL;
		if (a->cutter[i]->kind == kind)
			return a->cutter[i];
	}
	return NULL;
}

/* Whole records only, so that every file is. */
static enum d4_status
take_cut(struct d4_cutter *c, struct d4_slice data, uint32_t *opening)
{
	struct d4_slice in = data, head = {NULL, 0};
	enum d4_status st, end;
	struct d4_run run;
	bool bad = false;

	*opening = 0;
	while ((st = d4_cutter_feed(c, &in, &run)) == D4_OK) {
		bad = bad || run.reason != D4_R_NONE;
		head = d4_cutter_opening(c);
		if (*opening == 0 && head.n <= data.n && head.n != 0 &&
		    memcmp(head.p, data.p, head.n) == 0)
			*opening = (uint32_t)head.n;
	}
	if (st == D4_ENOMEM)
		return st;
	end = d4_cutter_finish(c, &run);
	return bad || st != D4_AGAIN || end != D4_OK ? D4_EMALFORMED : D4_OK;
}

static bool
take_number_ok(const struct d4_entry *e)
{
	return e->n <= UINT64_MAX - e->seq;
}

/* The file that it is to become part of must be one afterwards, too. */
static enum d4_status
take_opening(struct take *t, uint32_t *opening)
{
	const struct d4_type_row *row = part_type_ok(t->e.type, t->e.ext);
	struct d4_cutter *c;

	if (row == NULL || t->e.t_rx_us == 0 || t->e.t_rx_us >= TAKE_T_MAX ||
	    !take_number_ok(&t->e))
		return D4_EMALFORMED;
	c = take_cutter(t->a, row->cutter);
	return c != NULL ? take_cut(c, t->e.data, opening) : D4_ENOMEM;
}

/* ---- data on the hub's disk ---- */

static enum d4_status
take_hold(struct take *t, enum d4_status why)
{
	if (!t->q->said)
		d4_warnx("alarm archive queue=%s overflow=unreadable dir=%s"
			 " why=\"%s\"",
		    t->q->key, t->a->overflow,
		    why == D4_EIO ? strerror(errno) : d4_status_text(why));
	t->q->said = true;
	t->q->held_ms = d4_mono_ms() + TAKE_HOLD;
	return D4_AGAIN;
}

/* Errors: D4_END it is lost, and accounted. */
static enum d4_status
take_stored(struct take *t)
{
	enum d4_status st = d4_overflow_read(
	    &t->q->overflow, t->a->overflow, t->q->key, &t->e, &t->a->stored);

	switch ((int)st) {
	case D4_OK:
		t->q->said = false;
		return D4_OK;
	case D4_ENOENT:
		st = take_note(t, "overflow.gone");
		break;
	case D4_ECHECKSUM:
	case D4_EVERSION:
		st = take_note(t, "overflow.damaged");
		break;
	default:
		return take_hold(t, st);
	}
	t->a->counts.lost += t->e.n;
	return st == D4_OK ? D4_END : st;
}

/* ---- all of it ---- */

static enum d4_status
take_put(struct take *t, uint32_t opening)
{
	const struct parts_entry in = {&t->e, opening, d4_mono_ms()};
	struct archive *a = t->a;
	uint64_t last = t->e.seq + t->e.n - 1;
	enum d4_status st;

	st = parts_put(a->parts, &in);
	if (st == D4_ENOSPC && a->conf->drop) {
		a->full = true;
		a->dropped.entries++;
		a->dropped.records += t->e.n;
		a->dropped.bytes += t->e.data.n;
		a->counts.dropped += t->e.n;
		return D4_OK;
	}
	if (st != D4_OK)
		return st;
	a->counts.entries++;
	a->counts.records += t->e.n;
	a->counts.bytes += t->e.data.n;
	return seen_add(a->seen, &t->e.sess, last);
}

static enum d4_status
take_entry(struct take *t)
{
	enum d4_status st = D4_OK;
	uint32_t opening = 0;

	/* First of all: its data may be where it cannot be read now. */
	if (take_number_ok(&t->e) &&
	    seen_has(t->a->seen, &t->e.sess, t->e.seq + t->e.n - 1)) {
		t->a->counts.duplicates++;
		return D4_OK;
	}
	if (t->e.ref.segment != 0)
		st = take_stored(t);
	if (st != D4_OK)
		return st == D4_END ? D4_OK : st;
	st = take_opening(t, &opening);
	if (st == D4_EMALFORMED) {
		t->a->counts.malformed++;
		return take_note(t, "entry.malformed");
	}
	return st == D4_OK ? take_put(t, opening) : st;
}

enum d4_status
archive_take(
    struct archive *a, struct archive_queue *q, const redisReply *entry)
{
	struct take t = {.a = a, .q = q};
	const redisReply *fields;

	if (entry->type != REDIS_REPLY_ARRAY || entry->elements != 2 ||
	    entry->element[0]->type != REDIS_REPLY_STRING)
		return D4_ECLOSED; /* this is not Redis */
	t.id = entry->element[0]->str;
	fields = entry->element[1];
	/* It was trimmed or deleted while it was ours: by hand only. */
	if (fields->type != REDIS_REPLY_ARRAY)
		return take_note(&t, "archive.gone");
	if (take_parse(&t, fields) != D4_OK) {
		t.e = (struct d4_entry){.n = 0};
		a->counts.malformed++;
		return take_note(&t, "entry.malformed");
	}
	return take_entry(&t);
}

enum d4_status
archive_dropped(struct archive *a)
{
	enum d4_status st;

	if (a->dropped.entries == 0)
		return D4_OK;
	st = d4_account_write(a->account, true, "archive.full",
	    json_pack("{s:I,s:I,s:I}", "entries",
		(json_int_t)a->dropped.entries, "records",
		(json_int_t)a->dropped.records, "bytes",
		(json_int_t)a->dropped.bytes));
	if (st == D4_OK)
		memset(&a->dropped, 0, sizeof(a->dropped));
	return st;
}

#include "sensor/reader_parts.h"

void
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

enum d4_status
reader_adopt(struct reader *r, struct d4_slice opening)
{
	bool none = opening.n == 0 && r->opening.n == 0;
	enum d4_status st;

	r->opening.n = 0;
	st = d4_buf_add(&r->opening, opening.p, opening.n);
	r->fresh = false;
	if (st == D4_OK && !none)
		st = r->ev->opened(r->arg, d4_buf_slice(&r->opening));
	return st;
}

/*
 * May these records follow those in the ring? A stream may begin with another
 * opening than the last one, and some change theirs on the way.
 */
static enum d4_status
reader_check_opening(struct reader *r)
{
	struct d4_slice opening = d4_cutter_opening(r->cutter);
	enum d4_status st;

	if (r->fresh)
		return reader_adopt(r, opening);
	if (d4_slice_eq(opening, d4_buf_slice(&r->opening)))
		return D4_OK;
	st = framer_flush(r->conf.framer);
	if (st != D4_OK)
		return st;
	reader_enter(r, READER_TURNING);
	return D4_AGAIN;
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
	if (st == D4_OK && r->cutter != NULL && r->run.data.n != 0)
		st = reader_check_opening(r);
	return st;
}

enum d4_status
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

enum d4_status
reader_last(struct reader *r)
{
	static const uint8_t newline = '\n';
	struct d4_run left = {0};

	if (r->cutter == NULL)
		return D4_AGAIN;
	if (r->kind == &d4_cutter_lines && d4_cutter_held(r->cutter) != 0) {
		r->in = d4_slice_of(&newline, 1);
		return reader_pump(r);
	}
	/* Frames need the cutter's state no more: what is split is in them. */
	if (d4_cutter_finish(r->cutter, &left) == D4_ETRUNC)
		reader_count(r, &left);
	r->skipping = false;
	return D4_AGAIN;
}

#include "relay/source_cut.h"

enum d4_status
source_cut_init(struct source_cut *c, const struct d4_cutter_kind *kind)
{
	*c = (struct source_cut){.seq = 0};
	d4_buf_init(&c->out, D4_ENTRY_DATA + D4_LINE_MAX);
	return d4_cutter_new(kind, &c->cutter);
}

void
source_cut_fini(struct source_cut *c)
{
	d4_cutter_free(c->cutter);
	c->cutter = NULL;
	d4_buf_fini(&c->out);
}

void
source_cut_begin(struct source_cut *c)
{
	c->seq += c->n;
	c->n = 0;
	c->n_lost = 0;
	c->out.n = 0;
}

static void
cut_lost(struct source_cut *c, uint64_t n, uint64_t bytes, enum d4_reason why)
{
	size_t i = 0;

	while (i < c->n_lost && i < CUT_REASONS - 1 && c->lost[i].why != why)
		i++;
	if (i == c->n_lost)
		c->lost[c->n_lost++] = (struct cut_lost){.why = why};
	c->lost[i].n += n;
	c->lost[i].bytes += bytes;
}

/* The entry that is under way stands under another opening than the run. */
static bool
cut_changes(const struct source_cut *c, struct d4_slice opening)
{
	const struct d4_slice mine = {c->out.p, c->opening};

	return c->n > 0 && !d4_slice_eq(mine, opening);
}

static enum d4_status
cut_run(struct source_cut *c, const struct d4_run *run)
{
	struct d4_slice opening = d4_cutter_opening(c->cutter);
	enum d4_status st = D4_OK;

	if (run->reason != D4_R_NONE) {
		cut_lost(c, run->n, run->bytes, run->reason);
		return D4_OK;
	}
	if (cut_changes(c, opening)) {
		c->next = *run;
		return D4_OK;
	}
	if (c->n == 0) {
		st = d4_buf_add(&c->out, opening.p, opening.n);
		c->opening = opening.n;
	}
	if (st == D4_OK)
		st = d4_buf_add(&c->out, run->data.p, run->data.n);
	c->n += run->n;
	return st;
}

bool
source_cut_full(const struct source_cut *c)
{
	return c->next.n > 0;
}

enum d4_status
source_cut_go(struct source_cut *c)
{
	enum d4_status st = D4_OK;
	struct d4_run run = c->next;

	c->next.n = 0;
	if (run.n > 0)
		st = cut_run(c, &run);
	while (!c->dead && st == D4_OK && c->next.n == 0) {
		st = d4_cutter_feed(c->cutter, &c->rest, &run);
		if (st == D4_OK)
			st = cut_run(c, &run);
		else if (st == D4_EMALFORMED || st == D4_ETOOBIG)
			c->dead = true;
	}
	if (!c->dead)
		return st == D4_AGAIN ? D4_OK : st;
	/* Once as a record, and all that comes behind it as bytes. */
	cut_lost(c, c->told ? 0 : 1, c->rest.n, c->cutter->failed);
	c->told = true;
	return D4_OK;
}

enum d4_status
source_cut_feed(struct source_cut *c, struct d4_slice bytes)
{
	c->rest = bytes;
	return source_cut_go(c);
}

enum d4_status
source_cut_end(struct source_cut *c, bool whole)
{
	enum d4_status st = D4_OK;
	struct d4_run run;

	if (c->dead)
		return D4_OK;
	if (whole && d4_cutter_held(c->cutter) > 0 &&
	    c->cutter->kind == &d4_cutter_lines)
		st = source_cut_feed(c, d4_slice_str("\n"));
	if (st == D4_OK && d4_cutter_finish(c->cutter, &run) == D4_ETRUNC)
		cut_lost(c, run.n, run.bytes, run.reason);
	return st;
}

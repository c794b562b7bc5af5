#include "hub/draft.h"

/* The longest record has a packet's header, the opening comes on top. */
#define DRAFT_MAX (D4_ENTRY_DATA + D4_LINE_MAX + 64u)

void
draft_init(struct draft *d)
{
	*d = (struct draft){.next = 1};
	d4_buf_init(&d->data, DRAFT_MAX);
}

void
draft_fini(struct draft *d)
{
	d4_buf_fini(&d->data);
}

enum d4_status
draft_close(struct draft *d, const struct draft_sink *sink)
{
	enum d4_status st;

	if (d->n == 0)
		return D4_OK;
	st = sink->emit(sink->arg, d);
	if (st != D4_OK)
		return st;
	d->data.n = 0;
	d->n = 0;
	return D4_OK;
}

/* How many records of data (all: n) still go in, and their bytes. */
static size_t
draft_room(const struct draft *d, const struct d4_cutter *c,
    struct d4_slice data, uint64_t *n)
{
	struct d4_slice rest = data;
	size_t sum = 0, len;

	if (d->data.n + data.n < D4_ENTRY_TARGET)
		return data.n;
	*n = 0;
	while (d->data.n + sum < D4_ENTRY_TARGET &&
	       (len = d4_cutter_split(c, rest)) != 0) {
		(void)d4_slice_skip(&rest, len);
		sum += len;
		(*n)++;
	}
	return sum;
}

static enum d4_status
draft_begin(
    struct draft *d, const struct d4_cutter *c, const struct draft_time *when)
{
	struct d4_slice opening = d4_cutter_opening(c);

	d->seq = d->next;
	d->first = *when;
	d->data.n = 0;
	d->opening = opening.n;
	return d4_buf_add(&d->data, opening.p, opening.n);
}

/* The stream has another opening since this entry began. */
static bool
draft_turned(const struct draft *d, const struct d4_cutter *c)
{
	struct d4_slice mine = {d->data.p, d->opening};

	return d->n != 0 && !d4_slice_eq(mine, d4_cutter_opening(c));
}

enum d4_status
draft_add(struct draft *d, const struct d4_cutter *c, const struct d4_run *run,
    const struct draft_time *when, const struct draft_sink *sink)
{
	struct d4_slice rest = run->data;
	uint64_t left = run->n;
	enum d4_status st = D4_OK;

	if (draft_turned(d, c))
		st = draft_close(d, sink);
	while (left > 0 && st == D4_OK) {
		uint64_t n = left;
		size_t len;

		if (d->n == 0)
			st = draft_begin(d, c, when);
		if (st != D4_OK)
			return st;
		len = draft_room(d, c, rest, &n);
		st = d4_buf_add(&d->data, rest.p, len);
		if (st != D4_OK)
			return st;
		(void)d4_slice_skip(&rest, len);
		d->n += n;
		d->next += n;
		left -= n;
		if (d->data.n >= D4_ENTRY_TARGET)
			st = draft_close(d, sink);
	}
	return st;
}

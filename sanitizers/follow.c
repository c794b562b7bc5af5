#include <assert.h>
#include "sanitizers/trace.h"

#define FOLLOW_AHEAD 3u /* records that are fetched before they come */

static struct trace_item
follow_item(const struct san_trace *t, size_t i)
{
	return ((const struct trace_item *)(const void *)t->items.p)[i];
}

static struct d4_slice
follow_part(struct d4_slice all, size_t at, size_t n)
{
	assert(at <= all.n && n <= all.n - at);
	return d4_slice_of(all.p + at, n);
}

/* What this stream makes of the record; *why when it does not leave. */
static enum san_outcome
follow_make(struct san_stream *s, const struct trace_item *item,
    const struct san_again *a, struct d4_buf *out, enum d4_reason *why)
{
	if (item->why != D4_R_NONE) {
		*why = item->why;
		return SAN_DROP;
	}
	*why = D4_R_INTERNAL;
	if (stream_put_head(s, out) != D4_OK)
		return SAN_DROP;
	if (a->notes.n == 0)
		return s->family->record(s->state, a->record, out, why);
	return s->family->again(s->state, a, out, why);
}

static enum d4_status
follow_record(struct san_stream *s, const struct san_trace *t,
    const struct trace_item *item, struct d4_slice led, struct d4_buf *out)
{
	const struct san_again a = {
	    .record = follow_part(t->in, item->at, item->n),
	    .other = follow_part(led, item->out_at, item->out_n),
	    .notes = follow_part(
		d4_buf_slice(&t->notes), item->notes_at, item->notes_n)};
	struct stream_record r = stream_before(s, item->n, out);

	r.outcome = follow_make(s, item, &a, out, &r.why);
	return stream_settle(s, &r, out);
}

static void
follow_ahead(const struct san_stream *s, const struct san_trace *t, size_t i)
{
	struct trace_item item = follow_item(t, i);

	if (s->family->ahead != NULL)
		s->family->ahead(s->state, follow_part(t->in, item.at, item.n));
}

/* All records, until something stops the stream. */
static enum d4_status
follow_records(struct san_stream *s, const struct san_trace *t,
    struct d4_slice led, struct d4_buf *out)
{
	size_t n = t->items.n / sizeof(struct trace_item), i = 0;
	enum d4_status st = D4_OK;
	struct trace_item item;

	for (; st == D4_OK && s->breaker.why == D4_R_NONE && i < n; i++) {
		if (i + FOLLOW_AHEAD < n)
			follow_ahead(s, t, i + FOLLOW_AHEAD);
		item = follow_item(t, i);
		st = follow_record(s, t, &item, led, out);
	}
	/* What is not even looked at any more. */
	for (; s->breaker.why != D4_R_NONE && i < n; i++)
		stream_count(s, D4_R_BREAKER_OPEN, 1, follow_item(t, i).n);
	return st;
}

static bool
follow_can(const struct san_stream *s, const struct san_trace *t)
{
	return trace_whole(t) && t->lead != s && t->lead->chain == s->chain &&
	       t->lead->family == s->family && s->breaker.why == D4_R_NONE;
}

enum d4_status
san_stream_follow(struct san_stream *s, const struct san_trace *t,
    struct d4_slice led, struct d4_buf *out)
{
	struct stream_mark m;
	enum d4_status st;

	if (!follow_can(s, t))
		return D4_ENOTSUP;
	san_stream_begin(s);
	if (stream_open(s, d4_slice_of(t->opening, t->n_opening), t->variant) !=
	    D4_R_NONE) {
		san_stream_begin(s);
		return D4_ENOTSUP;
	}
	m = stream_mark(s, out);
	st = follow_records(s, t, led, out);
	if (s->breaker.why != D4_R_NONE) {
		stream_undo(s, out, &m, D4_R_BREAKER_OPEN);
		st = D4_EDENIED;
	} else if (st == D4_ENOMEM) {
		stream_undo(s, out, &m, D4_R_INTERNAL);
	}
	(void)!san_stream_finish(s, out);
	return st;
}

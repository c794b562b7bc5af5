#include <assert.h>
#include <string.h>
#include "sanitizers/trace.h"

#define FOLLOW_AHEAD 3u /* records that are fetched before they come */

/*
 * struct follow -- a file on its way. led: what the leader wrote; from: where
 * in the output a copy of all of it stands, as long as there: until a record
 * that was run by itself wrote over it.
 */
struct follow {
	struct san_stream *s;
	const struct san_trace *t;
	struct d4_slice led;
	struct d4_buf *out;
	size_t from;
	bool there;
};

static const struct trace_item *
follow_item(const struct san_trace *t, size_t i)
{
	return (const struct trace_item *)(const void *)t->items.p + i;
}

static struct d4_slice
follow_part(struct d4_slice all, size_t at, size_t n)
{
	assert(at <= all.n && n <= all.n - at);
	return d4_slice_of(all.p + at, n);
}

/* What this stream makes of the record; *why when it does not leave. */
static enum san_outcome
follow_make(
    struct follow *f, const struct trace_item *item, enum d4_reason *why)
{
	struct san_stream *s = f->s;
	struct san_again a;

	if (item->why != D4_R_NONE) {
		*why = item->why;
		return SAN_DROP;
	}
	*why = D4_R_INTERNAL;
	if (stream_put_head(s, f->out) != D4_OK)
		return SAN_DROP;
	a.record = follow_part(f->t->in, item->at, item->n);
	if (item->notes_n == 0) {
		f->there = false;
		return s->family->record(s->state, a.record, f->out, why);
	}
	a.other = follow_part(f->led, item->out_at, item->out_n);
	a.notes = follow_part(
	    d4_buf_slice(&f->t->notes), item->notes_at, item->notes_n);
	a.there = f->there && f->out->n == f->from + item->out_at;
	return s->family->again(s->state, &a, f->out, why);
}

static enum d4_status
follow_record(struct follow *f, const struct trace_item *item)
{
	struct stream_record r = {.mark = f->out->n, .headed = f->s->headed};

	r.outcome = follow_make(f, item, &r.why);
	if (r.outcome == SAN_FORWARD) {
		stream_forwarded(f->s, item->n);
		return D4_OK;
	}
	r.bytes = item->n;
	return stream_settle(f->s, &r, f->out);
}

static void
follow_ahead(const struct san_stream *s, const struct san_trace *t, size_t i)
{
	const struct trace_item *item = follow_item(t, i);

	if (s->family->ahead != NULL)
		s->family->ahead(
		    s->state, follow_part(t->in, item->at, item->n));
}

/* All records, until something stops the stream. */
static enum d4_status
follow_records(struct follow *f)
{
	size_t n = f->t->items.n / sizeof(struct trace_item), i = 0;
	struct san_stream *s = f->s;
	enum d4_status st = D4_OK;

	for (; st == D4_OK && s->breaker.why == D4_R_NONE && i < n; i++) {
		if (i + FOLLOW_AHEAD < n)
			follow_ahead(s, f->t, i + FOLLOW_AHEAD);
		st = follow_record(f, follow_item(f->t, i));
	}
	/* What is not even looked at any more. */
	for (; s->breaker.why != D4_R_NONE && i < n; i++)
		stream_count(s, D4_R_BREAKER_OPEN, 1, follow_item(f->t, i)->n);
	return st;
}

/* All that the leader wrote in one piece; without room each record asks. */
static void
follow_copy(struct follow *f)
{
	f->from = f->out->n;
	f->there = f->led.n != 0 && d4_buf_reserve(f->out, f->led.n) == D4_OK;
	if (f->there)
		memcpy(f->out->p + f->from, f->led.p, f->led.n);
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
	struct follow f = {.s = s, .t = t, .led = led, .out = out};
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
	follow_copy(&f);
	st = follow_records(&f);
	if (s->breaker.why != D4_R_NONE) {
		stream_undo(s, out, &m, D4_R_BREAKER_OPEN);
		st = D4_EDENIED;
	} else if (st == D4_ENOMEM) {
		stream_undo(s, out, &m, D4_R_INTERNAL);
	}
	(void)!san_stream_finish(s, out);
	return st;
}

#include <assert.h>
#include <string.h>
#include "sanitizers/trace.h"

#define FOLLOW_BYTES 8192u /* copied at once: they stay near */

/* struct follow -- a file on its way. led: what the leader wrote. */
struct follow {
	struct san_stream *s;
	const struct san_trace *t;
	struct d4_slice led;
	struct d4_buf *out;
	const struct san_led *item;
	size_t n;
};

static struct d4_slice
follow_part(struct d4_slice all, size_t at, size_t n)
{
	assert(at <= all.n && n <= all.n - at);
	return d4_slice_of(all.p + at, n);
}

/* What this stream makes of the record; *why when it does not leave. */
static enum san_outcome
follow_make(struct follow *f, const struct san_led *item, enum d4_reason *why)
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
	if (item->notes_n == 0)
		return s->family->record(s->state, a.record, f->out, why);
	a.other = follow_part(f->led, item->out_at, item->out_n);
	a.notes = follow_part(
	    d4_buf_slice(&f->t->notes), item->notes_at, item->notes_n);
	return s->family->again(s->state, &a, f->out, why);
}

static enum d4_status
follow_record(struct follow *f, const struct san_led *item)
{
	struct stream_record r = {.mark = f->out->n, .headed = f->s->headed};

	r.outcome = follow_make(f, item, &r.why);
	if (r.outcome == SAN_FORWARD) {
		stream_forwarded(f->s, item->n);
		return D4_OK;
	}
	r.in = follow_part(f->t->in, item->at, item->n);
	return stream_settle(f->s, &r, f->out);
}

/*
 * How many records from item on can be made at once, and what becomes of
 * them; 0: it has to be made by itself.
 */
static size_t
follow_group(const struct follow *f, size_t from, struct d4_slice *led)
{
	const struct san_led *first = &f->item[from];
	size_t n = 0, bytes = 0;

	if (f->s->family->run == NULL ||
	    !san_breaker_calm(&f->s->breaker, &f->s->tally))
		return 0;
	for (; n < SAN_RUN_MAX && from + n < f->n; n++) {
		const struct san_led *item = &first[n];

		if (item->notes_n == 0 ||
		    item->out_at - first->out_at != bytes ||
		    (n > 0 && bytes + item->out_n > FOLLOW_BYTES))
			break;
		bytes += item->out_n;
	}
	if (n != 0)
		*led = follow_part(f->led, first->out_at, bytes);
	return n;
}

/* The records from item on, as far as that goes at once; how many. */
static size_t
follow_run(struct follow *f, size_t from)
{
	struct san_led_run r = {.led = &f->item[from],
	    .in = f->t->in,
	    .notes = d4_buf_slice(&f->t->notes)};
	size_t done, in = 0, out = 0;
	struct d4_slice led;

	r.n = follow_group(f, from, &led);
	if (r.n == 0 || stream_put_head(f->s, f->out) != D4_OK ||
	    d4_buf_reserve(f->out, led.n + SAN_RUN_SLACK) != D4_OK)
		return 0;
	r.other = led.p;
	r.out = f->out->p + f->out->n;
	memcpy(r.out, led.p, led.n);
	done = f->s->family->run(f->s->state, &r);
	for (size_t i = 0; i < done; i++) {
		in += r.led[i].n;
		out += r.led[i].out_n;
	}
	f->out->n += out;
	stream_forwarded_all(f->s, done, in);
	return done;
}

/* All records, until something stops the stream. */
static enum d4_status
follow_records(struct follow *f)
{
	struct san_stream *s = f->s;
	enum d4_status st = D4_OK;
	size_t i = 0, done;

	while (st == D4_OK && s->breaker.why == D4_R_NONE && i < f->n) {
		done = follow_run(f, i);
		i += done;
		if (done == 0)
			st = follow_record(f, &f->item[i++]);
	}
	/* What is not even looked at any more. */
	for (; s->breaker.why != D4_R_NONE && i < f->n; i++)
		stream_count(s, D4_R_BREAKER_OPEN, 1, f->item[i].n);
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
	struct follow f = {.s = s,
	    .t = t,
	    .led = led,
	    .out = out,
	    .item = (const void *)t->items.p,
	    .n = t->items.n / sizeof(struct san_led)};
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

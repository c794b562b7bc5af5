#include <stdlib.h>
#include <string.h>
#include "sanitizers/trace.h"

enum d4_status
san_trace_new(struct san_trace **out)
{
	struct san_trace *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return D4_ENOMEM;
	d4_buf_init(&t->items, TRACE_ITEMS);
	d4_buf_init(&t->notes, TRACE_NOTES);
	*out = t;
	return D4_OK;
}

void
san_trace_free(struct san_trace *t)
{
	if (t == NULL)
		return;
	d4_buf_fini(&t->items);
	d4_buf_fini(&t->notes);
	free(t);
}

enum d4_status
san_stream_lead(struct san_stream *s, struct san_trace *t)
{
	t->lead = NULL;
	if (s->identity || s->family->again == NULL || s->epochs != NULL ||
	    s->canaries != NULL || !s->family->trace(s->state, &t->notes))
		return D4_ENOTSUP;
	t->lead = s;
	t->counted = s->tally.in;
	t->in = d4_slice_of(NULL, 0);
	t->fed = t->broken = false;
	t->items.n = t->notes.n = t->n_opening = 0;
	s->trace = t;
	return D4_OK;
}

void
trace_end(struct san_stream *s)
{
	if (s->trace != NULL)
		(void)s->family->trace(s->state, NULL);
	s->trace = NULL;
}

void
trace_feed(struct san_trace *t, struct d4_slice in, size_t from)
{
	t->broken = t->broken || t->fed || in.n > UINT32_MAX;
	t->fed = true;
	t->in = in;
	t->from = from;
}

void
trace_open(struct san_trace *t, struct d4_slice in, uint32_t variant)
{
	if (t->n_opening != 0 || in.n > sizeof(t->opening)) {
		t->broken = true;
		return;
	}
	if (in.n != 0)
		memcpy(t->opening, in.p, in.n);
	t->n_opening = in.n;
	t->variant = variant;
}

/* Withheld by what stands in it and in the steps alone, whatever the keys? */
static bool
trace_same(enum d4_reason why)
{
	enum d4_reason_class c = d4_reason_class(why);

	/* Too many addresses: of those that were replaced by others. */
	return (c == D4_CLASS_FILTER || c == D4_CLASS_MALFORMED) &&
	       why != D4_R_NESTING && why != D4_R_SAMPLE_MISS;
}

/* After this the file may not have gone on. */
static bool
trace_ends(enum d4_reason why)
{
	return why != D4_R_SELFCHECK &&
	       d4_reason_class(why) == D4_CLASS_INTERNAL;
}

/* The record stands in the file; a cut one would stand in the cutter. */
static bool
trace_holds(const struct san_trace *t, struct d4_slice rec)
{
	uintptr_t first = (uintptr_t)t->in.p, at = (uintptr_t)rec.p;

	return at >= first && at - first <= t->in.n &&
	       rec.n <= t->in.n - (at - first);
}

void
trace_note(struct san_trace *t, const struct san_stream *s, struct d4_slice rec,
    const struct trace_out *o)
{
	struct san_led *led;

	if (t->broken || !trace_holds(t, rec) || o->at < t->from ||
	    o->at + o->n - t->from > UINT32_MAX ||
	    (o->why != D4_R_NONE && trace_ends(o->why)) ||
	    (t->items.cap - t->items.n < sizeof(*led) &&
		d4_buf_reserve(&t->items, sizeof(*led)) != D4_OK)) {
		t->broken = true;
		return;
	}
	led = (void *)(t->items.p + t->items.n);
	*led = (struct san_led){.at = (uint32_t)(rec.p - t->in.p),
	    .n = (uint32_t)rec.n,
	    .notes_at = (uint32_t)t->notes.n};
	if (o->why != D4_R_NONE) {
		led->why = trace_same(o->why) ? o->why : D4_R_NONE;
	} else {
		led->out_at = (uint32_t)(o->at - t->from);
		led->out_n = (uint32_t)o->n;
		led->notes_n = (uint32_t)s->family->traced(s->state);
	}
	t->notes.n += led->notes_n;
	t->items.n += sizeof(*led);
}

void
trace_plain(struct san_trace *t, struct d4_slice in, size_t out_at,
    const struct san_led *led, size_t n)
{
	size_t at = (size_t)(in.p - t->in.p), out = out_at - t->from;
	struct san_led *to;

	if (t->broken || !trace_holds(t, in) || out_at < t->from ||
	    out + n * UINT8_MAX > UINT32_MAX ||
	    d4_buf_reserve(&t->items, n * sizeof(*led)) != D4_OK) {
		t->broken = true;
		return;
	}
	to = (void *)(t->items.p + t->items.n);
	for (size_t i = 0; i < n; i++) {
		to[i] = led[i];
		to[i].at = (uint32_t)at;
		to[i].out_at = (uint32_t)out;
		to[i].notes_at = (uint32_t)t->notes.n;
		at += led[i].n;
		out += led[i].out_n;
		t->notes.n += led[i].notes_n;
	}
	t->items.n += n * sizeof(*led);
}

bool
trace_whole(const struct san_trace *t)
{
	return t->lead != NULL && t->fed && !t->broken &&
	       t->lead->breaker.why == D4_R_NONE &&
	       t->lead->tally.in - t->counted ==
	           t->items.n / sizeof(struct san_led);
}

/* Openings of a stream's files: taken, turned, put in front. */
#include "sanitizers/epoch.h"
#include "sanitizers/stream.h"
#include "sanitizers/trace.h"

enum d4_reason
stream_open(struct san_stream *s, struct d4_slice in, uint32_t variant)
{
	enum d4_reason why = D4_R_NONE;

	if (s->trace != NULL)
		trace_open(s->trace, in, variant);
	s->opened = true;
	s->at += in.n;
	s->head.n = s->taken.n = 0;
	s->clean = s->tally.records[D4_R_NONE];
	s->retold = 0;
	s->variant = variant;
	if (s->epochs != NULL)
		san_epochs_turn(s->epochs);
	if (d4_buf_add(&s->taken, in.p, in.n) != D4_OK)
		return D4_R_INTERNAL;
	if (!s->identity && s->family->begin != NULL)
		why = s->family->begin(s->state, in, &s->head);
	else if (d4_buf_add(&s->head, in.p, in.n) != D4_OK)
		why = D4_R_INTERNAL;
	s->opening = s->head.n;
	return why;
}

bool
stream_turned(const struct san_stream *s)
{
	return !d4_slice_eq(
	    d4_cutter_opening(s->cutter), d4_buf_slice(&s->taken));
}

/* Without steps: what the output does not have of it, as it came. */
static enum d4_reason
stream_turn_same(struct san_stream *s, struct d4_slice in)
{
	struct d4_slice was = d4_buf_slice(&s->taken), rest = in;

	if (s->headed && was.n <= in.n &&
	    d4_slice_eq(was, d4_slice_of(in.p, was.n)))
		(void)d4_slice_skip(&rest, was.n);
	return d4_buf_add(&s->head, rest.p, rest.n) == D4_OK ? D4_R_NONE
	                                                     : D4_R_INTERNAL;
}

/* Those who strip openings later must not lose this one. */
enum d4_reason
stream_turn(struct san_stream *s)
{
	struct d4_slice in = d4_cutter_opening(s->cutter);
	enum d4_reason why;

	if (!s->many || (!s->identity && s->family->turn == NULL))
		return D4_R_OPENING_CHANGE;
	if (s->trace != NULL)
		trace_open(s->trace, in, s->variant);
	s->turns++;
	s->head.n = 0;
	if (s->epochs != NULL)
		san_epochs_turn(s->epochs);
	why = s->identity ? stream_turn_same(s, in)
	                  : s->family->turn(s->state, in, &s->head);
	s->headed = false;
	s->taken.n = 0;
	if (why == D4_R_NONE && d4_buf_add(&s->taken, in.p, in.n) != D4_OK)
		why = D4_R_INTERNAL;
	return why;
}

/*
 * The opening anew, as it stands under other keys. It is as long as an opening
 * may be, and a record is short: whoever lets the keys change with every record
 * gets no more of them than he sends.
 */
static enum d4_reason
stream_rekeyed(struct san_stream *s)
{
	enum d4_reason why;

	s->headed = false;
	s->turns++;
	s->head.n = 0;
	why = s->family->turn(s->state, d4_buf_slice(&s->taken), &s->head);
	if (why != D4_R_NONE)
		return why;
	if (s->retold + s->head.n > s->at + STREAM_HEAD_MAX)
		return D4_R_OPENING_TOOBIG;
	s->retold += s->head.n;
	return D4_R_NONE;
}

enum d4_reason
stream_epoch(struct san_stream *s, struct d4_slice rec, void **state)
{
	struct san_epoch_in in = {.record = rec,
	    .opening = d4_buf_slice(&s->taken),
	    .made_s = s->made_s};
	bool rekeyed = false;
	enum d4_reason why =
	    san_epochs_state(s->epochs, s->state, &in, state, &rekeyed);

	if (why == D4_R_NONE && rekeyed)
		why = stream_rekeyed(s);
	if (why != D4_R_NONE && rekeyed) /* its head is not whole */
		san_epochs_unkey(s->epochs, s->state);
	return why;
}

enum d4_status
stream_put_head(struct san_stream *s, struct d4_buf *out)
{
	enum d4_status st;

	if (s->headed)
		return D4_OK;
	st = d4_buf_add(out, s->head.p, s->head.n);
	s->headed = st == D4_OK;
	if (s->headed && s->tally.records[D4_R_NONE] == s->clean)
		s->opening = s->head.n;
	return st;
}

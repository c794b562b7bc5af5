/* Openings of a stream's files: taken, turned, put in front. */
#include "sanitizers/epoch.h"
#include "sanitizers/stream.h"
#include "sanitizers/trace.h"

enum d4_reason
stream_open(struct san_stream *s, struct d4_slice in, uint32_t variant)
{
	if (s->trace != NULL)
		trace_open(s->trace, in, variant);
	s->opened = true;
	s->at += in.n;
	s->head.n = s->taken.n = 0;
	s->variant = variant;
	if (s->epochs != NULL)
		san_epochs_turn(s->epochs);
	if (d4_buf_add(&s->taken, in.p, in.n) != D4_OK)
		return D4_R_INTERNAL;
	if (!s->identity && s->family->begin != NULL)
		return s->family->begin(s->state, in, &s->head);
	return d4_buf_add(&s->head, in.p, in.n) == D4_OK ? D4_R_NONE
	                                                 : D4_R_INTERNAL;
}

bool
stream_turned(const struct san_stream *s)
{
	return !d4_slice_eq(
	    d4_cutter_opening(s->cutter), d4_buf_slice(&s->taken));
}

/*
 * Those who strip openings later must not lose this one, and what passes as
 * it is has one only.
 */
enum d4_reason
stream_turn(struct san_stream *s)
{
	struct d4_slice in = d4_cutter_opening(s->cutter);
	enum d4_reason why;

	if (!s->many || s->identity || s->family->turn == NULL)
		return D4_R_OPENING_CHANGE;
	if (s->trace != NULL)
		trace_open(s->trace, in, s->variant);
	s->headed = false;
	s->turns++;
	s->head.n = 0;
	if (s->epochs != NULL)
		san_epochs_turn(s->epochs);
	why = s->family->turn(s->state, in, &s->head);
	s->taken.n = 0;
	if (why == D4_R_NONE && d4_buf_add(&s->taken, in.p, in.n) != D4_OK)
		why = D4_R_INTERNAL;
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
	return st;
}

/* A stream between its files: what it knows, and what it is told. */
#include "sanitizers/stream.h"

size_t
san_stream_opening(const struct san_stream *s)
{
	return s->opening;
}

uint32_t
san_stream_variant(const struct san_stream *s)
{
	return s->variant;
}

const struct d4_cutter_kind *
san_stream_cutter(const struct san_stream *s)
{
	return s->cutter != NULL ? s->cutter->kind : NULL;
}

const struct d4_tally *
san_stream_tally(const struct san_stream *s)
{
	return &s->tally;
}

void
san_stream_sensor(struct san_stream *s, const struct d4_uuid *sensor)
{
	if (!s->identity && s->family->sensor != NULL)
		s->family->sensor(s->state, sensor);
}

void
san_stream_time(struct san_stream *s, uint64_t made_s)
{
	s->made_s = made_s;
}

enum d4_status
san_stream_state_save(const struct san_stream *s, struct d4_buf *out)
{
	if (s->identity || s->family->save == NULL)
		return D4_OK;
	return s->family->save(s->state, out);
}

enum d4_status
san_stream_state_load(struct san_stream *s, struct d4_slice state)
{
	if (s->identity || s->family->load == NULL)
		return state.n == 0 ? D4_OK : D4_EINVAL;
	return s->family->load(s->state, state);
}

void
san_stream_watch(struct san_stream *s,
    void (*gone)(void *arg, const struct san_gone *g), void *arg)
{
	s->gone = gone;
	s->gone_arg = arg;
}

void
san_stream_hold(struct san_stream *s,
    void (*held)(void *arg, const struct san_held *h), void *arg)
{
	s->held = held;
	s->held_arg = arg;
}

struct stream_record
stream_before(
    const struct san_stream *s, struct d4_slice in, const struct d4_buf *out)
{
	return (struct stream_record){.in = in,
	    .mark = out->n,
	    .headed = s->headed,
	    .outcome = SAN_DROP,
	    .why = D4_R_INTERNAL};
}

void
stream_hold(struct san_stream *s, const struct stream_record *r)
{
	struct san_held h = {
	    .why = r->why, .opening = d4_buf_slice(&s->taken), .record = r->in};

	s->tally.quarantined++;
	if (s->held != NULL)
		s->held(s->held_arg, &h);
}

void
san_stream_many(struct san_stream *s)
{
	s->many = true;
}

bool
san_stream_broken(const struct san_stream *s, enum d4_reason *why)
{
	if (s->breaker.why != D4_R_NONE)
		*why = s->breaker.why;
	return s->breaker.why != D4_R_NONE;
}

void
san_stream_stop(struct san_stream *s, enum d4_reason why)
{
	san_breaker_open(&s->breaker, why);
}

void
san_stream_reset(struct san_stream *s)
{
	san_breaker_close(&s->breaker, &s->tally);
}

#include <assert.h>
#include <stdlib.h>
#include "libd4/type.h"
#include "sanitizers/canary.h"
#include "sanitizers/concerns.h"
#include "sanitizers/epoch.h"
#include "sanitizers/stream.h"
#include "sanitizers/trace.h"

struct stream_mark
stream_mark(const struct san_stream *s, const struct d4_buf *out)
{
	return (struct stream_mark){out->n, s->headed, s->turns,
	    s->tally.records[D4_R_NONE], s->tally.bytes[D4_R_NONE]};
}

void
stream_undo(struct san_stream *s, struct d4_buf *out,
    const struct stream_mark *m, enum d4_reason why)
{
	struct d4_tally *t = &s->tally;
	struct san_gone g = {
	    .why = why,
	    .n = t->records[D4_R_NONE] - m->records,
	    .bytes = t->bytes[D4_R_NONE] - m->bytes,
	};

	out->n = m->out_n;
	s->headed = m->headed && m->turns == s->turns;
	if (g.n != 0 && s->gone != NULL)
		s->gone(s->gone_arg, &g);
	t->records[why] += g.n;
	t->bytes[why] += g.bytes;
	t->records[D4_R_NONE] = m->records;
	t->bytes[D4_R_NONE] = m->bytes;
}

void
stream_count(
    struct san_stream *s, enum d4_reason why, uint64_t n, uint64_t bytes)
{
	struct san_gone g = {why, s->tally.in + 1, n, s->at, bytes};

	if (why != D4_R_NONE && s->gone != NULL)
		s->gone(s->gone_arg, &g);
	s->at += bytes;
	s->tally.in += n;
	s->tally.records[why] += n;
	s->tally.bytes[why] += bytes;
}

/* The rest of the file is refused: one unit, however long it is. */
static enum d4_status
stream_refuse(struct san_stream *s, enum d4_reason why, uint64_t bytes)
{
	s->refused = why;
	stream_count(s, why, 1, bytes);
	return D4_EMALFORMED;
}

/* What passes as it is passes in whole records, of any kind the type has. */
static const struct d4_cutter_kind *
stream_cutter(const struct san_stream *s, const struct san_facts *facts)
{
	const struct d4_type_row *row;

	if (!s->identity)
		return s->family->cutter;
	row = d4_type_of(facts->type, facts->ext);
	return row != NULL ? row->cutter : NULL;
}

enum d4_status
san_stream_new(const struct san_chain *c, const struct san_keys *keys,
    const struct san_facts *facts, struct san_stream **out)
{
	struct san_make m = {.chain = c, .keys = keys, .facts = facts};
	const struct d4_cutter_kind *kind;
	enum d4_status st = D4_OK;
	struct san_stream *s;

	if (!san_chain_takes(c, facts->type, facts->ext))
		return D4_ENOTSUP;
	if (san_chain_needs_keys(c) && (keys == NULL || !keys->have))
		return D4_EINVAL;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return D4_ENOMEM;
	s->chain = c;
	s->identity = san_chain_empty(c);
	s->canaries = san_chain_step(c, "canary");
	s->family = san_chain_family(c, facts->type, facts->ext);
	m.tally = &s->tally;
	d4_buf_init(&s->head, STREAM_HEAD_MAX);
	d4_buf_init(&s->taken, STREAM_HEAD_MAX);
	assert(s->identity || s->family != NULL);
	kind = stream_cutter(s, facts);
	if (kind != NULL)
		st = d4_cutter_new(kind, &s->cutter);
	if (st == D4_OK && !s->identity)
		st = s->family->make(&m, &s->state);
	if (st == D4_OK && !s->identity)
		st = san_epochs_new(s->family, &m, &s->epochs);
	if (st != D4_OK) {
		san_stream_free(s);
		return st;
	}
	*out = s;
	return D4_OK;
}

void
san_stream_free(struct san_stream *s)
{
	if (s == NULL)
		return;
	san_epochs_free(s->epochs);
	if (s->state != NULL)
		s->family->destroy(s->state);
	d4_cutter_free(s->cutter);
	d4_buf_fini(&s->head);
	d4_buf_fini(&s->taken);
	free(s);
}

/* Ends the file under way; what was left of it is counted. */
static void
stream_end(struct san_stream *s)
{
	struct d4_run run;

	if (s->raw != 0)
		stream_count(s, s->refused, 1, s->raw);
	if (s->cutter != NULL &&
	    d4_cutter_finish(s->cutter, &run) == D4_ETRUNC &&
	    s->refused == D4_R_NONE)
		stream_count(s, run.reason, run.n, run.bytes);
	s->raw = 0;
	s->refused = D4_R_NONE;
	s->opened = false;
	s->headed = false;
}

void
san_stream_begin(struct san_stream *s)
{
	stream_end(s);
	trace_end(s);
	s->head.n = 0;
	s->opening = 0;
	s->variant = 0;
	s->at = 0;
}

/*
 * An internal reason may only mean that *out is full or memory is out: that
 * is no doubt of ours, and the caller learns it by status.
 */
static enum d4_status
stream_room(struct d4_buf *out, size_t len, enum d4_reason why)
{
	if (why != D4_R_INTERNAL)
		return D4_OK;
	return d4_buf_reserve(out, 2 * len + STREAM_HEAD_MAX);
}

enum d4_status
stream_settle(
    struct san_stream *s, const struct stream_record *r, struct d4_buf *out)
{
	enum d4_status st;

	if (r->outcome == SAN_FORWARD) {
		stream_forwarded(s, r->in.n);
		return D4_OK;
	}
	assert(r->why != D4_R_NONE);
	out->n = r->mark;
	s->headed = r->headed;
	if (r->outcome == SAN_QUARANTINE)
		stream_hold(s, r);
	stream_count(s, r->why, 1, r->in.n);
	st = stream_room(out, r->in.n, r->why);
	if (st == D4_OK)
		san_breaker_note(&s->breaker, &s->tally, r->why);
	return st;
}

/* Of packets the family asks itself, behind their layers. */
static bool
stream_concerns(const struct san_stream *s, struct d4_slice rec)
{
	const struct san_concerns *c = san_chain_concerns(s->chain);

	return c == NULL || (s->family->bit & (SAN_PACKETS | SAN_IPFIX)) != 0 ||
	       san_concerns_line(c, rec);
}

/* Which state makes the record, or why it does not leave. */
static enum d4_reason
stream_enter(struct san_stream *s, struct d4_slice rec, void **state)
{
	*state = s->state;
	if (!stream_concerns(s, rec))
		return D4_R_CONCERNS_MISS;
	return s->epochs != NULL ? stream_epoch(s, rec, state) : D4_R_NONE;
}

static enum san_outcome
stream_make(struct san_stream *s, void *state, struct d4_slice rec,
    struct d4_buf *out, enum d4_reason *why)
{
	size_t from = out->n;
	enum san_outcome outcome = s->family->record(state, rec, out, why);

	if (outcome != SAN_FORWARD)
		return outcome;
	if (san_canary_seen(s->canaries, out, from)) {
		*why = D4_R_CANARY;
		return SAN_QUARANTINE;
	}
	if (state != s->state && s->family->left != NULL)
		s->family->left(s->state);
	return SAN_FORWARD;
}

/* One record through the family; at most one reason to go on no further. */
static enum d4_status
stream_record(struct san_stream *s, struct d4_slice rec, struct d4_buf *out)
{
	void *state;
	enum d4_reason why = stream_enter(s, rec, &state);
	struct stream_record r = stream_before(s, rec, out);
	struct trace_out o = {.at = out->n};

	if (why != D4_R_NONE) {
		r.why = why;
	} else if (stream_put_head(s, out) == D4_OK) {
		o.at = out->n;
		r.outcome = stream_make(s, state, rec, out, &r.why);
	}
	if (s->trace != NULL) {
		o.why = r.outcome == SAN_FORWARD ? D4_R_NONE : r.why;
		o.n = out->n - o.at;
		trace_note(s->trace, s, rec, &o);
	}
	return stream_settle(s, &r, out);
}

/* The records of a run, one by one, until something stops the stream. */
static enum d4_status
stream_records(struct san_stream *s, struct d4_slice *data, struct d4_buf *out)
{
	enum d4_status st = D4_OK;
	size_t n, left;

	stream_plain(s, data, out);
	n = d4_cutter_split(s->cutter, *data);
	while (st == D4_OK && s->breaker.why == D4_R_NONE && n != 0) {
		struct d4_slice rec = d4_slice_skip(data, n);

		n = d4_cutter_split(s->cutter, *data);
		if (n != 0 && s->family->ahead != NULL && s->epochs == NULL)
			s->family->ahead(s->state, d4_slice_of(data->p, n));
		st = stream_record(s, rec, out);
		if (st == D4_OK && n != 0) {
			left = data->n;
			stream_plain(s, data, out);
			if (data->n != left)
				n = d4_cutter_split(s->cutter, *data);
		}
	}
	return st;
}

/* Counts what is not even looked at any more. */
static void
stream_skip(struct san_stream *s, struct d4_slice data)
{
	size_t n;

	while ((n = d4_cutter_split(s->cutter, data)) != 0) {
		stream_count(s, D4_R_BREAKER_OPEN, 1, n);
		d4_slice_skip(&data, n);
	}
}

/* The empty chain: a run passes byte for byte. */
static enum d4_status
stream_pass(struct san_stream *s, const struct d4_run *run, struct d4_buf *out)
{
	enum d4_status st;

	st = stream_put_head(s, out);
	if (st == D4_OK)
		st = d4_buf_add(out, run->data.p, run->data.n);
	stream_count(
	    s, st == D4_OK ? D4_R_NONE : D4_R_INTERNAL, run->n, run->data.n);
	return st;
}

static enum d4_status
stream_run(struct san_stream *s, struct d4_run *run, struct d4_buf *out)
{
	enum d4_reason why = D4_R_NONE;
	enum d4_status st = D4_OK;

	if (run->reason != D4_R_NONE) {
		stream_count(s, run->reason, run->n, run->bytes);
		return D4_OK;
	}
	if (!s->opened)
		why = stream_open(s, d4_cutter_opening(s->cutter),
		    d4_cutter_variant(s->cutter));
	else if (stream_turned(s))
		why = stream_turn(s);
	if (why != D4_R_NONE)
		return stream_refuse(s, why, run->bytes);
	if (s->identity)
		return stream_pass(s, run, out);
	st = stream_records(s, &run->data, out);
	if (s->breaker.why != D4_R_NONE)
		stream_skip(s, run->data);
	return st;
}

/* Types without a cutter: the empty chain passes their bytes as they come. */
static enum d4_status
stream_raw(struct san_stream *s, struct d4_slice in, struct d4_buf *out)
{
	s->raw += in.n;
	return d4_buf_add(out, in.p, in.n);
}

/* All runs of the input; D4_OK when it is used up. */
static enum d4_status
stream_runs(struct san_stream *s, struct d4_slice *in, struct d4_buf *out)
{
	for (;;) {
		size_t held = d4_cutter_held(s->cutter) + in->n;
		struct d4_run run;
		enum d4_status st;

		st = d4_cutter_feed(s->cutter, in, &run);
		if (st == D4_AGAIN)
			return D4_OK;
		if (st == D4_EMALFORMED || st == D4_ETOOBIG)
			return stream_refuse(
			    s, s->cutter->failed, held - in->n);
		if (st == D4_OK)
			st = stream_run(s, &run, out);
		if (st != D4_OK)
			return st;
	}
}

enum d4_status
san_stream_feed(struct san_stream *s, struct d4_slice in, struct d4_buf *out)
{
	struct stream_mark m = stream_mark(s, out);
	bool was_broken = s->breaker.why != D4_R_NONE;
	enum d4_status st;

	if (s->refused != D4_R_NONE) {
		s->tally.bytes[s->refused] += in.n;
		return was_broken ? D4_EDENIED : D4_EMALFORMED;
	}
	if (s->trace != NULL)
		trace_feed(s->trace, in, out->n);
	if (s->cutter == NULL)
		st = stream_raw(s, in, out);
	else
		st = stream_runs(s, &in, out);
	if (s->breaker.why != D4_R_NONE) {
		stream_undo(s, out, &m, D4_R_BREAKER_OPEN);
		return D4_EDENIED;
	}
	if (st == D4_ENOMEM)
		stream_undo(s, out, &m, D4_R_INTERNAL);
	if (st == D4_EMALFORMED)
		s->tally.bytes[s->refused] += in.n;
	if (st != D4_OK && s->refused == D4_R_NONE)
		s->refused = D4_R_INTERNAL;
	return st;
}

enum d4_status
san_stream_finish(struct san_stream *s, struct d4_buf *out)
{
	bool refused = s->refused != D4_R_NONE;

	(void)out; /* no family holds anything back */
	stream_end(s);
	trace_end(s);
	if (s->breaker.why != D4_R_NONE)
		return D4_EDENIED;
	return refused ? D4_EMALFORMED : D4_OK;
}

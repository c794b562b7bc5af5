#include <string.h>
#include "libd4/wire.h"
#include "relay/post_opening.h"

#define OPENING_SNAPLEN 16u /* where it stands, four bytes */

void
post_opening_begin(struct post_opening *o)
{
	d4_cutter_free(o->cutter);
	o->cutter = NULL;
	o->sent = false;
	d4_buf_fini(&o->each); /* many lanes, few sessions */
	d4_buf_init(&o->each, D4_OPENING_MAX);
	ipfix_number_fini(&o->number);
}

void
post_opening_number(struct post_opening *o, uint8_t *bytes, size_t n)
{
	if (o->row->type != D4_TYPE_YAF)
		return;
	/* Templates among the data: those that were sent last may be over. */
	if (ipfix_number(&o->number, bytes, n))
		o->each.n = 0;
}

static uint32_t
opening_snaplen(const struct post_opening *o, const uint8_t *bytes)
{
	unsigned format = d4_cutter_variant(o->cutter) >> 28;
	const uint8_t *at = bytes + OPENING_SNAPLEN;
	uint32_t n = format % 2 == 1 ? d4_get_le32(at) : d4_get_be32(at);

	return n == 0 ? UINT32_MAX : n; /* 0 says: no limit */
}

static bool
opening_same(const struct post_opening *o, const uint8_t *bytes)
{
	static const size_t behind = OPENING_SNAPLEN + 4;

	return memcmp(bytes, o->bytes, OPENING_SNAPLEN) == 0 &&
	       memcmp(bytes + behind, o->bytes + behind,
		   POST_OPENING - behind) == 0 &&
	       opening_snaplen(o, bytes) <= o->snaplen;
}

/*
 * The session's opening is the first entry's. Sensors of one lane may differ
 * in snaplen: the session announces the largest that the lane has had, else
 * every change of sensor would need a new session.
 */
static enum d4_status
opening_first(struct post_opening *o, struct d4_slice bytes)
{
	struct d4_slice in = bytes;
	enum d4_status st;
	struct d4_run run;
	uint32_t snaplen;

	st = d4_cutter_new(o->row->cutter, &o->cutter);
	if (st != D4_OK)
		return st;
	st = d4_cutter_feed(o->cutter, &in, &run);
	if (st != D4_AGAIN || d4_cutter_opening(o->cutter).n != POST_OPENING) {
		post_opening_begin(o);
		return st == D4_ENOMEM ? st : D4_EMALFORMED;
	}
	snaplen = opening_snaplen(o, bytes.p);
	if (snaplen >= o->snaplen) {
		o->snaplen = snaplen;
		memcpy(o->bytes, bytes.p, POST_OPENING);
	} else {
		memcpy(o->bytes, bytes.p, OPENING_SNAPLEN);
		memcpy(o->bytes + OPENING_SNAPLEN + 4,
		    bytes.p + OPENING_SNAPLEN + 4,
		    POST_OPENING - OPENING_SNAPLEN - 4);
	}
	o->sent = true;
	return D4_OK;
}

/*
 * Every entry brings its own: sections and templates may change at any.
 * *send: empty when the session has it.
 */
static enum d4_status
opening_each(
    struct post_opening *o, struct d4_slice bytes, struct d4_slice *send)
{
	enum d4_status st = D4_OK;
	struct d4_slice in = bytes;
	struct d4_run run;

	if (bytes.n != 0 && d4_slice_eq(bytes, d4_buf_slice(&o->each)))
		return D4_OK;
	o->each.n = 0;
	if (o->cutter == NULL)
		st = d4_cutter_new(o->row->cutter, &o->cutter);
	else if (d4_cutter_finish(o->cutter, &run) != D4_OK)
		st = D4_OK; /* nobody fed it records */
	if (st == D4_OK)
		st = d4_cutter_feed(o->cutter, &in, &run);
	if (st == D4_ENOMEM)
		return st;
	if (st != D4_AGAIN || d4_cutter_held(o->cutter) != 0)
		return D4_EMALFORMED;
	*send = bytes;
	return d4_buf_add(&o->each, bytes.p, bytes.n) == D4_ENOMEM ? D4_ENOMEM
	                                                           : D4_OK;
}

/* No opening: lines, or the text that type 4 can be. */
static enum d4_status
opening_none(struct post_opening *o)
{
	if (o->row->type != D4_TYPE_DNSCAP &&
	    o->row->opening == D4_OPENING_ONCE)
		return D4_EMALFORMED;
	if (o->sent)
		return D4_END;
	return o->cutter != NULL ? D4_OK
	                         : d4_cutter_new(o->row->cutter, &o->cutter);
}

/* The session's, in front of its first entry only. */
static enum d4_status
opening_once(struct post_opening *o, struct d4_slice bytes)
{
	if (bytes.n != POST_OPENING)
		return D4_EMALFORMED;
	if (!o->sent)
		return o->cutter == NULL ? opening_first(o, bytes) : D4_END;
	return opening_same(o, bytes.p) ? D4_OK : D4_END;
}

enum d4_status
post_opening_strip(struct post_opening *o, uint32_t n, struct d4_slice *data,
    struct d4_slice *send)
{
	struct d4_slice rest = *data, bytes;
	bool first = !o->sent;
	enum d4_status st;

	if (n > rest.n)
		return D4_EMALFORMED;
	bytes = d4_slice_skip(&rest, n);
	*send = (struct d4_slice){0};
	if (o->row->opening == D4_OPENING_EACH)
		st = opening_each(o, bytes, send);
	else if (n == 0 || o->row->opening == D4_OPENING_NONE)
		st = opening_none(o);
	else
		st = opening_once(o, bytes);
	if (st != D4_OK)
		return st;
	*data = rest;
	if (first && o->sent)
		*send = d4_slice_of(o->bytes, POST_OPENING);
	return D4_OK;
}

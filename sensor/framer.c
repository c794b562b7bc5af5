#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "libd4/kit/clock.h"
#include "sensor/framer.h"

#define FRAMER_RECORD 16322u /* payload of a frame that is one TLS record */

/* at: the reserved place of the frame under way, or NULL. */
struct framer {
	struct framer_conf conf;
	uint8_t *at;
	size_t len; /* payload bytes in it */
	uint32_t n; /* records in it */
};

enum d4_status
framer_new(const struct framer_conf *conf, struct framer **out)
{
	struct framer *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return D4_ENOMEM;
	f->conf = *conf;
	*out = f;
	return D4_OK;
}

void
framer_free(struct framer *f)
{
	free(f);
}

/* The header in front of a payload that stands in its place already. */
static enum d4_status
framer_seal(struct framer *f, uint8_t *wire, uint8_t type, size_t len)
{
	struct d4_header h = {
	    .version = D4_VERSION_1,
	    .type = type,
	    .uuid = f->conf.uuid,
	    .timestamp_s = d4_now_us() / 1000000u,
	    .size = (uint32_t)len,
	};

	d4_header_encode(&h, wire);
	return d4_hmac_seal(
	    f->conf.hmac, wire, d4_slice_of(wire + D4_HEADER_LEN, len));
}

uint64_t
framer_made(const struct framer *f)
{
	return ring_made(f->conf.ring);
}

bool
framer_pending(const struct framer *f)
{
	return f->len != 0;
}

size_t
framer_held(const struct framer *f)
{
	return f->len;
}

enum d4_status
framer_flush(struct framer *f)
{
	enum d4_status st;

	if (f->len == 0)
		return D4_OK;
	st = framer_seal(f, f->at, f->conf.type, f->len);
	if (st != D4_OK)
		return st;
	if (f->n == 0) { /* a type without records: this frame is one */
		f->conf.counts->tally.in++;
		f->n = 1;
	}
	ring_commit(f->conf.ring, D4_HEADER_LEN + f->len, f->n);
	f->at = NULL;
	f->len = 0;
	f->n = 0;
	return D4_OK;
}

/*
 * How many bytes of whole records fit into room; *n: how many records. A type
 * without a cutter has none: anything fits.
 */
static size_t
framer_span(const struct framer *f, const struct d4_cutter *c,
    struct d4_slice data, uint32_t *n)
{
	size_t room = f->conf.target - f->len, len;
	uint64_t records = 0;

	if (c != NULL)
		len = d4_cutter_fit(c, data, room, &records);
	else
		len = data.n < room ? data.n : room;
	*n = (uint32_t)records;
	return len;
}

static void
framer_drop(struct framer *f, size_t bytes)
{
	struct d4_tally *t = &f->conf.counts->tally;

	t->records[D4_R_WIRE_TOOBIG]++;
	t->bytes[D4_R_WIRE_TOOBIG] += bytes;
}

/* A frame is given up: never sent, sent once, or under way now. */
static void
framer_give_up(struct framer *f, const struct ring_frame *old, bool waits)
{
	struct ring_book *book = ring_book(f->conf.ring);
	struct d4_tally *t = &f->conf.counts->tally;

	if (!waits) {
		book->acked += old->records; /* its session may confirm it */
	} else if (old->wire_end != 0) {
		book->maybe += old->records;
		t->records[D4_R_MAYBE_LOST] += old->records;
	} else {
		book->lost += old->records;
		book->lost_bytes += old->len - D4_HEADER_LEN;
		t->records[D4_R_LOST_AT_SOURCE] += old->records;
		t->bytes[D4_R_LOST_AT_SOURCE] += old->len - D4_HEADER_LEN;
	}
	ring_book_keep(f->conf.ring);
}

/* Room in the ring; where reading shall not stop, the oldest make it. */
static uint8_t *
framer_room(struct framer *f, size_t payload)
{
	struct ring_frame old;
	bool waits;
	uint8_t *at;

	for (;;) {
		at = ring_reserve(f->conf.ring, D4_HEADER_LEN + payload);
		if (at != NULL || !f->conf.drop ||
		    !ring_drop(f->conf.ring, &old, &waits))
			return at;
		framer_give_up(f, &old, waits);
	}
}

/* One record that is larger than the target: a frame of its own. */
static enum d4_status
framer_single(
    struct framer *f, const struct d4_cutter *c, struct d4_slice *data)
{
	size_t len = d4_cutter_split(c, *data);

	assert(len != 0 && f->len == 0);
	if (len > D4_PAYLOAD_MAX) {
		framer_drop(f, len);
		(void)d4_slice_skip(data, len);
		return D4_OK;
	}
	f->at = framer_room(f, len);
	if (f->at == NULL)
		return D4_AGAIN;
	memcpy(f->at + D4_HEADER_LEN, data->p, len);
	(void)d4_slice_skip(data, len);
	f->len = len;
	f->n = 1;
	return framer_flush(f);
}

/* Copies what fits into the frame under way. */
static enum d4_status
framer_fill(struct framer *f, struct d4_slice *data, size_t len, uint32_t n)
{
	if (f->at == NULL)
		f->at = framer_room(f, f->conf.target);
	if (f->at == NULL)
		return D4_AGAIN;
	memcpy(f->at + D4_HEADER_LEN + f->len, data->p, len);
	(void)d4_slice_skip(data, len);
	f->len += len;
	f->n += n;
	return f->len == f->conf.target ? framer_flush(f) : D4_OK;
}

enum d4_status
framer_take(struct framer *f, const struct d4_cutter *c, struct d4_run *run)
{
	enum d4_status st = D4_OK;

	while (st == D4_OK && run->data.n != 0) {
		uint32_t n = 0;
		size_t len = framer_span(f, c, run->data, &n);

		if (len != 0)
			st = framer_fill(f, &run->data, len, n);
		else if (f->len != 0)
			st = framer_flush(f);
		else
			st = framer_single(f, c, &run->data);
	}
	return st;
}

enum d4_status
framer_control(
    struct framer *f, uint8_t type, struct d4_slice payload, struct d4_buf *out)
{
	while (payload.n != 0) {
		size_t n =
		    payload.n < FRAMER_RECORD ? payload.n : FRAMER_RECORD;
		enum d4_status st = d4_buf_reserve(out, D4_HEADER_LEN + n);

		if (st != D4_OK)
			return D4_ENOMEM;
		memcpy(out->p + out->n + D4_HEADER_LEN, payload.p, n);
		st = framer_seal(f, out->p + out->n, type, n);
		if (st != D4_OK)
			return st;
		(void)d4_slice_skip(&payload, n);
		out->n += D4_HEADER_LEN + n;
	}
	return D4_OK;
}

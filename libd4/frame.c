#include <assert.h>
#include <stdlib.h>
#include "libd4/frame.h"

/* Idle connections are many: what a big frame needed is given back. */
#define FRAME_KEEP 65536u

struct d4_parser {
	struct d4_buf held; /* the unfinished frame, or the one given last */
	struct d4_header header;
	size_t payload_max;
	enum d4_status failed;
	bool decoded; /* header is that of the frame under way */
	bool given;   /* held was handed out by the last call */
};

enum d4_status
d4_parser_new(size_t payload_max, struct d4_parser **out)
{
	struct d4_parser *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return D4_ENOMEM;
	p->payload_max = payload_max;
	d4_buf_init(&p->held, D4_HEADER_LEN + payload_max);
	*out = p;
	return D4_OK;
}

void
d4_parser_free(struct d4_parser *p)
{
	if (p == NULL)
		return;
	d4_buf_fini(&p->held);
	free(p);
}

/* Decodes the header at wire and refuses it before any payload is held. */
static enum d4_status
frame_header(struct d4_parser *p, const uint8_t *wire)
{
	p->failed = d4_header_decode(wire, &p->header);
	if (p->failed != D4_OK)
		return p->failed;
	p->decoded = true;
	if (p->header.size > p->payload_max)
		p->failed = D4_ETOOBIG;
	return p->failed;
}

static void
frame_give(struct d4_parser *p, const uint8_t *wire, struct d4_frame *out)
{
	out->header = p->header;
	out->wire = wire;
	out->payload = d4_slice_of(wire + D4_HEADER_LEN, p->header.size);
	p->decoded = false;
}

/* Moves bytes from *in until `want` are held. D4_AGAIN: not yet. */
static enum d4_status
frame_hold(struct d4_parser *p, struct d4_slice *in, size_t want)
{
	size_t n = want - p->held.n < in->n ? want - p->held.n : in->n;

	assert(want >= p->held.n);
	p->failed = d4_buf_add(&p->held, in->p, n);
	if (p->failed != D4_OK)
		return p->failed;
	d4_slice_skip(in, n);
	return p->held.n == want ? D4_OK : D4_AGAIN;
}

/* The frame began in an earlier call, or does not lie whole in *in. */
static enum d4_status
frame_joined(struct d4_parser *p, struct d4_slice *in, struct d4_frame *out)
{
	enum d4_status st;

	if (p->held.n < D4_HEADER_LEN) {
		st = frame_hold(p, in, D4_HEADER_LEN);
		if (st != D4_OK)
			return st;
	}
	if (!p->decoded) {
		st = frame_header(p, p->held.p);
		if (st != D4_OK)
			return st;
	}
	st = frame_hold(p, in, D4_HEADER_LEN + (size_t)p->header.size);
	if (st != D4_OK)
		return st;
	p->given = true;
	frame_give(p, p->held.p, out);
	return D4_OK;
}

enum d4_status
d4_parser_feed(struct d4_parser *p, struct d4_slice *in, struct d4_frame *out)
{
	enum d4_status st;
	const uint8_t *wire;

	if (p->failed != D4_OK)
		return p->failed;
	if (p->given) {
		d4_buf_clear(&p->held, FRAME_KEEP);
		p->given = false;
	}
	if (p->held.n != 0 || in->n < D4_HEADER_LEN)
		return frame_joined(p, in, out);
	st = frame_header(p, in->p);
	if (st != D4_OK)
		return st;
	if (in->n - D4_HEADER_LEN < p->header.size)
		return frame_joined(p, in, out);
	wire = d4_slice_skip(in, D4_HEADER_LEN + (size_t)p->header.size).p;
	frame_give(p, wire, out);
	return D4_OK;
}

const struct d4_header *
d4_parser_header(const struct d4_parser *p)
{
	return p->decoded ? &p->header : NULL;
}

size_t
d4_parser_held(const struct d4_parser *p)
{
	return p->given ? 0 : p->held.n;
}

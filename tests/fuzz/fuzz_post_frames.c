/*
 * Entries of any content to frames. The first byte chooses the type, then
 * come entries: records announced u8, opening u8, length u16, data. Whatever
 * they hold, frames are whole, sealed, never empty nor too large, and every
 * record that was announced is told once, as sent or with its reason.
 */
#include <assert.h>
#include <stdlib.h>
#include "libd4/frame.h"
#include "relay/post_frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz {
	struct d4_hmac *hmac;
	struct d4_parser *parser;
	const struct d4_type_row *row;
	struct post_frames *f;
	struct post_place at;
	uint64_t told;
	size_t in, out;
};

static void
take(struct fuzz *z, const struct post_frame *fr)
{
	struct d4_slice in = fr->wire;
	struct d4_frame f;
	size_t head = post_frames_head(in.n);

	assert(d4_parser_feed(z->parser, &in, &f) == D4_OK);
	assert(in.n == 0 && f.payload.n > 0);
	assert(d4_hmac_check(z->hmac, f.wire, f.payload) == D4_OK);
	assert(f.header.type == z->row->type ||
	       (f.header.type == 2 && z->out == 0));
	assert(head < fr->wire.n);
	if (f.header.type != 2)
		z->out += f.payload.n;
}

static void
mark(struct fuzz *z, const struct post_frame *fr)
{
	const struct post_counts *c = &fr->counts;

	if (!fr->marked)
		return;
	assert(fr->at.seq > z->at.seq ||
	       (fr->at.seq == z->at.seq && fr->at.part >= z->at.part));
	z->at = fr->at;
	z->told += c->fresh + c->again + c->toobig + c->damaged;
}

static void
flush(struct fuzz *z)
{
	struct post_frame fr;

	for (int i = 0; i < 2; i++) {
		if (post_frames_flush(z->f, &fr) == D4_OK)
			take(z, &fr);
		mark(z, &fr);
	}
}

static void
give(struct fuzz *z, const struct d4_spool_entry *e)
{
	struct post_take t = {.again = e->seq % 5};
	enum d4_status st = post_frames_entry(z->f, e, t);
	struct post_frame fr;

	if (st == D4_END) {
		flush(z);
		post_frames_begin(z->f);
		z->at = (struct post_place){.seq = 0};
		st = post_frames_entry(z->f, e, t);
	}
	assert(st == D4_OK);
	while ((st = post_frames_next(z->f, &fr)) == D4_OK) {
		take(z, &fr);
		mark(z, &fr);
	}
	assert(st == D4_AGAIN);
}

static const struct d4_type_row *
row(uint8_t b)
{
	static const uint8_t types[] = {1, 3, 6, 8};

	return b % 5 == 4 ? d4_type_handler("lines")
	                  : d4_type_find(types[b % 5]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct d4_slice in = d4_slice_of(data, size);
	struct fuzz z = {.told = 0};
	struct post_framing of;
	uint64_t announced = 0, seq = 0;

	if (size == 0)
		return 0;
	z.row = row(d4_slice_skip(&in, 1).p[0]);
	if (d4_hmac_new(d4_slice_str("k"), &z.hmac) != D4_OK ||
	    d4_parser_new(D4_PAYLOAD_MAX, &z.parser) != D4_OK)
		abort();
	of = (struct post_framing){.row = z.row,
	    .hmac = z.hmac,
	    .meta = d4_slice_str("{\"type\":\"x\"}")};
	assert(post_frames_new(&of, &z.f) == D4_OK);
	while (in.n >= 4) {
		const uint8_t *h = d4_slice_skip(&in, 4).p;
		size_t n = (size_t)h[2] | (size_t)h[3] << 8;
		struct d4_spool_entry e = {
		    .seq = ++seq, .n = h[0], .opening = h[1]};

		e.data = d4_slice_skip(&in, n < in.n ? n : in.n);
		z.in += e.data.n;
		announced += e.n;
		give(&z, &e);
	}
	flush(&z);
	assert(z.at.seq == seq && z.at.part == 0);
	assert(z.told >= announced);
	assert(z.out <= z.in);
	post_frames_free(z.f);
	d4_parser_free(z.parser);
	d4_hmac_free(z.hmac);
	return 0;
}

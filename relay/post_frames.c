#include <stdlib.h>
#include <string.h>
#include "relay/post_frames.h"
#include "relay/post_opening.h"

#define FRAMES_RECORD 16384u /* plaintext of one TLS record */
#define FRAMES_LEAST  62u    /* a stock server keeps less than that back */
#define FRAMES_META   (FRAMES_RECORD - D4_HEADER_LEN)
#define FRAMES_KEEP   65536u /* allocation kept for the next frame */

/*
 * struct post_frames
 * Shape:  buf: room for a header, then the payload held. given: handed out.
 *         rest: not taken yet of the entry `seq`, of which `done` records
 *         are, `left` are not, and the first `again` were sent before. whole:
 *         the last one taken. counts: taken or passed, and not told yet.
 */
struct post_frames {
	struct post_framing of;
	struct d4_buf buf;
	bool given;
	uint64_t t_s;
	struct d4_slice meta;
	struct d4_slice rest;
	uint64_t seq, entry_t_us;
	uint64_t done, left, again;
	size_t header; /* bytes of it in front of a payload */
	bool taking;
	struct post_counts counts;
	uint64_t whole;
	bool marked;
	struct post_opening opening;
};

enum d4_status
post_frames_new(const struct post_framing *of, struct post_frames **out)
{
	struct post_frames *f;

	if (of->row->type == D4_TYPE_EXTENDED && of->meta.n == 0 &&
	    of->shape == NULL)
		return D4_EINVAL;
	f = calloc(1, sizeof(*f));
	if (f == NULL)
		return D4_ENOMEM;
	f->of = *of;
	f->opening.row = of->row;
	f->header = of->shape == NULL ? D4_HEADER_LEN : 0;
	d4_buf_init(&f->buf, D4_HEADER_LEN + D4_PAYLOAD_MAX);
	post_frames_begin(f);
	*out = f;
	return D4_OK;
}

void
post_frames_free(struct post_frames *f)
{
	if (f == NULL)
		return;
	post_opening_begin(&f->opening);
	d4_buf_fini(&f->buf);
	free(f);
}

/* Room for the next header; nothing of a payload. */
static void
frames_empty(struct post_frames *f)
{
	d4_buf_clear(&f->buf, FRAMES_KEEP);
	f->given = false;
}

void
post_frames_begin(struct post_frames *f)
{
	d4_buf_fini(&f->buf); /* many lanes, few sessions */
	d4_buf_init(&f->buf, D4_HEADER_LEN + D4_PAYLOAD_MAX);
	f->given = false;
	post_opening_begin(&f->opening);
	f->meta = f->of.row->type == D4_TYPE_EXTENDED ? f->of.meta
	                                              : (struct d4_slice){0};
	f->rest = (struct d4_slice){0};
	f->taking = f->marked = false;
	f->counts = (struct post_counts){.fresh = 0};
	f->whole = f->done = 0;
}

size_t
post_frames_held(const struct post_frames *f)
{
	if (f->given || f->buf.n <= f->header)
		return 0;
	return f->buf.n - f->header;
}

/* Adds to the payload; in front of the first byte the header gets its room. */
static enum d4_status
frames_put(struct post_frames *f, struct d4_slice s)
{
	static const uint8_t zero[D4_HEADER_LEN];
	enum d4_status st = D4_OK;

	if (f->given)
		frames_empty(f);
	if (f->buf.n == 0) {
		st = d4_buf_add(&f->buf, zero, f->header);
		f->t_s = f->entry_t_us / 1000000;
	}
	if (st == D4_OK)
		st = d4_buf_add(&f->buf, s.p, s.n);
	if (st == D4_OK)
		post_opening_number(
		    &f->opening, f->buf.p + (f->buf.n - s.n), s.n);
	return st;
}

/* Takes records off the front of the entry that are not to be sent. */
static void
frames_skip(struct post_frames *f, uint64_t n)
{
	size_t len;

	while (f->done < n && f->rest.n != 0) {
		len = d4_cutter_split(f->opening.cutter, f->rest);
		if (len == 0)
			f->rest.n = 0; /* worth nothing, see frames_odd */
		(void)d4_slice_skip(&f->rest, len);
		f->done++;
	}
	f->done = n;
	f->left -= n < f->left ? n : f->left;
}

enum d4_status
post_frames_entry(
    struct post_frames *f, const struct d4_spool_entry *e, struct post_take t)
{
	struct d4_slice data = e->data, send = {0};
	enum d4_status st;

	f->entry_t_us = e->t_first_us;
	if (t.coarse_us != 0)
		f->entry_t_us -= f->entry_t_us % t.coarse_us;
	st = post_opening_strip(&f->opening, e->opening, &data, &send);
	if (st == D4_OK && send.n != 0) {
		st = frames_put(f, send);
		if (st != D4_OK)
			post_opening_begin(&f->opening);
	}
	if (st != D4_OK && st != D4_EMALFORMED)
		return st;
	f->seq = e->seq;
	f->again = t.again;
	f->taking = true;
	f->left = e->n;
	f->done = 0;
	f->rest = st == D4_OK ? data : (struct d4_slice){0};
	frames_skip(f, t.skip);
	return D4_OK;
}

void
post_frames_pass(
    struct post_frames *f, uint64_t seq, const struct post_counts *c)
{
	post_counts_add(&f->counts, c);
	f->whole = seq;
	f->done = 0;
	f->marked = true;
}

/* The entry is taken: what it announced and did not hold is damaged. */
static void
frames_entry_end(struct post_frames *f)
{
	if (!f->taking)
		return;
	post_frames_pass(f, f->seq, &(struct post_counts){.damaged = f->left});
	f->rest = (struct d4_slice){0};
	f->left = 0;
	f->taking = false;
}

/* ---- frames ---- */

/* n records more of the entry are taken. */
static void
frames_done(struct post_frames *f, uint64_t n)
{
	f->done += n;
	f->left -= n < f->left ? n : f->left;
	f->marked = true;
}

static void
frames_count(struct post_frames *f, uint64_t n)
{
	uint64_t old = f->again > f->done ? f->again - f->done : 0;

	if (old > n)
		old = n;
	f->counts.again += old;
	f->counts.fresh += n - old;
	frames_done(f, n);
}

/* Hands out the payload as a frame of a type. */
static enum d4_status
frames_seal(struct post_frames *f, uint8_t type, struct post_frame *out)
{
	size_t n = post_frames_held(f);
	struct d4_header h = {
	    .version = D4_VERSION_1,
	    .type = type,
	    .uuid = f->of.uuid,
	    .timestamp_s = f->t_s,
	    .size = (uint32_t)n,
	};
	enum d4_status st = D4_OK;

	if (f->of.shape == NULL) {
		d4_header_encode(&h, f->buf.p);
		st = d4_hmac_seal(f->of.hmac, f->buf.p,
		    d4_slice_of(f->buf.p + D4_HEADER_LEN, n));
	}
	if (st != D4_OK)
		return st;
	out->wire = d4_buf_slice(&f->buf);
	f->given = true;
	return D4_OK;
}

/* What is taken is told with the frame that empties the buffer. */
static void
frames_tell(struct post_frames *f, struct post_frame *out)
{
	out->marked = f->marked;
	out->at = (struct post_place){f->whole, f->done};
	out->counts = f->counts;
	f->counts = (struct post_counts){.fresh = 0};
	f->marked = false;
}

static enum d4_status
frames_emit(struct post_frames *f, struct post_frame *out)
{
	enum d4_status st = frames_seal(f, f->of.row->type, out);

	if (st == D4_OK)
		frames_tell(f, out);
	return st;
}

/* The meta header in front, as the clients send it: frames of type 2. */
static enum d4_status
frames_meta(struct post_frames *f, struct post_frame *out)
{
	size_t n = f->meta.n < FRAMES_META ? f->meta.n : FRAMES_META;
	enum d4_status st;

	st = frames_put(f, d4_slice_of(f->meta.p, n));
	if (st == D4_OK)
		st = frames_seal(f, D4_TYPE_META, out);
	if (st == D4_OK)
		(void)d4_slice_skip(&f->meta, n);
	else
		frames_empty(f);
	return st;
}

static enum d4_status
frames_toobig(struct post_frames *f, size_t len)
{
	f->counts.toobig++;
	frames_done(f, 1);
	(void)d4_slice_skip(&f->rest, len);
	return D4_AGAIN;
}

/* The first record has no room in the frame that is held. D4_AGAIN: go on. */
static enum d4_status
frames_odd(struct post_frames *f, struct post_frame *out)
{
	size_t len = d4_cutter_split(f->opening.cutter, f->rest);
	enum d4_status st;

	if (len == 0) { /* no record: the rest of the entry is worth nothing */
		f->rest.n = 0;
		return D4_AGAIN;
	}
	if (len > D4_PAYLOAD_MAX)
		return frames_toobig(f, len);
	if (post_frames_held(f) != 0)
		return frames_emit(f, out);
	st = frames_put(f, d4_slice_of(f->rest.p, len));
	if (st != D4_OK)
		return st;
	frames_count(f, 1);
	(void)d4_slice_skip(&f->rest, len);
	return D4_AGAIN;
}

/* The first record as the shape wants it. D4_AGAIN: go on. */
static enum d4_status
frames_shaped(struct post_frames *f, struct post_frame *out)
{
	const struct sink_shape *s = f->of.shape;
	size_t len = d4_cutter_split(f->opening.cutter, f->rest);
	struct sink_record r = {d4_slice_of(f->rest.p, len), f->entry_t_us};
	size_t held = post_frames_held(f);
	enum d4_status st;

	if (len == 0) {
		f->rest.n = 0;
		return D4_AGAIN;
	}
	if (held != 0 && (s->alone || held >= f->of.row->frame_max))
		return frames_emit(f, out);
	st = s->put(f->of.line, &r, &f->buf);
	if (st == D4_ETOOBIG)
		return frames_toobig(f, len);
	if (st != D4_OK)
		return st;
	frames_count(f, 1);
	(void)d4_slice_skip(&f->rest, len);
	return D4_AGAIN;
}

enum d4_status
post_frames_next(struct post_frames *f, struct post_frame *out)
{
	enum d4_status st = D4_AGAIN;
	size_t held, room, n;
	uint64_t records;

	if (f->given)
		frames_empty(f);
	*out = (struct post_frame){.marked = false};
	if (f->meta.n != 0 && f->taking)
		return frames_meta(f, out);
	while (f->rest.n != 0 && st == D4_AGAIN) {
		if (f->of.shape != NULL && f->of.shape->put != NULL) {
			st = frames_shaped(f, out);
			continue;
		}
		held = post_frames_held(f);
		room = held < f->of.row->frame_max ? f->of.row->frame_max - held
		                                   : 0;
		n = d4_cutter_fit(f->opening.cutter, f->rest, room, &records);
		if (n == 0) {
			st = frames_odd(f, out);
			continue;
		}
		if (frames_put(f, d4_slice_of(f->rest.p, n)) != D4_OK)
			return D4_ENOMEM;
		frames_count(f, records);
		(void)d4_slice_skip(&f->rest, n);
	}
	if (st == D4_AGAIN)
		frames_entry_end(f);
	return st;
}

enum d4_status
post_frames_flush(struct post_frames *f, struct post_frame *out)
{
	if (f->given)
		frames_empty(f);
	*out = (struct post_frame){.marked = false};
	if (post_frames_held(f) != 0)
		return frames_emit(f, out);
	frames_tell(f, out);
	return D4_AGAIN;
}

size_t
post_frames_head(size_t frame)
{
	size_t last = frame % FRAMES_RECORD;

	if (frame <= FRAMES_RECORD || last == 0 || last >= FRAMES_LEAST)
		return 0;
	return last + FRAMES_LEAST;
}

/* A session of frames put together again, for the tests of post_frames. */
#ifndef POST_FRAMES_WORLD_H
#define POST_FRAMES_WORLD_H

#include "test.h"
#include "libd4/frame.h"
#include "relay/post_frames.h"

#define KEY "a key"

/* What the frames of a session said, put together again. */
struct seen {
	struct d4_buf data, meta;
	unsigned frames, meta_frames;
	size_t largest;
	uint64_t seq, part;
	struct post_counts counts;
};

struct world {
	struct d4_hmac *hmac;
	struct post_frames *f;
	const struct d4_type_row *row;
	struct seen seen;
	uint8_t *room;
};

static inline int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	if (w == NULL || d4_hmac_new(d4_slice_str(KEY), &w->hmac) != D4_OK)
		return -1;
	w->room = malloc(4 << 20);
	d4_buf_init(&w->seen.data, 16 << 20);
	d4_buf_init(&w->seen.meta, 1 << 20);
	*state = w;
	return w->room == NULL ? -1 : 0;
}

static inline int
teardown(void **state)
{
	struct world *w = *state;

	post_frames_free(w->f);
	d4_hmac_free(w->hmac);
	d4_buf_fini(&w->seen.data);
	d4_buf_fini(&w->seen.meta);
	free(w->room);
	free(w);
	return 0;
}

static inline void
make(struct world *w, const struct d4_type_row *row, const char *meta)
{
	struct post_framing of = {
	    .row = row, .hmac = w->hmac, .meta = d4_slice_str(meta)};

	memset(of.uuid.b, 0x11, sizeof(of.uuid.b));
	d4_uuid_force(&of.uuid, 4);
	w->row = row;
	assert_int_equal(post_frames_new(&of, &w->f), D4_OK);
}

/* Every frame is whole, sealed, of the right type and never empty. */
static inline void
take(struct world *w, const struct post_frame *fr)
{
	struct d4_parser *p = NULL;
	struct d4_slice in = fr->wire;
	struct d4_frame f;
	bool meta;

	assert_int_equal(d4_parser_new(D4_PAYLOAD_MAX, &p), D4_OK);
	assert_int_equal(d4_parser_feed(p, &in, &f), D4_OK);
	assert_int_equal(in.n, 0);
	assert_true(f.payload.n > 0);
	assert_int_equal(d4_hmac_check(w->hmac, f.wire, f.payload), D4_OK);
	assert_true(d4_uuid_is_v4(&f.header.uuid));
	meta = f.header.type == D4_TYPE_META;
	assert_true(meta || f.header.type == w->row->type);
	assert_true(!meta || w->seen.data.n == 0);
	assert_int_equal(d4_buf_add(meta ? &w->seen.meta : &w->seen.data,
			     f.payload.p, f.payload.n),
	    D4_OK);
	*(meta ? &w->seen.meta_frames : &w->seen.frames) += 1;
	if (f.payload.n > w->seen.largest)
		w->seen.largest = f.payload.n;
	d4_parser_free(p);
}

static inline void
mark(struct world *w, const struct post_frame *fr)
{
	if (!fr->marked)
		return;
	assert_true(fr->at.seq > w->seen.seq ||
		    (fr->at.seq == w->seen.seq && fr->at.part >= w->seen.part));
	w->seen.seq = fr->at.seq;
	w->seen.part = fr->at.part;
	post_counts_add(&w->seen.counts, &fr->counts);
}

static inline struct d4_spool_entry
entry(uint64_t seq, struct d4_slice data, uint32_t n, uint32_t opening)
{
	return (struct d4_spool_entry){.seq = seq,
	    .n = n,
	    .opening = opening,
	    .t_first_us = 1700000000000000u + seq,
	    .data = data};
}

/* Takes the frames of the entry that was given. */
static inline void
drive(struct world *w)
{
	struct post_frame fr;
	enum d4_status st;

	while ((st = post_frames_next(w->f, &fr)) == D4_OK) {
		take(w, &fr);
		mark(w, &fr);
	}
	assert_int_equal(st, D4_AGAIN);
}

static inline void
give(struct world *w, const struct d4_spool_entry *e)
{
	assert_int_equal(
	    post_frames_entry(w->f, e, (struct post_take){0}), D4_OK);
	drive(w);
}

static inline void
flush(struct world *w)
{
	struct post_frame fr;
	enum d4_status st = post_frames_flush(w->f, &fr);

	if (st == D4_OK)
		take(w, &fr);
	else
		assert_int_equal(st, D4_AGAIN);
	mark(w, &fr);
}

static inline void
give_text(struct world *w, uint64_t seq, const char *text, uint32_t n)
{
	struct d4_spool_entry e = entry(seq, d4_slice_str(text), n, 0);

	give(w, &e);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif

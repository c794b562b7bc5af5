/* What a cutter makes of a stream, as one text of bytes to compare. */
#ifndef STREAM_H
#define STREAM_H

#include "test.h"
#include "prop.h"
#include "libd4/cutter.h"
#include "libd4/fnv.h"

#define STREAM_MAX (8u << 20)

/* Which opening a record stands under. */
static inline unsigned
stream_opening(const struct d4_cutter *c)
{
	struct d4_slice s = d4_cutter_opening(c);

	assert_true(s.n <= D4_OPENING_MAX);
	return d4_fnv32(D4_FNV32, s);
}

/* Notes each record by itself, so that runs of any length look the same. */
static inline void
stream_note(struct d4_buf *log, const struct d4_cutter *c, struct d4_run run)
{
	struct d4_slice rest = run.data;
	uint64_t n = 0;

	assert_int_equal(
	    d4_buf_addf(log, "[%s ", d4_reason_name(run.reason)), D4_OK);
	if (run.reason != D4_R_NONE) {
		assert_int_equal(rest.n, 0);
		assert_int_equal(
		    d4_buf_addf(log, "%llu %llu]", (unsigned long long)run.n,
			(unsigned long long)run.bytes),
		    D4_OK);
		return;
	}
	assert_int_equal(run.bytes, run.data.n);
	for (size_t len; (len = d4_cutter_split(c, rest)) != 0; n++) {
		struct d4_slice one = d4_slice_skip(&rest, len);

		assert_int_equal(
		    d4_buf_addf(log, "%s%zu,%x:", n ? "][none " : "", len,
			stream_opening(c)),
		    D4_OK);
		assert_int_equal(d4_buf_add(log, one.p, one.n), D4_OK);
	}
	assert_int_equal(rest.n, 0);
	assert_true(n == run.n && n > 0);
	assert_int_equal(d4_buf_adds(log, "]"), D4_OK);
}

/* Feeds s in one piece (cut NULL) or in random ones; each a fresh copy. */
static inline void
stream_cut(const struct d4_cutter_kind *kind, struct d4_slice s,
    struct prop *cut, struct d4_buf *log)
{
	enum d4_status st = D4_AGAIN;
	struct d4_cutter *c = NULL;
	struct d4_run run;

	log->n = 0;
	assert_int_equal(d4_cutter_new(kind, &c), D4_OK);
	while (s.n != 0 && st == D4_AGAIN) {
		size_t n = cut != NULL ? prop_cut(cut, s.n) : s.n;
		uint8_t *copy = malloc(n);
		struct d4_slice in = {copy, n};

		assert_non_null(copy);
		memcpy(copy, d4_slice_skip(&s, n).p, n);
		while ((st = d4_cutter_feed(c, &in, &run)) == D4_OK)
			stream_note(log, c, run);
		assert_true(st != D4_AGAIN || in.n == 0);
		free(copy);
	}
	assert_int_equal(
	    d4_buf_addf(log, "{%d %s %x ", st == D4_AGAIN ? 0 : (int)st,
		d4_reason_name(c->failed), d4_cutter_variant(c)),
	    D4_OK);
	s = d4_cutter_opening(c);
	assert_int_equal(d4_buf_add(log, s.p, s.n), D4_OK);
	st = d4_cutter_finish(c, &run);
	if (st == D4_ETRUNC)
		stream_note(log, c, run);
	assert_int_equal(d4_buf_addf(log, " %d}", (int)st), D4_OK);
	d4_cutter_free(c);
}

#endif

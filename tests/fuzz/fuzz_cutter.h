/*
 * A stream through a cutter, whole and in pieces: both must give the same
 * records, and never more bytes than came. The first byte of the input says
 * how long the pieces are.
 */
#ifndef FUZZ_CUTTER_H
#define FUZZ_CUTTER_H

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "libd4/cutter.h"

/* What of a stream must not depend on its cuts. */
struct fuzz_sum {
	uint64_t records[D4_REASON_MAX];
	uint64_t bytes[D4_REASON_MAX];
	uint64_t hash;
	uint64_t failed;
	uint64_t variant;
};

static inline uint64_t
fuzz_hash(uint64_t hash, struct d4_slice s)
{
	for (size_t i = 0; i < s.n; i++)
		hash = (hash ^ s.p[i]) * 1099511628211u;
	return hash;
}

/* What fits is what is cut one by one, whatever the room. */
static inline void
fuzz_fit(const struct d4_cutter *c, struct d4_slice data)
{
	struct d4_slice at = data;
	size_t sum = 0, len;
	uint64_t n, records = 0;

	for (; (len = d4_cutter_split(c, at)) != 0; records++) {
		assert(d4_cutter_fit(c, data, sum, &n) == sum);
		assert(n == records);
		assert(d4_cutter_fit(c, data, sum + len - 1, &n) == sum);
		assert(n == records);
		(void)d4_slice_skip(&at, len);
		sum += len;
	}
	assert(d4_cutter_fit(c, data, SIZE_MAX, &n) == sum && n == records);
}

static inline void
fuzz_note(struct fuzz_sum *sum, const struct d4_cutter *c, struct d4_run run)
{
	struct d4_slice rest = run.data;
	uint64_t opening = fuzz_hash(0, d4_cutter_opening(c)), n = 0;

	assert(d4_cutter_opening(c).n <= D4_OPENING_MAX);

	sum->records[run.reason] += run.n;
	sum->bytes[run.reason] += run.bytes;
	for (size_t len; (len = d4_cutter_split(c, rest)) != 0; n++) {
		sum->hash =
		    fuzz_hash(sum->hash ^ opening, d4_slice_skip(&rest, len));
	}
	assert(rest.n == 0);
	if (run.n < 100) /* it is quadratic */
		fuzz_fit(c, run.data);
	assert(n == (run.reason == D4_R_NONE ? run.n : 0));
	assert(run.reason != D4_R_NONE || run.bytes == run.data.n);
}

static inline struct fuzz_sum
fuzz_run(const struct d4_cutter_kind *kind, struct d4_slice s, size_t step)
{
	enum d4_status st = D4_AGAIN;
	struct d4_cutter *c = NULL;
	struct fuzz_sum sum;
	struct d4_run run;

	memset(&sum, 0, sizeof(sum));
	if (d4_cutter_new(kind, &c) != D4_OK)
		abort();
	while (s.n != 0 && st == D4_AGAIN) {
		struct d4_slice in = d4_slice_skip(&s, s.n < step ? s.n : step);

		while ((st = d4_cutter_feed(c, &in, &run)) == D4_OK)
			fuzz_note(&sum, c, run);
		assert(st == D4_AGAIN ? in.n == 0 : c->failed != D4_R_NONE);
	}
	sum.failed = c->failed;
	sum.variant = d4_cutter_variant(c);
	if (d4_cutter_finish(c, &run) == D4_ETRUNC)
		fuzz_note(&sum, c, run);
	d4_cutter_free(c);
	return sum;
}

static inline void
fuzz_cutter(const struct d4_cutter_kind *kind, const uint8_t *data, size_t size)
{
	struct fuzz_sum whole, cut;
	struct d4_slice s;

	if (size == 0)
		return;
	s = d4_slice_of(data + 1, size - 1);
	whole = fuzz_run(kind, s, SIZE_MAX);
	cut = fuzz_run(kind, s, 1u + data[0]);
	assert(memcmp(&whole, &cut, sizeof(whole)) == 0);
}

#endif

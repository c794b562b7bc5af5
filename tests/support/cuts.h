/* A stream that comes to a cutter in pieces. */
#ifndef CUTS_H
#define CUTS_H

#include "test.h"
#include "guard.h"
#include "libd4/cutter.h"

/* struct cuts -- rest: of the stream; cut: bytes of a piece, in: the last. */
struct cuts {
	struct d4_slice rest;
	size_t cut;
	struct d4_slice in;
};

/* cuts_next -- feeds until there is a run; false: the stream is used up. */
static inline bool
cuts_next(struct cuts *s, struct d4_cutter *c, struct d4_run *run)
{
	while (s->in.p == NULL || d4_cutter_feed(c, &s->in, run) != D4_OK) {
		size_t n = s->rest.n < s->cut ? s->rest.n : s->cut;

		assert_int_equal(s->in.n, 0);
		if (n == 0)
			return false;
		s->in = d4_slice_skip(&s->rest, n);
	}
	return true;
}

/* cuts_guarded -- no byte behind s is read, however early s ends. */
static inline void
cuts_guarded(const struct d4_cutter_kind *kind, struct d4_slice s)
{
	for (size_t n = 0; n <= s.n; n++) {
		struct d4_cutter *c = NULL;
		struct d4_run run;
		struct guard g;
		struct d4_slice in = guard_new(&g, d4_slice_of(s.p, n));

		assert_int_equal(d4_cutter_new(kind, &c), D4_OK);
		while (d4_cutter_feed(c, &in, &run) == D4_OK)
			assert_int_equal(run.reason, D4_R_NONE);
		assert_int_equal(c->failed, D4_R_NONE);
		guard_free(&g);
		d4_cutter_free(c);
	}
}

#endif

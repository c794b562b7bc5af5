#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "sanitizers/breaker.h"

static void
breaker_feed(
    struct san_breaker *b, struct d4_tally *t, unsigned n, enum d4_reason why)
{
	for (unsigned i = 0; i < n; i++) {
		t->in++;
		t->records[why]++;
		san_breaker_note(b, t, why);
	}
}

static void
malformed_input_never_opens_it(void **state)
{
	struct san_breaker b = {0};
	struct d4_tally t = {0};

	(void)state;
	breaker_feed(&b, &t, 100000, D4_R_IP4_HDR);
	breaker_feed(&b, &t, 100000, D4_R_INTO_CONFLICT);
	assert_int_equal(b.why, D4_R_NONE);
}

static void
an_internal_error_or_a_canary_opens_it_at_once(void **state)
{
	static const enum d4_reason rows[] = {D4_R_INTERNAL, D4_R_CANARY};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct san_breaker b = {0};
		struct d4_tally t = {0};

		breaker_feed(&b, &t, 1, rows[i]);
		assert_int_equal(b.why, rows[i]);
	}
}

static void
hits_open_it_above_one_in_a_thousand_of_at_least_a_thousand(void **state)
{
	static const struct {
		unsigned before, hits, after;
		bool open;
	} rows[] = {
	    {0, 5, 993, false},  /* too few to say anything */
	    {0, 5, 995, true},   /* the thousandth decides */
	    {999, 1, 0, false},  /* exactly 0.1 % */
	    {1998, 2, 0, false}, /* exactly 0.1 % */
	    {1997, 2, 0, true},
	    {100000, 100, 0, false},
	    {100000, 101, 0, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct san_breaker b = {0};
		struct d4_tally t = {0};

		breaker_feed(&b, &t, rows[i].before, D4_R_NONE);
		breaker_feed(&b, &t, rows[i].hits, D4_R_SELFCHECK);
		breaker_feed(&b, &t, rows[i].after, D4_R_NONE);
		assert_int_equal(b.why != D4_R_NONE, rows[i].open);
	}
}

/* Some hits among so many records; then only what is released. */
static void
a_calm_one_is_not_opened_by_what_is_released(void **state)
{
	unsigned calm = 0, opened = 0;

	(void)state;
	for (unsigned seen = 0; seen < 4000; seen += 37) {
		for (unsigned hits = 0; hits < 7 && hits <= seen; hits++) {
			struct san_breaker b = {.base_in = 5, .base_hits = 2};
			struct d4_tally t = {.in = 5 + seen};
			bool was;

			t.records[D4_R_SELFCHECK] = 2 + hits;
			was = san_breaker_calm(&b, &t);
			breaker_feed(&b, &t, 5000, D4_R_NONE);
			assert_true(!was || b.why == D4_R_NONE);
			calm += was && hits > 0;
			opened += b.why != D4_R_NONE;
			assert_int_equal(
			    san_breaker_calm(&b, &t), b.why == D4_R_NONE);
		}
	}
	assert_true(calm > 100 && opened > 100);
}

static void
closing_it_begins_a_new_count(void **state)
{
	struct san_breaker b = {0};
	struct d4_tally t = {0};

	(void)state;
	breaker_feed(&b, &t, 2000, D4_R_NONE);
	breaker_feed(&b, &t, 3, D4_R_SELFCHECK);
	assert_int_equal(b.why, D4_R_SELFCHECK);
	san_breaker_close(&b, &t);
	breaker_feed(&b, &t, 2000, D4_R_NONE);
	breaker_feed(&b, &t, 2, D4_R_SELFCHECK);
	assert_int_equal(b.why, D4_R_NONE);
	breaker_feed(&b, &t, 1, D4_R_SELFCHECK);
	assert_int_equal(b.why, D4_R_SELFCHECK);
}

static void
one_that_was_open_is_open_until_it_is_closed(void **state)
{
	struct san_breaker b = {0};
	struct d4_tally t = {0};

	(void)state;
	san_breaker_open(&b, D4_R_CANARY);
	assert_int_equal(b.why, D4_R_CANARY);
	san_breaker_open(&b, D4_R_SELFCHECK);
	assert_int_equal(b.why, D4_R_CANARY);
	breaker_feed(&b, &t, 2000, D4_R_NONE);
	assert_int_equal(b.why, D4_R_CANARY);
	san_breaker_close(&b, &t);
	assert_int_equal(b.why, D4_R_NONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(malformed_input_never_opens_it),
	    cmocka_unit_test(an_internal_error_or_a_canary_opens_it_at_once),
	    cmocka_unit_test(
		hits_open_it_above_one_in_a_thousand_of_at_least_a_thousand),
	    cmocka_unit_test(a_calm_one_is_not_opened_by_what_is_released),
	    cmocka_unit_test(closing_it_begins_a_new_count),
	    cmocka_unit_test(one_that_was_open_is_open_until_it_is_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

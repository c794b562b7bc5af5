#include "sanitizers/pdns_window.h"
#include "test.h"

static struct san_window *
window(unsigned k, uint32_t span_s, uint64_t bytes)
{
	struct san_window_conf conf = {
	    .k = k, .span_s = span_s, .bytes = bytes, .check = 42};
	struct san_window *w = NULL;

	assert_int_equal(san_window_new(&conf, &w), D4_OK);
	return w;
}

static bool
seen(struct san_window *w, uint64_t key, uint64_t witness, uint32_t t)
{
	uint64_t both[2] = {key, key * 0x9e3779b97f4a7c15u};

	return san_window_seen(w, both, witness, t);
}

static void
a_key_is_released_with_the_k_th_distinct_witness(void **state)
{
	(void)state;
	for (unsigned k = 2; k <= SAN_WINDOW_K_MAX; k++) {
		struct san_window *w = window(k, 100, 1 << 20);

		for (unsigned i = 0; i < 3 * k; i++)
			assert_int_equal(
			    seen(w, 7, i / 2 % k, 1000), i >= 2 * k - 2);
		assert_false(seen(w, 8, 0, 1000)); /* another key */
		san_window_free(w);
	}
}

struct step {
	uint64_t witness;
	uint32_t t;
	bool released;
};

static void
run(unsigned k, uint32_t span, const struct step *steps, size_t n)
{
	struct san_window *w = window(k, span, 1 << 20);

	for (size_t i = 0; i < n; i++) {
		if (seen(w, 1, steps[i].witness, steps[i].t) !=
		    steps[i].released)
			fail_msg("step %zu", i);
	}
	san_window_free(w);
}

static void
witnesses_count_only_within_the_span(void **state)
{
	static const struct step late[] = {{1, 100, false}, {2, 200, false},
	    {1, 201, true}, {2, 250, true}, {1, 349, true}, {1, 350, false},
	    {2, 370, true}};
	static const struct step three[] = {{1, 10, false}, {2, 60, false},
	    {3, 110, false}, {1, 115, true}, {4, 159, true}, {4, 300, false}};

	(void)state;
	run(2, 100, late, COUNT(late));
	run(3, 100, three, COUNT(three));
}

static void
records_may_come_out_of_order(void **state)
{
	static const struct step steps[] = {{1, 1000, false}, {2, 950, true},
	    {3, 880, false}, {4, 899, true}, {5, 5, false}};

	(void)state;
	run(2, 100, steps, 2);
	run(2, 100, steps + 2, 3);
}

static void
a_time_far_away_counts_with_none_and_keeps_no_place(void **state)
{
	static const struct step steps[] = {{1, 4000000000u, false},
	    {2, 4000000000u, true}, {3, 1000, false}, {4, 1001, true},
	    {5, UINT32_MAX, false}, {6, UINT32_MAX, true}, {7, 0, false},
	    {8, 0, true}};

	(void)state;
	run(2, 100, steps, COUNT(steps));
}

static void
when_the_table_is_full_the_key_not_seen_for_longest_is_forgotten(void **state)
{
	/* One bucket of eight keys. */
	struct san_window *w = window(2, 100, 1);

	(void)state;
	for (uint64_t key = 1; key <= 8; key++)
		assert_false(seen(w, key, 1, 1000));
	assert_true(seen(w, 1, 2, 1000));  /* still there, and young again */
	assert_false(seen(w, 9, 1, 1000)); /* takes the place of key 2 */
	assert_false(seen(w, 2, 2, 1000)); /* begins anew */
	assert_true(seen(w, 1, 3, 1000));
	assert_true(seen(w, 9, 2, 1000));
	san_window_free(w);
}

static void
state_that_is_loaded_goes_on_as_if_nothing_had_happened(void **state)
{
	struct san_window *a = window(3, 50, 20000), *b = NULL;
	struct d4_buf saved, again;
	uint64_t x = 1;
	unsigned released = 0;

	(void)state;
	d4_buf_init(&saved, 1 << 20);
	d4_buf_init(&again, 1 << 20);
	for (unsigned i = 0; i < 20000; i++) {
		uint64_t key = (x >> 33) % 700, who = (x >> 50) % 5;
		bool ra = seen(a, key, who, 1000 + i / 100);

		released += ra;
		if (b != NULL)
			assert_int_equal(seen(b, key, who, 1000 + i / 100), ra);
		x = x * 6364136223846793005u + 1442695040888963407u;
		if (i % 5000 != 4999)
			continue;
		san_window_free(b);
		b = window(3, 50, 20000);
		saved.n = again.n = 0;
		assert_int_equal(san_window_save(a, &saved), D4_OK);
		assert_int_equal(
		    san_window_load(b, d4_buf_slice(&saved)), D4_OK);
		assert_int_equal(san_window_save(b, &again), D4_OK);
		assert_true(
		    d4_slice_eq(d4_buf_slice(&saved), d4_buf_slice(&again)));
	}
	assert_true(released > 100);
	san_window_free(a);
	san_window_free(b);
	d4_buf_fini(&saved);
	d4_buf_fini(&again);
}

static void
state_of_another_threshold_or_damaged_is_refused(void **state)
{
	struct san_window *a = window(2, 50, 20000), *b;
	struct d4_buf s;

	(void)state;
	d4_buf_init(&s, 1 << 20);
	for (uint64_t key = 0; key < 20; key++)
		(void)seen(a, key, 1, 1000);
	assert_int_equal(san_window_save(a, &s), D4_OK);
	for (size_t n = 0; n < s.n; n++)
		assert_int_not_equal(
		    san_window_load(a, d4_slice_of(s.p, n)), D4_OK);
	assert_false(seen(a, 3, 2, 1000)); /* empty after an error */
	b = window(3, 50, 20000);
	assert_int_equal(san_window_load(b, d4_buf_slice(&s)), D4_EINVAL);
	san_window_free(b);
	s.p[4]++;
	assert_int_equal(san_window_load(a, d4_buf_slice(&s)), D4_EVERSION);
	s.p[4]--;
	s.p[24]++; /* the key's check value */
	assert_int_equal(san_window_load(a, d4_buf_slice(&s)), D4_EINVAL);
	s.p[24]--;
	s.p[48 + 3] = 0xff; /* a bucket that is not there */
	assert_int_equal(san_window_load(a, d4_buf_slice(&s)), D4_EMALFORMED);
	san_window_free(a);
	san_window_free(NULL);
	d4_buf_fini(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_key_is_released_with_the_k_th_distinct_witness),
	    cmocka_unit_test(witnesses_count_only_within_the_span),
	    cmocka_unit_test(records_may_come_out_of_order),
	    cmocka_unit_test(
		a_time_far_away_counts_with_none_and_keeps_no_place),
	    cmocka_unit_test(
		when_the_table_is_full_the_key_not_seen_for_longest_is_forgotten),
	    cmocka_unit_test(
		state_that_is_loaded_goes_on_as_if_nothing_had_happened),
	    cmocka_unit_test(state_of_another_threshold_or_damaged_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

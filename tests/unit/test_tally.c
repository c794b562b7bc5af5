#include "test.h"
#include "libd4/tally.h"

static void
adding_adds_every_counter(void **state)
{
	struct d4_tally a = {.in = 1, .quarantined = 2}, b = {.in = 10};

	(void)state;
	b.quarantined = 20;
	for (unsigned r = 0; r < D4_REASON_MAX; r++) {
		a.records[r] = r;
		b.records[r] = 1000;
		b.bytes[r] = r;
	}
	d4_tally_add(&a, &b);
	assert_int_equal(a.in, 11);
	assert_int_equal(a.quarantined, 22);
	for (unsigned r = 0; r < D4_REASON_MAX; r++) {
		assert_int_equal(a.records[r], 1000 + r);
		assert_int_equal(a.bytes[r], r);
	}
}

static void
parts_are_counted_by_reason_and_added(void **state)
{
	struct d4_tally a = {.in = 0}, b = {.in = 0};

	(void)state;
	for (size_t i = 0; i < D4_PARTS; i++) {
		d4_tally_part(&a, d4_part_reason(i), 10 + i);
		d4_tally_part(&b, d4_part_reason(i), 100);
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(
			    d4_part_reason(i), d4_part_reason(k));
	}
	d4_tally_add(&a, &b);
	for (size_t i = 0; i < D4_PARTS; i++)
		assert_int_equal(a.parts[i], 110 + i);
	assert_int_equal(a.in, 0);
	assert_int_equal(d4_tally_withheld(&a), 0);
}

static void
withheld_is_all_but_what_was_released(void **state)
{
	struct d4_tally t = {.in = 12};

	(void)state;
	assert_int_equal(d4_tally_withheld(&t), 0);
	t.records[D4_R_NONE] = 7;
	assert_int_equal(d4_tally_withheld(&t), 0);
	t.records[D4_R_SCOPE_MISS] = 2;
	t.records[D4_REASON_MAX - 1] = 3;
	t.quarantined = 1; /* a part of records[], not one more */
	assert_int_equal(d4_tally_withheld(&t), 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(adding_adds_every_counter),
	    cmocka_unit_test(parts_are_counted_by_reason_and_added),
	    cmocka_unit_test(withheld_is_all_but_what_was_released),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

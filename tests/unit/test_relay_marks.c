#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "relay/journal.h"
#include "tmpfixture.h"

#define LANE "0123456789abcdef"

static const struct d4_spool_mark mark = {3, UINT32_MAX, 5, 1500};

static bool
same(const struct d4_spool_mark *a, const struct d4_spool_mark *b)
{
	return a->first == b->first && a->seed == b->seed && a->seq == b->seq &&
	       a->total == b->total;
}

static void
a_mark_is_found_as_it_was_put(void **state)
{
	json_t *marks = json_object();
	struct d4_spool_mark m;

	(void)state;
	assert_false(marks_find(NULL, "acme", LANE, &m));
	marks_put(marks, "acme", LANE, &mark);
	assert_true(marks_find(marks, "acme", LANE, &m));
	assert_true(same(&m, &mark));
	assert_false(marks_find(marks, "zeta", LANE, &m));
	marks_forget(marks, "acme", LANE);
	assert_false(marks_find(marks, "acme", LANE, &m));
	json_decref(marks);
}

static void
what_is_no_mark_is_not_found_and_not_merged(void **state)
{
	static const char *const bad[] = {"1", "[]", "[1,2,3]", "[1,2,3,4,5]",
	    "[1,2,3,-4]", "[1,4294967296,3,4]", "[1,\"2\",3,4]", "{\"a\":1}"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		json_t *from = json_object(), *into = json_object();
		struct d4_spool_mark m;

		(void)json_object_set_new(from, "acme/" LANE,
		    json_loads(bad[i], JSON_DECODE_ANY, NULL));
		assert_false(marks_find(from, "acme", LANE, &m));
		marks_merge(into, from);
		assert_int_equal(json_object_size(into), 0);
		json_decref(from);
		json_decref(into);
	}
}

static void
the_later_one_stays(void **state)
{
	static const struct d4_spool_mark older = {3, 7, 4, 1400};
	json_t *a = json_object(), *b = json_object();
	struct d4_spool_mark m;

	(void)state;
	marks_put(a, "acme", LANE, &older);
	marks_put(b, "acme", LANE, &mark);
	marks_merge(b, a);
	assert_true(marks_find(b, "acme", LANE, &m) && same(&m, &mark));
	marks_merge(a, b);
	assert_true(marks_find(a, "acme", LANE, &m) && same(&m, &mark));
	json_decref(a);
	json_decref(b);
}

static void
commit(struct journal *j, uint64_t id, const json_t *marks)
{
	struct journal_batch b = {.first = {id, 0},
	    .last = {id, 0},
	    .entries = 1,
	    .fence = 1,
	    .marks = marks};

	assert_int_equal(journal_commit(j, &b), D4_OK);
}

static bool
on_disk(struct d4_spool_mark *m)
{
	json_t *marks = marks_read(dir);
	bool found = marks_find(marks, "acme", LANE, m);

	json_decref(marks);
	return found;
}

static void
journals_keep_them_with_the_batch_and_with_the_sums(void **state)
{
	json_t *marks = json_object();
	struct d4_spool_mark m, later = mark;
	struct journal *j = NULL, *other = NULL;

	(void)state;
	assert_false(on_disk(&m));
	assert_int_equal(journal_open(dir, "d4:{8:0}:q", &j), D4_OK);
	assert_int_equal(journal_open(dir, "d4:{8:1}:q", &other), D4_OK);
	marks_put(marks, "acme", LANE, &mark);
	commit(j, 1, marks);
	assert_true(on_disk(&m) && same(&m, &mark));
	assert_int_equal(journal_snapshot(j), D4_OK);
	assert_true(on_disk(&m) && same(&m, &mark));
	later.seq = 9;
	marks_put(marks, "acme", LANE, &later);
	commit(other, 1, marks);
	assert_true(on_disk(&m) && same(&m, &later));
	journal_lane_gone(other, "acme", LANE);
	commit(other, 2, NULL);
	assert_int_equal(journal_snapshot(other), D4_OK);
	assert_true(on_disk(&m) && same(&m, &mark));
	journal_close(j);
	journal_close(other);
	json_decref(marks);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_mark_is_found_as_it_was_put),
	    cmocka_unit_test(what_is_no_mark_is_not_found_and_not_merged),
	    cmocka_unit_test(the_later_one_stays),
	    cmocka_unit_test_setup_teardown(
		journals_keep_them_with_the_batch_and_with_the_sums, setup,
		teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

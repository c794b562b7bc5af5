#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "relay/parks.h"

static struct stream_id
at(uint64_t ms)
{
	return (struct stream_id){ms, 0};
}

static bool
takes(struct parks *p, const char *partner, bool room, uint64_t ms)
{
	struct stream_id id = at(ms);
	bool take = false;

	assert_int_equal(parks_takes(p, partner, room, &id, &take), D4_OK);
	return take;
}

static void
commit(struct parks *p, uint64_t last)
{
	struct stream_id id = at(last);

	parks_commit(p, &id);
}

static void
ids_around_an_id_are_the_next_ones(void **state)
{
	struct stream_id id = {5, 0}, none = {0, 0};
	char text[STREAM_ID_TEXT];

	(void)state;
	id = stream_id_before(&id);
	assert_int_equal(id.ms, 4);
	assert_true(id.n == UINT64_MAX);
	id = stream_id_behind(&id);
	stream_id_text(&id, text);
	assert_string_equal(text, "5-0");
	id = stream_id_behind(&id);
	assert_int_equal(id.n, 1);
	none = stream_id_before(&none);
	assert_int_equal(none.ms + none.n, 0);
}

static void
a_partner_without_room_is_parked_where_it_missed_the_first(void **state)
{
	struct parks p = {.n = 0};
	struct park *k;

	(void)state;
	assert_true(takes(&p, "a", true, 1));
	assert_int_equal(p.n, 0);
	assert_false(takes(&p, "a", false, 2));
	assert_true(takes(&p, "b", true, 2));
	assert_false(takes(&p, "a", true, 3)); /* room alone is not enough */
	k = parks_find(&p, "a");
	assert_non_null(k);
	assert_null(parks_find(&p, "b"));
	assert_int_equal(stream_id_behind(&k->next).ms, 2);
	assert_true(k->behind);
	commit(&p, 3);
	assert_int_equal(p.n, 1);
	parks_fini(&p);
}

/* By range it may come further than what was read live. */
static void
one_that_caught_up_joins_exactly_behind_its_range(void **state)
{
	struct parks p = {.n = 0};
	struct park *k;

	(void)state;
	assert_false(takes(&p, "a", false, 2));
	commit(&p, 4);
	k = parks_find(&p, "a");
	k->next = at(6);
	k->behind = false;
	commit(&p, 4);
	assert_int_equal(p.n, 1);
	assert_false(takes(&p, "a", true, 5));
	assert_false(takes(&p, "a", true, 6));
	assert_true(takes(&p, "a", true, 7));
	assert_false(takes(&p, "a", true, 7)); /* once */
	commit(&p, 7);
	assert_int_equal(p.n, 0);
	assert_true(takes(&p, "a", true, 8));
	parks_fini(&p);
}

static void
one_that_has_no_room_again_stays_where_it_is(void **state)
{
	struct parks p = {.n = 0};
	struct park *k;

	(void)state;
	assert_false(takes(&p, "a", false, 2));
	k = parks_find(&p, "a");
	k->next = at(6);
	k->behind = false;
	assert_false(takes(&p, "a", false, 7));
	assert_true(k->behind);
	assert_false(takes(&p, "a", true, 8));
	commit(&p, 8);
	assert_int_equal(parks_find(&p, "a")->upto.ms, 6);
	parks_fini(&p);
}

static void
duplicates_are_known_while_somebody_is_parked(void **state)
{
	struct stream_id three = at(3), four = at(4);
	struct parks p = {.n = 0};

	(void)state;
	parks_note_dup(&p, &three);
	assert_false(parks_dup(&p, &three));
	assert_false(takes(&p, "a", false, 2));
	parks_note_dup(&p, &three);
	assert_true(parks_dup(&p, &three));
	assert_false(parks_dup(&p, &four));
	commit(&p, 3);
	assert_true(parks_dup(&p, &three));
	parks_find(&p, "a")->behind = false;
	commit(&p, 3);
	assert_false(parks_dup(&p, &three));
	parks_fini(&p);
}

static void
what_is_written_is_taken_up_again_batch_by_batch(void **state)
{
	struct stream_id last = at(9), dup = at(8), other = at(11);
	struct parks p = {.n = 0}, q = {.n = 0};
	json_t *o;

	(void)state;
	assert_false(takes(&p, "a", false, 5));
	assert_false(takes(&p, "b", false, 7));
	parks_note_dup(&p, &dup);
	o = parks_json(&p, &last, false);
	assert_int_equal(parks_load(&q, o), D4_OK);
	json_decref(o);
	commit(&p, 9);
	assert_int_equal(q.n, 2);
	assert_true(q.list[0].behind);
	assert_int_equal(stream_id_behind(&parks_find(&q, "b")->upto).ms, 7);
	assert_true(parks_dup(&q, &dup));
	/* The next batch: a is through, one more duplicate. */
	parks_find(&p, "a")->behind = false;
	parks_note_dup(&p, &other);
	o = parks_json(&p, &last, true);
	assert_int_equal(json_array_size(json_object_get(o, "dups")), 1);
	assert_int_equal(parks_load(&q, o), D4_OK);
	json_decref(o);
	assert_int_equal(q.n, 1);
	assert_true(parks_dup(&q, &dup) && parks_dup(&q, &other));
	o = json_object(); /* of a version that did not park */
	assert_int_equal(parks_load(&q, o), D4_OK);
	json_decref(o);
	assert_int_equal(q.n + q.n_dup, 0);
	parks_fini(&p);
	parks_fini(&q);
}

static void
what_is_no_list_of_parks_is_refused(void **state)
{
	static const char *const bad[] = {
	    "{\"parks\":{\"a\":5}}",
	    "{\"parks\":{\"a\":\"x-1\"}}",
	    "{\"parks\":{\"a\":\"1\"}}",
	    "{\"parks\":{\"a\":\"1-1\"},\"dups\":[7]}",
	    ("{\"parks\":{\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	     "aaaaaaaaaaaaaaaa\":\"1-1\"}}"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		json_t *o = json_loads(bad[i], 0, NULL);
		struct parks p = {.n = 0};

		assert_non_null(o);
		assert_true(parks_load(&p, o) < D4_OK);
		parks_fini(&p);
		json_decref(o);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ids_around_an_id_are_the_next_ones),
	    cmocka_unit_test(
		a_partner_without_room_is_parked_where_it_missed_the_first),
	    cmocka_unit_test(one_that_caught_up_joins_exactly_behind_its_range),
	    cmocka_unit_test(one_that_has_no_room_again_stays_where_it_is),
	    cmocka_unit_test(duplicates_are_known_while_somebody_is_parked),
	    cmocka_unit_test(what_is_written_is_taken_up_again_batch_by_batch),
	    cmocka_unit_test(what_is_no_list_of_parks_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

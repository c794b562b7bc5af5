/* What a feed must not say, or not any more. */
#include "misp_feed_world.h"

/* Held when it was taken back: its value must not stand there as deleted. */
static void
what_was_held_back_and_recalled_is_not_told_as_deleted(void **state)
{
	struct event_lane of = {.id = OTHER, .pipeline = PIPE};
	struct world *w = *state;
	const json_t *e;
	uint64_t seq;
	json_t *f;

	assert_int_equal(event_lane(w->event, &of, &seq), 1);
	take(w, BY_NAME, NOW);
	take(w, "held.example.org", NOW);
	w->event->items[1]->lanes = 2; /* of a lane that is not released */
	turn(w, NOW);
	w->event->items[1]->state = ITEM_RECALL;
	w->event->changed = true;
	assert_int_equal(store_save(w->store), D4_OK);
	turn(w, NOW + 1);
	f = event_file(w);
	e = json_object_get(f, "Event");
	assert_int_equal(json_array_size(json_object_get(e, "Object")), 1);
	json_decref(f);
}

static void
what_waits_for_its_time_comes_without_another_change(void **state)
{
	struct world *w = *state;
	json_t *f;

	w->lane.not_before_s = NOW + 100;
	take(w, BY_NAME, NOW);
	turn(w, NOW);
	f = event_file(w);
	assert_null(f);
	turn(w, NOW + 99);
	f = event_file(w);
	assert_null(f);
	turn(w, NOW + 100);
	f = event_file(w);
	assert_non_null(f);
	json_decref(f);
	w->lane.max_age_s = 200;
	w->event->items[0]->came_us = (NOW + 100) * UINT64_C(1000000);
	turn(w, NOW + 299);
	f = event_file(w);
	assert_non_null(f);
	json_decref(f);
	turn(w, NOW + 300);
	f = event_file(w);
	assert_null(f);
}

static void
what_is_for_the_own_organisation_stands_in_no_feed(void **state)
{
	struct world *w = *state;
	json_t *f;

	take(w, BY_NAME, NOW);
	w->lane.distribution = 0;
	turn(w, NOW);
	f = event_file(w);
	assert_null(f);
}

/* On the last day, when it is neither new nor old. */
static void
an_event_that_is_withdrawn_late_leaves_too(void **state)
{
	struct world *w = *state;
	json_t *f;

	take(w, BY_NAME, NOW);
	turn(w, NOW);
	w->lane.after = 7;
	turn(w, w->name.start_s + 30ull * DAY + 1);
	f = event_file(w);
	assert_null(f);
}

static void
an_event_that_nobody_knows_leaves_the_feed(void **state)
{
	struct world *w = *state;
	char *empty;
	json_t *m;

	take(w, BY_NAME, NOW);
	turn(w, NOW);
	store_free(w->store);
	w->store = NULL;
	m = file(w, "manifest.json");
	assert_int_equal(json_object_size(m), 1);
	json_decref(m);
	/* Its state is lost; the exporter starts again. */
	w->event = NULL;
	empty = d4_path(w->dir, "empty");
	assert_int_equal(d4_dir_make(empty, 0750), D4_OK);
	assert_int_equal(store_open(empty, ORG, NULL, &w->store), D4_OK);
	free(empty);
	feed_free(w->feed);
	assert_int_equal(feed_open(&w->conf, &w->feed), D4_OK);
	turn(w, NOW + 1);
	m = file(w, "manifest.json");
	assert_int_equal(json_object_size(m), 0);
	json_decref(m);
}

/* A crash came between a file and the manifest, or in the middle of one. */
static void
what_no_manifest_names_goes_at_the_start(void **state)
{
	static const char *const names[] = {
	    "5b642239-4db4-4580-adf4-4ebd950d2100.json",
	    "5b642239-4db4-4580-adf4-4ebd950d2101.json.aB3dE6",
	    "manifest.json.aB3dE6", "hashes.csv.aB3dE6"};
	struct world *w = *state;
	json_t *f;

	take(w, BY_NAME, NOW);
	turn(w, NOW);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *path = d4_path(w->feed_dir, names[i]);

		assert_int_equal(
		    d4_file_replace(path, d4_slice_str("{}"), 0644), D4_OK);
		free(path);
	}
	feed_free(w->feed);
	assert_int_equal(feed_open(&w->conf, &w->feed), D4_OK);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		f = file(w, names[i]);
		assert_null(f);
	}
	f = event_file(w);
	assert_non_null(f);
	json_decref(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH(what_was_held_back_and_recalled_is_not_told_as_deleted),
	    WITH(what_waits_for_its_time_comes_without_another_change),
	    WITH(what_is_for_the_own_organisation_stands_in_no_feed),
	    WITH(an_event_that_is_withdrawn_late_leaves_too),
	    WITH(an_event_that_nobody_knows_leaves_the_feed),
	    WITH(what_no_manifest_names_goes_at_the_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

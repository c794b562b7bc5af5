/* The folder of a MISP feed. */
#include "misp_feed_world.h"

static const char *
stamp_of(const json_t *manifest)
{
	const char *uuid;
	json_t *o;

	json_object_foreach((json_t *)(uintptr_t)manifest, uuid,
	    o) return json_string_value(json_object_get(o, "timestamp"));
	return "none";
}

static size_t
hash_lines(const struct world *w)
{
	char *path = d4_path(w->feed_dir, "hashes.csv");
	struct d4_buf text;
	size_t n = 0;

	d4_buf_init(&text, 1u << 20);
	assert_int_equal(d4_file_read(path, &text), D4_OK);
	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == '\n';
	d4_buf_fini(&text);
	free(path);
	return n;
}

static void
an_event_stands_in_its_file_the_manifest_and_the_hashes(void **state)
{
	struct world *w = *state;
	json_t *f, *m;
	const json_t *e, *o;

	take(w, BY_NAME, NOW);
	turn(w, NOW + 5);
	f = event_file(w);
	m = file(w, "manifest.json");
	assert_non_null(f);
	e = json_object_get(f, "Event");
	assert_string_equal(
	    json_string_value(json_object_get(e, "distribution")), "1");
	assert_string_equal(json_string_value(json_object_get(
				json_object_get(e, "Orgc"), "uuid")),
	    ORG);
	o = json_array_get(json_object_get(e, "Object"), 0);
	assert_string_equal(
	    json_string_value(json_object_get(o, "name")), "passive-dns");
	assert_null(json_object_get(o, "deleted"));
	assert_int_equal(json_object_size(m), 1);
	assert_string_equal(stamp_of(m), "1763726405");
	/* Three values and the three that are computed. */
	assert_int_equal(hash_lines(w), 6);
	json_decref(f);
	json_decref(m);
}

static void
what_did_not_change_is_not_newer_and_what_did_is(void **state)
{
	struct world *w = *state;
	json_t *m;

	take(w, BY_NAME, NOW);
	turn(w, NOW + 5);
	turn(w, NOW + 50);
	/* A new start reads the folder, and writes nothing either. */
	feed_free(w->feed);
	assert_int_equal(feed_open(&w->conf, &w->feed), D4_OK);
	w->lane.after = 0;
	turn(w, NOW + 60);
	m = file(w, "manifest.json");
	assert_string_equal(stamp_of(m), "1763726405");
	json_decref(m);
	assert_int_equal(feed_counts(w->feed).written, 0);
	take(w, "other.example.org", NOW + 60);
	/* A clock that went back must not hide the change. */
	turn(w, NOW - 100);
	m = file(w, "manifest.json");
	assert_string_equal(stamp_of(m), "1763726406");
	json_decref(m);
	assert_int_equal(hash_lines(w), 12);
	assert_int_equal(feed_counts(w->feed).events, 1);
}

static void
what_is_recalled_is_deleted_in_the_feed_too(void **state)
{
	struct world *w = *state;
	const json_t *o;
	json_t *f;

	take(w, BY_NAME, NOW);
	turn(w, NOW);
	w->event->items[0]->state = ITEM_RECALLED;
	w->event->changed = true;
	assert_int_equal(store_save(w->store), D4_OK);
	turn(w, NOW + 1);
	f = event_file(w);
	o = json_array_get(
	    json_object_get(json_object_get(f, "Event"), "Object"), 0);
	assert_true(json_is_true(json_object_get(o, "deleted")));
	o = json_array_get(json_object_get(o, "Attribute"), 0);
	assert_true(json_is_true(json_object_get(o, "deleted")));
	assert_int_equal(hash_lines(w), 0);
	json_decref(f);
}

/* What was never shown is not shown as deleted. */
static void
what_was_recalled_before_the_feed_had_it_never_stands_there(void **state)
{
	struct world *w = *state;
	json_t *f;

	take(w, BY_NAME, NOW);
	w->event->items[0]->state = ITEM_RECALLED;
	turn(w, NOW);
	f = event_file(w);
	assert_null(f);
}

static void
what_is_not_released_any_more_leaves_the_folder(void **state)
{
	struct world *w = *state;
	json_t *f, *m;

	take(w, BY_NAME, NOW);
	turn(w, NOW);
	w->lane.after = 7; /* released anew, without what was there */
	turn(w, NOW + 1);
	f = event_file(w);
	m = file(w, "manifest.json");
	assert_null(f);
	assert_int_equal(json_object_size(m), 0);
	assert_int_equal(hash_lines(w), 0);
	assert_int_equal(feed_counts(w->feed).removed, 1);
	json_decref(m);
}

static void
nothing_stands_above_its_ceiling_or_its_distribution(void **state)
{
	struct world *w = *state;
	json_t *f;

	take(w, BY_NAME, NOW);
	w->conf.feed_label = (char *)(uintptr_t) "clear";
	turn(w, NOW);
	f = event_file(w);
	assert_null(f);
	assert_int_equal(feed_counts(w->feed).above, 1);
	/* A group's members are unknown to who pulls a feed. */
	w->conf.feed_label = (char *)(uintptr_t) "amber";
	w->event->distribution = 4;
	w->event->changed = true;
	assert_int_equal(store_save(w->store), D4_OK);
	turn(w, NOW + 1);
	f = event_file(w);
	assert_string_equal(json_string_value(json_object_get(
				json_object_get(f, "Event"), "distribution")),
	    "0");
	json_decref(f);
}

static void
an_old_event_leaves_and_its_file_behind_the_manifest(void **state)
{
	struct world *w = *state;
	json_t *f, *m;

	take(w, BY_NAME, NOW);
	turn(w, NOW);
	turn(w, NOW + 33ull * DAY);
	f = event_file(w);
	m = file(w, "manifest.json");
	assert_null(f);
	assert_int_equal(json_object_size(m), 0);
	json_decref(m);
}

static void
a_damaged_manifest_is_written_anew(void **state)
{
	struct world *w = *state;
	char *path = d4_path(w->feed_dir, "manifest.json");
	json_t *m;

	take(w, BY_NAME, NOW);
	assert_int_equal(
	    d4_file_replace(path, d4_slice_str("[1, 2"), 0644), D4_OK);
	feed_free(w->feed);
	assert_int_equal(feed_open(&w->conf, &w->feed), D4_OK);
	turn(w, NOW);
	m = file(w, "manifest.json");
	assert_int_equal(json_object_size(m), 1);
	json_decref(m);
	free(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH(an_event_stands_in_its_file_the_manifest_and_the_hashes),
	    WITH(what_did_not_change_is_not_newer_and_what_did_is),
	    WITH(what_is_recalled_is_deleted_in_the_feed_too),
	    WITH(what_was_recalled_before_the_feed_had_it_never_stands_there),
	    WITH(what_is_not_released_any_more_leaves_the_folder),
	    WITH(nothing_stands_above_its_ceiling_or_its_distribution),
	    WITH(an_old_event_leaves_and_its_file_behind_the_manifest),
	    WITH(a_damaged_manifest_is_written_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

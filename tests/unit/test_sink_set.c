#include "test.h"
#include <sys/stat.h>
#include "libd4/kit/file.h"
#include "libd4/type.h"
#include "relay/sink_set.h"
#include "tmpdir.h"

#define NOW 1709251200u /* 2024-03-01 */

struct world {
	char dir[64], www[96];
	struct sink_settings conf;
	struct d4_account *account;
	struct sink_set set;
};

static void
open_set(struct world *w, enum d4_status want)
{
	const char *why = "";

	w->set = (struct sink_set){.conf = &w->conf, .account = w->account};
	w->set.partner = strdup("set");
	assert_int_equal(sink_set_open(&w->set, &why), want);
}

static int
setup(void **state)
{
	static struct world w;

	tmpdir_make(w.dir, sizeof(w.dir));
	(void)snprintf(w.www, sizeof(w.www), "%s/a/www", w.dir);
	w.conf = (struct sink_settings){.path = w.www,
	    .dataset = {.title = "T",
		.licence = "CC0-1.0",
		.producer = "P",
		.frequency = "hourly",
		.source = "S"}};
	if (d4_account_open(w.dir, "post", &w.account) != D4_OK)
		return -1;
	open_set(&w, D4_OK);
	*state = &w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	sink_set_fini(&w->set);
	d4_account_close(w->account);
	tmpdir_remove(w->dir);
	return 0;
}

static void
put(struct world *w, const char *name, const char *text)
{
	char *path = sink_set_path(&w->set, name, "");

	assert_int_equal(
	    d4_file_replace(path, d4_slice_str(text), 0644), D4_OK);
	free(path);
}

static bool
there(const struct world *w, const char *name)
{
	char *path = sink_set_path(&w->set, name, "");
	bool yes = access(path, F_OK) == 0;

	free(path);
	return yes;
}

/* The i-th file, of an hour each, with the class cls. */
static struct sink_item
add(struct world *w, unsigned i, const char *cls)
{
	struct d4_spool_lane lane = {.type = D4_TYPE_PDNS};
	struct sink_item it;

	memset(lane.wire_uuid.b, 0x11, sizeof(lane.wire_uuid.b));
	(void)snprintf(lane.cls, sizeof(lane.cls), "%s", cls);
	sink_item_init(&it, &lane, "passivedns", NOW + 3600 * i, i);
	it.bytes = 100;
	it.records = 10;
	it.from_s = NOW + 3600 * i;
	it.to_s = it.from_s + 3600;
	put(w, it.name, "x");
	assert_int_equal(sink_set_add(&w->set, &it), D4_OK);
	return it;
}

static void
again(struct world *w, enum d4_status want)
{
	sink_set_fini(&w->set);
	open_set(w, want);
}

static void
what_was_saved_is_there_again(void **state)
{
	struct world *w = *state;
	struct sink_item it = add(w, 0, "S3");

	(void)add(w, 1, "S2");
	assert_int_equal(sink_set_add(&w->set, &it), D4_OK); /* once more */
	assert_int_equal(w->set.n, 2);
	assert_int_equal(sink_set_save(&w->set, NOW), D4_OK);
	assert_false(w->set.dirty);
	again(w, D4_OK);
	assert_int_equal(w->set.n, 2);
	assert_int_equal(w->set.bytes, 200);
	assert_int_equal(w->set.records, 20);
	assert_memory_equal(&w->set.item[0], &it, sizeof(it));
	assert_true(there(w, "README.txt"));
	assert_true(there(w, "SHA256SUMS"));
}

static void
the_class_of_the_set_is_its_weakest(void **state)
{
	struct world *w = *state;
	struct d4_buf text;

	(void)add(w, 0, "S3");
	(void)add(w, 1, "S2");
	(void)add(w, 2, "S4");
	d4_buf_init(&text, SINK_SET_MAX);
	assert_int_equal(sink_manifest_text(&w->set, NOW, &text), D4_OK);
	assert_int_equal(d4_buf_add(&text, "", 1), D4_OK);
	assert_non_null(strstr((char *)text.p, "\n \"class\": \"S2\""));
	assert_non_null(strstr((char *)text.p, "\"title\": \"T\""));
	d4_buf_fini(&text);
}

static void
the_oldest_go_when_it_is_too_much(void **state)
{
	struct world *w = *state;
	struct sink_item it = add(w, 0, "S3");

	w->conf.keep_bytes = 250;
	(void)add(w, 1, "S3");
	(void)add(w, 2, "S3");
	sink_set_trim(&w->set, NOW);
	assert_int_equal(w->set.n, 2);
	assert_false(there(w, it.name));
	assert_int_equal(w->set.removed_files, 1);
	assert_int_equal(w->set.removed_records, 10);
	assert_int_equal(w->set.removed_bytes, 100);
	assert_int_equal(sink_set_save(&w->set, NOW), D4_OK);
	again(w, D4_OK);
	assert_int_equal(w->set.removed_files, 1);
}

static void
the_old_go_when_their_time_is_over(void **state)
{
	struct world *w = *state;

	w->conf.keep_us = 7200ull * 1000000;
	for (unsigned i = 0; i < 3; i++)
		(void)add(w, i, "S3");
	sink_set_trim(&w->set, NOW + 3600 + 7200); /* at the border: kept */
	assert_int_equal(w->set.n, 3);
	sink_set_trim(&w->set, NOW + 3600 + 7201);
	assert_int_equal(w->set.n, 2);
}

/* A crash between the two, in either order. */
static void
a_file_that_is_gone_is_counted_and_one_not_listed_stays(void **state)
{
	struct world *w = *state;
	struct sink_item it = add(w, 0, "S3"), other;
	char *path = sink_set_path(&w->set, it.name, "");

	(void)add(w, 1, "S3");
	assert_int_equal(sink_set_save(&w->set, NOW), D4_OK);
	assert_int_equal(unlink(path), 0);
	free(path);
	other = add(w, 2, "S3"); /* never saved */
	again(w, D4_OK);
	assert_int_equal(w->set.n, 1);
	assert_int_equal(w->set.removed_files, 1);
	assert_true(there(w, other.name));
	assert_int_equal(w->set.whole, 2);
}

static void
what_is_half_is_removed_and_nothing_else(void **state)
{
	struct world *w = *state;
	struct sink_item it = add(w, 0, "S3");
	char part[SINK_NAME + 8];

	(void)snprintf(part, sizeof(part), "%s" SINK_PART, it.name);
	assert_int_equal(sink_set_save(&w->set, NOW), D4_OK);
	put(w, part, "half");
	put(w, "manifest.json.AbCdEf", "{");
	put(w, "notes.part", "of the operator");
	put(w, "index.html", "too");
	again(w, D4_OK);
	assert_false(there(w, part));
	assert_false(there(w, "manifest.json.AbCdEf"));
	assert_true(there(w, "notes.part"));
	assert_true(there(w, "index.html"));
	assert_true(there(w, it.name));
}

static void
a_manifest_is_not_made_up(void **state)
{
	struct world *w = *state;

	(void)add(w, 0, "S3");
	assert_int_equal(sink_set_save(&w->set, NOW), D4_OK);
	put(w, "manifest.json", "{\"version\": 1}");
	again(w, D4_EMALFORMED);
	put(w, "manifest.json",
	    "{\"version\": 2, \"files\": [], \"removed\": "
	    "{\"files\": 0, \"records\": 0, \"bytes\": 0}}");
	again(w, D4_EVERSION);
	put(w, "manifest.json", "");
	again(w, D4_EMALFORMED);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(what_was_saved_is_there_again),
	    T(the_class_of_the_set_is_its_weakest),
	    T(the_oldest_go_when_it_is_too_much),
	    T(the_old_go_when_their_time_is_over),
	    T(a_file_that_is_gone_is_counted_and_one_not_listed_stays),
	    T(what_is_half_is_removed_and_nothing_else),
	    T(a_manifest_is_not_made_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

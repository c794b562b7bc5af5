#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "sensor/folder_item.h"
#include "tmpdir.h"

static char dir[64];

static int
set_up(void **state)
{
	(void)state;
	tmpdir_make(dir, sizeof(dir));
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	tmpdir_remove(dir);
	return 0;
}

static void
json_values_become_lines(void **state)
{
	static const struct {
		const char *text, *lines;
	} rows[] = {
	    {"{}", "{}\n"},
	    {"{\n\"a\":1.50\r\n}\n", "{ \"a\":1.50  }\n"},
	    {" {\"a\":\"\\n\"}\n\n[1]", "{\"a\":\"\\n\"}\n[1]\n"},
	    {"{}{}", "{}\n{}\n"},
	    {"1 2\t\"three\"", "1\n2\n\"three\"\n"},
	    {"123456789012345678901234567890",
		"123456789012345678901234567890\n"},
	    {"", NULL},
	    {" \n", NULL},
	    {"{", NULL},
	    {"{} {\"a\":", NULL},
	    {"{}]", NULL},
	    {"{\"a\":\"x\ny\"}", NULL},
	    {"\xff", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct d4_buf out;
		enum d4_status st;

		d4_buf_init(&out, 1000);
		st = folder_json(d4_slice_str(rows[i].text), &out);
		assert_int_equal(
		    st, rows[i].lines != NULL ? D4_OK : D4_EMALFORMED);
		if (st == D4_OK)
			assert_slice(d4_buf_slice(&out), rows[i].lines);
		d4_buf_fini(&out);
	}
}

static void
make_file(const char *name, const char *text, size_t n)
{
	char path[128];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static void
scan(struct folder_done *d, struct folder_list *out, time_t now_s)
{
	const struct folder_view view = {
	    .root = dir, .inotify = -1, .now_s = now_s, .done = d};

	*out = (struct folder_list){.n = 0};
	assert_int_equal(folder_scan(&view, out), D4_OK);
}

/* All bytes that an item gives, or the error. */
static enum d4_status
give(const struct folder_file *file, enum folder_form form, struct d4_buf *all)
{
	struct folder_item it;
	struct d4_slice s;
	enum d4_status st;

	folder_item_init(&it);
	st = folder_item_open(&it, file, form);
	while (st == D4_OK) {
		st = folder_item_next(&it, &s);
		if (st == D4_OK)
			assert_int_equal(d4_buf_add(all, s.p, s.n), D4_OK);
	}
	folder_item_fini(&it);
	return st;
}

static void
an_item_is_given_in_each_form(void **state)
{
	static char big[400001];
	char path[128];
	struct folder_file file = {.path = path};
	struct d4_buf all;

	(void)state;
	memset(big, 'M', sizeof(big));
	make_file("f", big, sizeof(big));
	(void)snprintf(path, sizeof(path), "%s/f", dir);
	d4_buf_init(&all, 1u << 20);
	assert_int_equal(give(&file, FOLDER_RAW, &all), D4_END);
	assert_int_equal(all.n, sizeof(big));
	all.n = 0;
	assert_int_equal(give(&file, FOLDER_BASE64, &all), D4_END);
	/* 400001 = 3 * 133333 + 2: no padding but at the end. */
	assert_int_equal(all.n, 4 * 133334);
	assert_memory_equal(all.p, "TU1N", 4);
	assert_null(memchr(all.p, '=', all.n - 1));
	all.n = 0;
	assert_int_equal(give(&file, FOLDER_JSON, &all), D4_EMALFORMED);
	assert_int_equal(all.n, 0);
	file.key.size = FOLDER_BASE64_MAX + 1;
	assert_int_equal(give(&file, FOLDER_BASE64, &all), D4_ETOOBIG);
	d4_buf_fini(&all);
}

static void
a_file_is_found_once_it_is_finished_and_not_twice(void **state)
{
	char sub[128], journal[64] = "/tmp/d4-journal.XXXXXX";
	struct folder_done *d = NULL;
	struct folder_list l;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(journal));
	assert_int_equal(folder_done_open(journal, &d), D4_OK);
	make_file("one", "1", 1);
	make_file(".dot", "2", 1);
	(void)snprintf(sub, sizeof(sub), "%s/one", dir);
	fd = open(sub, O_WRONLY);
	assert_true(fd >= 0);
	scan(d, &l, 0);
	assert_int_equal(l.n, 0); /* a writer has it */
	folder_list_fini(&l);
	(void)close(fd);
	scan(d, &l, 0);
	assert_int_equal(l.n, 1);
	assert_int_equal(folder_done_take(d, &l.at[0].key), D4_OK);
	assert_int_equal(folder_done_settle(d, &l.at[0].key), D4_OK);
	assert_int_equal(folder_done_sync(d), D4_OK);
	folder_list_fini(&l);
	scan(d, &l, 0);
	assert_int_equal(l.n, 0);
	folder_list_fini(&l);
	folder_done_free(d);
	/* Another run knows it. */
	assert_int_equal(folder_done_open(journal, &d), D4_OK);
	scan(d, &l, 0);
	assert_int_equal(l.n, 0);
	folder_list_fini(&l);
	/* It has changed: another file. */
	make_file("one", "longer", 6);
	scan(d, &l, 0);
	assert_int_equal(l.n, 1);
	folder_list_fini(&l);
	folder_done_free(d);
	tmpdir_remove(journal);
}

/* A crash between the journal and the deletion. */
static void
what_was_sent_and_not_deleted_is_deleted_by_a_scan(void **state)
{
	char journal[64] = "/tmp/d4-journal.XXXXXX", path[128];
	struct folder_view view = {.root = dir, .inotify = -1};
	struct folder_list l = {.n = 0};

	(void)state;
	assert_non_null(mkdtemp(journal));
	assert_int_equal(folder_done_open(journal, &view.done), D4_OK);
	make_file("one", "1", 1);
	(void)snprintf(path, sizeof(path), "%s/one", dir);
	assert_int_equal(folder_scan(&view, &l), D4_OK);
	assert_int_equal(l.n, 1);
	assert_int_equal(folder_done_take(view.done, &l.at[0].key), D4_OK);
	view.remove = true;
	assert_int_equal(folder_scan(&view, &l), D4_OK);
	assert_int_equal(access(path, F_OK), 0); /* taken, not settled */
	assert_int_equal(folder_done_settle(view.done, &l.at[0].key), D4_OK);
	assert_int_equal(folder_scan(&view, &l), D4_OK);
	assert_int_equal(access(path, F_OK), -1);
	folder_list_fini(&l);
	folder_done_free(view.done);
	tmpdir_remove(journal);
}

static void
a_journal_with_nonsense_is_read_past_it(void **state)
{
	static const char text[] = "nonsense\n1 1 2 3 4\n1 1 2 3\n1 5 6 7 8x\n"
				   "2 1 1 1 1\n1 9 9 9 9";
	const struct folder_key good = {1, 2, 3, 4}, torn = {9, 9, 9, 9};
	struct folder_done *d = NULL;

	(void)state;
	make_file(FOLDER_DONE_NAME, text, sizeof(text) - 1);
	assert_int_equal(folder_done_open(dir, &d), D4_OK);
	assert_true(folder_done_has(d, &good));
	assert_false(folder_done_has(d, &torn));
	folder_done_free(d);
}

static void
what_is_gone_is_forgotten(void **state)
{
	const struct folder_key seen = {1, 1, 1, 1}, gone = {2, 2, 2, 2};
	struct folder_done *d = NULL;

	(void)state;
	assert_int_equal(folder_done_open(dir, &d), D4_OK);
	assert_int_equal(folder_done_settle(d, &seen), D4_OK);
	assert_int_equal(folder_done_settle(d, &gone), D4_OK);
	folder_done_free(d);
	assert_int_equal(folder_done_open(dir, &d), D4_OK);
	assert_true(folder_done_has(d, &seen));
	folder_done_purge(d);
	assert_true(folder_done_has(d, &seen));
	assert_false(folder_done_has(d, &gone));
	folder_done_free(d);
}

#define W(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(json_values_become_lines),
	    W(an_item_is_given_in_each_form),
	    W(a_file_is_found_once_it_is_finished_and_not_twice),
	    W(what_was_sent_and_not_deleted_is_deleted_by_a_scan),
	    W(a_journal_with_nonsense_is_read_past_it),
	    W(what_is_gone_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

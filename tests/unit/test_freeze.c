#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <cmocka.h>
#include "libd4/kit/file.h"
#include "libd4/kit/freeze.h"

static char dir[64];
static const struct d4_freeze_note note = {.uid = 0, .because = "a leak"};

static int
make_dir(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/d4-freeze.XXXXXX");
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static int
remove_dir(void **state)
{
	static const char *const names[] = {"ALL", "acme", "a", "b"};
	char *path;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		path = d4_path(dir, names[i]);
		if (path != NULL && unlink(path) != 0)
			(void)rmdir(path);
		free(path);
	}
	return rmdir(dir);
}

static void
put(const char *name, const char *content)
{
	char *path = d4_path(dir, name);

	assert_non_null(path);
	assert_int_equal(
	    d4_file_replace(path, d4_slice_str(content), 0644), D4_OK);
	free(path);
}

static void
what_was_not_frozen_may_be_sent(void **state)
{
	(void)state;
	assert_int_equal(d4_frozen(dir, "acme"), D4_THAWED);
	assert_int_equal(d4_frozen(NULL, "acme"), D4_THAWED);
	assert_int_equal(d4_freeze_lift(dir, "acme"), D4_ENOENT);
}

static void
one_is_frozen_and_the_others_are_not(void **state)
{
	(void)state;
	assert_int_equal(d4_freeze_set(dir, "acme", &note), D4_OK);
	assert_int_equal(d4_frozen(dir, "acme"), D4_FROZEN);
	assert_int_equal(d4_frozen(dir, "acm"), D4_THAWED);
	assert_int_equal(d4_frozen(dir, "acme-2"), D4_THAWED);
	assert_int_equal(d4_freeze_lift(dir, "acme"), D4_OK);
	assert_int_equal(d4_frozen(dir, "acme"), D4_THAWED);
}

static void
all_freezes_everyone_and_leaves_the_single_ones_as_they_are(void **state)
{
	(void)state;
	assert_int_equal(d4_freeze_set(dir, "a", &note), D4_OK);
	assert_int_equal(d4_freeze_set(dir, D4_FREEZE_ALL, &note), D4_OK);
	assert_int_equal(d4_frozen(dir, "a"), D4_FROZEN_ALL);
	assert_int_equal(d4_frozen(dir, "b"), D4_FROZEN_ALL);
	assert_int_equal(d4_freeze_lift(dir, D4_FREEZE_ALL), D4_OK);
	assert_int_equal(d4_frozen(dir, "a"), D4_FROZEN);
	assert_int_equal(d4_frozen(dir, "b"), D4_THAWED);
}

/* That it is there is the freeze: what is in it can break nothing open. */
static void
a_broken_file_freezes(void **state)
{
	static const char *const hostile[] = {"", "{", "null", "[]",
	    "{\"v\":1,\"frozen\":false}",
	    "{\"v\":2,\"since\":7,\"by\":[],\"because\":{}}",
	    "{\"since\":\"\x1b[2J\",\"because\":\"a\nb\"}", "\xff\xfe\x01"};
	json_t *list, *o;

	(void)state;
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		put("acme", hostile[i]);
		assert_int_equal(d4_frozen(dir, "acme"), D4_FROZEN);
		list = d4_freeze_list(dir);
		assert_int_equal(json_array_size(list), 1);
		o = json_array_get(list, 0);
		assert_string_equal(
		    json_string_value(json_object_get(o, "partner")), "acme");
		assert_null(json_object_get(o, "because"));
		/* Its own time instead, and whose file it is. */
		assert_int_equal(
		    json_string_length(json_object_get(o, "since")), 27);
		assert_non_null(json_object_get(o, "by"));
		json_decref(list);
	}
}

static void
a_folder_link_or_fifo_of_that_name_freezes_and_is_not_followed(void **state)
{
	char *path = d4_path(dir, "acme");
	json_t *list;

	(void)state;
	assert_int_equal(symlink("/nowhere", path), 0);
	assert_int_equal(d4_frozen(dir, "acme"), D4_FROZEN);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(d4_frozen(dir, "acme"), D4_FROZEN);
	list = d4_freeze_list(dir);
	assert_int_equal(json_array_size(list), 1);
	json_decref(list);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(d4_frozen(dir, "acme"), D4_FROZEN);
	free(path);
}

static void
what_cannot_be_told_is_frozen(void **state)
{
	char *gone = d4_path(dir, "gone");
	char *file = d4_path(dir, "b");
	json_t *list;
	char deep[1200];

	(void)state;
	assert_int_equal(d4_frozen(gone, "acme"), D4_FROZEN_SHUT);
	put("b", "a file where a folder should be");
	assert_int_equal(d4_frozen(file, "acme"), D4_FROZEN_SHUT);
	memset(deep, '/', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	assert_int_equal(d4_frozen(deep, "acme"), D4_FROZEN_SHUT);
	list = d4_freeze_list(gone);
	assert_string_equal(json_string_value(json_object_get(
				json_array_get(list, 0), "partner")),
	    "*");
	json_decref(list);
	free(gone);
	free(file);
}

static void
names_that_are_no_ids_are_frozen_and_never_written(void **state)
{
	static const char *const names[] = {"", ".", "..", "../x", "a/b",
	    "all ", "Acme", "ALL2", "acme.Ab12Cd",
	    ("0123456789012345678901234567890123456789012345678901234567890123"
	     "x")};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(d4_frozen(dir, names[i]), D4_FROZEN_SHUT);
		assert_int_equal(
		    d4_freeze_set(dir, names[i], &note), D4_EINVAL);
		assert_int_equal(d4_freeze_lift(dir, names[i]), D4_EINVAL);
	}
}

static void
the_list_says_who_since_when_and_why(void **state)
{
	json_t *list, *o;

	(void)state;
	assert_int_equal(d4_freeze_set(dir, "b", &note), D4_OK);
	assert_int_equal(d4_freeze_set(dir, D4_FREEZE_ALL, &note), D4_OK);
	put("acme.Ab12Cd", "left by a crash");
	list = d4_freeze_list(dir);
	assert_int_equal(json_array_size(list), 2);
	o = json_array_get(list, 0);
	assert_string_equal(
	    json_string_value(json_object_get(o, "partner")), "*");
	o = json_array_get(list, 1);
	assert_string_equal(
	    json_string_value(json_object_get(o, "because")), "a leak");
	assert_int_equal(json_integer_value(
			     json_object_get(json_object_get(o, "by"), "uid")),
	    0);
	json_decref(list);
	assert_int_equal(d4_freeze_lift(dir, "b"), D4_OK);
	list = d4_freeze_list(dir);
	assert_int_equal(json_array_size(list), 1);
	json_decref(list);
	{
		char *left = d4_path(dir, "acme.Ab12Cd");

		assert_int_equal(unlink(left), 0);
		free(left);
	}
}

static void
a_reason_is_one_line_of_text(void **state)
{
	static const char *const bad[] = {"a\nb", "\x1b[0m", "\xff"};
	struct d4_freeze_note n = {.uid = 0};
	char *big = calloc(1, D4_FREEZE_BECAUSE + 2);

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		n.because = bad[i];
		assert_int_equal(d4_freeze_set(dir, "acme", &n), D4_EINVAL);
		assert_int_equal(d4_frozen(dir, "acme"), D4_THAWED);
	}
	memset(big, 'x', D4_FREEZE_BECAUSE + 1);
	n.because = big;
	assert_int_equal(d4_freeze_set(dir, "acme", &n), D4_EINVAL);
	big[D4_FREEZE_BECAUSE] = '\0';
	assert_int_equal(d4_freeze_set(dir, "acme", &n), D4_OK);
	free(big);
	n.because = NULL;
	assert_int_equal(d4_freeze_set(dir, "acme", &n), D4_OK);
}

static void
a_disk_that_takes_no_byte_still_takes_a_freeze(void **state)
{
	struct rlimit was, none;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	none = was;
	none.rlim_cur = 0;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	assert_int_equal(d4_freeze_set(dir, "acme", &note), D4_OK);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	assert_int_equal(d4_frozen(dir, "acme"), D4_FROZEN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_dir, remove_dir)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_was_not_frozen_may_be_sent),
	    TEST(one_is_frozen_and_the_others_are_not),
	    TEST(all_freezes_everyone_and_leaves_the_single_ones_as_they_are),
	    TEST(a_broken_file_freezes),
	    TEST(
		a_folder_link_or_fifo_of_that_name_freezes_and_is_not_followed),
	    TEST(what_cannot_be_told_is_frozen),
	    TEST(names_that_are_no_ids_are_frozen_and_never_written),
	    TEST(the_list_says_who_since_when_and_why),
	    TEST(a_reason_is_one_line_of_text),
	    TEST(a_disk_that_takes_no_byte_still_takes_a_freeze),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <cmocka.h>
#include "libd4/kit/account.h"
#include "libd4/kit/file.h"

static char dir[64];
static char *path;

static int
make_dir(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/d4-account.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	path = d4_path(dir, "wash.jsonl");
	return path == NULL ? -1 : 0;
}

static int
remove_dir(void **state)
{
	(void)state;
	(void)unlink(path);
	free(path);
	return rmdir(dir);
}

static void
each_line_is_one_object_with_version_time_and_event(void **state)
{
	struct d4_account *a;
	struct d4_buf b;
	struct stat sb;
	json_t *o;

	(void)state;
	assert_int_equal(d4_account_open(dir, "wash", &a), D4_OK);
	assert_int_equal(d4_account_write(a, true, "withheld",
			     json_pack("{s:i,s:s}", "n", 3, "event", "forged")),
	    D4_OK);
	assert_int_equal(d4_account_write(a, false, "stop", NULL), D4_OK);
	d4_account_close(a);
	d4_buf_init(&b, 4096);
	assert_int_equal(d4_file_read(path, &b), D4_OK);
	o = json_loadb((char *)b.p, b.n, JSON_DISABLE_EOF_CHECK, NULL);
	assert_int_equal(json_integer_value(json_object_get(o, "v")), 1);
	assert_int_equal(json_integer_value(json_object_get(o, "n")), 3);
	assert_string_equal(
	    json_string_value(json_object_get(o, "event")), "withheld");
	assert_non_null(json_object_get(o, "t"));
	json_decref(o);
	assert_int_equal(stat(path, &sb), 0);
	assert_int_equal(sb.st_mode & 0137, 0);
	d4_buf_fini(&b);
}

static void
a_torn_last_line_does_not_swallow_the_next_one(void **state)
{
	struct d4_account *a;
	struct d4_buf b;

	(void)state;
	assert_int_equal(
	    d4_file_replace(path, d4_slice_str("{\"v\":1,\"ev"), 0640), D4_OK);
	assert_int_equal(d4_account_open(dir, "wash", &a), D4_OK);
	assert_int_equal(d4_account_write(a, false, "start", NULL), D4_OK);
	d4_account_close(a);
	d4_buf_init(&b, 4096);
	assert_int_equal(d4_file_read(path, &b), D4_OK);
	assert_true(b.n > 18);
	assert_memory_equal(b.p, "{\"v\":1,\"ev\n{\"v\":1,", 18);
	d4_buf_fini(&b);
}

static void
a_full_disk_is_reported(void **state)
{
	struct d4_account *a;

	(void)state;
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/dev/full", path), 0);
	if (d4_account_open(dir, "wash", &a) == D4_OK) {
		assert_int_equal(
		    d4_account_write(a, true, "x", NULL), D4_ENOSPC);
		d4_account_close(a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		each_line_is_one_object_with_version_time_and_event),
	    cmocka_unit_test(a_torn_last_line_does_not_swallow_the_next_one),
	    cmocka_unit_test(a_full_disk_is_reported),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "libd4/kit/file.h"
#include "libd4/kit/spool_cursor.h"
#include "tmpdir.h"

static void
a_cursor_is_loaded_as_it_was_saved(void **state)
{
	struct d4_spool_cursor c = {.sent = 12,
	    .acked = 11,
	    .confirmed = 10,
	    .sent_records = 99,
	    .acked_records = 98,
	    .confirmed_records = 97,
	    .maybe_lost = 4,
	    .resent = 5,
	    .expired = 6,
	    .damaged = 7,
	    .toobig = 8,
	    .withheld = 9};
	struct d4_spool_cursor got = {.sent = 0};
	char dir[64], path[80];

	(void)state;
	tmpdir_make(dir, sizeof(dir));
	(void)snprintf(path, sizeof(path), "%s/c", dir);
	assert_int_equal(d4_spool_cursor_load(path, &got), D4_ENOENT);
	assert_int_equal(d4_spool_cursor_save(path, &c), D4_OK);
	assert_int_equal(d4_spool_cursor_load(path, &got), D4_OK);
	assert_memory_equal(&got, &c, sizeof(c));
	tmpdir_remove(dir);
}

static void
a_file_that_is_no_cursor_is_refused(void **state)
{
	static const struct {
		const char *text;
		enum d4_status st;
	} bad[] = {
	    {"", D4_EMALFORMED},
	    {"{\"v\":1}", D4_EMALFORMED},
	    {"{\"v\":2}", D4_EVERSION},
	    {"[1]", D4_EVERSION},
	    {"{\"v\":1,\"sent\":1,\"acked\":2,\"confirmed\":0,"
	     "\"sent_records\":0,\"acked_records\":0,\"confirmed_records\":0,"
	     "\"maybe_lost\":0,\"resent\":0,\"expired\":0,\"damaged\":0,"
	     "\"toobig\":0,\"withheld\":0}",
		D4_EMALFORMED},
	};
	struct d4_spool_cursor got = {.sent = 77};
	char dir[64], path[80];

	(void)state;
	tmpdir_make(dir, sizeof(dir));
	(void)snprintf(path, sizeof(path), "%s/c", dir);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(
		    d4_file_replace(path, d4_slice_str(bad[i].text), 0600),
		    D4_OK);
		assert_int_equal(d4_spool_cursor_load(path, &got), bad[i].st);
		assert_int_equal(got.sent, 77);
	}
	tmpdir_remove(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_cursor_is_loaded_as_it_was_saved),
	    cmocka_unit_test(a_file_that_is_no_cursor_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

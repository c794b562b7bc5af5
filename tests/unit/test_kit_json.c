#include <unistd.h>
#include "test.h"
#include "libd4/kit/fdpass.h"
#include "libd4/kit/json.h"

static void
an_object_is_one_line_behind_what_is_there(void **state)
{
	struct d4_buf out;

	(void)state;
	d4_buf_init(&out, 64);
	assert_int_equal(d4_buf_adds(&out, "x\n"), D4_OK);
	assert_int_equal(
	    d4_json_line(json_pack("{s:i}", "a", 1), JSON_COMPACT, &out),
	    D4_OK);
	assert_slice(d4_buf_slice(&out), "x\n{\"a\":1}\n");
	assert_int_equal(d4_json_line(NULL, JSON_COMPACT, &out), D4_ENOMEM);
	assert_slice(d4_buf_slice(&out), "x\n{\"a\":1}\n");
	d4_buf_fini(&out);
}

/* More than a message of the socket can be. */
static void
an_object_of_any_size_comes_as_a_file_with_its_word(void **state)
{
	static char big[100000], got[100100];
	struct d4_buf msg;
	int pair[2], fd;
	ssize_t n;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	d4_buf_init(&msg, 64);
	assert_int_equal(d4_fd_pair(pair), D4_OK);
	assert_int_equal(
	    d4_json_send(pair[0], "status", json_pack("{s:s}", "a", big)),
	    D4_OK);
	assert_int_equal(d4_fd_recv(pair[1], &msg, &fd), D4_OK);
	assert_slice(d4_buf_slice(&msg), "status");
	n = pread(fd, got, sizeof(got), 0);
	assert_int_equal(n, sizeof(big) - 1 + strlen("{\"a\":\"\"}"));
	assert_memory_equal(got, "{\"a\":\"xxx", 9);
	(void)close(fd);
	assert_int_equal(d4_json_send(pair[0], "status", NULL), D4_ENOMEM);
	assert_int_equal(d4_fd_recv(pair[1], &msg, &fd), D4_AGAIN);
	(void)close(pair[0]);
	(void)close(pair[1]);
	d4_buf_fini(&msg);
}

static void
members_are_read_that_fit(void **state)
{
	json_t *o = json_loads("{\"t\": \"abc\", \"nul\": \"a\\u0000\","
			       " \"n\": 7, \"minus\": -1, \"real\": 1.0}",
	    JSON_ALLOW_NUL, NULL);
	char text[4] = "old", small[3] = "xy";
	uint64_t n = 1;

	(void)state;
	assert_non_null(o);
	assert_false(d4_json_text(o, "t", small, sizeof(small)));
	assert_false(d4_json_text(o, "nul", text, sizeof(text)));
	assert_false(d4_json_text(o, "n", text, sizeof(text)));
	assert_false(d4_json_text(o, "absent", text, sizeof(text)));
	assert_false(d4_json_text(NULL, "t", text, sizeof(text)));
	assert_string_equal(text, "old");
	assert_string_equal(small, "xy");
	assert_true(d4_json_text(o, "t", text, sizeof(text)));
	assert_string_equal(text, "abc");
	assert_false(d4_json_number(o, "n", 6, &n));
	assert_false(d4_json_number(o, "minus", INT64_MAX, &n));
	assert_false(d4_json_number(o, "real", INT64_MAX, &n));
	assert_false(d4_json_number(o, "t", INT64_MAX, &n));
	assert_false(d4_json_number(NULL, "n", INT64_MAX, &n));
	assert_int_equal(n, 1);
	assert_true(d4_json_number(o, "n", 7, &n));
	assert_int_equal(n, 7);
	json_decref(o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_object_is_one_line_behind_what_is_there),
	    cmocka_unit_test(
		an_object_of_any_size_comes_as_a_file_with_its_word),
	    cmocka_unit_test(members_are_read_that_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

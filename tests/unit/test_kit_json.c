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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_object_is_one_line_behind_what_is_there),
	    cmocka_unit_test(
		an_object_of_any_size_comes_as_a_file_with_its_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

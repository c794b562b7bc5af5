#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "hub/handover.h"

static struct handover h;

static enum d4_status
read_text(const char *text)
{
	return handover_read(d4_slice_str(text), &h);
}

static void
what_is_written_is_read_back(void **state)
{
	struct handover was = {.ctl = 0, .ctl_path = "/run/d4/a b.ctl", .n = 2};
	struct d4_buf text;

	(void)state;
	was.listeners.rows = 2;
	was.listeners.n = 1;
	was.listeners.fd[0][0] = 1;
	was.listeners.fd[1][0] = 2;
	was.worker[0] = (struct crew_member){.pid = 77, .pair = 1};
	was.worker[1] =
	    (struct crew_member){.pid = 78, .pair = 2, .wants_redis = true};
	d4_buf_init(&text, 4096);
	assert_int_equal(handover_write(&was, &text), D4_OK);
	assert_int_equal(handover_read(d4_buf_slice(&text), &h), D4_OK);
	assert_true(h.taken);
	assert_int_equal(h.listeners.rows, 2);
	assert_int_equal(h.listeners.n, 1);
	assert_int_equal(h.listeners.fd[1][0], 2);
	assert_int_equal(h.ctl, 0);
	assert_string_equal(h.ctl_path, was.ctl_path);
	assert_int_equal(h.n, 2);
	assert_int_equal(h.worker[1].pid, 78);
	assert_true(h.worker[1].wants_redis && h.worker[1].ready);
	assert_false(h.worker[0].wants_redis);
	handover_fini(&h);
	d4_buf_fini(&text);
}

static void
descriptors_do_not_leak_into_the_next_program(void **state)
{
	int fd = open("/dev/null", O_RDONLY);
	char text[80];

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_SETFD, 0), 0);
	(void)snprintf(
	    text, sizeof(text), "d4-hub-handover 1\nworker 9 %d 0\n", fd);
	assert_int_equal(read_text(text), D4_OK);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	handover_fini(&h);
	(void)close(fd);
}

static void
what_is_not_understood_is_refused(void **state)
{
	static const char *const bad[] = {"", "\n", "d4-hub-handover\n",
	    "d4-hub-handover 2\n", "d4-hub-handover 1 \n",
	    "d4-hub-handover 1\nrows 65\n", "d4-hub-handover 1\nrows\n",
	    "d4-hub-handover 1\nrows 1\nsocket 1 0 0\n",
	    "d4-hub-handover 1\nrows 1\nsocket 0 16 0\n",
	    "d4-hub-handover 1\nrows 1\nsocket 0 0 999999\n",
	    "d4-hub-handover 1\nrows 1\nsocket 0 0 -1\n",
	    "d4-hub-handover 1\nrows 1\nsocket 0 0 0 0\n",
	    "d4-hub-handover 1\nsocket 0 0 0\n", "d4-hub-handover 1\nctl 0\n",
	    "d4-hub-handover 1\nctl 0 a\nctl 0 b\n",
	    "d4-hub-handover 1\nworker 1 0 0\n",
	    "d4-hub-handover 1\nworker 9 0\n",
	    "d4-hub-handover 1\nworker 9 0 2\n",
	    "d4-hub-handover 1\nworker 99999999999999999999 0 0\n",
	    "d4-hub-handover 1\nelse 1\n", "d4-hub-handover 1\n\nrows 1\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(read_text(bad[i]), D4_EMALFORMED);
}

static void
more_workers_than_there_is_room_for_are_refused(void **state)
{
	struct d4_buf text;

	(void)state;
	d4_buf_init(&text, 65536);
	assert_int_equal(d4_buf_adds(&text, "d4-hub-handover 1\n"), D4_OK);
	for (unsigned i = 0; i < CREW_MAX + 1; i++)
		assert_int_equal(
		    d4_buf_addf(&text, "worker %u 0 0\n", i + 2), D4_OK);
	assert_int_equal(handover_read(d4_buf_slice(&text), &h), D4_EMALFORMED);
	d4_buf_fini(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_written_is_read_back),
	    cmocka_unit_test(descriptors_do_not_leak_into_the_next_program),
	    cmocka_unit_test(what_is_not_understood_is_refused),
	    cmocka_unit_test(more_workers_than_there_is_room_for_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <cmocka.h>
#include "libd4/kit/ctl.h"

static char dir[64], path[96];
static pid_t server;

static json_t *
run_status(void *arg, const json_t *request, const char **error)
{
	(void)arg;
	(void)error;
	return json_pack("{s:O}", "asked", request);
}

static json_t *
run_fail(void *arg, const json_t *request, const char **error)
{
	(void)arg;
	(void)request;
	*error = "no such lane";
	return NULL;
}

static json_t *
run_big(void *arg, const json_t *request, const char **error)
{
	json_t *o = json_object(), *list = json_array();

	(void)arg;
	(void)request;
	(void)error;
	for (unsigned i = 0; i < 60000; i++)
		(void)json_array_append_new(list, json_string("0123456789"));
	(void)json_object_set_new(o, "list", list);
	return o;
}

static const struct d4_ctl_command commands[] = {
    {"status", "what runs", run_status},
    {"fail", "always fails", run_fail},
    {"big", "2.6 MB", run_big},
    {NULL, NULL, NULL},
};

static int
serve(int ready)
{
	struct event_base *base = event_base_new();
	struct d4_ctl *c = NULL;

	(void)signal(SIGPIPE, SIG_IGN);
	if (d4_ctl_new(base, path, commands, NULL, &c) != D4_OK)
		return 1;
	if (write(ready, "r", 1) != 1)
		return 1;
	(void)close(ready);
	(void)event_base_dispatch(base);
	return 0;
}

static int
start(void **state)
{
	int p[2];
	char c;

	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/d4-ctl.XXXXXX");
	if (mkdtemp(dir) == NULL || pipe(p) != 0)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/ctl.sock", dir);
	server = fork();
	if (server == 0) {
		(void)close(p[0]);
		_exit(serve(p[1]));
	}
	(void)close(p[1]);
	if (read(p[0], &c, 1) != 1)
		return -1;
	return close(p[0]);
}

static int
stop(void **state)
{
	int status = 0;

	(void)state;
	(void)kill(server, SIGTERM);
	(void)waitpid(server, &status, 0);
	(void)unlink(path);
	(void)rmdir(dir);
	/* Killed by our signal: it had not died before. */
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM ? 0 : -1;
}

static int
dial(void)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	assert_int_equal(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	return fd;
}

static json_t *
ask(const char *text)
{
	json_t *request = json_loads(text, 0, NULL), *answer = NULL;

	enum d4_status st = D4_ETIMEOUT;

	assert_non_null(request);
	/* Its five seconds are short for a busy machine. */
	for (unsigned i = 0; i < 12 && st == D4_ETIMEOUT; i++)
		st = d4_ctl_ask(path, request, &answer);
	assert_int_equal(st, D4_OK);
	json_decref(request);
	return answer;
}

static void
a_command_answers_ok_with_its_members(void **state)
{
	json_t *a = ask("{\"cmd\":\"status\",\"x\":7}");

	(void)state;
	assert_true(json_is_true(json_object_get(a, "ok")));
	assert_int_equal(json_integer_value(
			     json_object_get(json_object_get(a, "asked"), "x")),
	    7);
	json_decref(a);
}

static void
errors_are_answers_too(void **state)
{
	static const char *const rows[][2] = {
	    {"{\"cmd\":\"fail\"}", "no such lane"},
	    {"{\"cmd\":\"nope\"}", "unknown command; try help"},
	    {"{\"cmd\":1}", "no string \"cmd\" in the request"},
	    {"{}", "no string \"cmd\" in the request"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *a = ask(rows[i][0]);

		assert_true(json_is_false(json_object_get(a, "ok")));
		assert_string_equal(
		    json_string_value(json_object_get(a, "error")), rows[i][1]);
		json_decref(a);
	}
}

static void
help_lists_the_table(void **state)
{
	json_t *a = ask("{\"cmd\":\"help\"}");

	(void)state;
	assert_string_equal(json_string_value(json_object_get(
				json_object_get(a, "commands"), "status")),
	    "what runs");
	json_decref(a);
}

/* Reads lines of answers until n have come. */
static void
read_lines(int fd, unsigned n)
{
	char buf[4096];

	while (n != 0) {
		ssize_t got = read(fd, buf, sizeof(buf));

		assert_true(got > 0);
		for (ssize_t i = 0; i < got; i++)
			n -= buf[i] == '\n';
	}
}

static void
requests_in_one_packet_are_all_answered(void **state)
{
	const char *two = "{\"cmd\":\"help\"}\n{\"cmd\":\"fail\"}\n[]\n\n";
	int fd = dial();

	(void)state;
	assert_int_equal(write(fd, two, strlen(two)), (ssize_t)strlen(two));
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	read_lines(fd, 4);
	(void)close(fd);
}

static void
garbage_and_endless_lines_close_only_themselves(void **state)
{
	char junk[8192];
	char buf[256];
	int fd = dial();

	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	memset(junk, 0xf5, sizeof(junk));
	for (unsigned i = 0; i < 20; i++) {
		if (write(fd, junk, sizeof(junk)) < 0)
			break;
	}
	while (read(fd, buf, sizeof(buf)) > 0)
		;
	(void)close(fd);
	json_decref(ask("{\"cmd\":\"help\"}"));
}

static void
deep_nesting_does_no_harm(void **state)
{
	char deep[60001];
	int fd = dial();

	(void)state;
	memset(deep, '[', sizeof(deep));
	deep[sizeof(deep) - 1] = '\n';
	assert_int_equal(write(fd, deep, sizeof(deep)), (ssize_t)sizeof(deep));
	read_lines(fd, 1);
	(void)close(fd);
}

static void
a_client_that_does_not_read_blocks_nobody(void **state)
{
	const char *big = "{\"cmd\":\"big\"}\n";
	int slow[8];
	json_t *a;

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		slow[i] = dial();
		for (unsigned k = 0; k < 50; k++)
			assert_int_equal(write(slow[i], big, strlen(big)),
			    (ssize_t)strlen(big));
	}
	a = ask(big);
	assert_int_equal(json_array_size(json_object_get(a, "list")), 60000);
	json_decref(a);
	for (unsigned i = 0; i < 8; i++)
		(void)close(slow[i]);
}

static void
more_clients_than_places_wait_their_turn(void **state)
{
	int fd[40];

	(void)state;
	for (unsigned i = 0; i < 40; i++)
		fd[i] = dial();
	for (unsigned i = 0; i < 40; i++) {
		assert_int_equal(write(fd[i], "{\"cmd\":\"help\"}\n", 15), 15);
	}
	for (unsigned i = 0; i < 40; i++) {
		read_lines(fd[i], 1);
		(void)close(fd[i]);
	}
}

static void
the_socket_is_for_owner_and_group_only(void **state)
{
	struct stat sb;

	(void)state;
	assert_int_equal(stat(path, &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0660);
}

/* Killed between fork and exec, it leaves a child that still listens. */
static void
a_socket_that_dies_soon_is_replaced(void **state)
{
	struct event_base *base = event_base_new();
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	struct d4_ctl *c = NULL;
	char other[128];
	pid_t child;
	int fd;

	(void)state;
	(void)snprintf(other, sizeof(other), "%s/soon", dir);
	memcpy(sun.sun_path, other, strlen(other));
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(listen(fd, 1), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		(void)poll(NULL, 0, 150);
		_exit(0);
	}
	(void)close(fd);
	assert_int_equal(d4_ctl_new(base, other, commands, NULL, &c), D4_OK);
	d4_ctl_free(c);
	event_base_free(base);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static void
a_living_socket_is_kept_and_a_dead_one_replaced(void **state)
{
	struct event_base *base = event_base_new();
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	struct d4_ctl *c = NULL;
	char other[128];
	struct stat sb;
	int fd;

	(void)state;
	assert_int_equal(d4_ctl_new(base, path, commands, NULL, &c), D4_EEXIST);
	(void)snprintf(other, sizeof(other), "%s/dead", dir);
	memcpy(sun.sun_path, other, strlen(other));
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	(void)close(fd);
	assert_int_equal(d4_ctl_new(base, other, commands, NULL, &c), D4_OK);
	d4_ctl_free(c);
	assert_int_equal(stat(other, &sb), -1);
	event_base_free(base);
}

static void
a_file_in_the_way_is_not_removed(void **state)
{
	struct event_base *base = event_base_new();
	struct d4_ctl *c = NULL;
	char other[128];
	FILE *f;

	(void)state;
	(void)snprintf(other, sizeof(other), "%s/file", dir);
	f = fopen(other, "w");
	assert_non_null(f);
	(void)fclose(f);
	assert_int_equal(d4_ctl_new(base, other, commands, NULL, &c), D4_EIO);
	assert_int_equal(unlink(other), 0);
	event_base_free(base);
}

static void
asking_where_nobody_listens_is_an_error(void **state)
{
	json_t *request = json_object(), *a = NULL;

	(void)state;
	assert_int_equal(d4_ctl_ask("/nonexistent/ctl", request, &a), D4_EIO);
	assert_int_equal(errno, ENOENT);
	json_decref(request);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_command_answers_ok_with_its_members),
	    cmocka_unit_test(errors_are_answers_too),
	    cmocka_unit_test(help_lists_the_table),
	    cmocka_unit_test(requests_in_one_packet_are_all_answered),
	    cmocka_unit_test(garbage_and_endless_lines_close_only_themselves),
	    cmocka_unit_test(deep_nesting_does_no_harm),
	    cmocka_unit_test(a_client_that_does_not_read_blocks_nobody),
	    cmocka_unit_test(more_clients_than_places_wait_their_turn),
	    cmocka_unit_test(the_socket_is_for_owner_and_group_only),
	    cmocka_unit_test(a_living_socket_is_kept_and_a_dead_one_replaced),
	    cmocka_unit_test(a_socket_that_dies_soon_is_replaced),
	    cmocka_unit_test(a_file_in_the_way_is_not_removed),
	    cmocka_unit_test(asking_where_nobody_listens_is_an_error),
	};

	return cmocka_run_group_tests(tests, start, stop);
}

/* Calls of the control socket that are answered later. */
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "libd4/kit/ctl.h"
#include "test.h"
#include "tmpdir.h"

static const struct d4_ctl_command none[] = {{NULL, NULL, NULL}};
static struct event_base *base;
static struct d4_ctl *ctl;
static struct d4_ctl_call *waiting;
static char dir[64], path[200];

static void
on_call(void *arg, struct d4_ctl_call *call)
{
	(void)arg;
	waiting = call;
}

/* A client that has asked; the server has its call. */
static int
asked(const char *line)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	waiting = NULL;
	(void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%.100s", path);
	assert_int_equal(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(write(fd, line, strlen(line)), strlen(line));
	while (waiting == NULL)
		(void)event_base_loop(base, EVLOOP_ONCE);
	return fd;
}

static void
answered(int fd, char *got, size_t n)
{
	ssize_t k;

	do {
		(void)event_base_loop(base, EVLOOP_NONBLOCK);
		k = recv(fd, got, n - 1, MSG_DONTWAIT);
	} while (k < 0);
	got[k] = '\0';
}

static void
an_answer_comes_when_it_is_there(void **unused)
{
	char got[200];
	int fd = asked("{\"cmd\":\"x\",\"n\":7}\n");

	(void)unused;
	assert_int_equal(waiting->uid, getuid());
	assert_int_equal(waiting->pid, getpid());
	d4_ctl_answer(waiting, json_pack("{s:O}", "asked", waiting->request));
	answered(fd, got, sizeof(got));
	assert_non_null(strstr(got, "\"n\":7"));
	assert_non_null(strstr(got, "\"ok\":true"));
	(void)close(fd);
}

static void
an_error_is_an_answer_too(void **unused)
{
	char got[200];
	int fd = asked("{\"cmd\":\"x\"}\n");

	(void)unused;
	d4_ctl_fail(waiting, "not today");
	answered(fd, got, sizeof(got));
	assert_string_equal(got, "{\"ok\":false,\"error\":\"not today\"}\n");
	(void)close(fd);
}

/* One at a time: the second request of a client waits for the first. */
static void
the_next_request_waits(void **unused)
{
	char got[200];
	int fd = asked("{\"cmd\":\"one\"}\n{\"cmd\":\"two\"}\n");
	struct d4_ctl_call *one = waiting;

	(void)unused;
	(void)event_base_loop(base, EVLOOP_NONBLOCK);
	assert_ptr_equal(waiting, one);
	waiting = NULL;
	d4_ctl_answer(one, json_object());
	while (waiting == NULL)
		(void)event_base_loop(base, EVLOOP_ONCE);
	assert_string_equal(
	    json_string_value(json_object_get(waiting->request, "cmd")), "two");
	d4_ctl_answer(waiting, NULL); /* out of memory */
	answered(fd, got, sizeof(got));
	(void)close(fd);
}

static void
who_does_not_wait_does_no_harm(void **unused)
{
	int fd = asked("{\"cmd\":\"x\"}\n");

	(void)unused;
	(void)close(fd);
	(void)event_base_loop(base, EVLOOP_NONBLOCK);
	d4_ctl_answer(waiting, json_object());
	for (unsigned i = 0; i < 3; i++)
		(void)event_base_loop(base, EVLOOP_NONBLOCK);
	/* Nor a server that is gone before the answer. */
	fd = asked("{\"cmd\":\"x\"}\n");
	d4_ctl_free(ctl);
	ctl = NULL;
	d4_ctl_fail(waiting, "too late");
	(void)close(fd);
}

static int
setup(void **unused)
{
	(void)unused;
	(void)signal(SIGPIPE, SIG_IGN);
	tmpdir_make(dir, sizeof(dir));
	(void)snprintf(path, sizeof(path), "%s/ctl", dir);
	base = event_base_new();
	if (d4_ctl_new(base, path, none, NULL, &ctl) != D4_OK)
		return -1;
	d4_ctl_other(ctl, on_call, NULL);
	return 0;
}

static int
teardown(void **unused)
{
	(void)unused;
	d4_ctl_free(ctl);
	event_base_free(base);
	tmpdir_remove(dir);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_answer_comes_when_it_is_there),
	    cmocka_unit_test(an_error_is_an_answer_too),
	    cmocka_unit_test(the_next_request_waits),
	    cmocka_unit_test(who_does_not_wait_does_no_harm),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <unistd.h>
#include <sys/wait.h>
#include "test.h"
#include "libd4/kit/sandbox.h"

static int
in_child(const char *user)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		enum d4_status st = d4_user_drop(user);
		const struct passwd *pw = user ? getpwnam(user) : NULL;

		if (st == D4_ENOENT)
			_exit(2);
		if (st != D4_OK)
			_exit(3);
		if (pw != NULL &&
		    (getuid() != pw->pw_uid || getegid() != pw->pw_gid))
			_exit(4);
		_exit(setuid(0) == 0 ? 1 : 0); /* 1: root still */
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

static void
root_becomes_the_user_for_good(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(in_child("nobody"), 0);
	assert_int_equal(in_child("no-such-user-d4"), 2);
}

static void
without_a_user_nothing_changes(void **state)
{
	(void)state;
	assert_int_equal(in_child(NULL), geteuid() == 0 ? 1 : 0);
}

/* In the grandchild: says that it is bound, then stands still. */
static void
bound(pid_t parent, int fd)
{
	if (d4_die_with(parent) != D4_OK || write(fd, "b", 1) != 1)
		_exit(1);
	(void)raise(SIGSTOP);
	_exit(1);
}

/* The byte, or 0 when the last one that holds the other end is gone. */
static ssize_t
heard(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char byte;

	assert_int_equal(poll(&p, 1, 60000), 1);
	return read(fd, &byte, 1);
}

static void
a_child_that_stands_still_dies_with_its_parent(void **state)
{
	int pipes[2];
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	pid = fork();
	if (pid == 0) {
		pid = getpid();
		if (fork() == 0)
			bound(pid, pipes[1]);
		for (;;)
			(void)pause();
	}
	(void)close(pipes[1]);
	assert_int_equal(heard(pipes[0]), 1);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(heard(pipes[0]), 0);
	(void)close(pipes[0]);
}

static void
a_parent_that_died_before_is_noticed(void **state)
{
	int status = 0;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) /* its parent is another one by now, so to speak */
		_exit(d4_die_with(getpid()) == D4_ECLOSED ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(root_becomes_the_user_for_good),
	    cmocka_unit_test(without_a_user_nothing_changes),
	    cmocka_unit_test(a_child_that_stands_still_dies_with_its_parent),
	    cmocka_unit_test(a_parent_that_died_before_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

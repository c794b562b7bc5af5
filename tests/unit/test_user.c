#include <pwd.h>
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(root_becomes_the_user_for_good),
	    cmocka_unit_test(without_a_user_nothing_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

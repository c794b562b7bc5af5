#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include "box.h"
#include "libd4/kit/sandbox_parts.h"

static int
do_ptrace(void)
{
	return (int)ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static int
do_dumpable(void)
{
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static void
keys_cannot_be_dumped_or_traced(void **state)
{
	(void)state;
	if (SANDBOX_ASAN)
		skip(); /* its leak checker ptraces: see sandbox_parts.h */
	assert_int_equal(in_box(box_closed(), do_ptrace), EPERM);
	assert_int_equal(in_box(box_closed(), do_dumpable), EPERM);
}

static int
check_not_dumpable(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_CORE, &r) != 0 || r.rlim_max != 0)
		return -1;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return -1;
	return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == SANDBOX_ASAN ? 0 : -1;
}

static void
there_is_no_core_file(void **state)
{
	(void)state;
	assert_int_equal(in_box(box_closed(), check_not_dumpable), 0);
}

/* With AddressSanitizer its leak check must still be able to run. */
static void
a_program_can_end_in_the_sandbox(void **state)
{
	const char *why;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		if (d4_sandbox_enter(box_closed(), &why) != D4_OK)
			_exit(NO_BOX);
		exit(0);
	}
	assert_int_equal(box_reap(pid), 0);
}

static int
enter_again(void)
{
	const char *why;

	return d4_sandbox_enter(box_closed(), &why) == D4_OK ? 0 : -1;
}

static void
a_sandbox_can_be_narrowed_but_never_widened(void **state)
{
	(void)state;
	assert_int_equal(in_box(box_connect(), enter_again), 0);
}

#if defined(__x86_64__)
/* The 32-bit entry has other call numbers: the filter would misread them. */
static void
calls_of_another_architecture_end_the_process(void **state)
{
	const char *why;
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0) {
		long rc;

		if (d4_sandbox_enter(box_closed(), &why) != D4_OK)
			_exit(NO_BOX);
		__asm__ volatile("int $0x80" : "=a"(rc) : "a"(20L) : "memory");
		_exit(rc == 0);
	}
	status = box_reap(pid);
	/* SIGSYS; SIGSEGV where the kernel has no 32-bit entry. */
	assert_true(status == 128 + SIGSYS || status == 128 + SIGSEGV);
}
#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_cannot_be_dumped_or_traced),
		cmocka_unit_test(there_is_no_core_file),
		cmocka_unit_test(a_program_can_end_in_the_sandbox),
		cmocka_unit_test(a_sandbox_can_be_narrowed_but_never_widened),
#if defined(__x86_64__)
		cmocka_unit_test(calls_of_another_architecture_end_the_process),
#endif
	};

	if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 1) {
		(void)puts("skipped: this kernel has no landlock");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}

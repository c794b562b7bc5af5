/*
 * Proofs about the sandbox run in a child: what() inside a box, and the errno
 * of its failure as the answer.
 */
#ifndef TEST_BOX_H
#define TEST_BOX_H

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <cmocka.h>
#include "libd4/kit/sandbox.h"

#define NO_BOX     200 /* the sandbox could not be entered */
#define OLD_SOCKET 101 /* open before the sandbox is entered */
#define OLD_FILE   100

/* box_closed -- no sockets at all; box_connect -- those that connect. */
static inline const struct d4_sandbox *
box_closed(void)
{
	static const struct d4_sandbox box = {.connect = false};

	return &box;
}

static inline const struct d4_sandbox *
box_connect(void)
{
	static const struct d4_sandbox box = {.connect = true};

	return &box;
}

/* The exit status of a child, or 128 and the signal that ended it. */
static inline int
box_reap(pid_t pid)
{
	int status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	return WEXITSTATUS(status);
}

/* 0: what() succeeded inside the box (NULL: without one). */
static inline int
in_box(const struct d4_sandbox *box, int (*what)(void))
{
	const char *why = NULL;
	int old = socket(AF_INET, SOCK_STREAM, 0);
	pid_t pid;

	/* A socket that is open before the sandbox is entered. */
	assert_int_equal(dup2(old, OLD_SOCKET), OLD_SOCKET);
	(void)close(old);
	pid = fork();
	if (pid == 0) {
		if (box != NULL && d4_sandbox_enter(box, &why) != D4_OK) {
			(void)dprintf(
			    2, "no sandbox: %s: %s\n", why, strerror(errno));
			_exit(NO_BOX);
		}
		errno = 0;
		_exit(what() < 0 ? errno : 0);
	}
	return box_reap(pid);
}

#endif

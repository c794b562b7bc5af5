#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/embedded.h"
#include "libd4/kit/embedded_conf.h"
#include "libd4/kit/file.h"
#include "libd4/kit/redis.h"
#include "libd4/kit/redis_url.h"
#include "libd4/kit/sandbox.h"

#define START_MS   30000u  /* to answer at all */
#define LOADING_MS 300000u /* to answer while it loads its file */
#define STOP_MS    10000u
#define POLL_MS    20

#define NOT_FOR_IT   125
#define CHILD_FAILED 126
#define RIGHTS_MAX   4096u /* text of a user's rights */
#define NO_PROGRAM   127

/* What one look at the server says. */
enum look { LOOK_READY, LOOK_LOADING, LOOK_NOBODY, LOOK_REFUSED };

static int
pidfd_open_(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

static bool
pidfd_ended(int pidfd, int ms)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};

	return poll(&p, 1, ms) == 1;
}

enum d4_status
d4_embedded_url(
    const struct d4_embedded *e, const char *user, char *out, size_t n)
{
	int len =
	    snprintf(out, n, "unix:%s/redis.sock?user=%s&secret=%s/redis-%s",
		e->dir, user, e->keys != NULL ? e->keys : e->dir, user);

	return len < 0 || (size_t)len >= n ? D4_EINVAL : D4_OK;
}

/* Who listens there: redis-server's own pid, whoever started it. */
static void
note_pid(struct d4_embedded *e, int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return;
	if (e->pidfd >= 0)
		(void)close(e->pidfd);
	e->pid = cred.pid;
	e->pidfd = pidfd_open_(cred.pid);
}

static enum look
look(struct d4_embedded *e)
{
	const struct d4_slice ping[] = {d4_slice_str("PING")};
	char line[64] = "";
	enum d4_status st;
	int fd;

	st = d4_redis_dial(e->url, &fd);
	if (st == D4_EAUTH)
		return LOOK_REFUSED;
	if (st != D4_OK)
		return LOOK_NOBODY;
	st = redis_ask(fd, ping, 1, line, sizeof(line));
	if (st == D4_OK && strcmp(line, "+PONG") == 0)
		note_pid(e, fd);
	(void)close(fd);
	if (st != D4_OK)
		return LOOK_NOBODY;
	return strcmp(line, "+PONG") == 0 ? LOOK_READY : LOOK_LOADING;
}

/* A child that ended is told by how: 127 is "no such program". */
static enum d4_status
child_status(pid_t child)
{
	int status = 0;

	if (waitpid(child, &status, WNOHANG) != child)
		return D4_AGAIN;
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_PROGRAM)
		return D4_ENOENT;
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOR_IT)
		return D4_EDENIED;
	return D4_EIO;
}

/* The lock's descriptor, or D4_EEXIST: a server of this folder runs. */
static enum d4_status
take_lock(const struct d4_embedded *e, int *out)
{
	char *path = d4_path(e->dir, "redis.lock");
	enum d4_status st = D4_OK;
	int fd;

	if (path == NULL)
		return D4_ENOMEM;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	free(path);
	if (fd < 0)
		return D4_EIO;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		st = errno == EWOULDBLOCK ? D4_EEXIST : D4_EIO;
	if (st != D4_OK) {
		(void)close(fd);
		return st;
	}
	*out = fd;
	return D4_OK;
}

/* Whether a server that somebody else started is still there. */
static enum d4_status
other_status(const struct d4_embedded *e, int *lock)
{
	enum d4_status st = take_lock(e, lock);

	if (st == D4_EEXIST)
		return D4_AGAIN;
	return st == D4_OK ? D4_END : st;
}

/*
 * Waits for PONG; child is the process we started, or 0 for one that runs
 * already. D4_END: that one has ended meanwhile, and *lock is ours.
 */
static enum d4_status
wait_ready(struct d4_embedded *e, pid_t child, int *lock)
{
	const struct timespec nap = {0, POLL_MS * 1000000L};
	uint64_t began = d4_mono_ms(), limit = START_MS;

	for (;;) {
		enum look saw = look(e);
		enum d4_status st;

		if (saw == LOOK_READY)
			return D4_OK;
		if (saw == LOOK_REFUSED)
			return D4_EAUTH;
		if (saw == LOOK_LOADING)
			limit = LOADING_MS;
		st = child != 0 ? child_status(child) : other_status(e, lock);
		if (st != D4_AGAIN)
			return st;
		if (d4_mono_ms() - began > limit)
			return D4_ETIMEOUT;
		(void)nanosleep(&nap, NULL);
	}
}

/*
 * In the child. Only the lock is inherited: as long as any redis-server of
 * this folder lives, nobody starts a second one on the same file.
 */
static _Noreturn void
become_server(const struct d4_embedded *e, const char *conf, int lock)
{
	sigset_t none;
	int null = open("/dev/null", O_RDWR);

	(void)setsid();
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
	    dup2(null, 2) < 0)
		_exit(CHILD_FAILED);
	if (lock != 3 && dup2(lock, 3) < 0)
		_exit(CHILD_FAILED);
	(void)fcntl(3, F_SETFD, 0);
	(void)syscall(SYS_close_range, 4u, ~0u, 0);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)umask(0077);
	if (d4_user_drop(e->user) != D4_OK)
		_exit(CHILD_FAILED);
	if (access(conf, R_OK) != 0)
		_exit(NOT_FOR_IT);
	(void)execlp("redis-server", "redis-server", conf, (char *)NULL);
	_exit(errno == ENOENT ? NO_PROGRAM : CHILD_FAILED);
}

static enum d4_status
spawn(struct d4_embedded *e, int lock)
{
	char *conf = d4_path(e->dir, "redis.conf");
	pid_t child;

	if (conf == NULL)
		return D4_ENOMEM;
	child = fork();
	if (child == 0)
		become_server(e, conf, lock);
	free(conf);
	return child < 0 ? D4_EIO : wait_ready(e, child, &lock);
}

enum d4_status
d4_embedded_start(struct d4_embedded *e)
{
	enum d4_status st;
	int lock = -1;

	e->pidfd = -1;
	e->adopted = false;
	st = d4_embedded_url(e, "hub", e->url, sizeof(e->url));
	if (st != D4_OK)
		return st;
	st = d4_dir_make(e->dir, 0750);
	if (st == D4_OK && e->keys != NULL)
		st = d4_dir_make(e->keys, 0750);
	if (st == D4_OK)
		st = take_lock(e, &lock);
	if (st == D4_EEXIST) {
		st = wait_ready(e, 0, &lock);
		e->adopted = lock < 0;
		if (e->adopted)
			return st;
		st = D4_OK; /* it was about to end */
	}
	if (st == D4_OK)
		st = embedded_write(e);
	if (st == D4_OK)
		st = spawn(e, lock);
	if (lock >= 0)
		(void)close(lock);
	return st;
}

static enum d4_status
grant_all(const struct d4_embedded *e, int fd)
{
	struct d4_slice argv[EMBEDDED_WORDS];
	struct d4_buf text;
	enum d4_status st;
	size_t n;

	d4_buf_init(&text, RIGHTS_MAX);
	for (unsigned user = 0;; user++) {
		char line[64] = "";

		d4_buf_clear(&text, RIGHTS_MAX);
		st = embedded_rights(e, user, &text, argv, &n);
		if (st == D4_OK)
			st = redis_ask(fd, argv, n, line, sizeof(line));
		if (st == D4_OK && strcmp(line, "+OK") != 0)
			st = D4_EDENIED;
		if (st != D4_OK)
			break;
	}
	d4_buf_fini(&text);
	return st == D4_END ? D4_OK : st;
}

enum d4_status
d4_embedded_grant(const struct d4_embedded *e)
{
	char url[sizeof(e->url)];
	enum d4_status st = d4_embedded_url(e, "admin", url, sizeof(url));
	int fd;

	if (st == D4_OK)
		st = d4_redis_dial(url, &fd);
	if (st != D4_OK)
		return st;
	st = grant_all(e, fd);
	(void)close(fd);
	return st;
}

bool
d4_embedded_alive(const struct d4_embedded *e)
{
	return e->pidfd >= 0 && !pidfd_ended(e->pidfd, 0);
}

void
d4_embedded_stop(struct d4_embedded *e)
{
	if (e->pidfd < 0)
		return;
	if (syscall(SYS_pidfd_send_signal, e->pidfd, SIGTERM, NULL, 0) == 0)
		(void)pidfd_ended(e->pidfd, STOP_MS);
	/* Reaps it where it is our child. */
	(void)waitpid(e->pid, NULL, WNOHANG);
	d4_embedded_forget(e);
}

void
d4_embedded_forget(struct d4_embedded *e)
{
	if (e->pidfd >= 0)
		(void)close(e->pidfd);
	e->pidfd = -1;
	e->pid = 0;
}

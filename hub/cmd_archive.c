/*
 * d4-hub archive: the process that stays root, if it was. It connects, starts
 * the one that reads and writes, and starts it again; it parses nothing.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include "hub/archive.h"
#include "hub/commands.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "libd4/kit/redis.h"

#define REST_MS 1000

static const char usage[] =
    "usage: d4-hub archive [-n] [-c CONF] [--drain | --leave]\n"
    "  writes the content of the queues to files, see `archive` in CONF\n"
    "  -c, --conf CONF  configuration (default " HUB_CONF ")\n"
    "  -n, --check      check it and exit\n"
    "  --drain          archive what is there, finish all files, and exit\n"
    "  --leave          remove the reader: queues no longer wait for it\n"
    "\noptions under `archive`, with defaults:\n";

/* Shape: url: where Redis is, as whom. signals: a signalfd. */
struct archiver {
	const char *path;
	struct hub_options *opt;
	struct archive_conf conf;
	char url[512];
	int signals;
	bool check, drain, leave, stopping;
};

/* ---- start ---- */

static enum d4_status
archiver_load(struct archiver *a)
{
	struct d4_diag diag = {.file = a->path};
	char text[1024];
	enum d4_status st = hub_options_load(a->path, &diag, &a->opt);

	if (st == D4_OK)
		st = archive_conf_read(
		    d4_yaml_get(a->opt->tree, "archive"), &diag, &a->conf);
	if (st == D4_OK)
		return D4_OK;
	d4_diag_format(&diag, text, sizeof(text));
	(void)fprintf(
	    stderr, "%s\n", st == D4_ENOMEM ? d4_status_text(st) : text);
	return st;
}

/* The hub's account writes there, or the archive's own. */
static void
archiver_folder(const struct archiver *a)
{
	const char *user = a->conf.user != NULL ? a->conf.user : a->opt->user;
	const struct passwd *pw;

	if (d4_dir_make(a->conf.dir, 0750) != D4_OK)
		d4_fatal("dir=%s", a->conf.dir);
	if (user[0] == '\0' || geteuid() != 0)
		return;
	pw = getpwnam(user);
	if (pw == NULL)
		d4_fatalx("user=%s does not exist", user);
	else if (chown(a->conf.dir, pw->pw_uid, pw->pw_gid) != 0)
		d4_fatal("chown %s", a->conf.dir);
}

static void
archiver_signals(struct archiver *a)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	a->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (a->signals < 0)
		d4_fatal("signalfd");
}

/* ---- the other process ---- */

static pid_t
archiver_fork(struct archiver *a, int fd)
{
	const struct archive_setup setup = {
	    a->opt, &a->conf, getpid(), a->drain};
	pid_t pid = fork();
	sigset_t none;

	if (pid < 0)
		d4_fatal("fork");
	if (pid > 0)
		return pid;
	(void)close(a->signals);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	/* The other one decides; a terminal's ^C reaches both. */
	(void)signal(SIGINT, SIG_IGN);
	(void)prctl(PR_SET_NAME, "d4-hub[archive]", 0, 0, 0);
	archive_run(&setup, fd);
}

/* Reads the signals that came; -1, or the status of the child. */
static int
archiver_wait(struct archiver *a, pid_t child, int ms)
{
	struct pollfd p = {.fd = a->signals, .events = POLLIN};
	struct signalfd_siginfo si;
	int status;

	(void)poll(&p, 1, ms);
	while (read(a->signals, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		if (si.ssi_signo == SIGCHLD)
			continue;
		a->stopping = true;
		if (child > 0)
			(void)kill(child, SIGTERM);
	}
	if (child > 0 && waitpid(child, &status, WNOHANG) == child)
		return status;
	return -1;
}

/* One life of it; whether there is to be another one. *rc: its exit status. */
static bool
archiver_once(struct archiver *a, int *rc)
{
	enum d4_status st;
	int fd = -1, status;
	pid_t child;

	st = d4_redis_dial(a->url, &fd);
	if (st != D4_OK) {
		d4_warnx("archive redis not reached why=\"%s\"",
		    st == D4_EIO ? strerror(errno) : d4_status_text(st));
		*rc = 1;
		return true;
	}
	child = archiver_fork(a, fd);
	(void)close(fd);
	while ((status = archiver_wait(a, child, 60000)) < 0)
		;
	*rc = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
	if (*rc != 0)
		d4_warnx("archive process ended status=%d signal=%d", *rc,
		    WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	return *rc != 0;
}

static int
archiver_loop(struct archiver *a)
{
	int rc = 0;

	while (!a->stopping && archiver_once(a, &rc)) {
		uint64_t until = d4_mono_ms() + REST_MS;
		uint64_t now;

		if (a->drain && rc != ARCHIVE_LOST)
			return rc; /* whoever asked for it decides */
		while (!a->stopping && (now = d4_mono_ms()) < until)
			(void)archiver_wait(a, 0, (int)(until - now));
	}
	return a->stopping && rc == ARCHIVE_LOST ? 0 : rc;
}

/* ---- the other commands ---- */

static int
archiver_leave(const struct archiver *a)
{
	enum d4_status st;
	redisContext *c;
	int fd = -1;

	st = d4_redis_dial(a->url, &fd);
	if (st != D4_OK) {
		d4_warnx("archive redis not reached why=\"%s\"",
		    st == D4_EIO ? strerror(errno) : d4_status_text(st));
		return 1;
	}
	c = redisConnectFd(fd);
	st = c != NULL ? queues_leave(c, a->conf.reader) : D4_ENOMEM;
	if (c != NULL)
		redisFree(c);
	return st == D4_OK ? 0 : 1;
}

static int
archiver_main(struct archiver *a)
{
	int rc;

	if (archiver_load(a) != D4_OK)
		return 1;
	d4_log_open(
	    "d4-hub[archive]", hub_options_log(a->opt), a->opt->log_json);
	if (a->check) {
		(void)printf("%s: ok\n", a->path);
		return 0;
	}
	if (hub_options_url(a->opt, "archive", a->url, sizeof(a->url)) != D4_OK)
		d4_fatalx("redis=%s", a->opt->redis);
	if (a->leave)
		return archiver_leave(a);
	archiver_folder(a);
	archiver_signals(a);
	rc = archiver_loop(a);
	d4_info("archive stopped");
	return rc;
}

int
cmd_archive(int argc, char **argv)
{
	static const struct option longs[] = {
	    {"conf", required_argument, NULL, 'c'},
	    {"check", no_argument, NULL, 'n'},
	    {"drain", no_argument, NULL, 'd'},
	    {"leave", no_argument, NULL, 'l'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	struct archiver a = {.path = HUB_CONF, .signals = -1};
	int c, rc;

	while ((c = getopt_long(argc, argv, "c:nh", longs, NULL)) != -1) {
		if (c == 'h') {
			(void)fputs(usage, stdout);
			archive_conf_help(stdout);
			return 0;
		}
		if (c == '?')
			break;
		a.path = c == 'c' ? optarg : a.path;
		a.check = a.check || c == 'n';
		a.drain = a.drain || c == 'd';
		a.leave = a.leave || c == 'l';
	}
	if (optind != argc || (a.drain && a.leave) || c == '?') {
		(void)fputs(usage, stderr);
		return EXIT_USAGE;
	}
	rc = archiver_main(&a);
	archive_conf_fini(&a.conf);
	hub_options_free(a.opt);
	return rc;
}

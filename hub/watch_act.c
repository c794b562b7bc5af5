/* What is done with an event: a line in the log, in syslog, a command. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>
#include "hub/watch.h"
#include "libd4/kit/log.h"
#include "libd4/kit/sandbox.h"

#define WAIT_MAX  256u
#define MINUTE_MS 60000u

/*
 * struct watch_act -- Shape: line: events that wait for the command, in turn
 * from head on. child: that runs, until end_ms; 0: none. began: of this
 * minute. hushed: events for which none will run.
 */
struct watch_act {
	const struct watch_conf *conf;
	char *line[WAIT_MAX];
	size_t head, n;
	pid_t child;
	uint64_t end_ms, minute_ms;
	uint64_t began, hushed;
	bool killed;
};

enum d4_status
act_new(const struct watch_conf *conf, struct watch_act **out)
{
	struct watch_act *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return D4_ENOMEM;
	a->conf = conf;
	if (conf->syslog)
		openlog("d4-hub", LOG_PID, LOG_DAEMON);
	*out = a;
	return D4_OK;
}

/* ---- the command ---- */

/* All of it in memory: a command that does not read holds nobody up. */
static int
act_input(const char *line)
{
	int fd = memfd_create("event", MFD_CLOEXEC);
	size_t n = strlen(line);

	if (fd >= 0 &&
	    (write(fd, line, n) != (ssize_t)n || lseek(fd, 0, SEEK_SET) != 0)) {
		(void)close(fd);
		fd = -1;
	}
	return fd;
}

/* In the child: nothing of ours but the event. */
static _Noreturn void
act_exec(const struct watch_conf *conf, int input)
{
	static char *const env[] = {
	    "PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", NULL};
	const struct rlimit no_core = {0, 0};
	char **argv = calloc(conf->command.n + 1, sizeof(*argv));
	int null = open("/dev/null", O_WRONLY);
	sigset_t none;

	if (argv == NULL || null < 0)
		_exit(127);
	memcpy(argv, conf->command.item, conf->command.n * sizeof(*argv));
	if (dup2(input, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0 ||
	    close_range(3, ~0u, 0) != 0)
		_exit(127);
	/* Root never runs it. */
	if (geteuid() == 0 && d4_user_drop("nobody") != D4_OK)
		_exit(126);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)setrlimit(RLIMIT_CORE, &no_core);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || setsid() < 0 ||
	    chdir("/") != 0)
		_exit(126);
	(void)execve(argv[0], argv, env);
	_exit(127);
}

static void
act_begin(struct watch_act *a, uint64_t now_ms)
{
	char *line = a->line[a->head];
	int input = act_input(line);
	pid_t pid = input >= 0 ? fork() : -1;

	if (pid == 0)
		act_exec(a->conf, input);
	if (pid < 0)
		d4_warn("event command");
	if (input >= 0)
		(void)close(input);
	a->child = pid > 0 ? pid : 0;
	a->end_ms = now_ms + a->conf->timeout_us / 1000;
	a->killed = false;
	a->began++;
	a->head = (a->head + 1) % WAIT_MAX;
	a->n--;
	free(line);
}

/* Its own group, so that what it began goes, too. */
static void
act_watch(struct watch_act *a, uint64_t now_ms)
{
	int status;

	if (!a->killed && now_ms >= a->end_ms) {
		d4_warnx("event command pid=%d is killed: over its time",
		    (int)a->child);
		(void)kill(-a->child, SIGKILL);
		(void)kill(a->child, SIGKILL);
		a->killed = true;
	}
	if (waitpid(a->child, &status, WNOHANG) != a->child)
		return;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		d4_warnx("event command status=%d signal=%d",
		    WIFEXITED(status) ? WEXITSTATUS(status) : -1,
		    WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	a->child = 0;
}

size_t
act_step(struct watch_act *a, uint64_t now_ms)
{
	if (a->child != 0)
		act_watch(a, now_ms);
	if (now_ms - a->minute_ms >= MINUTE_MS) {
		a->minute_ms = now_ms;
		a->began = 0;
	}
	if (a->hushed != 0 && a->n < WAIT_MAX) {
		d4_warnx("event command: not run for %llu events, too many"
			 " wait",
		    (unsigned long long)a->hushed);
		a->hushed = 0;
	}
	if (a->child == 0 && a->n != 0 && a->began < a->conf->rate)
		act_begin(a, now_ms);
	return a->n + (a->child != 0);
}

/* ---- an event ---- */

static const char *
word(const json_t *event, const char *name)
{
	const char *text = json_string_value(json_object_get(event, name));

	return text != NULL ? text : "?";
}

static void
act_queue(struct watch_act *a, const json_t *event)
{
	char *json, *text = NULL;

	if (a->n == WAIT_MAX) {
		a->hushed++;
		return;
	}
	json = json_dumps(event, JSON_COMPACT | JSON_ENSURE_ASCII);
	if (json == NULL || asprintf(&text, "%s\n", json) < 0) {
		free(json);
		a->hushed++;
		return;
	}
	free(json);
	a->line[(a->head + a->n) % WAIT_MAX] = text;
	a->n++;
}

void
act_event(struct watch_act *a, const json_t *event)
{
	const char *name = word(event, "event"), *of = word(event, "subject");
	const char *state = word(event, "state"), *text = word(event, "text");
	bool raised = strcmp(state, "raised") == 0;

	if (raised)
		d4_warnx("alarm event=%s subject=%s text=\"%s\" about=\"%s\"",
		    name, of, text, word(event, "about"));
	else
		d4_info("event=%s subject=%s state=%s", name, of, state);
	if (a->conf->syslog)
		syslog(raised ? LOG_WARNING : LOG_NOTICE,
		    "event=%s subject=%s state=%s text=\"%s\"", name, of, state,
		    text);
	if (a->conf->command.n != 0)
		act_queue(a, event);
}

void
act_free(struct watch_act *a)
{
	if (a == NULL)
		return;
	if (a->child != 0) {
		(void)kill(-a->child, SIGKILL);
		(void)kill(a->child, SIGKILL);
		(void)waitpid(a->child, NULL, 0);
	}
	for (; a->n != 0; a->n--) {
		free(a->line[a->head]);
		a->head = (a->head + 1) % WAIT_MAX;
	}
	free(a);
}

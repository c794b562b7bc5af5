#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/fdpass.h"
#include "libd4/kit/log.h"
#include "relay/process.h"
#include "relay/wash.h"

#define LONG_ENOUGH_MS 60000u      /* a life that resets the back-off */
#define FIRST_US       100000ull   /* the first wait; then doubled */
#define ASK_MS         2000        /* for a status */
#define STATUS_MAX     (64u << 20) /* bytes of one */

/* Closes what is the supervisor's: all but the log and two descriptors. */
static void
process_close_others(int channel, int nudge)
{
	int low = channel < nudge ? channel : nudge;
	int high = channel < nudge ? nudge : channel;

	if (low > 3)
		(void)close_range(3, (unsigned)low - 1, 0);
	if (high > low + 1)
		(void)close_range((unsigned)low + 1, (unsigned)high - 1, 0);
	(void)close_range((unsigned)high + 1, ~0u, 0);
}

static _Noreturn void
process_child(struct process *p, int channel, pid_t supervisor)
{
	struct child_setup setup = {
	    p->conf, channel, p->nudge, p->lives, supervisor};
	char name[64];
	sigset_t none;

	process_close_others(channel, p->nudge);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGTERM, SIG_IGN); /* the supervisor says when */
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGCHLD, SIG_DFL);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)snprintf(name, sizeof(name), "d4-relay[%s]", p->name);
	relay_conf_log(p->conf, name);
	(void)prctl(PR_SET_NAME, name, 0, 0, 0); /* for ps and top */
	exit(p->run(&setup));
}

static void
on_channel(evutil_socket_t fd, short what, void *arg)
{
	struct process *p = arg;
	struct d4_buf msg;
	int got;

	(void)what;
	d4_buf_init(&msg, 4096);
	while (p->channel == fd && d4_fd_recv(fd, &msg, &got) == D4_OK) {
		p->message(p->arg, d4_buf_slice(&msg), got);
		msg.n = 0;
	}
	d4_buf_fini(&msg);
}

static void
process_detach(struct process *p)
{
	if (p->event != NULL)
		event_free(p->event);
	p->event = NULL;
	if (p->channel >= 0)
		(void)close(p->channel);
	p->channel = -1;
	p->ready = false;
}

static void
on_again(evutil_socket_t fd, short what, void *arg)
{
	struct process *p = arg;

	(void)fd;
	(void)what;
	if (p->wanted && p->pid == 0)
		process_start(p);
}

static void
process_later(struct process *p)
{
	uint64_t us = FIRST_US << (p->starts < 16 ? p->starts : 16);
	struct timeval wait = {0, 0};

	if (us > p->conf->respawn_us)
		us = p->conf->respawn_us;
	wait.tv_sec = (time_t)(us / 1000000);
	wait.tv_usec = (suseconds_t)(us % 1000000);
	if (p->timer == NULL)
		p->timer = evtimer_new(p->base, on_again, p);
	if (p->timer != NULL)
		(void)evtimer_add(p->timer, &wait);
}

void
process_start(struct process *p)
{
	pid_t pid, self = getpid();
	int pair[2];

	p->wanted = true;
	p->again = false;
	p->started_ms = d4_mono_ms();
	p->lives++;
	if (d4_fd_pair(pair) != D4_OK) {
		d4_warn("process=%s channel", p->name);
		process_later(p);
		return;
	}
	pid = fork();
	if (pid == 0)
		process_child(p, pair[1], self);
	(void)close(pair[1]);
	if (pid < 0) {
		d4_warn("process=%s fork", p->name);
		(void)close(pair[0]);
		process_later(p);
		return;
	}
	p->pid = pid;
	p->channel = pair[0];
	p->event =
	    event_new(p->base, pair[0], EV_READ | EV_PERSIST, on_channel, p);
	if (p->event != NULL)
		(void)event_add(p->event, NULL);
	d4_info("process=%s pid=%d started", p->name, (int)pid);
}

void
process_ended(struct process *p, int status)
{
	bool asked = p->again || !p->wanted;
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

	if (asked && code == 0)
		d4_info("process=%s ended", p->name);
	else
		d4_warnx("process=%s ended %s=%d", p->name,
		    WIFSIGNALED(status) ? "signal" : "status",
		    WIFSIGNALED(status) ? WTERMSIG(status) : code);
	on_channel(p->channel, 0, p); /* its last words */
	process_detach(p);
	p->pid = 0;
	if (!p->wanted)
		return;
	if (d4_mono_ms() - p->started_ms > LONG_ENOUGH_MS)
		p->starts = 0;
	if (p->again || code == WASH_EXIT_KEYS) {
		process_start(p);
		return;
	}
	p->starts++;
	process_later(p);
}

void
process_tell(struct process *p, const char *word, int fd)
{
	if (p->channel < 0)
		return;
	if (d4_fd_send(p->channel, d4_slice_str(word), fd) != D4_OK)
		d4_warnx("process=%s not_told=%s", p->name, word);
}

/* The child's memfd: it is not trusted to be small, or to stay as it is. */
static void
process_take_status(struct process *p, int fd)
{
	struct d4_buf text;
	ssize_t n = 1;

	d4_buf_init(&text, STATUS_MAX);
	while (n > 0 && d4_buf_reserve(&text, 65536) == D4_OK) {
		n = pread(fd, text.p + text.n, 65536, (off_t)text.n);
		text.n += n > 0 ? (size_t)n : 0;
	}
	json_decref(p->status);
	p->status = json_loadb(
	    (const char *)text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	d4_buf_fini(&text);
}

/* Waits for a message until end_ms; false: none came. */
static bool
process_wait(const struct process *p, uint64_t end_ms)
{
	struct pollfd fd = {.fd = p->channel, .events = POLLIN};
	uint64_t now = d4_mono_ms();

	if (now >= end_ms)
		return false;
	return poll(&fd, 1, (int)(end_ms - now)) > 0;
}

/*
 * Handles its messages until that one comes, 2 s at most. *fd: what came with
 * it, or -1.
 */
static bool
process_hear(struct process *p, const char *word, int *fd)
{
	uint64_t end = d4_mono_ms() + ASK_MS;
	bool heard = false;
	struct d4_buf msg;

	*fd = -1;
	d4_buf_init(&msg, 4096);
	while (!heard && process_wait(p, end)) {
		msg.n = 0;
		if (d4_fd_recv(p->channel, &msg, fd) != D4_OK)
			break;
		heard = d4_slice_eqs(d4_buf_slice(&msg), word);
		if (!heard)
			p->message(p->arg, d4_buf_slice(&msg), *fd);
	}
	d4_buf_fini(&msg);
	return heard;
}

const json_t *
process_ask(struct process *p)
{
	int fd;

	if (!p->ready)
		return NULL;
	process_tell(p, "status", -1);
	if (!process_hear(p, "status", &fd) || fd < 0)
		return NULL;
	process_take_status(p, fd);
	(void)close(fd);
	return p->status;
}

bool
process_obeys(struct process *p, const char *word, const char *answer)
{
	bool heard;
	int fd;

	if (!p->ready)
		return true;
	process_tell(p, word, -1);
	heard = process_hear(p, answer, &fd);
	if (heard && fd >= 0)
		(void)close(fd);
	return heard;
}

void
process_fini(struct process *p)
{
	process_detach(p);
	if (p->timer != NULL)
		event_free(p->timer);
	json_decref(p->status);
}

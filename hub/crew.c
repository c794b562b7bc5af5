#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "hub/crew.h"
#include "hub/tee_dial.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/fdpass.h"
#include "libd4/kit/log.h"

#define RESPAWN_MS 1000u
#define SLACK_MS   5000u /* above the worker's own time to end */

void
crew_init(struct crew *c, const struct worker_setup *set, int signals)
{
	*c = (struct crew){
	    .set = set, .signals = signals, .places = set->n_workers};
	for (unsigned i = 0; i < CREW_MAX; i++)
		c->member[i].pair = -1;
}

enum d4_status
crew_adopt(struct crew *c, const struct crew_member *old)
{
	if (c->n_old == CREW_OLD)
		return D4_ETOOBIG;
	c->member[c->places + c->n_old++] = *old;
	return D4_OK;
}

void
crew_tell(const struct crew_member *m, enum worker_message kind,
    struct d4_slice text, int fd)
{
	uint8_t kind_byte = (uint8_t)kind;
	struct d4_buf msg;

	if (m->pair < 0)
		return;
	d4_buf_init(&msg, WORKER_PART + 8);
	if (d4_buf_add(&msg, &kind_byte, 1) != D4_OK ||
	    d4_buf_add(&msg, text.p, text.n) != D4_OK ||
	    d4_fd_send(m->pair, d4_buf_slice(&msg), fd) != D4_OK)
		d4_warnx("worker pid=%d does not take message=%c", (int)m->pid,
		    kind_byte);
	d4_buf_wipe(&msg);
}

void
crew_tell_all(
    const struct crew *c, enum worker_message kind, struct d4_slice text)
{
	for (unsigned i = 0; i < c->places; i++)
		crew_tell(&c->member[i], kind, text, -1);
}

/* ---- start ---- */

/* In the child. */
static _Noreturn void
worker_be(const struct crew *c, unsigned place, int pair, pid_t supervisor)
{
	struct worker_setup set = *c->set;
	sigset_t none;

	for (unsigned i = 0; i < c->places + c->n_old; i++)
		if (c->member[i].pair >= 0)
			(void)close(c->member[i].pair);
	(void)close(c->signals);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	/* The supervisor decides; a terminal's ^C reaches all. */
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGUSR2, SIG_IGN);
	(void)prctl(PR_SET_NAME, "d4-hub[worker]", 0, 0, 0);
	set.place = place;
	set.pair = pair;
	set.supervisor = supervisor;
	set.alone = c->n_old == 0;
	set.before = c->before[place];
	worker_run(&set);
}

static void
worker_start(struct crew *c, unsigned place)
{
	struct crew_member *m = &c->member[place];
	pid_t pid, self = getpid();
	int pair[2];

	if (d4_fd_pair(pair) != D4_OK)
		d4_fatal("socketpair");
	pid = fork();
	if (pid < 0)
		d4_fatal("fork");
	if (pid == 0) {
		(void)close(pair[0]);
		worker_be(c, place, pair[1], self);
	}
	(void)close(pair[1]);
	*m = (struct crew_member){
	    .pid = pid, .pair = pair[0], .heard_ms = d4_mono_ms()};
	c->before[place].pid = 0;
	d4_info("worker pid=%d started place=%u", (int)pid, place);
}

static void
kill_late(const struct crew_member *m, uint64_t now)
{
	if (m->pid == 0 || m->kill_ms == 0 || now < m->kill_ms)
		return;
	d4_warnx("worker pid=%d does not stop: killed", (int)m->pid);
	(void)kill(m->pid, SIGKILL);
}

int
crew_due(struct crew *c, bool stopping)
{
	uint64_t now = d4_mono_ms(), wait = 1000;

	for (unsigned i = 0; i < c->places + c->n_old; i++) {
		struct crew_member *m = &c->member[i];

		kill_late(m, now);
		if (stopping || i >= c->places || m->pid != 0)
			continue;
		if (now >= m->start_ms)
			worker_start(c, i);
		else if (m->start_ms - now < wait)
			wait = m->start_ms - now;
	}
	return (int)wait;
}

/* ---- the end ---- */

static void
member_ended(struct crew *c, unsigned at, int status, bool stopping)
{
	struct crew_member *m = &c->member[at];

	if (WIFSIGNALED(status) || (!stopping && m->kill_ms == 0))
		crew_died(c, at, status);
	if (m->pair >= 0)
		(void)close(m->pair);
	*m = (struct crew_member){
	    .pair = -1, .start_ms = d4_mono_ms() + RESPAWN_MS};
}

/* The old ones are gone: what they had is ours. */
static void
old_ended(struct crew *c, unsigned at)
{
	c->member[at] = c->member[c->places + --c->n_old];
	if (c->n_old != 0)
		return;
	d4_info("upgrade done: the workers of the old version have ended");
	crew_tell_all(c, WORKER_ALONE, d4_slice_of(NULL, 0));
}

bool
crew_reap(struct crew *c, pid_t pid, int status, bool stopping)
{
	for (unsigned i = 0; i < c->places + c->n_old; i++) {
		if (c->member[i].pid != pid)
			continue;
		member_ended(c, i, status, stopping);
		if (i >= c->places)
			old_ended(c, i);
		crew_state(c, NULL);
		return true;
	}
	return false;
}

bool
crew_runs(const struct crew *c)
{
	for (unsigned i = 0; i < c->places + c->n_old; i++)
		if (c->member[i].pid != 0)
			return true;
	return false;
}

bool
crew_ready(const struct crew *c)
{
	for (unsigned i = 0; i < c->places; i++)
		if (!c->member[i].ready)
			return false;
	return true;
}

static void
member_end(struct crew_member *m, enum worker_message how, uint64_t ms)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%llu", (unsigned long long)ms);

	if (m->pid == 0)
		return;
	m->kill_ms = d4_mono_ms() + ms + SLACK_MS;
	crew_tell(m, how, d4_slice_of(text, n > 0 ? (size_t)n : 0), -1);
}

void
crew_stop(struct crew *c, uint64_t ms)
{
	for (unsigned i = 0; i < c->places + c->n_old; i++)
		member_end(&c->member[i], WORKER_STOP, ms);
}

void
crew_leave(struct crew *c, uint64_t ms)
{
	c->led = true;
	for (unsigned i = 0; i < c->n_old; i++)
		member_end(&c->member[c->places + i], WORKER_LEAVE, ms);
}

/* ---- messages ---- */

/* The first worker asks the one at that place, by a pair of their own. */
static void
crew_link(const struct crew *c, unsigned place)
{
	const int kind = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
	char text[12];
	int pair[2], n;

	if (place == 0 || !c->member[0].ready || !c->member[place].ready)
		return;
	if (socketpair(AF_UNIX, kind, 0, pair) != 0) {
		d4_warn("socketpair");
		return;
	}
	n = snprintf(text, sizeof(text), "%u", place);
	crew_tell(&c->member[0], WORKER_PEER,
	    d4_slice_of(text, n > 0 ? (size_t)n : 0), pair[0]);
	crew_tell(
	    &c->member[place], WORKER_PEER, d4_slice_of(NULL, 0), pair[1]);
	(void)close(pair[0]);
	(void)close(pair[1]);
}

static void
member_ready(struct crew *c, struct crew_member *m)
{
	unsigned at = (unsigned)(m - c->member);

	m->ready = true;
	crew_state(c, m);
	for (unsigned i = 1; at == 0 && i < c->places; i++)
		crew_link(c, i);
	if (at != 0 && at < c->places)
		crew_link(c, at);
}

unsigned
crew_poll(const struct crew *c, struct pollfd *p)
{
	unsigned n = c->places + c->n_old;

	for (unsigned i = 0; i < n; i++)
		p[i] =
		    (struct pollfd){.fd = c->member[i].pair, .events = POLLIN};
	return n;
}

static void
member_says(struct crew *c, struct crew_member *m, uint8_t what)
{
	switch ((enum worker_message)what) {
	case WORKER_REDIS:
		m->wants_redis = true;
		return;
	case WORKER_RELOAD:
		c->reload = true;
		return;
	case WORKER_UPGRADE:
		c->upgrade = true;
		return;
	case WORKER_READY:
		member_ready(c, m);
		return;
	case WORKER_ALIVE:
		crew_heard(c, m);
		return;
	case WORKER_NONE:
	case WORKER_STOP:
	case WORKER_LEAVE:
	case WORKER_ALONE:
	case WORKER_CONF:
	case WORKER_CERT:
	case WORKER_KEY:
	case WORKER_CLIENT_CA:
	case WORKER_SECRET:
	case WORKER_PEER:
	case WORKER_REFUSED:
	case WORKER_TEE:
	case WORKER_CREW:
		return; /* nothing that a worker says */
	}
}

static void
member_read(struct crew *c, struct crew_member *m)
{
	struct d4_buf msg;
	enum d4_status st = D4_OK;
	int fd = -1;

	d4_buf_init(&msg, 16);
	while (st == D4_OK) {
		msg.n = 0;
		st = d4_fd_recv(m->pair, &msg, &fd);
		if (fd >= 0)
			(void)close(fd);
		fd = -1;
		if (st == D4_OK && msg.n == 1)
			member_says(c, m, msg.p[0]);
		if (st == D4_OK && msg.n > 1 && msg.p[0] == WORKER_TEE)
			tee_dial(c->set->opt, m->pair, d4_buf_slice(&msg));
	}
	d4_buf_fini(&msg);
}

void
crew_read(struct crew *c, const struct pollfd *p)
{
	bool gone = false;

	for (unsigned i = 0; i < c->places + c->n_old; i++) {
		if ((p[i].revents & POLLIN) != 0)
			member_read(c, &c->member[i]);
		else if ((p[i].revents & POLLHUP) != 0)
			gone = true;
	}
	crew_judge(c);
	if (gone)
		(void)poll(NULL, 0, 10); /* SIGCHLD is coming */
}

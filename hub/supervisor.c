#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include "hub/compat_child.h"
#include "hub/reload.h"
#include "hub/supervisor.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"
#include "libd4/kit/redis.h"

#define UPGRADE_MS 60000u /* for the new workers to be ready */

/*
 * struct supervisor -- Shape: first: the options of the start, which the
 * keeper's texts point into. checking: the process that looks whether another
 * version would start, 0: none. upgrade_ms: when its workers should be ready;
 * 0: they are, or there is no older version.
 */
struct supervisor {
	struct supervisor_setup *set;
	struct hub_options *first;
	int signals;
	struct crew crew;
	pid_t checking;
	uint64_t upgrade_ms;
	bool stopping;
	struct compat_child compat;
};

static struct hub_options *
options(const struct supervisor *s)
{
	return s->set->work.opt;
}

/* ---- Redis ---- */

static void
redis_give(struct supervisor *s, struct crew_member *m)
{
	struct keeper *k = &s->set->keeper;
	const char *url = k->redis != NULL ? k->redis->url : options(s)->redis;
	enum d4_status st;
	int fd = -1;

	m->wants_redis = false;
	if (keeper_revive(k)) {
		st = d4_redis_dial(url, &fd);
		if (st != D4_OK)
			d4_warnx("redis not reached why=\"%s\"",
			    st == D4_EIO ? strerror(errno)
					 : d4_status_text(st));
	}
	crew_tell(
	    m, fd >= 0 ? WORKER_REDIS : WORKER_NONE, d4_slice_of(NULL, 0), fd);
	if (fd >= 0)
		(void)close(fd);
}

static void
redis_give_all(struct supervisor *s)
{
	for (unsigned i = 0; i < s->crew.places + s->crew.n_old; i++) {
		struct crew_member *m = &s->crew.member[i];

		if (m->wants_redis && m->pid != 0)
			redis_give(s, m);
	}
}

/* ---- another configuration ---- */

static void
send_parts(const struct crew *c, const struct reload *r)
{
	crew_tell_all(c, WORKER_CONF, d4_buf_slice(&r->conf));
	crew_tell_all(c, WORKER_CERT, d4_buf_slice(&r->cert));
	crew_tell_all(c, WORKER_KEY, d4_buf_slice(&r->key));
	if (r->client_ca.n != 0)
		crew_tell_all(c, WORKER_CLIENT_CA, d4_buf_slice(&r->client_ca));
	if (r->secret.n != 0)
		crew_tell_all(c, WORKER_SECRET, d4_buf_slice(&r->secret));
	crew_tell_all(c, WORKER_RELOAD, d4_slice_of(NULL, 0));
}

/* Checked here, where files can be read; an invalid one changes nothing. */
static void
reload(struct supervisor *s)
{
	struct worker_setup *work = &s->set->work;
	struct hub_options *opt = NULL;
	struct d4_tls_ctx *tls = NULL;
	const char *why = "";
	struct reload r;
	enum d4_status st;

	reload_init(&r);
	st = reload_read(&r, s->set->conf, &why);
	if (st == D4_OK)
		st = reload_make(&r, s->set->conf, &why, &opt, &tls);
	if (st != D4_OK) {
		d4_warnx("reload failed, the old one stays why=\"%s\"", why);
		crew_tell_all(&s->crew, WORKER_REFUSED, d4_slice_str(why));
	} else {
		d4_tls_ctx_free(work->tls);
		if (work->opt != s->first)
			hub_options_free(work->opt);
		work->tls = tls;
		work->opt = opt;
		send_parts(&s->crew, &r);
	}
	reload_fini(&r);
}

/* ---- another version ---- */

static void
upgrade_refused(struct supervisor *s, const char *why)
{
	d4_warnx("upgrade refused, this version goes on why=\"%s\"", why);
	crew_tell_all(&s->crew, WORKER_REFUSED, d4_slice_str(why));
}

static void
upgrade(struct supervisor *s)
{
	if (s->checking != 0 || s->stopping)
		return;
	if (s->crew.n_old != 0) {
		upgrade_refused(s, "the last one is not over");
		return;
	}
	s->checking = handover_check(s->set->program, s->set->conf);
	if (s->checking < 0) {
		s->checking = 0;
		upgrade_refused(s, strerror(errno));
	}
}

static void
upgrade_exec(struct supervisor *s)
{
	const struct crew *c = &s->crew;
	struct handover h = {.listeners = s->set->work.listeners,
	    .ctl = s->set->work.ctl,
	    .ctl_path = s->first->ctl};

	for (unsigned i = 0; i < c->places + c->n_old; i++)
		if (c->member[i].pid != 0)
			h.worker[h.n++] = c->member[i];
	d4_info("upgrade program=%s", s->set->program);
	crew_tell_all(c, WORKER_UPGRADE, d4_slice_of(NULL, 0));
	compat_child_stop(&s->compat); /* the other version has its own */
	if (handover_exec(s->set->program, s->set->argv, &h) != D4_OK)
		upgrade_refused(s, strerror(errno));
}

/* What the other version said of itself stands in the log above. */
static void
upgrade_checked(struct supervisor *s, int status)
{
	s->checking = 0;
	if (s->stopping)
		return;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		upgrade_exec(s);
	else if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		upgrade_refused(s, "the program cannot be started");
	else
		upgrade_refused(s, "it would not start; see the log");
}

/* The older version's workers go when ours are there. */
static void
upgrade_look(struct supervisor *s)
{
	struct crew *c = &s->crew;

	if (s->upgrade_ms == 0 || s->stopping)
		return;
	if (crew_ready(c)) {
		s->upgrade_ms = 0;
		crew_leave(c, options(s)->handover_us / 1000);
	} else if (d4_mono_ms() > s->upgrade_ms) {
		d4_warnx(
		    "upgrade waits why=\"the new workers are not ready;"
		    " the old ones go on\" remedy=\"see the log; or install"
		    " the old version and upgrade again\"");
		s->upgrade_ms = d4_mono_ms() + UPGRADE_MS;
	}
}

/* ---- signals ---- */

static void
stop(struct supervisor *s)
{
	if (s->stopping)
		return;
	d4_info("stopping");
	s->stopping = true;
	compat_child_stop(&s->compat);
	listeners_close(&s->set->work.listeners);
	crew_stop(&s->crew, options(s)->drain_us / 1000);
}

static void
reap(struct supervisor *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == s->checking)
			upgrade_checked(s, status);
		else if (!crew_reap(&s->crew, pid, status, s->stopping))
			compat_child_ended(&s->compat, pid, status);
	}
}

static void
got_signals(struct supervisor *s)
{
	struct signalfd_siginfo si;

	while (read(s->signals, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		if (si.ssi_signo == SIGCHLD)
			reap(s);
		else if (si.ssi_signo == SIGHUP)
			reload(s);
		else if (si.ssi_signo == SIGUSR2)
			upgrade(s);
		else
			stop(s);
	}
}

static void
signals_take(struct supervisor *s)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGUSR2);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->signals < 0)
		d4_fatal("signalfd");
}

/* ---- the loop ---- */

/* What is due; returns how long poll may wait. */
static int
due(struct supervisor *s)
{
	struct crew *c = &s->crew;

	redis_give_all(s);
	if (c->reload && !s->stopping)
		reload(s);
	if (c->upgrade)
		upgrade(s);
	c->reload = c->upgrade = false;
	upgrade_look(s);
	if (!s->stopping)
		compat_child_due(&s->compat, s->first);
	return crew_due(c, s->stopping);
}

static void
supervisor_init(struct supervisor *s)
{
	const struct handover *before = s->set->before;

	signals_take(s);
	crew_init(&s->crew, &s->set->work, s->signals);
	for (unsigned i = 0; i < before->n; i++)
		if (crew_adopt(&s->crew, &before->worker[i]) != D4_OK)
			d4_fatalx("too many workers");
	if (before->n == 0)
		return;
	s->upgrade_ms = d4_mono_ms() + UPGRADE_MS;
	d4_info("upgrade version=" D4_VERSION " old_workers=%u", before->n);
	reap(s); /* who ended meanwhile left no signal */
}

int
supervisor_run(struct supervisor_setup *setup)
{
	struct supervisor s = {.set = setup, .first = setup->work.opt};
	struct pollfd p[1 + CREW_MAX];

	supervisor_init(&s);
	while (!s.stopping || crew_runs(&s.crew)) {
		int wait = due(&s);
		unsigned n = crew_poll(&s.crew, p + 1);

		p[0] = (struct pollfd){.fd = s.signals, .events = POLLIN};
		if (poll(p, n + 1, wait) < 0 && errno != EINTR)
			d4_fatal("poll");
		crew_read(&s.crew, p + 1);
		if ((p[0].revents & POLLIN) != 0)
			got_signals(&s);
	}
	if (setup->keeper.redis != NULL && !options(&s)->keep_redis)
		d4_embedded_stop(setup->keeper.redis);
	(void)unlink(s.first->ctl); /* the one that was bound */
	if (options(&s) != s.first)
		hub_options_free(s.first);
	d4_info("stopped");
	return 0;
}

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include "hub/reload.h"
#include "hub/supervisor.h"
#include "hub/tee_dial.h"
#include "hub/worker.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/fdpass.h"
#include "libd4/kit/log.h"
#include "libd4/kit/redis.h"

#define RESPAWN_MS    1000u
#define STOP_SLACK_MS 5000u /* above the worker's own drain */

/*
 * struct supervisor -- Shape: worker is 0 while none runs; it is started at
 * start_ms. first: the options of the start, which the keeper's texts point
 * into. wants_redis: the worker waits for a connection; wants_reload: for
 * another configuration. stop_ms: when
 * the worker is killed; 0: not stopping.
 */
struct supervisor {
	struct supervisor_setup *set;
	struct hub_options *first;
	int signals;
	int pair;
	pid_t worker;
	bool wants_redis, wants_reload;
	uint64_t start_ms, stop_ms;
};

static void
send_message(struct supervisor *s, enum worker_message kind,
    struct d4_slice text, int fd)
{
	uint8_t kind_byte = (uint8_t)kind;
	struct d4_buf msg;

	d4_buf_init(&msg, WORKER_PART + 8);
	if (d4_buf_add(&msg, &kind_byte, 1) != D4_OK ||
	    d4_buf_add(&msg, text.p, text.n) != D4_OK ||
	    d4_fd_send(s->pair, d4_buf_slice(&msg), fd) != D4_OK)
		d4_warnx("the worker does not take message=%c", kind_byte);
	d4_buf_wipe(&msg);
}

/* ---- the worker ---- */

static void
worker_start(struct supervisor *s)
{
	sigset_t none;
	pid_t pid, self = getpid();
	int pair[2];

	if (d4_fd_pair(pair) != D4_OK)
		d4_fatal("socketpair");
	pid = fork();
	if (pid < 0)
		d4_fatal("fork");
	if (pid == 0) {
		(void)close(pair[0]);
		(void)close(s->signals);
		(void)sigemptyset(&none);
		(void)sigprocmask(SIG_SETMASK, &none, NULL);
		(void)signal(SIGPIPE, SIG_IGN);
		/* The supervisor decides; a terminal's ^C reaches both. */
		(void)signal(SIGINT, SIG_IGN);
		(void)signal(SIGTERM, SIG_IGN);
		(void)signal(SIGHUP, SIG_IGN);
		(void)prctl(PR_SET_NAME, "d4-hub[worker]", 0, 0, 0);
		worker_run(s->set->opt, s->set->tls, &s->set->listeners,
		    pair[1], self);
	}
	(void)close(pair[1]);
	s->pair = pair[0];
	s->worker = pid;
	s->wants_redis = s->wants_reload = false;
	d4_info("worker pid=%d started", (int)pid);
}

static void
worker_ended(struct supervisor *s, int status)
{
	(void)close(s->pair);
	s->pair = -1;
	s->worker = 0;
	s->start_ms = d4_mono_ms() + RESPAWN_MS;
	if (WIFSIGNALED(status))
		d4_warnx("worker died signal=%d", WTERMSIG(status));
	else if (s->stop_ms == 0)
		d4_warnx("worker ended status=%d", WEXITSTATUS(status));
}

static void
reap(struct supervisor *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == s->worker)
			worker_ended(s, status);
	}
}

/* ---- Redis ---- */

static void
redis_give(struct supervisor *s)
{
	struct keeper *k = &s->set->keeper;
	const char *url = k->redis != NULL ? k->redis->url : s->set->opt->redis;
	enum d4_status st;
	int fd = -1;

	s->wants_redis = false;
	if (keeper_revive(k)) {
		st = d4_redis_dial(url, &fd);
		if (st != D4_OK)
			d4_warnx("redis not reached why=\"%s\"",
			    st == D4_EIO ? strerror(errno)
					 : d4_status_text(st));
	}
	send_message(
	    s, fd >= 0 ? WORKER_REDIS : WORKER_NONE, d4_slice_of(NULL, 0), fd);
	if (fd >= 0)
		(void)close(fd);
}

static void
got_messages(struct supervisor *s)
{
	struct d4_buf msg;
	enum d4_status st = D4_OK;
	int fd = -1;

	d4_buf_init(&msg, 16);
	while (st == D4_OK) {
		msg.n = 0;
		st = d4_fd_recv(s->pair, &msg, &fd);
		if (fd >= 0)
			(void)close(fd);
		if (st == D4_OK && msg.n == 1 && msg.p[0] == WORKER_REDIS)
			s->wants_redis = true;
		if (st == D4_OK && msg.n == 1 && msg.p[0] == WORKER_RELOAD)
			s->wants_reload = true;
		if (st == D4_OK && msg.n > 1 && msg.p[0] == WORKER_TEE)
			tee_dial(s->set->opt, s->pair, d4_buf_slice(&msg));
	}
	d4_buf_fini(&msg);
}

/* ---- signals ---- */

static void
stop(struct supervisor *s)
{
	if (s->stop_ms != 0)
		return;
	d4_info("stopping");
	s->stop_ms =
	    d4_mono_ms() + s->set->opt->drain_us / 1000 + STOP_SLACK_MS;
	listeners_close(&s->set->listeners);
	if (s->worker != 0)
		send_message(s, WORKER_STOP, d4_slice_of(NULL, 0), -1);
}

static void
send_parts(struct supervisor *s, const struct reload *r)
{
	send_message(s, WORKER_CONF, d4_buf_slice(&r->conf), -1);
	send_message(s, WORKER_CERT, d4_buf_slice(&r->cert), -1);
	send_message(s, WORKER_KEY, d4_buf_slice(&r->key), -1);
	if (r->client_ca.n != 0)
		send_message(
		    s, WORKER_CLIENT_CA, d4_buf_slice(&r->client_ca), -1);
	if (r->secret.n != 0)
		send_message(s, WORKER_SECRET, d4_buf_slice(&r->secret), -1);
	send_message(s, WORKER_RELOAD, d4_slice_of(NULL, 0), -1);
}

/* Checked here, where files can be read; an invalid one changes nothing. */
static void
reload(struct supervisor *s)
{
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
		if (s->worker != 0)
			send_message(s, WORKER_REFUSED, d4_slice_str(why), -1);
	} else {
		d4_tls_ctx_free(s->set->tls);
		if (s->set->opt != s->first)
			hub_options_free(s->set->opt);
		s->set->tls = tls;
		s->set->opt = opt;
		if (s->worker != 0)
			send_parts(s, &r);
	}
	reload_fini(&r);
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
	(void)sigaddset(&set, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->signals < 0)
		d4_fatal("signalfd");
}

/* ---- the loop ---- */

/* What is due by the clock; returns how long poll may wait. */
static int
due(struct supervisor *s)
{
	uint64_t now = d4_mono_ms();

	if (s->stop_ms != 0 && s->worker != 0 && now >= s->stop_ms) {
		d4_warnx("worker pid=%d does not stop: killed", (int)s->worker);
		(void)kill(s->worker, SIGKILL);
	}
	if (s->stop_ms == 0 && s->worker == 0) {
		if (now < s->start_ms)
			return (int)(s->start_ms - now);
		worker_start(s);
	}
	if (s->wants_redis && s->worker != 0)
		redis_give(s);
	if (s->wants_reload && s->worker != 0)
		reload(s);
	s->wants_reload = false;
	return 1000;
}

int
supervisor_run(struct supervisor_setup *setup)
{
	struct supervisor s = {.set = setup, .first = setup->opt, .pair = -1};

	signals_take(&s);
	while (s.stop_ms == 0 || s.worker != 0) {
		int wait = due(&s);
		struct pollfd p[] = {{.fd = s.signals, .events = POLLIN},
		    {.fd = s.pair, .events = POLLIN}};

		if (poll(p, 2, wait) < 0 && errno != EINTR)
			d4_fatal("poll");
		if (s.pair >= 0 && (p[1].revents & POLLIN) != 0)
			got_messages(&s);
		if ((p[0].revents & POLLIN) != 0)
			got_signals(&s);
		else if (s.pair >= 0 && (p[1].revents & POLLHUP) != 0)
			(void)poll(NULL, 0, 10); /* SIGCHLD is coming */
	}
	if (setup->keeper.redis != NULL && !setup->opt->keep_redis)
		d4_embedded_stop(setup->keeper.redis);
	if (setup->opt != s.first)
		hub_options_free(s.first);
	d4_info("stopped");
	return 0;
}

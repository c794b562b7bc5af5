#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "hub/control.h"
#include "hub/hub.h"
#include "hub/overflow.h"
#include "hub/reload.h"
#include "hub/session.h"
#include "hub/status.h"
#include "hub/tee.h"
#include "hub/tee_dial.h"
#include "hub/worker.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/fdpass.h"
#include "libd4/kit/file.h"
#include "libd4/kit/log.h"
#include "libd4/kit/sandbox.h"

#define ASK_AGAIN_MS  200u
#define DRAIN_LOOK_MS 10u
#define BYE_MS        2000u /* for sensors to answer our close_notify */

/*
 * struct worker -- Shape: asked: the supervisor owes a connection. stop_ms:
 * when the drain must be over; 0: not stopping. left: all is in Redis, and
 * the sensors that were done are being told.
 */
struct worker {
	struct hub hub;
	struct listeners listeners;
	struct acceptor *acceptor;
	struct d4_ctl *ctl;
	struct control *control;
	struct reload reload;
	struct event *pair_ev, *ask_ev, *drain_ev;
	int pair;
	int status;
	bool asked, told;
	uint64_t stop_ms;
};

static void
timer_in(struct event *e, unsigned ms)
{
	struct timeval tv = {ms / 1000, (suseconds_t)(ms % 1000) * 1000};

	(void)evtimer_add(e, &tv);
}

/* ---- Redis comes from the supervisor ---- */

static void
ask_redis(struct worker *w)
{
	const uint8_t msg[] = {WORKER_REDIS};

	if (w->asked)
		return;
	if (d4_fd_send(w->pair, d4_slice_of(msg, 1), -1) == D4_OK)
		w->asked = true;
	else
		timer_in(w->ask_ev, ASK_AGAIN_MS);
}

static void
on_ask(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	ask_redis(arg);
}

static void
on_lost(void *arg)
{
	struct worker *w = arg;

	if (w->hub.redis != NULL)
		timer_in(w->ask_ev, 0);
}

static void
got_redis(struct worker *w, int fd)
{
	w->asked = false;
	if (fd < 0 || w->hub.redis == NULL) {
		timer_in(w->ask_ev, ASK_AGAIN_MS);
		return;
	}
	if (d4_redis_attach(w->hub.redis, fd) != D4_OK)
		timer_in(w->ask_ev, ASK_AGAIN_MS);
}

/* Somebody wants it by the control socket; the answer comes from above. */
static bool
on_reload(void *arg)
{
	const struct worker *w = arg;
	const uint8_t msg[] = {WORKER_RELOAD};

	return d4_fd_send(w->pair, d4_slice_of(msg, 1), -1) == D4_OK;
}

/* A server for the tee; got_tee brings it. */
static bool
on_dial(void *arg, uint32_t id)
{
	const struct worker *w = arg;

	return tee_dial_ask(w->pair, id);
}

/* Registry and queues are known: sensors may come. */
static void
on_ready(void *arg)
{
	struct worker *w = arg;
	char text[80];

	if (w->stop_ms != 0)
		return;
	if (acceptor_new(&w->hub, &w->listeners, &w->acceptor) != D4_OK)
		d4_fatalx("out of memory");
	for (unsigned i = 0; i < w->listeners.n; i++) {
		listeners_text(&w->listeners, i, text, sizeof(text));
		d4_info("ready listen=%s", text);
	}
}

/* ---- the end ---- */

static void
worker_stop(struct worker *w)
{
	struct hub *h = &w->hub;

	if (w->stop_ms != 0)
		return;
	d4_info("drain sessions=%zu waiting=%zu", h->n_sessions,
	    shelf_entries(h->shelf));
	w->stop_ms = d4_mono_ms() + h->opt->drain_us / 1000 + 1;
	acceptor_free(w->acceptor);
	w->acceptor = NULL;
	sessions_pause(h, PAUSE_DRAIN, true);
	sessions_flush(h);
	timer_in(w->drain_ev, 0);
}

/* Flushed, told, gone; or the time is over. */
static void
on_drain(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;
	struct hub *h = &w->hub;
	uint64_t now = d4_mono_ms();

	(void)fd;
	(void)what;
	if (!w->told && hub_drained(h)) {
		w->told = true;
		w->stop_ms = now + BYE_MS;
		sessions_bye(h);
	}
	if ((w->told && h->n_sessions == 0 && tee_busy(h->tee) == 0) ||
	    now >= w->stop_ms)
		(void)event_base_loopbreak(h->base);
	else
		timer_in(w->drain_ev, DRAIN_LOOK_MS);
}

/* ---- messages ---- */

static void
worker_reload(struct worker *w)
{
	struct hub_options *opt;
	struct d4_tls_ctx *tls;
	const char *why = "";

	if (reload_make(&w->reload, "(reload)", &why, &opt, &tls) == D4_OK) {
		hub_reload(&w->hub, opt, tls);
		why = NULL;
	} else {
		d4_warnx("reload failed, the old one stays why=\"%s\"", why);
	}
	control_reloaded(w->control, why);
	reload_fini(&w->reload);
	reload_init(&w->reload);
}

/* What stands behind the first byte, as a text. */
static const char *
worker_text(struct d4_buf *msg)
{
	uint8_t end = '\0';

	return d4_buf_add(msg, &end, 1) == D4_OK ? (const char *)msg->p + 1
	                                         : "out of memory";
}

static void
got_tee(struct worker *w, struct d4_buf *msg, int fd)
{
	struct tee_dial_answer a;

	if (tee_dial_answered(msg, &a) == D4_OK)
		tee_dialed(w->hub.tee, a.id, fd, a.why);
	else if (fd >= 0)
		(void)close(fd);
}

static void
got_message(struct worker *w, struct d4_buf *msg, int fd)
{
	enum worker_message kind = (enum worker_message)msg->p[0];

	switch (kind) {
	case WORKER_REDIS:
	case WORKER_NONE:
		got_redis(w, fd);
		return;
	case WORKER_STOP:
		worker_stop(w);
		return;
	case WORKER_RELOAD:
		worker_reload(w);
		return;
	case WORKER_REFUSED:
		control_reloaded(w->control, worker_text(msg));
		return;
	case WORKER_TEE:
		got_tee(w, msg, fd);
		return;
	case WORKER_CONF:
	case WORKER_CERT:
	case WORKER_KEY:
	case WORKER_CLIENT_CA:
	case WORKER_SECRET:
		if (reload_part(&w->reload, kind,
			d4_slice_of(msg->p + 1, msg->n - 1)) != D4_OK)
			d4_warnx("reload out of memory");
		return;
	}
}

static void
on_pair(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;
	enum d4_status st = D4_OK;
	struct d4_buf msg;
	int got = -1;

	(void)what;
	d4_buf_init(&msg, WORKER_PART + 8);
	while (st == D4_OK) {
		msg.n = 0;
		st = d4_fd_recv(fd, &msg, &got);
		if (st == D4_OK && msg.n != 0)
			got_message(w, &msg, got);
	}
	d4_buf_wipe(&msg);
	if (st != D4_AGAIN) {
		d4_warnx("the supervisor is gone");
		(void)event_del(w->pair_ev);
		worker_stop(w);
	}
}

/* ---- start ---- */

static void
more_files(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0)
		return;
	r.rlim_cur = r.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &r);
}

static void
worker_sandbox(const struct hub_options *opt, pid_t supervisor)
{
	char *overflow = d4_path(opt->state, OVERFLOW_DIR);
	const char *const write[] = {overflow, NULL};
	const struct d4_sandbox box = {.serve = true,
	    .write = write,
	    .best_effort = strcmp(opt->sandbox, "best-effort") == 0};
	const char *why = "";

	/* The reader of the overflow is another account of our group. */
	(void)umask(0027);
	if (d4_user_drop(opt->user) != D4_OK)
		d4_fatal("user=%s", opt->user);
	/* A dead supervisor's worker must not keep the port. */
	if (d4_die_with(supervisor) != D4_OK)
		d4_fatalx("the supervisor is gone");
	if (d4_sandbox_enter(&box, &why) != D4_OK)
		d4_fatalx("sandbox: %s; remedy: a newer kernel, or "
			  "sandbox: best-effort",
		    why);
	free(overflow);
}

static void
worker_events(struct worker *w)
{
	struct event_base *base = w->hub.base;

	w->pair_ev = event_new(base, w->pair, EV_READ | EV_PERSIST, on_pair, w);
	w->ask_ev = evtimer_new(base, on_ask, w);
	w->drain_ev = evtimer_new(base, on_drain, w);
	if (w->pair_ev == NULL || w->ask_ev == NULL || w->drain_ev == NULL ||
	    event_add(w->pair_ev, NULL) < 0)
		d4_fatalx("out of memory");
}

static void
worker_open(struct worker *w)
{
	const struct hub_options *opt = w->hub.opt;
	const struct hub_events ev = {on_ready, on_lost, on_reload, w, on_dial};
	char *dir = d4_path(opt->state, "account");

	if (dir == NULL || d4_dir_make(dir, 0750) != D4_OK ||
	    d4_account_open(dir, "d4-hub", &w->hub.account) != D4_OK)
		d4_fatal("account %s", opt->state);
	free(dir);
	if (hub_init(&w->hub, &ev) != D4_OK)
		d4_fatal("start");
	worker_events(w);
	if (d4_ctl_new(w->hub.base, opt->ctl, hub_commands, &w->hub, &w->ctl) !=
		D4_OK ||
	    control_new(&w->hub, w->ctl, &w->control) != D4_OK)
		d4_fatal("ctl %s", opt->ctl);
}

static void
worker_close(struct worker *w)
{
	acceptor_free(w->acceptor);
	d4_ctl_free(w->ctl);
	control_reloaded(w->control, "the hub stops");
	hub_give_up(&w->hub);
	d4_account_close(w->hub.account);
	control_free(w->control);
	hub_fini(&w->hub);
	event_free(w->pair_ev);
	event_free(w->ask_ev);
	event_free(w->drain_ev);
	reload_fini(&w->reload);
	event_base_free(w->hub.base);
}

void
worker_run(struct hub_options *opt, struct d4_tls_ctx *tls,
    const struct listeners *listeners, int pair, pid_t supervisor)
{
	static struct worker w;

	d4_log_open("d4-hub[worker]", hub_options_log(opt), opt->log_json);
	w.listeners = *listeners;
	w.pair = pair;
	w.hub.opt = opt;
	w.hub.tls = tls;
	w.hub.base = event_base_new();
	if (w.hub.base == NULL)
		d4_fatalx("no event base");
	reload_init(&w.reload);
	more_files();
	worker_open(&w);
	worker_sandbox(opt, supervisor);
	ask_redis(&w);
	(void)event_base_dispatch(w.hub.base);
	worker_close(&w);
	d4_info("stopped");
	exit(0);
}

#include <stdlib.h>
#include <unistd.h>
#include "hub/control.h"
#include "hub/drain.h"
#include "hub/reload.h"
#include "hub/status.h"
#include "hub/tee.h"
#include "hub/tee_dial.h"
#include "hub/worker_box.h"
#include "libd4/kit/fdpass.h"
#include "libd4/kit/log.h"

#define ASK_AGAIN_MS 200u

/*
 * struct worker -- Shape: asked: the supervisor owes a connection. draining:
 * it ends.
 */
struct worker {
	struct hub hub;
	const struct worker_setup *set;
	struct acceptor *acceptor;
	struct d4_ctl *ctl;
	struct control *control;
	struct drain *drain;
	struct peers *peers;
	struct reload reload;
	struct event *pair_ev, *ask_ev, *beat_ev;
	bool asked;
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
	if (d4_fd_send(w->set->pair, d4_slice_of(msg, 1), -1) == D4_OK)
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
tell_up(void *arg, enum worker_message kind)
{
	const struct worker *w = arg;
	const uint8_t msg[] = {(uint8_t)kind};

	return d4_fd_send(w->set->pair, d4_slice_of(msg, 1), -1) == D4_OK;
}

static bool
on_reload(void *arg)
{
	return tell_up(arg, WORKER_RELOAD);
}

static bool
on_upgrade(void *arg)
{
	return tell_up(arg, WORKER_UPGRADE);
}

/* A server for the tee; got_tee brings it. */
static bool
on_dial(void *arg, uint32_t id)
{
	const struct worker *w = arg;

	return tee_dial_ask(w->set->pair, id);
}

/* Registry and queues are known: sensors may come. */
static void
on_ready(void *arg)
{
	struct worker *w = arg;
	const struct listeners *l = &w->set->listeners;
	char text[80];

	if (drain_begun(w->drain))
		return;
	if (acceptor_new(&w->hub, l, &w->acceptor) != D4_OK)
		d4_fatalx("out of memory");
	for (unsigned i = 0; i < l->n; i++) {
		listeners_text(l, i, text, sizeof(text));
		d4_info("ready listen=%s", text);
	}
	if (!tell_up(w, WORKER_READY))
		d4_warnx("the supervisor does not take message=Y");
}

/* ---- the end ---- */

static void
accept_no_more(struct worker *w)
{
	acceptor_free(w->acceptor);
	w->acceptor = NULL;
	d4_ctl_close(w->ctl);
}

static void
worker_stop(struct worker *w, uint64_t ms)
{
	accept_no_more(w);
	drain_stop(w->drain, ms);
}

static void
worker_leave(struct worker *w, uint64_t ms)
{
	accept_no_more(w);
	drain_leave(w->drain, ms);
}

/* No worker of an older version is left: what they had is ours. */
static void
worker_alone(struct worker *w)
{
	d4_info("alone");
	hub_alone(&w->hub);
}

/* ---- messages ---- */

static void
worker_reload(struct worker *w)
{
	struct hub_options *opt;
	struct d4_tls_ctx *tls;
	const char *why = "";

	if (reload_make(&w->reload, "(reload)", &why, &opt, &tls) == D4_OK) {
		hub_options_part(opt, w->hub.n_workers);
		hub_reload(&w->hub, opt, tls);
		why = NULL;
	} else {
		d4_warnx("reload failed, the old one stays why=\"%s\"", why);
	}
	control_done(w->control, why);
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

/* The same as a number. */
static uint64_t
worker_number(struct d4_buf *msg)
{
	return strtoull(worker_text(msg), NULL, 10);
}

/* The first worker asks, the others answer. */
static void
got_peer(struct worker *w, struct d4_buf *msg, int fd)
{
	if (fd < 0)
		return;
	if (w->hub.place == 0)
		peers_add(w->peers, (unsigned)worker_number(msg), fd);
	else if (d4_ctl_adopt(w->ctl, fd) != D4_OK)
		d4_warnx("peer not taken");
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
		worker_stop(w, worker_number(msg));
		return;
	case WORKER_LEAVE:
		worker_leave(w, worker_number(msg));
		return;
	case WORKER_ALONE:
		worker_alone(w);
		return;
	case WORKER_UPGRADE:
		control_done(w->control, NULL);
		return;
	case WORKER_READY:
	case WORKER_ALIVE:
		return;
	case WORKER_CREW:
		deaths_take(&w->hub, d4_slice_of(msg->p + 1, msg->n - 1));
		return;
	case WORKER_RELOAD:
		worker_reload(w);
		return;
	case WORKER_REFUSED:
		control_done(w->control, worker_text(msg));
		return;
	case WORKER_PEER:
		got_peer(w, msg, fd);
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
		worker_stop(w, w->hub.opt->drain_us / 1000);
	}
}

/* ---- start ---- */

static void
worker_events(struct worker *w)
{
	struct event_base *base = w->hub.base;

	w->pair_ev =
	    event_new(base, w->set->pair, EV_READ | EV_PERSIST, on_pair, w);
	w->ask_ev = evtimer_new(base, on_ask, w);
	w->beat_ev = worker_beat(base, w->set);
	if (w->pair_ev == NULL || w->ask_ev == NULL || w->beat_ev == NULL ||
	    drain_new(&w->hub, &w->drain) != D4_OK ||
	    event_add(w->pair_ev, NULL) < 0)
		d4_fatalx("out of memory");
}

static void
worker_open(struct worker *w)
{
	const struct hub_options *opt = w->hub.opt;
	const struct hub_events ev = {.ready = on_ready,
	    .lost = on_lost,
	    .reload = on_reload,
	    .upgrade = on_upgrade,
	    .dial = on_dial,
	    .arg = w};
	const struct d4_ctl_command *commands = hub_commands;

	w->hub.account = worker_account(w->set);
	if (hub_init(&w->hub, &ev) != D4_OK)
		d4_fatal("start");
	worker_events(w);
	/* The first of several asks the others, so its answers come later. */
	if (w->hub.place == 0 && w->hub.n_workers > 1)
		commands += hub_n_commands;
	if (d4_ctl_serve(w->hub.base, w->hub.place == 0 ? w->set->ctl : -1,
		commands, &w->hub, &w->ctl) != D4_OK ||
	    peers_new(w->hub.base, &w->peers) != D4_OK ||
	    control_new(&w->hub, w->ctl, &w->control) != D4_OK)
		d4_fatal("ctl %s", opt->ctl);
	control_peers(w->control, w->peers);
}

static void
worker_close(struct worker *w)
{
	acceptor_free(w->acceptor);
	d4_ctl_free(w->ctl);
	control_done(w->control, "the hub stops");
	hub_give_up(&w->hub);
	d4_account_close(w->hub.account);
	control_free(w->control);
	hub_fini(&w->hub);
	event_free(w->pair_ev);
	event_free(w->ask_ev);
	event_free(w->beat_ev);
	peers_free(w->peers);
	drain_free(w->drain);
	reload_fini(&w->reload);
	event_base_free(w->hub.base);
}

void
worker_run(const struct worker_setup *setup)
{
	static struct worker w;

	worker_name(setup);
	w.set = setup;
	hub_options_part(setup->opt, setup->n_workers);
	w.hub.opt = setup->opt;
	w.hub.tls = setup->tls;
	w.hub.place = setup->place;
	w.hub.n_workers = setup->n_workers;
	w.hub.alone = setup->alone;
	w.hub.before = setup->before;
	w.hub.base = event_base_new();
	if (w.hub.base == NULL)
		d4_fatalx("no event base");
	reload_init(&w.reload);
	worker_files(setup->opt);
	worker_open(&w);
	worker_sandbox(setup);
	ask_redis(&w);
	(void)event_base_dispatch(w.hub.base);
	worker_close(&w);
	d4_info("stopped");
	exit(0);
}

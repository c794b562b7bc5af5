#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"
#include "relay/post_room.h"

#define SWEEP_US 10000u /* between two looks at the spool, at least */

static const struct post_times times_default = {
    .linger_us = 200000,
    .quiet_us = 2000000,
    .connect_us = 30000000,
    .stall_us = 300000000,
    .confirm_us = 300000000,
    .recheck_us = 3000000,
    .turn_us = 60000000,
    .leave_us = 2000000,
};

uint64_t
post_now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * POST_SECOND + (uint64_t)t.tv_nsec / 1000;
}

/* ---- sweeps: every lane is stepped, some of each partner in a turn ---- */

static void
sweep_arm(struct post *p, uint64_t wait_us)
{
	struct timeval tv = {0, (suseconds_t)wait_us};

	if (!evtimer_pending(p->sweep, NULL))
		(void)evtimer_add(p->sweep, &tv);
}

void
post_sweep_soon(struct post_partner *pp)
{
	struct post *p = pp->post;
	uint64_t since = post_now_us() - p->swept_us;

	pp->left = pp->n_lanes;
	sweep_arm(p, since < SWEEP_US ? SWEEP_US - since : 0);
}

static void
sweep_partner(struct post_partner *pp)
{
	if (pp->left > pp->n_lanes) /* a lane may have been taken away */
		pp->left = pp->n_lanes;
	for (size_t i = 0; i < POST_SLICE && pp->left != 0; i++, pp->left--) {
		pp->sweep = pp->sweep + 1 < pp->n_lanes ? pp->sweep + 1 : 0;
		post_session_step(pp->lanes[pp->sweep], POST_POKE);
	}
}

static void
on_sweep(evutil_socket_t fd, short what, void *arg)
{
	struct post *p = arg;
	bool more = false;

	(void)fd;
	(void)what;
	p->swept_us = post_now_us();
	for (size_t i = 0; i < p->setup.n_partners; i++) {
		struct post_partner *pp = &p->partners[i];

		post_scan(pp, false);
		sweep_partner(pp);
		more = more || pp->left != 0;
	}
	if (more)
		sweep_arm(p, 0);
}

static void
on_nudge(evutil_socket_t fd, short what, void *arg)
{
	struct post *p = arg;
	uint64_t n;

	(void)what;
	if (read(fd, &n, sizeof(n)) < 0)
		return; /* somebody else took it: nothing is missed */
	for (size_t i = 0; i < p->setup.n_partners; i++)
		post_sweep_soon(&p->partners[i]);
}

/* ---- every second ---- */

static size_t
post_lanes(const struct post *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->setup.n_partners; i++)
		n += p->partners[i].n_lanes;
	return n;
}

static struct post_lane *
post_lane_at(const struct post *p, size_t at)
{
	for (size_t i = 0; i < p->setup.n_partners; i++) {
		if (at < p->partners[i].n_lanes)
			return p->partners[i].lanes[at];
		at -= p->partners[i].n_lanes;
	}
	return NULL;
}

/*
 * Cursors of lanes that sent something: after a kill -9 no more is sent twice
 * in TCP mode than since then. Each costs two fsyncs, so they take turns.
 */
static void
post_checkpoint(struct post *p, unsigned most)
{
	size_t n = post_lanes(p);
	unsigned saved = 0;

	for (size_t i = 0; i < n && saved < most; i++) {
		struct post_lane *l = post_lane_at(p, p->checkpoint++ % n);

		if (l == NULL || !l->dirty || l->unsettled)
			continue;
		saved++;
		(void)(post_settle(l, POST_CHECKPOINT) == D4_OK);
	}
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct post *p = arg;

	(void)fd;
	(void)what;
	for (size_t i = 0; i < p->setup.n_partners; i++) {
		post_scan(&p->partners[i], true);
		post_sweep_soon(&p->partners[i]);
		post_rules_save(&p->partners[i]);
		if (p->partners[i].sink->tick != NULL &&
		    p->partners[i].broken[0] == '\0')
			p->partners[i].sink->tick(&p->partners[i]);
	}
	post_checkpoint(p, POST_CHECKPOINTS);
}

/* ---- drain ---- */

static bool
post_busy(const struct post *p)
{
	size_t n = post_lanes(p);

	for (size_t i = 0; i < n; i++) {
		if (post_session_active(post_lane_at(p, i)))
			return true;
	}
	return false;
}

/* A lane came to rest, or the time is over. */
static void
on_drain(evutil_socket_t fd, short what, void *arg)
{
	struct post *p = arg;
	void (*done)(void *arg) = p->drained;
	uint64_t now = post_now_us(), left;
	struct timeval tv;

	(void)fd;
	(void)what;
	if (done == NULL)
		return;
	if (post_busy(p) && now < p->drain_us) {
		left = p->drain_us - now;
		tv.tv_sec = (time_t)(left / POST_SECOND);
		tv.tv_usec = (suseconds_t)(left % POST_SECOND);
		(void)evtimer_add(p->drain, &tv);
		return;
	}
	p->drained = NULL;
	post_checkpoint(p, UINT32_MAX);
	for (size_t i = 0; i < p->setup.n_partners; i++)
		post_rules_save(&p->partners[i]);
	done(p->drained_arg);
}

void
post_drain(
    struct post *p, uint64_t limit_us, void (*done)(void *arg), void *arg)
{
	p->draining = true;
	p->drained = done;
	p->drained_arg = arg;
	p->drain_us = post_now_us() + limit_us;
	for (size_t i = 0, n = post_lanes(p); i < n; i++)
		post_session_step(post_lane_at(p, i), POST_POKE);
	event_active(p->drain, EV_TIMEOUT, 0);
}

/* ---- making and ending ---- */

/* A lane may need three descriptors; the usual soft limit is 1,024. */
static void
post_descriptors(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur == r.rlim_max)
		return;
	r.rlim_cur = r.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &r) != 0)
		d4_warn("post cannot raise limit=nofile");
}

static enum d4_status
post_events(struct post *p)
{
	struct timeval second = {1, 0};

	p->sweep = evtimer_new(p->base, on_sweep, p);
	p->tick = event_new(p->base, -1, EV_PERSIST, on_tick, p);
	p->drain = evtimer_new(p->base, on_drain, p);
	if (p->sweep == NULL || p->tick == NULL || p->drain == NULL ||
	    evtimer_add(p->tick, &second) != 0)
		return D4_ENOMEM;
	if (p->setup.nudge < 0)
		return D4_OK;
	p->nudge = event_new(
	    p->base, p->setup.nudge, EV_READ | EV_PERSIST, on_nudge, p);
	return p->nudge != NULL && event_add(p->nudge, NULL) == 0 ? D4_OK
	                                                          : D4_ENOMEM;
}

/* Only when there is a name: an address needs no files and no sockets. */
static enum d4_status
post_names(struct post *p)
{
	struct d4_addresses a;

	for (size_t i = 0; i < p->setup.n_partners; i++) {
		const struct relay_partner *c = &p->setup.partner[i];

		if (p->resolver == NULL && sink_of(c)->host &&
		    d4_resolve_numeric(post_dial_host(c), c->port, &a) != D4_OK)
			return d4_resolver_new(p->base, &p->resolver);
	}
	return D4_OK;
}

static enum d4_status
post_begin(struct post *p)
{
	enum d4_status st = D4_OK;

	p->partners = calloc(p->setup.n_partners + 1, sizeof(*p->partners));
	if (p->partners == NULL) {
		p->setup.n_partners = 0;
		return D4_ENOMEM;
	}
	for (size_t i = 0; st == D4_OK && i < p->setup.n_partners; i++)
		st =
		    post_partner_init(&p->partners[i], p, &p->setup.partner[i]);
	if (st == D4_OK)
		st = post_names(p);
	if (st == D4_OK)
		st = post_events(p);
	if (st != D4_OK)
		return st;
	for (size_t i = 0; i < p->setup.n_partners; i++) {
		post_scan(&p->partners[i], true);
		post_sweep_soon(&p->partners[i]);
	}
	return D4_OK;
}

enum d4_status
post_new(
    struct event_base *base, const struct post_setup *setup, struct post **out)
{
	struct post *p = calloc(1, sizeof(*p));
	enum d4_status st;

	if (p == NULL)
		return D4_ENOMEM;
	p->base = base;
	p->setup = *setup;
	p->times = setup->times != NULL ? *setup->times : times_default;
	post_descriptors();
	st = post_begin(p);
	if (st != D4_OK) {
		post_free(p);
		return st;
	}
	*out = p;
	return D4_OK;
}

void
post_free(struct post *p)
{
	struct event *const all[] = {
	    p != NULL ? p->nudge : NULL,
	    p != NULL ? p->tick : NULL,
	    p != NULL ? p->sweep : NULL,
	    p != NULL ? p->drain : NULL,
	};

	if (p == NULL)
		return;
	for (size_t i = 0; p->partners != NULL && i < p->setup.n_partners; i++)
		post_partner_fini(&p->partners[i]);
	free(p->partners);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (all[i] != NULL)
			event_free(all[i]);
	}
	d4_resolver_free(p->resolver);
	free(p);
}

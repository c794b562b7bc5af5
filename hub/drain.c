#include <stdlib.h>
#include "hub/drain.h"
#include "hub/session.h"
#include "hub/tee.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"

#define STOP_LOOK_MS  10u
#define LEAVE_LOOK_MS 50u
#define LEAVE_AT_ONCE 100u  /* sessions ended in one look: 2,000 a second */
#define LEAVE_TAIL_MS 5000u /* at the end all are ended, quiet or not */
#define BYE_MS        2000u /* for sensors to answer our close_notify */

enum drain_state {
	DRAIN_NONE,
	DRAIN_LEAVE, /* sessions are ended one by one */
	DRAIN_TAIL,  /* all were told */
	DRAIN_STOP,  /* nobody is read */
	DRAIN_BYE,   /* all is in Redis, who had finished is being told */
};

/* Shape: until_ms: when this state must be over; stop_ms: time of a stop. */
struct drain {
	struct hub *hub;
	struct event *timer;
	enum drain_state state;
	uint64_t until_ms, stop_ms;
};

static void
drain_look_in(struct drain *d, unsigned ms)
{
	struct timeval tv = {0, (suseconds_t)ms * 1000};

	(void)evtimer_add(d->timer, &tv);
}

static void
drain_over(struct drain *d)
{
	(void)event_base_loopbreak(d->hub->base);
}

void
drain_stop(struct drain *d, uint64_t ms)
{
	struct hub *h = d->hub;

	if (d->state >= DRAIN_STOP)
		return;
	d4_info("drain sessions=%zu waiting=%zu", h->n_sessions,
	    shelf_entries(h->shelf));
	d->state = DRAIN_STOP;
	d->until_ms = d4_mono_ms() + ms + 1;
	sessions_pause(h, PAUSE_DRAIN, true);
	sessions_flush(h);
	drain_look_in(d, 0);
}

void
drain_leave(struct drain *d, uint64_t ms)
{
	struct hub *h = d->hub;

	if (d->state != DRAIN_NONE)
		return;
	d4_info("leave sessions=%zu within_ms=%llu", h->n_sessions,
	    (unsigned long long)ms);
	d->state = DRAIN_LEAVE;
	d->stop_ms = d4_mono_ms() + ms;
	d->until_ms =
	    d->stop_ms - (ms / 4 < LEAVE_TAIL_MS ? ms / 4 : LEAVE_TAIL_MS);
	drain_look_in(d, 0);
}

/* Whoever is quiet; at the end all of them. */
static void
drain_leave_look(struct drain *d, uint64_t now)
{
	struct hub *h = d->hub;

	if (h->n_sessions == 0 && hub_drained(h) && tee_busy(h->tee) == 0) {
		drain_over(d);
		return;
	}
	if (d->state == DRAIN_LEAVE && now >= d->until_ms) {
		d->state = DRAIN_TAIL;
		d->until_ms = d->stop_ms;
		sessions_cut(h);
	}
	if (now >= d->until_ms) {
		drain_stop(d, h->opt->drain_us / 1000);
		return;
	}
	if (d->state == DRAIN_LEAVE)
		sessions_leave(h, LEAVE_AT_ONCE);
	drain_look_in(d, LEAVE_LOOK_MS);
}

/* Flushed, told, gone; or the time is over. */
static void
drain_stop_look(struct drain *d, uint64_t now)
{
	struct hub *h = d->hub;

	if (d->state == DRAIN_STOP && hub_drained(h)) {
		d->state = DRAIN_BYE;
		d->until_ms = now + BYE_MS;
		sessions_bye(h);
	}
	if ((d->state == DRAIN_BYE && h->n_sessions == 0 &&
		tee_busy(h->tee) == 0) ||
	    now >= d->until_ms)
		drain_over(d);
	else
		drain_look_in(d, STOP_LOOK_MS);
}

static void
on_look(evutil_socket_t fd, short what, void *arg)
{
	struct drain *d = arg;

	(void)fd;
	(void)what;
	switch (d->state) {
	case DRAIN_NONE:
		return;
	case DRAIN_LEAVE:
	case DRAIN_TAIL:
		drain_leave_look(d, d4_mono_ms());
		return;
	case DRAIN_STOP:
	case DRAIN_BYE:
		drain_stop_look(d, d4_mono_ms());
		return;
	}
}

bool
drain_begun(const struct drain *d)
{
	return d->state != DRAIN_NONE;
}

enum d4_status
drain_new(struct hub *h, struct drain **out)
{
	struct drain *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return D4_ENOMEM;
	d->hub = h;
	d->timer = evtimer_new(h->base, on_look, d);
	if (d->timer == NULL) {
		free(d);
		return D4_ENOMEM;
	}
	*out = d;
	return D4_OK;
}

void
drain_free(struct drain *d)
{
	if (d == NULL)
		return;
	event_free(d->timer);
	free(d);
}

/* Sessions of sensors that send faster than they may: not read for a while. */
#include "hub/session_conn.h"
#include "libd4/kit/clock.h"

#define RATE_MS 50L /* between two looks at those who rest */

static void
rate_arm(struct hub *h)
{
	const struct timeval tv = {0, RATE_MS * 1000};

	if (h->n_resting != 0)
		(void)evtimer_add(h->rate_timer, &tv);
}

void
sessions_rate(struct session *s, size_t n)
{
	struct hub *h = s->hub;

	if (!s->counted || s->sensor->limits.rate == 0 ||
	    sensor_spend(s->sensor, n, d4_mono_ms()) == 0 ||
	    (s->pause & PAUSE_RATE) != 0)
		return;
	s->pause |= PAUSE_RATE;
	session_apply_pause(s);
	if (h->n_resting++ == 0)
		rate_arm(h);
}

void
sessions_rested(struct session *s)
{
	if ((s->pause & PAUSE_RATE) == 0)
		return;
	s->pause &= ~(unsigned)PAUSE_RATE;
	s->hub->n_resting--;
	session_apply_pause(s);
}

/* By the clock, and by the limit that holds now. */
static void
on_rate(evutil_socket_t fd, short what, void *arg)
{
	struct hub *h = arg;
	uint64_t now = d4_mono_ms();
	struct session *s;

	(void)fd;
	(void)what;
	TAILQ_FOREACH(s, &h->sessions, all)
	{
		if ((s->pause & PAUSE_RATE) != 0 &&
		    sensor_spend(s->sensor, 0, now) == 0)
			sessions_rested(s);
	}
	rate_arm(h);
}

enum d4_status
rate_init(struct hub *h)
{
	h->rate_timer = evtimer_new(h->base, on_rate, h);
	return h->rate_timer != NULL ? D4_OK : D4_ENOMEM;
}

void
rate_fini(struct hub *h)
{
	if (h->rate_timer != NULL)
		event_free(h->rate_timer);
	h->rate_timer = NULL;
}

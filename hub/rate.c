/* Sessions that are not read for a while, for the limits of their sensor. */
#include "hub/session_conn.h"
#include "libd4/kit/clock.h"
#include "libd4/kit/log.h"

#define RATE_MS 50L /* between two looks at those who rest */
#define LIMITS  ((unsigned)PAUSE_RATE | (unsigned)PAUSE_SHARE)

static void
rate_arm(struct hub *h)
{
	const struct timeval tv = {0, RATE_MS * 1000};

	if (h->n_resting != 0)
		(void)evtimer_add(h->rate_timer, &tv);
}

/* Has it too much in its queue? Once it has, until half of that is gone. */
static bool
crowded(const struct session *s)
{
	const struct queue_shard *shard =
	    s->origin != NULL ? s->origin->shard : NULL;
	uint64_t limit = s->sensor->limits.queue;

	if (shard == NULL || limit == 0)
		return false;
	if ((s->pause & PAUSE_SHARE) != 0)
		limit = limit / 2 + 1;
	return sensor_waits(s->sensor, shard,
		   shard->length == 0 ? UINT64_MAX : shard->trimmed.ms) >=
	       limit;
}

/* The limits as they are now, after n more bytes. */
static void
rate_look(struct session *s, size_t n)
{
	unsigned was = s->pause & LIMITS, now = 0;
	struct hub *h = s->hub;

	if (sensor_spend(s->sensor, n, d4_mono_ms()) != 0)
		now |= PAUSE_RATE;
	if (crowded(s))
		now |= PAUSE_SHARE;
	if (now == was)
		return;
	if ((now & PAUSE_SHARE) != (was & PAUSE_SHARE) && sessions_loud(h))
		d4_info("session=%s queue of the sensor=%s", s->id,
		    (now & PAUSE_SHARE) != 0 ? "full" : "free again");
	s->pause = (s->pause & ~LIMITS) | now;
	if (was == 0 && h->n_resting++ == 0)
		rate_arm(h);
	if (now == 0)
		h->n_resting--;
	session_apply_pause(s);
}

void
sessions_rate(struct session *s, size_t n)
{
	const struct dossier_limits *l;

	if (!s->counted)
		return;
	l = &s->sensor->limits;
	if (l->rate != 0 || l->queue != 0)
		rate_look(s, n);
}

void
sessions_rested(struct session *s)
{
	if ((s->pause & LIMITS) == 0)
		return;
	s->pause &= ~LIMITS;
	s->hub->n_resting--;
	session_apply_pause(s);
}

static void
on_rate(evutil_socket_t fd, short what, void *arg)
{
	struct hub *h = arg;
	struct session *s;

	(void)fd;
	(void)what;
	TAILQ_FOREACH(s, &h->sessions, all)
	{
		if ((s->pause & LIMITS) != 0)
			rate_look(s, 0);
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

/* Sessions that are not read for a while, for the limits of their sensor. */
#include "hub/ration.h"
#include "hub/sensor_limits.h"
#include "hub/session_conn.h"
#include "libd4/kit/log.h"

#define LIMITS ((unsigned)PAUSE_RATE | (unsigned)PAUSE_SHARE)

/* Has its sensor too much in its queue? */
static bool
crowded(const struct session *s)
{
	return s->origin != NULL && s->origin->shard != NULL &&
	       sensor_crowded(s->sensor, s->origin->shard);
}

/* That Redis has not answered yet is no news; that nothing is left is. */
static void
rate_say(struct session *s, unsigned now)
{
	bool full = (now & PAUSE_SHARE) != 0;

	if (full && !sensor_stuffed(s->sensor, s->origin->shard))
		return;
	if (full == s->stuffed)
		return;
	s->stuffed = full;
	if (sessions_loud(s->hub))
		d4_info("session=%s queue of the sensor=%s", s->id,
		    full ? "full" : "free again");
}

/* The limits as they are now; true: it rests. */
static bool
rate_look(struct session *s)
{
	unsigned was = s->pause & LIMITS, now = 0;

	if (sensor_owes(s->sensor))
		now |= PAUSE_RATE;
	if (crowded(s))
		now |= PAUSE_SHARE;
	rate_say(s, now);
	if (now == was)
		return now != 0;
	s->pause = (s->pause & ~LIMITS) | now;
	session_apply_pause(s);
	return now != 0;
}

void
sessions_rate(struct session *s, size_t n)
{
	const struct dossier_limits *l;

	if (!s->counted)
		return;
	l = &s->sensor->limits;
	if (l->rate == 0 && l->queue == 0 && (s->pause & LIMITS) == 0)
		return;
	sensor_spend(s->sensor, n);
	(void)rate_look(s);
	ration_look(s->hub->ration, s->sensor);
}

void
sessions_share(struct session *s)
{
	if (s->sensor->limits.queue == 0)
		return;
	sensor_shelved(s->sensor, s->origin->shard);
	(void)rate_look(s);
	ration_look(s->hub->ration, s->sensor);
}

bool
sessions_rests(struct session *s, uint8_t type)
{
	struct sensor *sensor = s->sensor;

	if (!sensor_owes(sensor) && !sensor_full(sensor, type))
		return false;
	ration_look(s->hub->ration, sensor);
	return true;
}

bool
rate_told(struct hub *h, struct sensor *sensor)
{
	struct session *s;
	bool rests = false;

	if (sensor->known)
		sessions_known(h, sensor);
	TAILQ_FOREACH(s, &sensor->sessions, by_sensor)
	rests = rate_look(s) || rests;
	return rests || (sensor->known && !TAILQ_EMPTY(&sensor->waiting));
}

/* How long a session may stay in each of its states. */
#include "hub/session_conn.h"
#include "libd4/kit/clock.h"

/* How long it may stay as it is, and what it is when it stays longer. */
static uint64_t
session_limit(const struct session *s, uint64_t *since, enum d4_reason *why)
{
	const struct hub_options *opt = s->hub->opt;

	*since = s->active_ms;
	*why = D4_R_IDLE_TIMEOUT;
	switch (s->state) {
	case SESSION_SHAKE:
	case SESSION_FIRST:
		*since = s->accepted_ms;
		*why = D4_R_HANDSHAKE_TIMEOUT;
		return opt->handshake_us / 1000;
	case SESSION_OPEN:
		if (d4_parser_held(s->intake.parser) != 0)
			return opt->frame_us / 1000;
		return opt->idle_us / 1000;
	case SESSION_FLUSH:
	case SESSION_LEAVE:
		return opt->idle_us / 1000;
	case SESSION_BYE:
		return 0;
	}
	return 0;
}

void
session_clock(struct session *s)
{
	uint64_t now = d4_mono_ms(), since, limit;
	enum d4_reason why;
	unsigned ours;

	/*
	 * It is our fault when it is not read; but a frame that is held back
	 * for its size must end some time, or it would be held for ever.
	 */
	ours = (s->pause & ~(unsigned)PAUSE_HELD) | s->hub->pause;
	if (s->state == SESSION_OPEN && ours != 0)
		s->active_ms = now;
	/* So is it when nobody can say who the sensor is. */
	if (s->state == SESSION_FIRST && (s->pause & PAUSE_WHO) != 0 &&
	    (s->hub->silent || !d4_redis_is_up(s->hub->redis)))
		s->accepted_ms = now;
	limit = session_limit(s, &since, &why);
	if (s->state == SESSION_BYE)
		session_gone(s, "no close_notify in time");
	else if (now - since >= limit)
		session_refuse(s, why);
	else
		session_timer(s, (limit - (now - since)) * 1000 + 1000);
}

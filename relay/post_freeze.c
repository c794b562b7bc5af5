/* A freeze stops what post sends; one look for all kinds of sinks. */
#include "libd4/kit/log.h"
#include "relay/post_room.h"

/*
 * What a host has acknowledged is there already: such a session may end
 * properly, so that it is confirmed. Everything else is torn down.
 */
static bool
freeze_graceful(const struct post_lane *l)
{
	return l->partner->sink->host && sink_unacked(l) == 0;
}

void
post_freeze_lane(struct post_lane *l)
{
	switch (l->state) {
	case POST_IDLE:
	case POST_BACKOFF:
	case POST_CLOSE: /* all is acknowledged, and our end is said */
		break;
	case POST_RESOLVE:
	case POST_CONNECT:
		post_abort(l);
		break;
	case POST_STREAM:
		if (!freeze_graceful(l)) {
			post_abort(l);
			break;
		}
		l->run.cut = true; /* perhaps inside an entry */
		post_session_enter(l, POST_DRAIN);
		post_lane_wake(l, post_now_us());
		break;
	case POST_DRAIN:
		if (!freeze_graceful(l))
			post_abort(l);
		break;
	}
}

bool
post_freeze_now(struct post_partner *pp)
{
	enum d4_freeze now = d4_frozen(pp->post->setup.freeze, pp->conf->id);

	if (now == pp->frozen)
		return now != D4_THAWED;
	if (now != D4_THAWED)
		d4_warnx("alarm partner=%s freeze=\"%s\" (nothing is sent)",
		    pp->conf->id, d4_freeze_text(now));
	else
		d4_info("thawed partner=%s", pp->conf->id);
	pp->frozen = now;
	return now != D4_THAWED;
}

void
post_freeze_look(struct post_partner *pp)
{
	if (!post_freeze_now(pp))
		return;
	for (size_t i = 0; i < pp->n_lanes; i++) {
		if (!post_session_active(pp->lanes[i]))
			continue;
		post_freeze_lane(pp->lanes[i]);
		post_lane_arm(pp->lanes[i]);
	}
}

void
post_freeze(struct post *p)
{
	for (size_t i = 0; i < p->setup.n_partners; i++) {
		post_freeze_look(&p->partners[i]);
		post_sweep_soon(&p->partners[i]);
	}
}

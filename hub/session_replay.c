/* Frames that come again after their sensor was told that we have them. */
#include <stdlib.h>
#include "hub/census.h"
#include "hub/discard.h"
#include "hub/session_conn.h"
#include "libd4/kit/log.h"

/*
 * Two sessions of a second may send the same: a frame whose time is so near
 * is taken.
 */
#define REPLAY_NEAR_S 2u

bool
session_replayed(const struct session *s, const struct d4_header *h)
{
	const struct replay *r = s->sensor->replay;
	uint64_t now = s->now.t_rx_us / 1000000;

	/* A meta header carries no records, and clients send it again. */
	if (r == NULL || h->type == D4_TYPE_META)
		return false;
	if (h->timestamp_s + REPLAY_NEAR_S >= now &&
	    now + REPLAY_NEAR_S >= h->timestamp_s)
		return false;
	return replay_known(r, h->hmac, s->replay_no);
}

void
session_replay_begin(struct session *s)
{
	struct hub *h = s->hub;
	struct sensor *sn = s->sensor;

	if (h->opt->replay_us == 0 || h->opt->replay_memory == 0)
		return;
	if (sn->replay == NULL)
		return; /* out of memory: replay_store.c makes it */
	s->replay_no = replay_begin(sn->replay);
}

/* Not taken again, and said once a session. */
static void
replay_drop(struct session *s, const struct d4_frame *f)
{
	struct hub *h = s->hub;

	h->counts.replayed++;
	discard_note(h->discard, s, D4_R_REPLAY,
	    &(struct discarded){.bytes = f->payload.n});
	if (s->replayed++ != 0)
		return;
	sensor_refuse(s->sensor, D4_R_REPLAY);
	census_error(h->census, s->sensor, D4_R_REPLAY);
	if (sessions_loud(h))
		d4_warnx("session=%s alarm=replay peer=%s text=\"frames that"
			 " were confirmed come again: not taken\"",
		    s->id, s->peer);
}

bool
session_replay_take(struct session *s, const struct d4_frame *f)
{
	const uint64_t now_keep_s[2] = {
	    s->now.t_rx_us / 1000000, 2 * s->hub->opt->replay_us / 1000000 + 1};
	uint64_t was = s->hub->replays.forgotten;

	if (s->sensor->replay == NULL || s->replay_no == 0)
		return true;
	if (session_replayed(s, &f->header)) {
		replay_drop(s, f);
		return false;
	}
	replay_note(
	    s->sensor->replay, f->header.hmac, s->replay_no, now_keep_s);
	if (was == 0 && s->hub->replays.forgotten != 0)
		d4_warnx("replay memory full: the oldest are forgotten before"
			 " their time remedy=\"replay_memory, or a shorter"
			 " replay\"");
	return true;
}

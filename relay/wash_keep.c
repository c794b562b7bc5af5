/* Between two batches: what is settled, expired or unused, and what waits. */
#include "libd4/kit/clock.h"
#include "relay/lanes_partner.h"
#include "relay/wash_room.h"

#define TRIM_TICKS 5u  /* what post settled */
#define IDLE_TICKS 10u /* lanes that nobody uses */
#define PACK_US    2000

/* Drops the lane from those who know it. */
static void
wash_lane_gone(void *arg, const struct lane *lane)
{
	struct wash *w = arg;

	streams_lane_gone(w->streams, lane);
	for (size_t i = 0; i < w->n_shards; i++) {
		if (w->shard[i]->journal != NULL)
			journal_lane_gone(w->shard[i]->journal,
			    lane->head.partner, lane->head.id);
	}
}

/* Between two batches: what may be deleted, and what may be compressed. */
void
keep_tick(struct wash *w)
{
	const struct timeval soon = {0, PACK_US};

	if (w->stall == WASH_DISK)
		return; /* something is queued */
	/* A partner without room is waiting for it. */
	if (w->ticks % TRIM_TICKS == 0 || lanes_parking(w->lanes)) {
		lanes_trim(w->lanes);
		lanes_expire(w->lanes, d4_now_us() / 1000000);
		lanes_enforce(w->lanes);
	}
	if (w->ticks % IDLE_TICKS == 0)
		lanes_idle(w->lanes, d4_now_us() / 1000000, wash_lane_gone, w);
	if (!event_pending(w->pack, EV_TIMEOUT, NULL))
		(void)event_add(w->pack, &soon);
}

static void
on_pack(evutil_socket_t fd, short what, void *arg)
{
	const struct timeval soon = {0, PACK_US};
	struct wash *w = arg;

	(void)fd;
	(void)what;
	if (lanes_pack(w->lanes))
		(void)event_add(w->pack, &soon);
	lanes_measure(w->lanes);
}

enum d4_status
keep_open(struct wash *w)
{
	w->pack = event_new(w->base, -1, 0, on_pack, w);
	if (w->pack == NULL ||
	    event_priority_set(w->pack, WASH_PRIORITIES - 1) != 0)
		return D4_ENOMEM;
	return D4_OK;
}

/* Between two batches: what is settled, expired or unused, and what waits. */
#include "libd4/kit/clock.h"
#include "relay/lanes_partner.h"
#include "relay/wash_room.h"

#define TRIM_TICKS 5u  /* what post settled */
#define IDLE_TICKS 10u /* lanes that nobody uses */
#define PACK_US    2000
#define PACK_CALM  1000u /* ms since the queues were last behind */
#define ROOM_MS    20u   /* a look for room while somebody is parked ... */
#define ROOM_REST  10u   /* ... and this many times as long as the look took */

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

/* Is somebody parked? Then there is a look soon. */
static void
room_soon(struct wash *w, uint64_t after_ms)
{
	const struct timeval t = {
	    (time_t)(after_ms / 1000), (suseconds_t)(after_ms % 1000 * 1000)};

	if (lanes_parking(w->lanes) &&
	    !event_pending(w->room_look, EV_TIMEOUT, NULL))
		(void)event_add(w->room_look, &t);
}

void
keep_room(struct wash *w)
{
	room_soon(w, ROOM_MS);
}

/* What post confirmed makes room for a partner that catches up. */
static void
on_room(evutil_socket_t fd, short what, void *arg)
{
	struct wash *w = arg;
	uint64_t begun = d4_mono_ms(), took;

	(void)fd;
	(void)what;
	if (w->stall == WASH_DISK || !lanes_parking(w->lanes))
		return;
	lanes_trim(w->lanes);
	took = ROOM_REST * (d4_mono_ms() - begun);
	sources_step(w);
	room_soon(w, took > ROOM_MS ? took : ROOM_MS);
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
	keep_room(w);
	if (w->ticks % IDLE_TICKS == 0)
		lanes_idle(w->lanes, d4_now_us() / 1000000, wash_lane_gone, w);
	if (!event_pending(w->pack, EV_TIMEOUT, NULL))
		(void)event_add(w->pack, &soon);
}

/*
 * While wash is behind its queues, what it could do instead of compressing is
 * more urgent; unless the disk is.
 */
static bool
keep_may_pack(const struct wash *w)
{
	if (d4_mono_ms() - w->full_ms >= PACK_CALM)
		return true;
	for (size_t i = 0; i < lanes_n_partners(w->lanes); i++) {
		const struct lanes_partner *p = lanes_partner_at(w->lanes, i);

		if (p->bytes >= p->budget / 2)
			return true;
	}
	return false;
}

static void
on_pack(evutil_socket_t fd, short what, void *arg)
{
	const struct timeval soon = {0, PACK_US};
	struct wash *w = arg;

	(void)fd;
	(void)what;
	/* keep_tick asks again. */
	if (keep_may_pack(w) && lanes_pack(w->lanes))
		(void)event_add(w->pack, &soon);
	lanes_measure(w->lanes);
}

enum d4_status
keep_open(struct wash *w)
{
	w->pack = event_new(w->base, -1, 0, on_pack, w);
	w->room_look = event_new(w->base, -1, 0, on_room, w);
	if (w->pack == NULL || w->room_look == NULL ||
	    event_priority_set(w->pack, WASH_PRIORITIES - 1) != 0)
		return D4_ENOMEM;
	return D4_OK;
}

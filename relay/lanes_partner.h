/* The disk space of a partner's lanes, and what happens when it is full. */
#ifndef RELAY_LANES_PARTNER_H
#define RELAY_LANES_PARTNER_H

#include "relay/lanes.h"

/* A partner's own limits, of the configuration. budget 0: a fair share. */
struct lanes_limit {
	const char *id;
	uint64_t budget;
	bool drop_oldest;
};

/*
 * struct lanes_limits
 * Shape:  total: bytes of the airlock. behind: bytes behind what is sent from
 *         which on segments are compressed, 0 never. idle_s: a lane that was
 *         not used for so long is removed, 0 never.
 */
struct lanes_limits {
	uint64_t total;
	uint64_t behind;
	uint64_t idle_s;
	const struct lanes_limit *list;
	size_t n;
};

/*
 * struct lanes_partner -- one partner's part of the airlock.
 * Shape:  bytes on disk; queued: of the batch in progress. full: over the
 *         limit, until there is room again. pressed: its release file says
 *         that it is parked. The sums are since the start.
 */
struct lanes_partner {
	char id[65];
	uint64_t budget;
	bool drop_oldest;
	bool full;
	bool pressed;
	uint64_t bytes, queued;
	uint64_t dropped, dropped_bytes, expired, expired_bytes;
};

/* A partner is full at `high` bytes, and has room again below `low`. */
static inline uint64_t
lanes_high(uint64_t budget)
{
	return budget - budget / 8;
}

static inline uint64_t
lanes_low(uint64_t budget)
{
	return budget - budget / 4;
}

/*
 * lanes_limits_set -- from now on; *l is copied, its list must stay.
 * partners: how many the policy has: they share the total.
 */
void lanes_limits_set(
    struct lanes *ls, const struct lanes_limits *l, size_t partners);

/* lanes_partner_get -- by id, made when new. Errors: D4_ENOMEM. */
D4_USED enum d4_status lanes_partner_get(
    struct lanes *ls, const char *id, struct lanes_partner **out);
size_t lanes_n_partners(const struct lanes *ls);
const struct lanes_partner *lanes_partner_at(const struct lanes *ls, size_t i);

/* lanes_partner_room -- false: it is to be parked. */
static inline bool
lanes_partner_room(const struct lanes_partner *p)
{
	return !p->full || p->drop_oldest;
}

/* lanes_parking -- some partner has no room, and does not drop. */
bool lanes_parking(const struct lanes *ls);

/* lanes_measure -- adds up what is on disk, and sees who is full. */
void lanes_measure(struct lanes *ls);

/* ---- lanes_keep.c: only between two batches ---- */

/* lanes_enforce -- drops the oldest of partners that say so; accounted. */
void lanes_enforce(struct lanes *ls);

/* lanes_expire -- deletes segments of which all has expired; accounted. */
void lanes_expire(struct lanes *ls, uint64_t now_s);

/* lanes_pack -- a little compression. True: there is more to do. */
bool lanes_pack(struct lanes *ls);

/* lanes_packed -- bytes that compression made of bytes, since the start. */
void lanes_packed(const struct lanes *ls, uint64_t *before, uint64_t *after);

/*
 * lanes_idle -- removes lanes that nothing uses (see lanes_limits): their
 * folder becomes LANE.gone until post has forgotten its cursor, then all of
 * it is deleted. gone(arg, lane) is told before a lane is freed.
 */
void lanes_idle(struct lanes *ls, uint64_t now_s,
    void (*gone)(void *arg, const struct lane *lane), void *arg);

/*
 * lanes_revive -- of a lane that is to be made: if its folder waits to be
 * deleted, it is taken back. Errors: D4_EIO.
 */
D4_USED enum d4_status lanes_revive(
    struct lanes *ls, const char *partner, const char *id);

#endif

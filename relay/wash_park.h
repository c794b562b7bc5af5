/*
 * Partners whose airlock is full (ADR 0014): the shard continues without them,
 * Redis keeps what they need, and they catch up by range.
 */
#ifndef RELAY_WASH_PARK_H
#define RELAY_WASH_PARK_H

#include "libd4/kit/redis.h"
#include "relay/decide.h"
#include "relay/parks.h"

#define PARK_BLOCK_MS "20" /* an idle read, while somebody is parked */

struct lanes_partner;
struct shard;
struct wash;

/*
 * struct wash_caught -- the range that a parked partner catches up with.
 * Shape:  asked: it is in progress. turn: the shard that is looked at next.
 *         count: entries asked for.
 */
struct wash_caught {
	bool asked;
	struct shard *shard;
	char partner[65];
	struct stream_id from;
	unsigned count;
	size_t turn;
};

/* park_gate -- another policy decides: its partners. Errors: D4_ENOMEM. */
D4_USED enum d4_status park_gate(struct wash *w);

/*
 * park_live -- which partners an entry that was read live is not for now;
 * *skip NULL: it is for all. Errors: D4_ENOMEM, D4_ETOOBIG.
 */
D4_USED enum d4_status park_live(struct wash *w, struct shard *s,
    const struct stream_id *id, const bool **skip);

/* park_tell -- what the hub must hold; before entries are acknowledged. */
void park_tell(struct shard *s);

/* park_leased -- the shard is ours; ours: and was since our last batch. */
void park_leased(struct shard *s, bool ours);

/* park_step -- asks for a range if somebody can catch up; is one asked for? */
bool park_step(struct wash *w);

/*
 * park_holds -- a partner without room is to get the stream (f's partner is
 * not checked). Who cannot be read again by range has to wait for it.
 */
bool park_holds(struct wash *w, struct decide_facts f);

/*
 * park_presses -- the partner has no room, or is catching up: post should
 * hurry, because only confirmed data makes room.
 */
bool park_presses(const struct wash *w, const struct lanes_partner *p);

/* ---- wash_read.c ---- */

/* read_bytes -- of the entries of an answer, with what is on the hub's disk. */
D4_USED uint64_t read_bytes(const redisReply *entries);

/* read_fit -- how many to ask for, for about aim bytes; was: the last time. */
D4_USED unsigned read_fit(unsigned was, uint64_t mean, uint64_t aim);

/* ---- wash_keep.c: deleting and compressing ---- */
#define WASH_PRIORITIES 3 /* of events; the middle one is the default */

D4_USED enum d4_status keep_open(struct wash *w);
void keep_tick(struct wash *w);

/* keep_room -- while somebody is parked, a look for room soon. */
void keep_room(struct wash *w);

#endif

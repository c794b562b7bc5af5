/*
 * The other workers, here and of other hubs on this Redis: who has which
 * session, so that one connection per type and UUID holds for all of them, and
 * what a dead one left is cleared away (ADR 0032). In Redis:
 *   d4:live:UUID     a hash: session to "WORKER TYPE"
 *   d4:worker:ID     a set of "UUID SESSION", to find these again
 *   d4:workers       when each worker was heard of, milliseconds of Redis
 *   d4:turn:UUID     where it was last, and when it was elsewhere (clones)
 *   d4:mail:ID       what a worker shall know: "UUID SESSION ADDRESS TYPE"
 */
#ifndef HUB_CROWD_H
#define HUB_CROWD_H

#include "hub/hub.h"

struct crowd;
struct session;

D4_USED enum d4_status crowd_new(struct hub *h, struct crowd **out);
void crowd_free(struct crowd *c);

/*
 * crowd_up -- the connection to Redis came up: what this place had before us
 * is cleared, and our sessions are told again.
 */
void crowd_up(struct crowd *c);

/*
 * crowd_begin -- s is authentic. Others with its sensor and type, at other
 * workers, end within a second; or s does, when it began with a replay. Where
 * it comes from counts for all workers together.
 * crowd_end -- it is over, also for who reads d4-core's keys.
 */
void crowd_begin(struct crowd *c, struct session *s);
void crowd_end(struct crowd *c, const struct session *s);

#endif

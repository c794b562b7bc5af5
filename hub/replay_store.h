/*
 * Frames that sensors were told we have, in Redis: what one worker confirmed
 * is known to all, and after a restart (ADR 0045). In Redis:
 *   d4:replay:UUID   a stream; each entry has 8 bytes of HMACs, one behind the
 *                    other, that were confirmed at that time
 *   d4:replays       a hash: bytes of each sensor, and the `total`
 *   d4:replayed      sensors by when something was confirmed
 * All of it within `replay_memory`, a sensor within its part of that.
 */
#ifndef HUB_REPLAY_STORE_H
#define HUB_REPLAY_STORE_H

#include "hub/hub.h"

struct session;

/* replay_store_put -- what s sent is confirmed; before its close_notify. */
void replay_store_put(struct session *s);

/*
 * replay_store_get -- asks for what came since. False: that cannot be asked
 * now. sensor->loading until the answer is there, then its sessions go on.
 */
bool replay_store_get(struct hub *h, struct sensor *sensor);

/* replay_store_waits -- a new session of it waits for an answer. */
bool replay_store_waits(struct hub *h, struct sensor *sensor);

/* replay_store_look -- sensors with sessions at other workers: what these have
 * confirmed. */
void replay_store_look(struct hub *h);

/* replay_store_up -- Redis is back: who waited is asked for again. */
void replay_store_up(struct hub *h);

#endif

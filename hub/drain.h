/*
 * The end of a worker: at once (a stop), or session by session after another
 * version has taken over.
 */
#ifndef HUB_DRAIN_H
#define HUB_DRAIN_H

#include "hub/hub.h"

struct drain;

/* Errors: D4_ENOMEM. */
D4_USED enum d4_status drain_new(struct hub *h, struct drain **out);
void drain_free(struct drain *d);

/*
 * drain_stop -- stops reading, stores what was read, and answers sensors that
 * had finished; then, or after ms, the loop is broken.
 */
void drain_stop(struct drain *d, uint64_t ms);

/*
 * drain_leave -- sessions go on until they can be ended (session_leave); the
 * loop is broken when none is left and all is stored. When ms are over those
 * that are left are stopped.
 */
void drain_leave(struct drain *d, uint64_t ms);

/* drain_begun -- either of them was called. */
bool drain_begun(const struct drain *d);

#endif

/* Memory that Redis as a whole has left: reading stops before Redis refuses. */
#ifndef HUB_HEADROOM_H
#define HUB_HEADROOM_H

#include "hub/hub.h"

struct headroom;

/* headroom_new -- looks once a second. Errors: D4_ENOMEM. */
D4_USED enum d4_status headroom_new(struct hub *h, struct headroom **out);
void headroom_free(struct headroom *t);

/* headroom_memory -- used and allowed bytes; 0: unknown, or no limit. */
void headroom_memory(const struct headroom *t, uint64_t *used, uint64_t *max);

#endif

/*
 * Trimming (Decision 4): the hub alone trims, at the oldest id that any
 * registered reader still needs; and it keeps the budgets of the queues.
 */
#ifndef HUB_TRIM_H
#define HUB_TRIM_H

#include "hub/hub.h"

/* trim_new -- begins to look at every queue four times a second. */
D4_USED enum d4_status trim_new(struct hub *h, struct trim **out);
void trim_free(struct trim *t);

#endif

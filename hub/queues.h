/* The queues of a hub, as Redis knows them: their shards, their limits. */
#ifndef HUB_QUEUES_H
#define HUB_QUEUES_H

#include "hub/hub.h"

/* queues_make -- one for each type of the configuration; what is there stays.
 * Errors: D4_ENOMEM, D4_ETOOBIG. */
D4_USED enum d4_status queues_make(struct hub *h);

/* queues_publish -- those that Redis does not know yet; hub_look_ready follows.
 */
void queues_publish(struct hub *h);

/* hub_look_ready -- are registry and queues known? Then sensors may come. */
void hub_look_ready(struct hub *h);

#endif

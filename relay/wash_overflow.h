/* Queue entries whose data is on the hub's disk (ADR 0013). */
#ifndef RELAY_WASH_OVERFLOW_H
#define RELAY_WASH_OVERFLOW_H

#include "relay/wash_room.h"

/*
 * overflow_fetch -- sets e->data. D4_AGAIN: it cannot be read now; the shard
 * is held, and the entry must not be acknowledged. D4_END: it is lost, and
 * counted and accounted.
 */
D4_USED enum d4_status overflow_fetch(
    struct shard *s, const struct stream_id *id, struct d4_entry *e);

/* overflow_account -- notes a lost entry; e->n is 0 when nothing is known. */
D4_USED bool overflow_account(const struct shard *s, const struct stream_id *id,
    const char *event, const struct d4_entry *e);

/* overflow_tick -- once a second: held shards are tried again. */
void overflow_tick(struct wash *w);

#endif

/*
 * Taking over a shard's lease: entries that other relays read and did not
 * finish.
 */
#ifndef RELAY_WASH_CLAIM_H
#define RELAY_WASH_CLAIM_H

#include "relay/wash_room.h"

/*
 * claim_begin -- with the journal open and the state LEASED: the reader group
 * is made and the entries of a dead relay are taken over; then it is PENDING.
 * What another relay read after it had lost the lease lies behind ids that we
 * have completed, and cannot be worked on in order any more: each such entry
 * is accounted (entry.late) before it is acknowledged.
 */
void claim_begin(struct shard *s);

#endif

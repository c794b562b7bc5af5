/* One queue entry to every partner: decision, chain, lane, counts. */
#ifndef RELAY_WASH_PATH_H
#define RELAY_WASH_PATH_H

#include "relay/journal.h"
#include "relay/streams.h"

/*
 * struct wash_work -- what an entry is worked on with.
 * Shape:  id: its Redis id; origin: CRC-32C of its queue's key. out: room
 *         for what a chain writes.
 */
struct wash_work {
	struct gate *gate;
	struct streams *streams;
	struct lanes *lanes;
	struct journal *journal;
	struct d4_buf *out;
	uint32_t origin;
	struct stream_id id;
	uint64_t now_us;
};

/*
 * wash_entry -- decides and sanitizes one entry for all partners; what was
 * released is appended to the lanes in memory, everything is counted in the
 * journal's batch.
 * Errors: D4_ENOMEM, D4_EIO, D4_ENOSPC: the batch must be dropped and taken
 *         again; nothing of it counts.
 */
D4_USED enum d4_status wash_entry(
    const struct wash_work *w, const struct d4_entry *e);

#endif

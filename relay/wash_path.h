/* One queue entry to every partner: decision, chain, lane, counts. */
#ifndef RELAY_WASH_PATH_H
#define RELAY_WASH_PATH_H

#include "libd4/kit/spool_share.h"
#include "relay/journal.h"
#include "relay/streams.h"
#include "sanitizers/follow.h"

/*
 * struct wash_common -- what a chain made of the entry in progress, for other
 * partners with the same chain. chain NULL: nothing. share: its bytes, also
 * held by the lanes that queued them; pool: where they come from. before,
 * after: the tally of the stream that worked, san. trace: how the bytes came
 * about, for partners with other keys; NULL: each works for itself.
 */
struct wash_common {
	const struct san_chain *chain;
	struct san_stream *san;
	struct san_trace *trace;
	struct d4_tally before, after;
	struct d4_spool_shares pool;
	struct d4_spool_share *share;
};

/* wash_common_fini -- once the lanes are closed. */
void wash_common_fini(struct wash_common *c);

/*
 * struct wash_work -- what an entry is worked on with.
 * Shape:  id: its Redis id; origin: CRC-32C of its queue's key. out: room
 *         for what a chain writes. common: outlives the entries; NULL:
 *         nothing is shared. skip: partners, by their number, that it is
 *         not for now; NULL: it is for all.
 */
struct wash_work {
	struct gate *gate;
	struct streams *streams;
	struct lanes *lanes;
	struct journal *journal;
	struct d4_buf *out;
	struct wash_common *common;
	const bool *skip;
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

/*
 * The verdict journal of one shard (ADR 0007): what was decided for every
 * partner, durable before an entry is acknowledged.
 */
#ifndef RELAY_JOURNAL_H
#define RELAY_JOURNAL_H

#include "libd4/uuid.h"
#include "relay/marks.h"
#include "relay/parks.h"
#include "relay/totals.h"

#define JOURNAL_KEEP (256u << 20) /* bytes of it kept for people to read */

struct journal;

/*
 * journal_open -- DIR/verdicts/ID/ and DIR/verdicts/ID.json of a queue key.
 * Errors: D4_EIO, D4_ENOSPC, D4_ENOMEM; D4_EMALFORMED what is there is not a
 *         journal, and is not overwritten.
 */
D4_USED enum d4_status journal_open(
    const char *dir, const char *key, struct journal **out);
void journal_close(struct journal *j);

/* journal_totals -- counts of the batch go in there. */
struct totals *journal_totals(struct journal *j);

/* journal_last -- everything up to this id is completed. 0-0: nothing. */
struct stream_id journal_last(const struct journal *j);

/*
 * journal_parks -- who is parked here; changes are durable with the batch.
 * journal_fence -- of the lease under which it was written last.
 */
struct parks *journal_parks(struct journal *j);
uint64_t journal_fence(const struct journal *j);

/*
 * journal_session -- notes records first..last of a session, with the batch.
 * Answers false for a duplicate.
 */
bool journal_session(struct journal *j, const struct d4_uuid *sess,
    uint64_t first, uint64_t last);

/* journal_lane_gone -- its mark is not kept any more. */
void journal_lane_gone(
    struct journal *j, const char *partner, const char *lane);

/*
 * What a batch was; one in which only a parked partner caught up has no
 * entries, and last is where live reading is. marks: how far the lanes are
 * durable with it; borrowed, NULL none.
 */
struct journal_batch {
	struct stream_id first, last;
	uint64_t entries;
	uint64_t fence;
	const json_t *marks;
};

/*
 * journal_commit -- writes the batch and syncs; its counts join the sums.
 * Errors: D4_ENOSPC, D4_EIO, D4_ENOMEM: nothing happened, call it again.
 */
D4_USED enum d4_status journal_commit(
    struct journal *j, const struct journal_batch *b);

/*
 * journal_snapshot -- writes the sums, if a commit came since the last time,
 * and lets old segments go. Errors: as journal_commit.
 */
D4_USED enum d4_status journal_snapshot(struct journal *j);

#endif

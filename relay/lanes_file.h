/* STATE/lanes/PARTNER/LANE.json: what a lane is, and what fed it. */
#ifndef RELAY_LANES_FILE_H
#define RELAY_LANES_FILE_H

#include "relay/lanes.h"

/* Which lane: of its partner, by its id. */
struct lane_name {
	const char *partner, *id;
};

#define LANES_FILE_MAX (64u << 20) /* bytes of such a file */

/*
 * lanes_file_save -- by rename. The folder is made when missing.
 * Errors: D4_ENOMEM, D4_EIO, D4_ENOSPC.
 */
D4_USED enum d4_status lanes_file_save(
    const char *state, const struct lane *lane);

/*
 * lanes_file_load -- sets feed, after and known.
 * Errors: D4_ENOENT, D4_EIO, D4_ENOMEM; D4_EMALFORMED, D4_EVERSION: nothing
 *         was set.
 */
D4_USED enum d4_status lanes_file_load(const char *state, struct lane *lane);

/*
 * lanes_file_head -- the header that the lane had when the file was saved, for
 * one whose own are damaged; out->meta points into meta (initialised by the
 * caller). Errors: as lanes_file_load; D4_EMALFORMED, too: of another lane.
 */
D4_USED enum d4_status lanes_file_head(const char *state,
    const struct lane_name *name, struct d4_buf *meta,
    struct d4_spool_lane *out);

/* lanes_file_remove -- of a lane that is no more. */
void lanes_file_remove(const char *state, const char *partner, const char *id);

/* lane_feed_add -- a copy. Errors: D4_ENOMEM; D4_ETOOBIG over LANES_FEEDS. */
D4_USED enum d4_status lane_feed_add(
    struct lane *lane, const struct lane_feed *feed);
void lane_feeds_fini(struct lane *lane);

/* lane_retired -- how far entries may be of the feeds that are not kept. */
uint64_t lane_retired(const struct lane *lane, const bool *keep);

#endif

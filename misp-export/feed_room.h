/* The inside of feed.c, shared with feed_folder.c. */
#ifndef MISP_FEED_ROOM_H
#define MISP_FEED_ROOM_H

#include "misp-export/conf.h"
#include "misp-export/feed.h"

#define FEED_LIST  (256u << 20) /* bytes of manifest.json, of hashes.csv */
#define UUID_CHARS (D4_UUID_TEXT - 1)

/*
 * struct feed
 * Shape:  manifest: as on disk, but for a turn in progress. print: of the terms
 *         that the folder was brought in line with. hashes: of the events
 *         that changed in this turn; gone: UUIDs of those that stand no more
 *         as they did, an object with null members.
 */
struct feed {
	const struct misp_conf *conf;
	json_t *manifest, *tags, *gone;
	uint64_t print;
	struct d4_buf hashes;
	struct feed_counts counts;
};

/* feed_path -- NAME END in the folder; allocated, NULL: no memory. */
char *feed_path(const struct feed *f, const char *name, const char *end);

/* feed_put -- a file of the folder, by rename. */
D4_USED enum d4_status feed_put(
    const struct feed *f, const char *name, struct d4_slice text);

/*
 * feed_read -- the manifest; none, or a damaged one: an empty one.
 * feed_sweep -- events that no manifest names go from the folder, and what a
 * crash left half written: nobody would take it back.
 */
D4_USED enum d4_status feed_read(struct feed *f);
void feed_sweep(const struct feed *f);

/* feed_put_lists -- hashes.csv, manifest.json; then what is gone goes. */
D4_USED enum d4_status feed_put_lists(struct feed *f);

#endif

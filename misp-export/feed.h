/*
 * A MISP feed: a folder that any web server may serve and any MISP may pull,
 * UUID.json for each event, hashes.csv and manifest.json. What is in it is
 * what the relay releases today, under the feed's own ceiling.
 */
#ifndef MISP_FEED_H
#define MISP_FEED_H

#include "misp-export/store.h"

struct misp_conf;
struct feed;

/* struct feed_counts -- above: events over the ceiling, left out. */
struct feed_counts {
	uint64_t events, written, removed, above;
};

/*
 * feed_open -- the folder, made when missing, and its manifest; a manifest
 * that is none is rewritten. conf: borrowed.
 * Errors: D4_EIO, D4_ENOSPC, D4_ENOMEM.
 */
D4_USED enum d4_status feed_open(const struct misp_conf *c, struct feed **out);
/* feed_conf -- another configuration: all is rewritten. Borrowed. */
void feed_conf(struct feed *f, const struct misp_conf *c);

void feed_free(struct feed *f);

/*
 * feed_turn -- brings the folder in line with the store, under these terms:
 * each file by rename; an event's before the manifest names it, and away only
 * after it does not. Call it again after an error: nothing is forgotten.
 * Errors: D4_EIO, D4_ENOSPC, D4_ENOMEM, D4_ECRYPTO.
 */
D4_USED enum d4_status feed_turn(
    struct feed *f, struct store *s, const struct terms *t, uint64_t now_s);

struct feed_counts feed_counts(const struct feed *f);

#endif

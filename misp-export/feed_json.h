/* What a feed says of an event: its file, its line in the manifest. Pure. */
#ifndef MISP_FEED_JSON_H
#define MISP_FEED_JSON_H

#include "misp-export/event_json.h"

/*
 * struct feed_of -- what goes with each event beside its findings.
 * Shape:  name, uuid: of the organisation that makes the feed. prefix, tags:
 *         as in struct event_send. may: what is released now. stood: UUIDs
 * (object) of what is there: a finding that was recalled is told as deleted
 *         only to those who were told of it. distribution: MISP's 0 to 3.
 * stamp: seconds since 1970; MISP takes an event again when this is newer.
 */
struct feed_of {
	const char *name, *uuid, *prefix;
	const json_t *tags;
	struct event_may *may;
	json_t *stood;
	uint64_t stamp;
	int distribution;
};

/*
 * feed_event_json -- the event's file: what may be there of its findings,
 * those that were recalled as deleted. *live: findings that are not; *all:
 * those, too. NULL out of memory.
 */
json_t *feed_event_json(
    const struct event *e, const struct feed_of *of, size_t *live, size_t *all);

/* feed_entry -- its entry in manifest.json, of the file. NULL: no memory. */
json_t *feed_entry(const json_t *file);

/*
 * feed_hashes -- appends "MD5,UUID" for each value of the file that is not
 * deleted; of values in two parts (ip|port) each part's.
 * Errors: D4_ENOMEM, D4_ETOOBIG, D4_ECRYPTO.
 */
D4_USED enum d4_status feed_hashes(const json_t *file, struct d4_buf *out);

#endif

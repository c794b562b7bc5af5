/* Overflow, between overflow.c (files), overflow_redis.c (what the stream
 * refers to) and overflow_recover.c (what an earlier run left). */
#ifndef HUB_OVERFLOW_PARTS_H
#define HUB_OVERFLOW_PARTS_H

#include "hub/overflow.h"
#include "libd4/kit/overflow.h"

#define OVERFLOW_SEGMENTS 4096u /* of a shard */

/*
 * struct overflow_segment -- a file.
 * Shape:  waiting: references to it that Redis has not answered.
 */
struct overflow_segment {
	uint64_t number;
	uint64_t bytes;
	uint64_t waiting;
};

/*
 * struct overflow_shard -- a shard's segments, rising.
 * Shape:  hash: the key in Redis that says which are referred to. known: it
 *         was read and compared with the files, so it may be written. asked:
 *         a question is in progress. writer.fd is -1 when none is being
 *         written; else it is the last segment. fields: segments in the hash.
 */
struct overflow_shard {
	TAILQ_ENTRY(overflow_shard) link;
	struct overflow *room;
	struct queue_shard *shard;
	char *dir;
	char hash[QUEUE_KEY + 32];
	struct overflow_segment *seg;
	size_t n, cap;
	uint64_t next;
	size_t fields;
	struct d4_overflow_writer writer;
	bool known, asked, gone;
};

TAILQ_HEAD(overflow_shards, overflow_shard);

/*
 * struct overflow -- Shape: epoch: of this process; Redis takes references of
 * no older one at this place. field: where it is there. place, places: of
 * the hub, as texts: a segment's number says whose it is.
 */
struct overflow {
	struct hub *hub;
	char *root;
	uint64_t store;
	char epoch[D4_UUID_TEXT];
	char field[24], place[12], places[12];
	struct overflow_shards shards;
};

/* A segment as Redis knows it: the last reference's id, where it ends. */
struct overflow_known {
	uint64_t number;
	uint64_t end;
	struct queue_id last;
};

/* ---- overflow.c ---- */

/* overflow_owns -- is that segment ours, among several workers? */
bool overflow_owns(const struct overflow *o, uint64_t number);
/* overflow_number -- the smallest one from n on that only we make. */
uint64_t overflow_number(const struct overflow *o, uint64_t n);

/* segment_add -- behind the last. Errors: D4_ENOMEM, D4_ETOOBIG. */
D4_USED enum d4_status segment_add(
    struct overflow_shard *d, uint64_t number, uint64_t bytes);
struct overflow_segment *segment_find(
    const struct overflow_shard *d, uint64_t number);
/* segment_delete -- the file, too. */
void segment_delete(struct overflow_shard *d, struct overflow_segment *g);
char *segment_path(const struct overflow_shard *d, uint64_t number);

/* ---- overflow_recover.c ---- */

/* overflow_known_find -- a segment's line, or NULL. */
const struct overflow_known *overflow_known_find(
    const struct overflow_known *list, size_t n, uint64_t number);

/*
 * overflow_recover -- what is in the folder against what Redis refers to:
 * files and tails without a reference go, and both are accounted.
 */
void overflow_recover(
    struct overflow_shard *d, const struct overflow_known *known, size_t n);

/* overflow_missing -- a segment that is referred to is not there. */
void overflow_missing(struct overflow_shard *d, const struct overflow_known *k);

#endif

/* The analyzer queues: one per type or extended type, in shards. */
#ifndef HUB_QUEUE_H
#define HUB_QUEUE_H

#include <sys/queue.h>
#include "libd4/entry.h"
#include "libd4/meta.h"

#define QUEUE_SHARDS_MAX 256u
#define QUEUE_NAME       (D4_META_TYPE + 8u)
#define QUEUE_KEY        (QUEUE_NAME + 24u)

/* A stream entry's id; {0, 0} is before all. */
struct queue_id {
	uint64_t ms, n;
};

struct overflow_shard;

/*
 * struct queue_shard -- one stream.
 * Shape:  bytes, length: what Redis said last, plus what was added since.
 *         groups: registered readers (consumer groups). entries, records:
 *         put since the hub began; stored: entries of them that went to
 *         disk. disk: its segments (overflow.h), of disk_bytes; NULL before
 *         Redis was asked. trimmed: trimmed up to here. polling: the
 *         trimmer waits for answers. tallied: what an earlier hub dropped
 *         and did not account was asked for.
 */
struct queue_shard {
	struct queue *queue;
	char key[QUEUE_KEY];
	uint64_t bytes, length;
	uint64_t groups;
	uint64_t entries, records, data;
	uint64_t disk_bytes, stored;
	struct overflow_shard *disk;
	struct queue_id trimmed;
	bool polling, tallied;
	unsigned idle_polls;
};

/*
 * struct queue -- all shards of one type.
 * Shape:  ready: Redis knows its number of shards. bytes: as the sum of its
 *         shards; coming: of entries that are sent and not answered; added:
 *         since the last look: other workers may have added as much. spills:
 * over its memory budget, so new entries go to disk. full: over that of the
 * disk, too, so its sessions are not read. disk_failed: the disk took no more,
 * at disk_failed_ms. dropped: records lost to `unread: drop-oldest` since the
 * hub began. fill: see quota_sample. max: its own limit in bytes, 0: that of
 * all. emptying: entries that an operator wants dropped.
 */
struct queue {
	STAILQ_ENTRY(queue) link;
	char name[QUEUE_NAME];
	uint8_t type;
	char ext[D4_META_TYPE];
	unsigned n_shards;
	struct queue_shard *shard;
	uint64_t bytes, coming, added;
	bool full, ready, spills, disk_failed;
	uint64_t disk_failed_ms;
	uint64_t dropped, dropped_bytes;
	uint64_t max, emptying;
	struct queue_fill {
		uint64_t was, at_ms;
		double rate;
	} fill;
};

STAILQ_HEAD(queue_list, queue);

/*
 * queue_add -- a queue for a type, or for an extended type with 254.
 * Errors: D4_ENOMEM; D4_ETOOBIG the name.
 */
D4_USED enum d4_status queue_add(struct queue_list *list, uint8_t type,
    const char *ext, unsigned shards, struct queue **out);

/* queue_reshard -- another number of shards, while nothing was put. */
D4_USED enum d4_status queue_reshard(struct queue *q, unsigned shards);

/* queue_find -- ext is empty for plain types; NULL when there is none. */
struct queue *queue_find(
    const struct queue_list *list, uint8_t type, const char *ext);

/* queue_bytes, queue_disk -- in Redis and on disk, the sum over its shards. */
uint64_t queue_bytes(const struct queue *q);
uint64_t queue_disk(const struct queue *q);

void queue_list_fini(struct queue_list *list);

/* "ms-n" or "ms". Errors: D4_EMALFORMED. */
D4_USED enum d4_status queue_id_parse(const char *text, struct queue_id *out);

/* -1, 0 or 1. */
int queue_id_cmp(const struct queue_id *a, const struct queue_id *b);

/* queue_id_next -- the smallest id above. */
struct queue_id queue_id_next(const struct queue_id *id);

#endif

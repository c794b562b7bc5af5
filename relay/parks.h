/*
 * The partners that a shard goes on without, because their airlock is full
 * (ADR 0014): how far each has come. They catch up by range. Pure; durable
 * with the shard's verdict journal.
 */
#ifndef RELAY_PARKS_H
#define RELAY_PARKS_H

#include <jansson.h>
#include <stdbool.h>
#include "libd4/slice.h"

#define PARKS_MAX  1024u  /* partners of a shard */
#define PARKS_DUPS 65536u /* ids that were duplicates, while any is parked */

/* A Redis stream id. */
struct stream_id {
	uint64_t ms, n;
};

/* stream_id_parse -- "1700000000000-0". Errors: D4_EMALFORMED. */
D4_USED enum d4_status stream_id_parse(
    const char *text, size_t len, struct stream_id *out);

/* stream_id_compare -- as memcmp. */
int stream_id_compare(const struct stream_id *a, const struct stream_id *b);

/* stream_id_text -- as Redis writes it. */
#define STREAM_ID_TEXT 48u
void stream_id_text(const struct stream_id *id, char out[STREAM_ID_TEXT]);

/* The id before and behind it. */
struct stream_id stream_id_before(const struct stream_id *id);
struct stream_id stream_id_behind(const struct stream_id *id);

/*
 * struct park -- one partner.
 * Shape:  upto: all up to this id is durably done for it; next: with the
 *         batch in progress. behind: entries behind next were passed without
 *         it. told: the id that the hub was told to keep, 0-0 none.
 */
struct park {
	char partner[65];
	struct stream_id upto, next;
	bool behind;
	struct stream_id told;
};

/*
 * struct parks
 * Shape:  dup: ids that were duplicates (Decision 5) since the first one was
 *         parked, rising; the last dup_batch of them of the batch in progress.
 */
struct parks {
	struct park *list;
	size_t n, cap;
	struct stream_id *dup;
	size_t n_dup, cap_dup, dup_batch;
};

void parks_fini(struct parks *p);
struct park *parks_find(const struct parks *p, const char *partner);

/* parks_add -- behind `upto`, or moved there. Errors: D4_ENOMEM, D4_ETOOBIG. */
D4_USED enum d4_status parks_add(struct parks *p, const char *partner,
    const struct stream_id *upto, struct park **out);

/*
 * parks_takes -- is a live entry to be worked on for the partner now? room:
 * its airlock has some. One without room is parked, and one that has caught
 * up goes on. Errors: as parks_add.
 */
D4_USED enum d4_status parks_takes(struct parks *p, const char *partner,
    bool room, const struct stream_id *id, bool *take);

/* parks_note_dup -- while somebody is parked; parks_dup asks. */
void parks_note_dup(struct parks *p, const struct stream_id *id);
bool parks_dup(const struct parks *p, const struct stream_id *id);

/*
 * parks_commit -- the batch is durable, and live reading is at last: who has
 * caught up with it is parked no more. (After a drop they are loaded again.)
 */
void parks_commit(struct parks *p, const struct stream_id *last);

/*
 * parks_json -- {"parks":{"PARTNER":"ms-n"},"dups":["ms-n"]}; batch: only the
 * duplicates of the batch in progress. NULL: out of memory.
 */
json_t *parks_json(
    const struct parks *p, const struct stream_id *last, bool batch);

/*
 * parks_load -- takes up such an object, all of it or a later batch.
 * Errors: D4_EMALFORMED, D4_ENOMEM.
 */
D4_USED enum d4_status parks_load(struct parks *p, const json_t *o);

#endif

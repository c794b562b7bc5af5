/* The shelf, between shelf.c (what is put in) and shelf_send.c (to Redis). */
#ifndef HUB_SHELF_PARTS_H
#define HUB_SHELF_PARTS_H

#include "hub/shelf.h"

#define SHELF_OVERHEAD 512u /* bytes of an entry beside its data */
#define SHELF_SLACK    4096u
#define SHELF_SPARE    (D4_ENTRY_TARGET + SHELF_SLACK - 64u) /* bytes of one */
#define SHELF_SPARES   64u /* what two full transactions have in progress */

/*
 * batch: entries in its transaction, itself included, if it is the first.
 * size: bytes of its data, which is empty when ref says where it is. fresh:
 * ref was set in this turn. whole: it is among what is coming to its queue.
 */
struct shelf_item {
	TAILQ_ENTRY(shelf_item) link;
	struct shelf *shelf;
	struct shelf_origin *origin;
	struct d4_buf data;
	struct draft_time first;
	uint64_t seq, n;
	struct d4_ref ref;
	size_t size;
	unsigned batch;
	bool late, fresh, whole;
};

TAILQ_HEAD(shelf_items, shelf_item);

/*
 * struct shelf -- Shape: items in order; those before `next` are sent and not
 * answered (pending of them, in `batches` transactions). halted: an error was
 * answered. kick: a zero timer that sends once per loop turn. spare: buffers
 * that no entry uses, n_spare of them.
 */
struct shelf {
	struct shelf_setup set;
	struct shelf_items items;
	struct shelf_item *next;
	size_t pending;
	unsigned batches;
	size_t bytes, entries;
	uint64_t errors;
	bool full, halted;
	struct event *retry, *kick;
	size_t n_spare;
	uint8_t *spare[SHELF_SPARES];
};

static inline size_t
shelf_item_bytes(const struct shelf_item *it)
{
	return it->data.n + it->origin->meta.n + SHELF_OVERHEAD;
}

void shelf_item_free(struct shelf_item *it);

/* shelf_check -- tells the owner when it became full, or is free again. */
void shelf_check(struct shelf *s);

/* shelf_send -- as much as may be in progress. */
void shelf_send(struct shelf *s);

/* shelf_resume -- after an error: every answer is there, begin again. */
void shelf_resume(struct shelf *s);

#endif

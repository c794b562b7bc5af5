/*
 * Overflow: entries of a queue that is over its memory budget. Their data
 * goes to segment files (kit/overflow.h), and a reference into the stream.
 * First the segment is durable, then the reference is added; a segment is
 * deleted when the stream holds no reference to it any more (ADR 0013).
 */
#ifndef HUB_OVERFLOW_H
#define HUB_OVERFLOW_H

#include "hub/hub.h"

#define OVERFLOW_DIR "overflow" /* in the state folder */

/* overflow_new -- the folder is there. Errors: D4_ENOMEM, D4_EIO: errno. */
D4_USED enum d4_status overflow_new(struct hub *h, struct overflow **out);
void overflow_free(struct overflow *o);

/* overflow_claim -- asks Redis what of a ready queue's segments is needed. */
void overflow_claim(struct overflow *o, struct queue *q);

/* overflow_shelf -- what the shelf asks of it. */
extern const struct shelf_disk overflow_shelf;
size_t overflow_words(const struct queue_shard *s, const struct d4_ref *ref,
    struct overflow_text *t, struct d4_slice argv[OVERFLOW_WORDS]);

/* overflow_look -- deletes what of a shard is not referred to any more. */
void overflow_look(struct overflow *o, struct queue_shard *s);

/* overflow_check_disk -- is there room to write again? Once a look. */
void overflow_check_disk(struct overflow *o, struct queue *q);

#endif

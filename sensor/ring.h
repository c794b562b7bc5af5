/*
 * The ring: sealed frames in memory, from when they are made until the server
 * has confirmed them. It is bounded; when it is full, reading stops.
 */
#ifndef SENSOR_RING_H
#define SENSOR_RING_H

#include "libd4/slice.h"

#define RING_MIN (4u << 20) /* bytes; holds four frames of any size */

/*
 * struct ring_frame -- one frame, oldest first: those that were sent in this
 * session, then those that wait.
 * Shape:  len bytes of wire follow the struct; records of the source in it.
 *         wire_end: where it ends on the connection's wire, once sent.
 */
struct ring_frame {
	uint32_t len;
	uint32_t records;
	uint64_t wire_end;
};

struct ring_sum {
	uint64_t frames, records, bytes;
};

struct ring;

/* ring_new -- of about `bytes` (at least RING_MIN). Errors: D4_ENOMEM. */
D4_USED enum d4_status ring_new(size_t bytes, struct ring **out);
void ring_free(struct ring *r);

/*
 * ring_reserve -- room for one frame of at most len bytes at the ring's head,
 * or NULL when there is none now. Nothing is taken until ring_commit; a later
 * call moves the place.
 */
uint8_t *ring_reserve(struct ring *r, size_t len);

/* ring_commit -- what was written at the reserved place is a frame now. */
void ring_commit(struct ring *r, size_t len, uint32_t records);

/* ring_next -- the first frame that waits, or NULL. */
struct ring_frame *ring_next(const struct ring *r);

/* ring_bytes -- a frame's bytes; they stay until it is released. */
struct d4_slice ring_bytes(const struct ring_frame *f);

/* ring_sent -- the first that waits is sent, and ends at wire_end. */
void ring_sent(struct ring *r, uint64_t wire_end);

/* ring_oldest -- the first frame that was sent, or NULL. */
const struct ring_frame *ring_oldest(const struct ring *r);

/* ring_release -- forgets the oldest frame, which must have been sent. */
void ring_release(struct ring *r);

/* ring_rewind -- everything that was sent waits again, in its old order. */
void ring_rewind(struct ring *r);

/* What was sent and is held still, and what waits. */
struct ring_sum ring_sum_sent(const struct ring *r);
struct ring_sum ring_sum_waiting(const struct ring *r);

/* ring_waiting_again -- records that wait, and had been sent before. */
uint64_t ring_waiting_again(const struct ring *r);

size_t ring_size(const struct ring *r);

#endif

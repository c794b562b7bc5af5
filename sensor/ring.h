/*
 * The ring: sealed frames, from when they are made until the server has
 * confirmed them, in memory or in a file (the sensor's spool, ring_file.h).
 * It is bounded; when it is full, reading stops or the oldest are given up.
 */
#ifndef SENSOR_RING_H
#define SENSOR_RING_H

#include "libd4/slice.h"

#define RING_MIN (4u << 20) /* bytes; holds four frames of any size */

/*
 * struct ring_frame -- one frame, oldest first: those that were sent in this
 * session, then those that wait.
 * Shape:  len bytes of wire follow the struct; records of the source in it.
 *         wire_end: where it ends on the connection's wire, once sent. magic,
 *         pos (where it stands) and base (records of all frames before it)
 *         tell a frame from what else a file may hold after a crash.
 */
struct ring_frame {
	uint32_t magic;
	uint32_t len;
	uint64_t pos;
	uint64_t base;
	uint64_t wire_end;
	uint32_t records;
	uint32_t zero[3];
};

/*
 * struct ring_book -- counts that must survive as long as the frames do.
 * acked: records that TCP acknowledged and that are not held any more, and
 * not confirmed yet. lost, lost_bytes: given up before they were ever sent.
 * maybe: given up after they were sent. The last three until they are noted.
 */
struct ring_book {
	uint64_t acked;
	uint64_t lost, lost_bytes;
	uint64_t maybe;
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

/*
 * ring_oldest -- the first frame that was sent, or NULL. As ring_next it is
 * NULL, too, while ring_broken (ring_file.h).
 */
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

/*
 * ring_drop -- gives up the oldest frame, wherever it is, and says what it
 * was; false: there is none. *waits: it was not sent in this session.
 */
bool ring_drop(struct ring *r, struct ring_frame *what, bool *waits);

/*
 * ring_tee -- from now on a frame waits only when ring_teed has been told of
 * it, in order; off: no more. ring_tee_next -- the next one to be told.
 */
void ring_tee(struct ring *r, bool on);
const struct ring_frame *ring_tee_next(const struct ring *r);
void ring_teed(struct ring *r);

/* ring_made -- frames ever committed. */
uint64_t ring_made(const struct ring *r);

/*
 * ring_agreed -- the fate of every frame that is gone by now is known: it is
 * confirmed, or counted in the book as lost.
 */
void ring_agreed(struct ring *r);

/*
 * ring_book -- to be read and written; ring_book_keep: as durable as the
 * frames from now on.
 */
struct ring_book *ring_book(struct ring *r);
void ring_book_keep(struct ring *r);

#endif

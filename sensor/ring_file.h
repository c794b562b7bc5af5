/*
 * The sensor's spool: a ring in a file of fixed size, mapped. What it holds
 * survives the program at once, and a power failure as of the last ring_sync.
 * Each frame is checked by its own HMAC when it is found again (ADR 0018).
 */
#ifndef SENSOR_RING_FILE_H
#define SENSOR_RING_FILE_H

#include "sensor/ring.h"

#define RING_FILE_NAME "d4-sensor.ring"
#define RING_FILE_MAX \
	(sizeof(size_t) == 4 ? (size_t)1 << 30 : (size_t)((uint64_t)1 << 35))

/*
 * struct ring_file_conf -- dir: where the file is. owner: of what the frames
 * depend on (key, uuid, type, meta header). check: is this a frame of ours?
 */
struct ring_file_conf {
	const char *dir;
	size_t bytes;
	const uint8_t *owner; /* [32] */
	bool (*check)(void *arg, struct d4_slice wire);
	void *arg;
};

/*
 * struct ring_found -- what the file held: frames that wait (records and
 * bytes of them), records that were damaged, and what is in the book. The
 * caller notes the book, and then clears it.
 */
struct ring_found {
	struct ring_sum held;
	uint64_t damaged;
	struct ring_book book;
};

/*
 * ring_open -- makes the file, or takes up what it holds. All of its space is
 * taken at once: a disk that fills up later does no harm. A file of another
 * size keeps it while it holds frames.
 * Errors: D4_EIO errno is set: EWOULDBLOCK another sensor has it.
 *         D4_ENOSPC.  D4_EEXIST it holds frames of another owner.
 *         D4_EVERSION another machine's or version's.  D4_ENOMEM.
 */
D4_USED enum d4_status ring_open(const struct ring_file_conf *conf,
    struct ring_found *found, struct ring **out);

/*
 * ring_sync -- to the disk; nothing is done for a ring in memory.
 * Errors: D4_EIO.
 */
D4_USED enum d4_status ring_sync(struct ring *r);

/*
 * ring_broken -- a page of the file cannot be read, or is gone (ring_guard.h):
 * until ring_repair no frame is given.
 */
bool ring_broken(const struct ring *r);

/*
 * ring_repair -- looks all frames through. Those that are whole wait, in their
 * old order; *lost: those that are not. Nothing may be in progress: no session,
 * no place reserved; the opening has to be set again. A file that was cut off
 * gets its size again.
 * Errors: D4_ENOSPC, D4_EIO it does not: what is there is used all the same,
 *         and new frames may not survive us.
 */
D4_USED enum d4_status ring_repair(struct ring *r, struct ring_sum *lost);

/*
 * ring_settled -- up to this frame nothing is needed any more from where it
 * came, once the book is noted: it is on the disk, or ring_agreed. What TCP
 * only acknowledged is gone, too, but memory forgets that when we are killed.
 */
uint64_t ring_settled(const struct ring *r);

/* ring_durable -- is it in a file? */
bool ring_durable(const struct ring *r);

/*
 * The opening of the frames in it: empty, or as it was set. Errors: D4_ETOOBIG
 * (only in the file of an older d4-sensor); the one before stands.
 */
struct d4_slice ring_opening(const struct ring *r);
D4_USED enum d4_status ring_set_opening(
    struct ring *r, struct d4_slice opening);

#endif

/*
 * Part files: what d4-hub archive has taken and not yet made a file of. A
 * header, then frames: one a queue entry (ADR 0029). Pure; multi-byte numbers
 * are little-endian.
 */
#ifndef HUB_ARCHIVE_PART_H
#define HUB_ARCHIVE_PART_H

#include "libd4/entry.h"
#include "libd4/meta.h"
#include "libd4/type.h"

#define PART_HEAD     52u /* bytes of a header before ext and meta */
#define PART_FRAME    52u /* of a frame before its data */
#define PART_HEAD_MAX (PART_HEAD + D4_META_TYPE + D4_META_MAX)

/*
 * struct part_head -- what all frames have in common, and the file's name.
 * Shape:  ext, meta: as in struct d4_entry. t_us: received, of the first
 *         record; nth: how many files of that second were there before.
 * Owns:   nothing.
 */
struct part_head {
	struct d4_uuid sensor;
	uint8_t type;
	struct d4_slice ext, meta;
	uint64_t t_us;
	uint32_t nth;
};

/*
 * struct part_frame -- an entry.
 * Shape:  opening: bytes at the front of data that are not records.
 */
struct part_frame {
	struct d4_uuid sess;
	uint64_t seq, n;
	uint64_t t_rx_us;
	uint32_t opening;
	struct d4_slice data;
};

/*
 * part_head_put -- appends the header; *seed goes into the checksums of its
 * frames. Errors: D4_ENOMEM, D4_ETOOBIG.
 */
D4_USED enum d4_status part_head_put(
    const struct part_head *h, struct d4_buf *out, uint32_t *seed);

/*
 * part_head_get -- the header at the front of a file; *used is its size.
 * When D4_AGAIN is answered *used is how many bytes it wants at least.
 * Owns:   *out borrows from file.
 * Errors: D4_AGAIN not all there.  D4_EVERSION no part file.  D4_ECHECKSUM.
 *         D4_EMALFORMED no type or extended type of ours: nothing of it may
 *         become a path. On error *out and *seed are untouched.
 */
D4_USED enum d4_status part_head_get(
    struct d4_slice file, struct part_head *out, uint32_t *seed, size_t *used);

/*
 * part_type_ok -- a type, and with 254 an extended type, as sensors may send
 * it; it may become a folder's name then ("..", which a queue's key could
 * have, may not). Its row; else NULL.
 */
const struct d4_type_row *part_type_ok(uint8_t type, struct d4_slice ext);

/* part_frame_put -- all but the data. */
void part_frame_put(
    const struct part_frame *f, uint32_t seed, uint8_t out[PART_FRAME]);

/*
 * part_frame_get -- the frame at the front of `at`; *used is its size. When
 * D4_AGAIN is answered *used is how many bytes it wants at least.
 * Errors: D4_AGAIN not all there.  D4_ECHECKSUM. On error *out is untouched.
 */
D4_USED enum d4_status part_frame_get(
    struct d4_slice at, uint32_t seed, struct part_frame *out, size_t *used);

#endif

/*
 * Overflow: the data of queue entries that do not fit into Redis any more, in
 * segment files of the hub. The hub writes and deletes, wash only reads; the
 * stream's entry says where (struct d4_ref). Format: docs/adr/0013.
 */
#ifndef KIT_OVERFLOW_H
#define KIT_OVERFLOW_H

#include <stdbool.h>
#include "libd4/entry.h"

#define D4_OVERFLOW_HEAD  48u          /* bytes of a segment's header */
#define D4_OVERFLOW_FIXED 48u          /* of an entry before its data */
#define D4_OVERFLOW_FILE  (256u << 20) /* of a segment, at most */
#define D4_OVERFLOW_NAME  32u          /* "00000000000000000001.ovf", NUL */
#define D4_OVERFLOW_BUF   (D4_OVERFLOW_FIXED + D4_ENTRY_MAX)

/*
 * struct d4_overflow_head -- a segment's header.
 * Shape:  store: the folder's id; segment: its number; origin: CRC-32C of the
 *         queue's key. salt: random; it seeds the checksums of the entries.
 */
struct d4_overflow_head {
	uint64_t store;
	uint64_t segment;
	uint64_t salt;
	uint32_t origin;
};

/*
 * struct d4_overflow_entry -- data with what ties it to its queue entry (the
 * session does not: the hub may have to change it, see hub/shelf_send.c).
 * Shape:  crc: as it is in the file; only read.
 * Owns:   nothing.
 */
struct d4_overflow_entry {
	struct d4_uuid sensor;
	uint64_t seq, n;
	uint64_t t_rx_us;
	struct d4_slice data;
	uint32_t crc;
};

/* ---- overflow_format.c: pure ---- */

/* d4_overflow_name -- "00000000000000000001.ovf"; _seq reads it back. */
void d4_overflow_name(uint64_t segment, char out[D4_OVERFLOW_NAME]);
bool d4_overflow_name_seq(const char *name, uint64_t *out);

/*
 * d4_overflow_folder -- "QUEUE/SHARD" of a queue's key, "d4:{QUEUE:SHARD}:q".
 * Errors: D4_EMALFORMED it is not a key as d4_queue_key writes them: nothing of
 *         it may become a path.  D4_ETOOBIG.
 */
D4_USED enum d4_status d4_overflow_folder(const char *key, char *out, size_t n);

/* d4_overflow_origin -- what a header says of a queue's key. */
uint32_t d4_overflow_origin(const char *key);

/* d4_overflow_head_put -- the header's bytes; returns the seed of the file. */
uint32_t d4_overflow_head_put(
    const struct d4_overflow_head *h, uint8_t out[D4_OVERFLOW_HEAD]);

/*
 * d4_overflow_head_get -- Errors: D4_AGAIN not all there.  D4_EVERSION,
 * D4_ECHECKSUM. On error nothing is touched.
 */
D4_USED enum d4_status d4_overflow_head_get(
    struct d4_slice file, struct d4_overflow_head *out, uint32_t *seed);

/* d4_overflow_entry_put -- all but the data; returns the checksum. */
uint32_t d4_overflow_entry_put(const struct d4_overflow_entry *e, uint32_t seed,
    uint8_t out[D4_OVERFLOW_FIXED]);

/*
 * d4_overflow_entry_get -- the entry at the front of `at`; *used is its size.
 * Errors: D4_AGAIN not all there.  D4_ECHECKSUM. On error nothing is touched.
 */
D4_USED enum d4_status d4_overflow_entry_get(struct d4_slice at, uint32_t seed,
    struct d4_overflow_entry *out, size_t *used);

/* ---- overflow_store.c: the folder ---- */

/*
 * d4_overflow_store -- the id of a folder of segments, from its file `id`.
 * make: makes it when there is none (the hub).
 * Errors: D4_ENOENT no folder, or no id.  D4_EMALFORMED.  D4_EIO, D4_ENOSPC.
 */
D4_USED enum d4_status d4_overflow_store(
    const char *root, bool make, uint64_t *out);

/*
 * struct d4_overflow_sum -- entries of a segment from some offset on, and
 * bytes behind the last whole one (a torn tail).
 */
struct d4_overflow_sum {
	uint64_t entries, records, bytes, torn;
	uint64_t t_first_us, t_last_us;
};

/*
 * d4_overflow_count -- looks at a segment from offset `from` on (0: all).
 * Errors: D4_ENOENT, D4_EIO, D4_ENOMEM; D4_ECHECKSUM, D4_EVERSION the header.
 */
D4_USED enum d4_status d4_overflow_count(
    const char *path, uint64_t from, struct d4_overflow_sum *out);

/* ---- overflow_write.c: one segment that is being written ---- */

/* Shape: off: bytes in the file. dirty: not all of it is durable. */
struct d4_overflow_writer {
	int fd;
	uint32_t seed;
	uint64_t off;
	struct d4_overflow_head head;
	bool dirty;
};

/*
 * d4_overflow_create -- a new file in dir, 0640, header and name durable.
 * head->salt is made. Errors: D4_ENOSPC, D4_EIO, D4_EEXIST; errno is set.
 */
D4_USED enum d4_status d4_overflow_create(const char *dir,
    struct d4_overflow_head *head, struct d4_overflow_writer *out);

/*
 * d4_overflow_append -- *ref says where it is then; durable only after
 * d4_overflow_sync. Errors: D4_ENOSPC, D4_EIO: the file is as before; begin
 * another one. D4_ETOOBIG it would be larger than D4_OVERFLOW_FILE.
 */
D4_USED enum d4_status d4_overflow_append(struct d4_overflow_writer *w,
    const struct d4_overflow_entry *e, struct d4_ref *ref);

/* d4_overflow_sync -- fdatasync. Errors: D4_ENOSPC, D4_EIO. */
D4_USED enum d4_status d4_overflow_sync(struct d4_overflow_writer *w);
void d4_overflow_finish(struct d4_overflow_writer *w);

/* ---- overflow_read.c: by reference ---- */

/* The segment that was read last stays open. fd is -1 when none is. */
struct d4_overflow_file {
	int fd;
	uint64_t segment;
	uint32_t seed;
};

/*
 * d4_overflow_read -- sets e->data of an entry whose ref is set; everything
 * that the reference, the segment and the queue say of it must agree. key:
 * the queue's.
 * Owns:   e->data points into buf, whose content is replaced; its limit must
 *         be D4_OVERFLOW_BUF at least.
 * Errors: D4_ENOENT the segment is gone.  D4_ECHECKSUM, D4_EVERSION it is
 *         damaged, or is not what the entry says.  D4_ENOTSUP this is not the
 *         folder that the reference means.  D4_EMALFORMED key.  D4_EIO it
 *         cannot be read (errno is set).  D4_ENOMEM.
 */
D4_USED enum d4_status d4_overflow_read(struct d4_overflow_file *f,
    const char *root, const char *key, struct d4_entry *e, struct d4_buf *buf);

/* d4_overflow_close -- lets the file go (a deleted one keeps its bytes). */
void d4_overflow_close(struct d4_overflow_file *f);

#endif

/* The writer's inside, shared by the rooms that write, open and trim. */
#ifndef KIT_SPOOL_WRITER_H
#define KIT_SPOOL_WRITER_H

#include "libd4/kit/spool.h"
#include "libd4/kit/spool_dir.h"

#define SPOOL_ORIGINS_MAX 256u         /* remembered per lane */
#define SPOOL_QUEUE_MAX   (256u << 20) /* bytes queued for one commit */
#define SPOOL_MODE_DIR    0750u        /* group: post */
#define SPOOL_MODE_FILE   0640u

struct d4_spool_share;

/* struct spool_ref -- shared data follows w->out's first `at` bytes. */
struct spool_ref {
	size_t at;
	struct d4_spool_share *share;
};

/* struct spool_place -- in what is queued: in w->out, and refs in front. */
struct spool_place {
	size_t at, ref;
};

struct spool_held {
	uint32_t origin;
	uint64_t id_ms, id_n;
};

/*
 * struct d4_spool_writer
 * Shape:  fd the last segment, or -1: the next commit begins one. size its
 *         committed bytes; empty: it holds no entry yet. seq, total: of the
 *         last committed entry. next: seq of the next one queued. out: what
 *         is queued; while open, an entry is being written behind mark.
 *         lane.meta points into meta. seed: of the active segment. sealed:
 *         what has its checksum. flushed: what is in the file already, behind
 *         size; flushed_part: and so many bytes of the shared data there.
 *         written: bytes of that. limit: bytes at which a segment is left.
 * labels: see d4_spool_labels. ref: data that is not in out (spool_queue.c).
 */
struct d4_spool_writer {
	char *dir;
	int dirfd;
	int fd;
	bool empty;
	bool open;
	uint64_t size, limit;
	uint64_t seq, next;
	uint64_t total, queued_total;
	uint64_t labels;
	size_t mark;
	struct spool_place sealed, flushed;
	size_t flushed_part;
	uint64_t written;
	struct d4_buf out;
	struct spool_ref *ref;
	size_t n_refs, cap_refs, ref_bytes;
	struct d4_buf head;
	struct d4_buf meta;
	struct d4_spool_lane lane;
	uint32_t seed;
	struct spool_segs segs;
	struct spool_held held[SPOOL_ORIGINS_MAX];
	size_t n_held;
};

/* spool_status -- errno as a status. */
enum d4_status spool_status(void);

/*
 * spool_queue.c: what is queued.
 * spool_refs_reserve, spool_refs_add -- the entry that is in progress has this
 *         data, and nothing of it in out.
 * spool_queue_next -- the entry at a place, which moves behind it; false:
 *         that was all.
 * spool_queue_seal -- checksums, for the segment that w->seed is of.
 * spool_queue_write -- seals, and writes what is not in the file yet.
 * spool_queue_again -- nothing of it is sealed or written.
 */
D4_USED enum d4_status spool_refs_reserve(struct d4_spool_writer *w);
void spool_refs_add(struct d4_spool_writer *w, struct d4_spool_share *s);
bool spool_queue_next(
    const struct d4_spool_writer *w, struct spool_place *p, uint8_t **entry);
void spool_queue_seal(struct d4_spool_writer *w);
D4_USED enum d4_status spool_queue_write(struct d4_spool_writer *w);
void spool_queue_again(struct d4_spool_writer *w);
void spool_queue_clear(struct d4_spool_writer *w);
void spool_queue_fini(struct d4_spool_writer *w);

/* spool_queue_bytes -- of all entries, as they are in the file. */
static inline size_t
spool_queue_bytes(const struct d4_spool_writer *w)
{
	return w->out.n + w->ref_bytes;
}

/* spool_held_note -- an entry is held durably. */
void spool_held_note(struct d4_spool_writer *w, const struct d4_spool_entry *e);

/* spool_slurp -- a segment's bytes, at most SPOOL_FILE_MAX of them. */
D4_USED enum d4_status spool_slurp(
    const struct d4_spool_writer *w, uint64_t first, struct d4_buf *file);

/*
 * spool_segment_begin -- makes the segment whose first entry will be `first`,
 * with the writer's lane as its header; it becomes the active one.
 */
D4_USED enum d4_status spool_segment_begin(
    struct d4_spool_writer *w, uint64_t first);

#endif

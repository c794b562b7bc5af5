/* The writer's inside, shared by the rooms that write, open and trim. */
#ifndef KIT_SPOOL_WRITER_H
#define KIT_SPOOL_WRITER_H

#include "libd4/kit/spool.h"
#include "libd4/kit/spool_dir.h"

#define SPOOL_ORIGINS_MAX 256u         /* remembered per lane */
#define SPOOL_QUEUE_MAX   (256u << 20) /* bytes queued for one commit */
#define SPOOL_MODE_DIR    0750u        /* group: post */
#define SPOOL_MODE_FILE   0640u

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
 *         lane.meta points into meta. seed: of the active segment. flushed:
 *         bytes of out that are in the file already, behind size. limit:
 *         bytes at which a segment is left. labels: see d4_spool_labels.
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
	size_t flushed;
	struct d4_buf out;
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

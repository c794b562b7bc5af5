/* A lane's folder: which segments are there. For the spool's own rooms. */
#ifndef KIT_SPOOL_DIR_H
#define KIT_SPOOL_DIR_H

#include "libd4/kit/spool.h"

#define SPOOL_SEGMENTS_MAX 1000000u /* in a folder that we list */

/*
 * struct spool_seg -- a segment, by its first seq.
 * Shape:  bytes is what stat says. known: its entries were seen, and the rest
 *         holds: last seq (damage at its end may be up to the next segment),
 *         base: records of the lane in front of it (UINT64_MAX: that cannot
 *         be read), times of receipt, and when the last of them expires (0:
 *         not all do). packed: it is, or is not worth it.
 */
struct spool_seg {
	uint64_t first;
	uint64_t bytes;
	bool known, packed;
	uint64_t last, base;
	uint64_t t_first_us, t_last_us;
	uint64_t expires_s;
};

struct spool_segs {
	struct spool_seg *list;
	size_t n, cap;
};

/*
 * spool_dir_list -- all segments of dirfd; replaces *out.
 * Errors: D4_EIO, D4_ENOMEM.  D4_ETOOBIG over SPOOL_SEGMENTS_MAX.
 */
D4_USED enum d4_status spool_dir_list(int dirfd, struct spool_segs *out);

/* spool_dir_clean -- deletes what a killed writer was about to rename. */
D4_USED enum d4_status spool_dir_clean(int dirfd);

/* spool_segs_add -- behind the last one. Errors: D4_ENOMEM. */
D4_USED enum d4_status spool_segs_add(
    struct spool_segs *s, uint64_t first, uint64_t bytes);
void spool_segs_fini(struct spool_segs *s);

/*
 * spool_seg_base -- what its header says, before spool_seg_note; NULL: the
 * header is damaged. spool_seg_note -- an entry that it holds, in their order.
 * spool_seg_ragged -- behind the last of them is damage: it may hold entries
 * up to the segment that begins at next.
 */
void spool_seg_base(struct spool_seg *s, const struct d4_spool_lane *head);
void spool_seg_note(struct spool_seg *s, const struct d4_spool_entry *e);
void spool_seg_ragged(struct spool_seg *s, uint64_t next);

/*
 * spool_read_at -- up to n bytes of fd from off into buf (appended).
 * Errors: D4_EIO, D4_ENOMEM, D4_ETOOBIG. *got: bytes read; less than n only
 * at the end of the file.
 */
D4_USED enum d4_status spool_read_at(
    int fd, uint64_t off, size_t n, struct d4_buf *buf, size_t *got);

#endif

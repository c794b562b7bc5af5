/* A lane's folder: which segments are there. For the spool's own rooms. */
#ifndef KIT_SPOOL_DIR_H
#define KIT_SPOOL_DIR_H

#include <stddef.h>
#include <stdint.h>
#include "libd4/slice.h"

#define SPOOL_SEGMENTS_MAX 1000000u /* in a folder that we list */

/* Segments by their first seq, rising. bytes is what stat says. */
struct spool_seg {
	uint64_t first;
	uint64_t bytes;
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

/* spool_segs_add -- behind the last one. Errors: D4_ENOMEM. */
D4_USED enum d4_status spool_segs_add(
    struct spool_segs *s, uint64_t first, uint64_t bytes);
void spool_segs_fini(struct spool_segs *s);

/*
 * spool_read_at -- up to n bytes of fd from off into buf (appended).
 * Errors: D4_EIO, D4_ENOMEM, D4_ETOOBIG. *got: bytes read; less than n only
 * at the end of the file.
 */
D4_USED enum d4_status spool_read_at(
    int fd, uint64_t off, size_t n, struct d4_buf *buf, size_t *got);

#endif

/* One entry's data to zstd and back, bounded; for the spool's own rooms. */
#ifndef KIT_SPOOL_ZSTD_H
#define KIT_SPOOL_ZSTD_H

#include "libd4/kit/spool.h"

struct spool_zstd;

/* spool_zstd_new -- one side is made when it is first needed. */
D4_USED enum d4_status spool_zstd_new(struct spool_zstd **out);
void spool_zstd_free(struct spool_zstd *z);

/*
 * spool_zstd_pack -- data as one frame that says its size, appended to out.
 * Errors: D4_ENOMEM, D4_ETOOBIG.
 */
D4_USED enum d4_status spool_zstd_pack(
    struct spool_zstd *z, struct d4_slice data, struct d4_buf *out);

/*
 * spool_zstd_unpack -- e->data, packed, replaces out's content, and e->data
 * points into it. At most D4_SPOOL_ENTRY bytes are ever written, and no
 * window is allocated: a frame's size is looked at before it is touched.
 * Errors: D4_ECHECKSUM it is not exactly one frame of a known size that is
 *         allowed, or shorter than its opening. D4_ENOMEM.
 */
D4_USED enum d4_status spool_zstd_unpack(
    struct spool_zstd *z, struct d4_spool_entry *e, struct d4_buf *out);

#endif

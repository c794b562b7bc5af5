/* A file while it is written: packed (gzip, zstd, as it is), summed. */
#ifndef KIT_PACK_H
#define KIT_PACK_H

#include "libd4/slice.h"

#define D4_PACK_SUM 65u /* SHA-256 in hex, with NUL */

enum d4_pack_kind { D4_PACK_PLAIN, D4_PACK_GZIP, D4_PACK_ZSTD };

struct d4_pack;

/*
 * d4_pack_open -- makes a file that must not be there, for its owner only.
 * Errors: D4_EEXIST, D4_ENOSPC, D4_EIO errno is set; D4_ENOMEM.
 */
D4_USED enum d4_status d4_pack_open(
    const char *path, enum d4_pack_kind pack, struct d4_pack **out);

/*
 * d4_pack_level -- the compression level, before anything is written: gzip 1 to
 * 9, zstd 1 to 19; 0: 6 and 3.
 * Errors: D4_EINVAL no such level of this kind.
 */
D4_USED enum d4_status d4_pack_level(struct d4_pack *f, unsigned level);

/*
 * d4_pack_write -- adds bytes. Writing to disk starts early, so that finishing
 * is short. Errors: D4_ENOSPC, D4_EIO errno is set.
 */
D4_USED enum d4_status d4_pack_write(struct d4_pack *f, struct d4_slice bytes);

/*
 * d4_pack_finish -- ends the packing, gives it its mode, whatever the umask
 * is, and waits for the disk. *bytes and sum: of the file as it is there.
 * Errors: as d4_pack_write.
 */
D4_USED enum d4_status d4_pack_finish(
    struct d4_pack *f, unsigned mode, uint64_t *bytes, char sum[D4_PACK_SUM]);

/* d4_pack_close -- legal any time, and with NULL; the file stays. */
void d4_pack_close(struct d4_pack *f);

/* d4_pack_ext -- "", ".gz", ".zst". */
const char *d4_pack_ext(enum d4_pack_kind pack);

#endif

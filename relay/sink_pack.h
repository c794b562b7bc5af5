/* A file of a data set while it is written: packed, summed, on its way. */
#ifndef RELAY_SINK_PACK_H
#define RELAY_SINK_PACK_H

#include "libd4/slice.h"
#include "relay/sink_conf.h"

#define SINK_SHA256 65u /* hex, with NUL */

struct sink_pack_file;

/*
 * sink_pack_open -- makes a file that must not be there, for its owner only.
 * Errors: D4_EEXIST, D4_ENOSPC, D4_EIO errno is set; D4_ENOMEM.
 */
D4_USED enum d4_status sink_pack_open(
    const char *path, enum sink_pack pack, struct sink_pack_file **out);

/*
 * sink_pack_write -- adds bytes. The disk begins with what is there, so that
 * the end is short. Errors: D4_ENOSPC, D4_EIO errno is set.
 */
D4_USED enum d4_status sink_pack_write(
    struct sink_pack_file *f, struct d4_slice bytes);

/*
 * sink_pack_finish -- ends the packing, makes it readable for all (0644) and
 * waits for the disk. *bytes and sum: of the file as it is there.
 * Errors: as sink_pack_write.
 */
D4_USED enum d4_status sink_pack_finish(
    struct sink_pack_file *f, uint64_t *bytes, char sum[SINK_SHA256]);

/* sink_pack_close -- legal any time, and with NULL; the file stays. */
void sink_pack_close(struct sink_pack_file *f);

/* sink_pack_ext -- "", ".gz", ".zst". */
const char *sink_pack_ext(enum sink_pack pack);

#endif

/*
 * archive_seen on the disk: DIR/.d4-archive/seen. Only what is durable in the
 * archive may be in it.
 */
#ifndef HUB_ARCHIVE_SEEN_FILE_H
#define HUB_ARCHIVE_SEEN_FILE_H

#include "hub/archive_seen.h"
#include "libd4/slice.h"

#define SEEN_FILE "seen" /* in the folder of the parts */

/* seen_put -- appends the file's bytes to *out. Errors: D4_ENOMEM, D4_ETOOBIG.
 */
D4_USED enum d4_status seen_put(
    const struct archive_seen *s, struct d4_buf *out);

/*
 * seen_get -- adds what the file holds.
 * Errors: D4_EMALFORMED, D4_EVERSION, D4_ECHECKSUM: nothing is added.
 *         D4_ENOMEM.
 */
D4_USED enum d4_status seen_get(struct d4_slice file, struct archive_seen *s);

/*
 * seen_save -- the file is there whole, or as before. seen_load -- errors of
 * seen_get, and D4_ENOENT, D4_EIO (errno is set), D4_ETOOBIG.
 */
D4_USED enum d4_status seen_save(
    const struct archive_seen *s, const char *path);
D4_USED enum d4_status seen_load(struct archive_seen *s, const char *path);

#endif

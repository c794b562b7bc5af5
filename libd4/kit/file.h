/* Files: whole reads with a limit, atomic writes, secrets with their mode. */
#ifndef KIT_FILE_H
#define KIT_FILE_H

#include "libd4/key.h"
#include "libd4/slice.h"

/*
 * d4_file_read -- the whole file into *out (initialised by the caller with
 * its limit). Errors: D4_EIO (errno is set), D4_ENOENT, D4_ETOOBIG, D4_ENOMEM.
 */
D4_USED enum d4_status d4_file_read(const char *path, struct d4_buf *out);

/*
 * d4_file_replace -- writes a file by temporary name, fsync, rename and fsync
 * of the folder: after a crash the old or the new content is there.
 * Errors: D4_EIO or D4_ENOSPC (errno is set).
 */
D4_USED enum d4_status d4_file_replace(
    const char *path, struct d4_slice content, unsigned mode);

/*
 * d4_secret_read -- a secret file: at most 0600, a regular file, owned by
 * root or by us; one trailing newline is removed.
 * Errors: D4_EPERM others can read or write it, or the owner is another.
 *         Else as d4_file_read. *out is wiped on error.
 */
D4_USED enum d4_status d4_secret_read(const char *path, struct d4_buf *out);

/*
 * d4_master_read -- the master key: exactly 32 raw bytes, or 64 hex digits.
 * Errors: as d4_secret_read; D4_EMALFORMED any other length.
 */
D4_USED enum d4_status d4_master_read(const char *path, uint8_t key[32]);

/*
 * d4_dir_above -- makes the folders above path that are missing, 0755 whatever
 * the umask: other accounts of ours must pass through them.
 * d4_dir_make -- the same, and the folder itself with mode, less the umask.
 * Errors: D4_EIO, errno is set.  D4_ENOMEM.
 */
D4_USED enum d4_status d4_dir_above(const char *path);
D4_USED enum d4_status d4_dir_make(const char *path, unsigned mode);

/* d4_dir_sync -- fsync of a folder: names made or removed in it are durable. */
D4_USED enum d4_status d4_dir_sync(const char *path);

/*
 * d4_file_remove -- a name of a folder, durably. Errors: D4_ENOENT it was not
 * there.  D4_EIO, D4_ENOSPC: errno is set.  D4_ENOMEM.
 */
D4_USED enum d4_status d4_file_remove(const char *dir, const char *name);

/* d4_path -- dir "/" name, allocated; NULL out of memory. */
char *d4_path(const char *dir, const char *name);

#endif

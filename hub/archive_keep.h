/* How long files of the archive are kept: by age and by size. */
#ifndef HUB_ARCHIVE_KEEP_H
#define HUB_ARCHIVE_KEEP_H

#include "hub/archive_conf.h"
#include "hub/archive_finish.h"
#include "libd4/kit/account.h"

struct archive_keep;

D4_USED enum d4_status keep_new(const struct archive_conf *conf,
    struct d4_account *account, struct archive_keep **out);
void keep_free(struct archive_keep *k);

/*
 * keep_scan -- counts what is there, by day; files that have no name of the
 * archive are not counted, and never removed. Errors: D4_EIO, D4_ENOMEM.
 */
D4_USED enum d4_status keep_scan(struct archive_keep *k);

/* keep_add -- one more file. */
D4_USED enum d4_status keep_add(
    struct archive_keep *k, const struct archive_file *f);

/*
 * keep_step -- removes what is too old or too much, the oldest first, of one
 * day at a time; what went is in the accounting log (archive.retention).
 * Errors: D4_AGAIN there is more to remove. D4_EIO, D4_ENOSPC, D4_ENOMEM.
 */
D4_USED enum d4_status keep_step(struct archive_keep *k, uint64_t now_s);

/* Files and bytes that are there. */
uint64_t keep_files(const struct archive_keep *k);
uint64_t keep_bytes(const struct archive_keep *k);

/* keep_removed -- bytes removed since the start. */
uint64_t keep_removed(const struct archive_keep *k);

#endif

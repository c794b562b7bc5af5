/*
 * Which files of a folder have been sent: a set in memory, and a journal on
 * disk of those that are settled, so that a restart sends none again.
 */
#ifndef SENSOR_FOLDER_DONE_H
#define SENSOR_FOLDER_DONE_H

#include <stdbool.h>
#include <sys/stat.h>
#include "libd4/status.h"

#define FOLDER_DONE_NAME "folder.sent" /* the journal */
#define FOLDER_DONE_MAX  1000000u      /* files */

/* struct folder_key -- a file in one state: when it changes, it is another. */
struct folder_key {
	uint64_t dev, ino, size, mtime_ns;
};

struct folder_done;

/* folder_key -- of what stat says. */
struct folder_key folder_key(const struct stat *sb);

/*
 * folder_done_open -- reads DIR's journal; a line that cannot be read is
 * skipped: that file is sent again. Errors: D4_EIO errno is set.  D4_ENOMEM.
 */
D4_USED enum d4_status folder_done_open(
    const char *dir, struct folder_done **out);
void folder_done_free(struct folder_done *d);

/* folder_done_has -- was it sent or taken? It is seen in this scan, too. */
bool folder_done_has(struct folder_done *d, const struct folder_key *key);

/* folder_done_is_settled -- was it noted, in this run or an earlier one? */
bool folder_done_is_settled(
    struct folder_done *d, const struct folder_key *key);

/* folder_done_take -- it is being sent, in this run. Errors: D4_ENOMEM. */
D4_USED enum d4_status folder_done_take(
    struct folder_done *d, const struct folder_key *key);

/*
 * folder_done_settle -- it is held elsewhere now; durable after the next
 * folder_done_sync. Errors: D4_EIO: it is noted in memory only.
 */
D4_USED enum d4_status folder_done_settle(
    struct folder_done *d, const struct folder_key *key);
D4_USED enum d4_status folder_done_sync(struct folder_done *d);

/* folder_done_purge -- forgets what was not seen since the last purge. */
void folder_done_purge(struct folder_done *d);

#endif

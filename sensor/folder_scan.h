/* What a folder and those below it hold: the finished files, oldest first. */
#ifndef SENSOR_FOLDER_SCAN_H
#define SENSOR_FOLDER_SCAN_H

#include <time.h>
#include "sensor/folder_done.h"

#define FOLDER_DEPTH    16u    /* folders in one another */
#define FOLDER_FOLDERS  4096u  /* of one scan */
#define FOLDER_FILES    65536u /* found by one scan; the rest by the next */
#define FOLDER_QUIET_MS 60000u /* unchanged, where leases cannot tell */

struct folder_file {
	char *path;
	struct folder_key key;
};

/* struct folder_list -- more: there were too many; scan again. */
struct folder_list {
	struct folder_file *at;
	size_t n, cap;
	bool more;
};

/*
 * struct folder_view -- daily: only the folders of today and yesterday
 * (YYYYMMDD, and YYYY/MM/DD) by the machine's local time. inotify: each
 * folder is added to it. now_s: since 1970. remove: files that are settled
 * are deleted, as a crash may have kept an earlier run from it.
 */
struct folder_view {
	const char *root;
	bool daily, remove;
	int inotify;
	time_t now_s;
	struct folder_done *done;
};

/*
 * folder_scan -- adds to *out the files that are finished and not done.
 * A file is finished when nobody has it open for writing; where the system
 * cannot tell (leases: another's file, a network's), when it has not changed
 * for FOLDER_QUIET_MS. Names that begin with a dot, and symbolic links, are
 * no files. Errors: D4_EIO the root cannot be read, errno is set.  D4_ENOMEM.
 */
D4_USED enum d4_status folder_scan(
    const struct folder_view *view, struct folder_list *out);

/* folder_list_fini -- frees the paths, too. */
void folder_list_fini(struct folder_list *list);

#endif

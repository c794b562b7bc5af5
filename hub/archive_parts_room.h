/* The inside of archive_parts.c, shared with archive_parts_file.c. */
#ifndef HUB_ARCHIVE_PARTS_ROOM_H
#define HUB_ARCHIVE_PARTS_ROOM_H

#include <sys/uio.h>
#include "hub/archive_parts.h"

#define PARTS_BUCKETS 4096u

/*
 * struct parts -- Shape: dir: of the part files; fd: of that folder, locked.
 * made: a name in it is not durable. n_dirty: parts that are; looked: entries
 * since the free space was looked at.
 */
struct parts {
	const struct archive_conf *conf;
	char *dir;
	int fd;
	struct part *bucket[PARTS_BUCKETS];
	struct part_list open, ended, dirty;
	size_t n, n_open, n_dirty;
	uint64_t next, bytes;
	unsigned looked;
	bool made;
};

/* parts_io_status -- of an errno: D4_ENOSPC or D4_EIO. */
enum d4_status parts_io_status(int e);

/* part_open -- for appending; others are closed when there are too many. */
D4_USED enum d4_status part_open(struct parts *p, struct part *part, int flags);
void part_close(struct parts *p, struct part *part);

/* part_clean -- nothing of it is to be made durable any more. */
void part_clean(struct parts *p, struct part *part);

/* part_write -- all of iov[0..n), or nothing. */
D4_USED enum d4_status part_write(
    struct parts *p, struct part *part, struct iovec *iov, int n);

/* part_begin -- makes its file, with the header. */
D4_USED enum d4_status part_begin(struct parts *p, struct part *part);

#endif

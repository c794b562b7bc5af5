/*
 * The part files of d4-hub archive: one for each sensor, type and meta header
 * that sends now, and those that are to become files of the archive.
 */
#ifndef HUB_ARCHIVE_PARTS_H
#define HUB_ARCHIVE_PARTS_H

#include <sys/queue.h>
#include "hub/archive_conf.h"
#include "hub/archive_name.h"

#define PARTS_DIR ".d4-archive" /* in the archive's folder */
#define PARTS_MAX 65536u        /* at a time; above it the oldest ends */

/*
 * struct part -- one part file.
 * Shape:  head: its ext and meta are in `text`. number: of the file. fd: -1
 *         while it is closed; file: FILE bytes that are whole frames. opening:
 *         of its first frame, as long as it takes records. opened: that is
 *         not empty. end_us: when it ends; put_ms: when the last frame came
 *         (monotonic). ended: it takes no more. dirty: not all is durable.
 *         rows of `all` by hash; by `open` from the least recently used on;
 *         in `ended` in turn.
 */
struct part {
	struct part *chain;
	TAILQ_ENTRY(part) by_open, by_end, by_dirty;
	struct part_head head;
	struct d4_buf text, opening;
	uint64_t number, file, frames, records, bytes;
	uint64_t end_us, put_ms;
	uint32_t seed;
	int fd;
	bool opened, ended, dirty;
};

TAILQ_HEAD(part_list, part);

struct parts;

/*
 * parts_new -- over DIR/.d4-archive, which is made when it is missing, and
 * locked: one process at a time. Errors: D4_EEXIST another one has it.
 * D4_EIO, D4_ENOSPC errno is set. D4_ENOMEM.
 */
D4_USED enum d4_status parts_new(
    const struct archive_conf *conf, struct parts **out);
void parts_free(struct parts *p);

/* struct parts_entry -- e's first `opening` bytes are not records. */
struct parts_entry {
	const struct d4_entry *e;
	uint32_t opening;
	uint64_t now_ms;
};

/*
 * parts_put -- adds an entry to its part, which is made when there is none.
 * It is durable after parts_commit.
 * Errors: D4_ENOSPC no room, or less than `reserve`; D4_EIO errno is set;
 *         D4_ENOMEM. Nothing of the entry is kept then.
 */
D4_USED enum d4_status parts_put(struct parts *p, const struct parts_entry *in);

/* parts_commit -- all that was put is on the disk. Errors: D4_EIO, D4_ENOSPC.
 */
D4_USED enum d4_status parts_commit(struct parts *p);

/*
 * parts_due -- ends those whose time is over and that rest since; rest_ms is
 * how long. parts_end -- ends all.
 */
void parts_due(struct parts *p, uint64_t now_us, uint64_t now_ms);
void parts_end(struct parts *p);

/* parts_first -- the ended one that waits longest; NULL: none. */
struct part *parts_first(const struct parts *p);

/* parts_later -- it could not be finished: the others first. */
void parts_later(struct parts *p, struct part *part);

/* parts_path -- of its file. */
void parts_path(
    const struct parts *p, const struct part *part, char *out, size_t n);

/*
 * parts_done -- removes its file and forgets it, which must be durable.
 * Errors: D4_EIO it is there still, and will be finished again.
 */
D4_USED enum d4_status parts_done(struct parts *p, struct part *part);

/* parts_adopt -- an ended one that an earlier process left; it is taken. */
void parts_adopt(struct parts *p, struct part *part);

/* part_new -- an empty one with this header, copied. NULL: out of memory. */
struct part *part_new(const struct part_head *head);
void part_free(struct part *part);

/* How many there are, and bytes of all their files. */
size_t parts_count(const struct parts *p);
uint64_t parts_bytes(const struct parts *p);
size_t parts_open(const struct parts *p);
const char *parts_dir(const struct parts *p);

#endif

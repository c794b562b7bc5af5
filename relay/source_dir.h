/* The inside of the source of kind directory, shared by its rooms. */
#ifndef RELAY_SOURCE_DIR_H
#define RELAY_SOURCE_DIR_H

#include <dirent.h>
#include "relay/source_feed.h"
#include "relay/source_file.h"

#define DIR_FILES    65536u /* finished files that wait, in one look */
#define DIR_MOVED    256u   /* names that were renamed in */
#define DIR_LOOK_MS  5000u  /* between looks without a sign */
#define DIR_TURNS    8u     /* blocks of a write */
#define DIR_NAME_MAX 256u

/* What a file is known by: it may be renamed, but not written to. */
struct dir_id {
	uint64_t dev, ino, size, mtime_ns;
};

/*
 * struct dir_file -- one file that was or is to be read.
 * Shape:  number: of its entries' ids, 0: not begun.
 */
struct dir_file {
	struct dir_id id;
	uint64_t number;
	char name[DIR_NAME_MAX];
};

/*
 * struct dir_log -- which files were begun, on disk: a line each, appended
 * and synced before the first entry of a file is put. Which of them are done
 * is the journal's to say.
 */
struct dir_log {
	char *path;
	void *tree; /* of struct dir_file, by id */
	size_t n, lines;
	struct dir_file *last;
	int fd;
};

/*
 * struct dir
 * Shape:  found[at..n_found): finished files to read, in order. now: the one
 *         in progress; file: open. moved: names that were renamed in. skipped:
 *         entries of the folder that are not regular files, when last looked.
 *         waits: files that are not finished. ended: now is read to its end,
 *         the batch in progress is its last. stuck: a file that is done could
 *         not be deleted or moved.
 */
struct dir {
	struct source_feed feed;
	struct dir_log log;
	struct dir_file *found;
	size_t n_found, at, waits, skipped;
	struct dir_file now;
	struct source_file *file;
	uint64_t blocks, newest;
	char (*moved)[DIR_NAME_MAX];
	size_t n_moved;
	struct event *notify, *later;
	int notify_fd;
	bool look, busy, ended, stuck;
	uint64_t looked_ms;
};

static inline struct dir *
dir_of(const struct source *s)
{
	return s->state;
}

/* ---- source_dir_log.c ---- */

/* dir_log_open -- Errors: D4_EIO, D4_ENOMEM; D4_EMALFORMED not ours. */
D4_USED enum d4_status dir_log_open(struct dir_log *log, const char *path);
void dir_log_close(struct dir_log *log);

/* dir_log_find -- the file that was begun under that id, or NULL. */
struct dir_file *dir_log_find(
    const struct dir_log *log, const struct dir_id *id);

/* dir_log_begin -- notes it, durably. Errors: D4_EIO, D4_ENOSPC, D4_ENOMEM. */
D4_USED enum d4_status dir_log_begin(
    struct dir_log *log, const struct dir_file *f);

/*
 * dir_log_trim -- keeps only the n files that are there, and the last one;
 * when there is enough to gain. Errors: as dir_log_begin.
 */
D4_USED enum d4_status dir_log_trim(
    struct dir_log *log, const struct dir_file *there, size_t n);

/* dir_id_compare -- as memcmp. */
int dir_id_compare(const struct dir_id *a, const struct dir_id *b);

/* ---- source_dir_scan.c ---- */

/* dir_scan -- looks for finished files; found, in order. false: it cannot. */
bool dir_scan(struct dir *d);

/* dir_is_done -- everything of that file is completed. */
bool dir_is_done(const struct dir *d, const struct dir_file *begun);

/* dir_after -- keeps, deletes or moves a file that is done. */
void dir_after(struct dir *d, const struct dir_file *f);

#endif

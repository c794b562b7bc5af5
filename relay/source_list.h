/* The inside of the source of kind d4core-list, shared by its rooms. */
#ifndef RELAY_SOURCE_LIST_H
#define RELAY_SOURCE_LIST_H

#include "relay/source_feed.h"
#include "relay/source_file.h"

#define LIST_ITEMS    4096u      /* lines taken at once */
#define LIST_PATHS    8u         /* files taken at once */
#define FILES_TURNS   8u         /* blocks of a write */
#define LIST_BYTES    (1u << 20) /* of lines taken at once */
#define LIST_PATH_MAX 4096u      /* bytes of a path */
#define LIST_POLL_US  200000     /* an empty list is looked at again */
#define LIST_MAX_SIZE 10000u     /* d4-core's, where its metadata say none */

/*
 * struct list_fill -- how full the list is, and what may be lost by that.
 * Shape:  length: when last seen, before a take; left: behind it. rate: items
 *         a second that came while it was not full, < 0 unknown. likely:
 *         items that its server trimmed since it is full, as far as rate
 *         tells. full: it trims; near: it soon will.
 */
struct list_fill {
	uint64_t length, left, max, seen_ms, since_ms;
	double rate, likely;
	bool near, full;
};

/*
 * struct list -- blocked: a file cannot be opened now, and may be later.
 * Shape:  key: of the list, what is being processed, the batch's name, the
 *         last one that was done, and the lease. token: the batch in progress
 *         as Redis knows it, "" none; number: its number. done: it is
 *         durable; said with the next command. path[at]: files of it that
 *         are still to be read. other: another relay reads the list.
 */
struct list {
	struct source_feed feed;
	struct d4_redis *redis;
	struct event *poll;
	unsigned refused; /* in a row, by its Redis */
	bool asked, selected, taking, done, other, checked, blocked;
	char key[5][192];
	char meta_key[96];
	char token[128];
	uint64_t number, newest, asked_ms;
	uint64_t processing;
	struct list_fill fill;
	struct d4_buf out;
	char **path;
	size_t n_paths, at;
	uint64_t blocks; /* of the file in progress */
	struct source_file *file;
};

static inline struct list *
list_of(const struct source *s)
{
	return s->state;
}

/* ---- source_list_take.c ---- */

/* list_take -- asks for the next batch, or for the one in progress. */
void list_take(struct list *l);

/* list_renew -- the lease, and word of what is done; no batch. */
void list_renew(struct list *l);

/* ---- source_list_batch.c ---- */

/* list_lines -- works on a batch of lines. */
void list_lines(struct list *l, const redisReply *items);

/* list_paths -- takes a batch of paths; list_files goes on with it. */
void list_paths(struct list *l, const redisReply *items);
void list_files(struct list *l);
void list_files_forget(struct list *l);

/* ---- source_list_fill.c ---- */

/* fill_look -- asks the server's metadata for max_size. */
void fill_look(struct list *l);

/*
 * fill_seen -- length items were there, and left are now; likely losses are
 * estimated, alarms begin and end.
 */
void fill_seen(struct list *l, uint64_t length, uint64_t left);

#endif

/* One d4-hub archive process: what its rooms share. */
#ifndef HUB_ARCHIVE_H
#define HUB_ARCHIVE_H

#include <hiredis/hiredis.h>
#include "hub/archive_finish.h"
#include "hub/archive_keep.h"
#include "hub/archive_parts.h"
#include "hub/archive_seen.h"
#include "hub/queue.h"
#include "libd4/kit/account.h"
#include "libd4/kit/overflow.h"

#define ARCHIVE_QUEUES  1024u /* streams that are read */
#define ARCHIVE_CUTTERS 8u

/* Since the process began. lost: of the hub's disk. */
struct archive_counts {
	uint64_t entries, records, bytes;
	uint64_t duplicates, malformed, lost, dropped;
	uint64_t files, file_bytes;
};

/*
 * struct archive_queue -- one stream.
 * Shape:  pending: what was given to us and not acknowledged is read first.
 *         met: since the start it was, as far as an earlier process had it.
 *         held_ms: it is left alone until then. ids: to be acknowledged, with
 *         NULs between them, n_ids of them; ids of one answer.
 */
struct archive_queue {
	char key[QUEUE_KEY];
	bool pending, met, said;
	uint64_t held_ms;
	struct d4_overflow_file overflow;
	struct d4_buf ids;
	size_t n_ids;
};

/*
 * struct archive -- Shape: full: the disk is, since the last look. count: of
 * entries that are asked for at a time. remembered: counts.entries when `seen`
 * was saved last. dropped: of the batch in progress.
 */
struct archive {
	const struct hub_options *opt;
	const struct archive_conf *conf;
	redisContext *redis;
	struct d4_account *account;
	struct parts *parts;
	struct archive_seen *seen;
	uint64_t remembered;
	struct archive_keep *keep;
	struct archive_finish *finish;
	struct d4_cutter *cutter[ARCHIVE_CUTTERS];
	struct d4_buf stored;
	char *overflow;
	struct archive_queue *queue[ARCHIVE_QUEUES];
	size_t n_queues;
	unsigned count;
	bool full, drain;
	uint64_t began_s, second_ms, found_ms, kept_ms, retry_ms, finish_ms;
	struct archive_counts counts;
	struct {
		uint64_t entries, records, bytes;
	} dropped;
};

/* ---- archive_take.c: an entry to its part ---- */

/*
 * archive_take -- one entry of an answer: [id, [name, value ...]].
 * Errors: D4_OK it may be acknowledged when all is durable. D4_ENOSPC no room:
 *         it stays in the queue. D4_AGAIN this queue must wait, for the disk
 *         that its data is on. D4_EIO, D4_ENOMEM.
 */
D4_USED enum d4_status archive_take(
    struct archive *a, struct archive_queue *q, const redisReply *entry);

/* archive_dropped -- what was dropped is in the accounting log, durably. */
D4_USED enum d4_status archive_dropped(struct archive *a);

/* ---- archive_queues.c: Redis ---- */

/* Errors: D4_ECLOSED the connection is of no use any more. D4_ENOMEM. */
D4_USED enum d4_status queues_find(struct archive *a);
void queues_free(struct archive *a);

/*
 * queues_met -- all that an earlier process had durably is acknowledged: only
 * then may its parts go.
 */
bool queues_met(const struct archive *a);

/* queues_read -- what there is, into parts; *any: there was something. */
D4_USED enum d4_status queues_read(
    struct archive *a, unsigned block_ms, bool *any);

/* ---- archive_tell.c: Redis, too ---- */

/* queues_leave -- its reader is removed from all queues. */
D4_USED enum d4_status queues_leave(redisContext *redis, const char *reader);

/* queues_tell -- what it does, into d4:archive:READER. */
D4_USED enum d4_status queues_tell(struct archive *a, bool up);

/* ---- archive_run.c ---- */

/* parent: when it is gone the process is killed. */
struct archive_setup {
	const struct hub_options *opt;
	const struct archive_conf *conf;
	pid_t parent;
	bool drain;
};

/*
 * archive_run -- the process: owns fd, a connection that is logged in, and
 * never returns. Exits 0 after a stop, 1 on an error, 75 (EX_TEMPFAIL) when
 * the connection was lost. drain: ends when the queues are empty.
 */
_Noreturn void archive_run(const struct archive_setup *setup, int fd);

#define ARCHIVE_LOST 75

#endif

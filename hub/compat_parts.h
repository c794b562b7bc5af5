/* d4-core compatibility, between its rooms. */
#ifndef HUB_COMPAT_PARTS_H
#define HUB_COMPAT_PARTS_H

#include <hiredis/hiredis.h>
#include "hub/compat.h"
#include "hub/compat_bounds.h"
#include "hub/compat_script.h"
#include "hub/queue.h"
#include "libd4/kit/account.h"
#include "libd4/kit/overflow.h"

#define COMPAT_COUNT 32u /* entries of a queue in one read */
#define COMPAT_WORDS 40u /* of one call, at most */
#define COMPAT_PATH  512u
#define COMPAT_SEEN  256u
#define COMPAT_WHY   128u

#define COMPAT_WORKER_TYPES 9u /* of d4-core's workers: 1, 2, 3, 8 */

/* How the entries of a queue become items of analyzer lists. */
enum compat_kind {
	COMPAT_LINES,   /* a line is an item */
	COMPAT_CAPTURE, /* packets are put into files; a path is an item */
	COMPAT_JA3,     /* a line is a JSON file */
	COMPAT_FILE,    /* a line is a file in base64 */
	COMPAT_JSON,    /* a line is a JSON file, by its digest */
	COMPAT_NONE,    /* d4-core has nothing for this type */
};

/*
 * struct compat_queue -- one stream.
 * Shape:  item: the type in the name of a list ("8", "ja3-jl"); set: in that
 *         of the set of its queues ("8", "254:ja3-jl"). worker: d4-core's own
 *         workers take its sessions. pending: what was delivered and not
 *         acknowledged is read again. rest_ms: not read before. behind: the
 *         last read was full, so there is more. since_s: it waits since
 *         then (seconds since 1970) for `why`; 0: it does not. said: in the
 *         log. wait_ms: that it did last.
 */
struct compat_queue {
	char key[QUEUE_KEY];
	char item[D4_META_TYPE];
	char set[D4_META_TYPE + 4];
	uint8_t type;
	enum compat_kind kind;
	bool worker, pending, behind, said;
	uint64_t rest_ms, since_s, wait_ms;
	char why[COMPAT_WHY];
	struct d4_overflow_file stored;
};

/*
 * struct compat_capture -- a capture file that grows.
 * Shape:  bytes: of it that are acknowledged, or will be with this batch.
 *         path: without ".gz". said: that it cannot be closed.
 */
struct compat_capture {
	char sess[D4_UUID_TEXT];
	char uuid[D4_UUID_HEX];
	uint64_t opened_s, bytes;
	char path[COMPAT_PATH];
	int fd;
	bool said;
};

/* An entry that was appended to one, and waits for the disk. */
struct compat_grown {
	struct compat_queue *queue;
	char id[48];
	char sess[D4_UUID_TEXT];
	char value[COMPAT_PATH + 96];
};

/* One call that waits for its answer; grow: of COMPAT_GROW. ack: a plain one.
 */
struct compat_call {
	struct compat_queue *queue;
	char id[48];
	bool grow, ack;
};

/*
 * struct compat -- Shape: calls: sent, in order. gone: sessions that were not
 * connected when looked last; n_gone of them. cut: items trimmed, not yet in
 * the account. seen: sensors that have a folder. why: an entry could not be
 * taken. stream_bytes: in session streams, about. idle_s: since when a session
 * of this type waits for a worker. keep_since: files of an item are ours since.
 */
struct compat {
	const struct hub_options *opt;
	redisContext *redis;
	struct d4_account *account;
	char *data, *overflow;
	int data_fd;
	char sha[COMPAT_SCRIPTS][41];
	struct compat_queue *queue;
	size_t n_queues;
	struct compat_call *call;
	size_t n_calls, max_calls;
	struct compat_capture *capture;
	size_t n_captures;
	struct compat_grown *grown;
	size_t n_grown, max_grown;
	char (*gone)[D4_UUID_TEXT];
	size_t n_gone;
	struct d4_buf stored, items;
	uint64_t cut, entries, pushed, trimmed, dropped, stream_bytes;
	uint64_t tick_ms, look_ms, queues_ms, behind_ms, tell_ms;
	uint64_t began_s, idle_s[COMPAT_WORKER_TYPES], keep_since[KEEP_TYPES];
	struct compat_keep *keep;
	struct compat_unread unread;
	uint64_t kept_bytes, removed_files, removed_bytes, removed_unread;
	const char *why;
	struct d4_uuid seen[COMPAT_SEEN];
	bool any;
};

/* Words of a command; those of numbers are in `text`. */
struct compat_words {
	const char *argv[COMPAT_WORDS];
	size_t len[COMPAT_WORDS];
	int n;
};

/* ---- compat_redis.c ---- */

/* compat_lost -- the connection is of no use: ends this process. */
_Noreturn void compat_lost(const struct compat *c, const char *why);
void words_add(struct compat_words *w, const char *text);
void words_slice(struct compat_words *w, struct d4_slice s);
/* compat_script -- words of a call of this script. */
void compat_script(
    const struct compat *c, enum compat_script_id id, struct compat_words *w);
/* compat_ask -- one command; an answer, which may be an error. */
redisReply *compat_ask(struct compat *c, struct compat_words *w);
/* compat_send -- the same, answered by compat_collect: [status, items, cut]. */
void compat_send(struct compat *c, struct compat_queue *q, const char *id,
    struct compat_words *w);
void compat_collect(struct compat *c);
/* compat_ack -- an entry that gives nothing. */
void compat_ack(struct compat *c, struct compat_queue *q, const char *id);
/* compat_drop -- accounts it first. false: the account cannot be written. */
bool compat_drop(struct compat *c, struct compat_queue *q, const char *id);
void compat_scripts_load(struct compat *c);

/* ---- compat_queue.c ---- */

/* compat_queues -- which queues there are, each with our group. */
void compat_queues(struct compat *c);
/* compat_read -- what there is, once; waits a quarter of a second for it. */
void compat_read(struct compat *c);

/* ---- compat_take.c ---- */

/* compat_take -- one entry; false: it stays, the queue rests. */
bool compat_take(struct compat *c, struct compat_queue *q, const char *id,
    const struct d4_entry *e);

/* ---- compat_file.c ---- */

/*
 * compat_files -- each line of the entry into a file; their paths into
 * c->items, a line each. false: the disk.
 */
bool compat_files(
    struct compat *c, const struct compat_queue *q, const struct d4_entry *e);
/* compat_room -- compat_reserve is free; else false, and c->why. */
bool compat_room(struct compat *c);
/* compat_day -- "DATA/UUID/TYPE/YYYY/mm/dd" of an entry's time. */
bool compat_day(const struct compat *c, const char *uuid, uint64_t us,
    const char *type, char out[COMPAT_PATH]);
/* compat_folder -- makes all that is missing of it below the data folder. */
bool compat_folder(const struct compat *c, const char *path);

/* ---- compat_capture.c ---- */

/* compat_capture_load -- what an earlier process left, from Redis. */
void compat_capture_load(struct compat *c);
/* compat_capture_add -- packets of an entry; false: the disk. */
bool compat_capture_add(struct compat *c, struct compat_queue *q,
    const char *id, const struct d4_entry *e);
/* compat_capture_sync -- all that was added is durable now. */
void compat_capture_sync(struct compat *c);
/* compat_captures_due -- closes those that are old, or of this session. */
void compat_captures_due(struct compat *c, const char *sess);

/* ---- compat_session.c ---- */

/* compat_look -- announces and ends sessions, closes files; by the clock. */
void compat_look(struct compat *c);

#endif

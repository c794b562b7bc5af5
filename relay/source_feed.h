/*
 * What the sources that are not queues of ours have in common: a journal, the
 * UUID under which a policy knows them, counts of what was dropped and why.
 */
#ifndef RELAY_SOURCE_FEED_H
#define RELAY_SOURCE_FEED_H

#include "relay/wash_room.h"

#define FEED_ALARM 160u

/* What was dropped of the batch in progress, for one reason. */
struct feed_drop {
	uint64_t n, bytes;
};

/*
 * struct source_feed -- the first member of such a source's state.
 * Shape:  shard: its journal. sensor, meta: what its entries say. sess: the
 *         session of its entries. drop: of the batch. item: one of what was
 *         dropped, for the accounting. alarm: what is wrong, or empty.
 *         waiting: a batch is neither durable nor dropped.
 */
struct source_feed {
	struct source *source;
	const struct source_conf *conf;
	struct shard *shard;
	struct d4_uuid sensor, sess;
	char meta[D4_META_TYPE + 16];
	struct feed_drop drop[D4_REASON_MAX];
	bool dropped;
	char item[256];
	uint64_t passed;
	bool waiting;
	char alarm[FEED_ALARM];
};

/* One entry. Units: t_us: when it was received. */
struct feed_entry {
	struct stream_id id;
	uint64_t seq, n, t_us, t_hdr_s;
	struct d4_slice data;
};

/*
 * feed_init -- alone: no other relay can read this source.
 * Errors: D4_ENOMEM, D4_ETOOBIG, D4_ECRYPTO.
 */
D4_USED enum d4_status feed_init(
    struct source_feed *f, struct source *s, bool alone);

/* feed_sess -- the session of what has that number: a file, a run. */
D4_USED enum d4_status feed_sess(struct source_feed *f, uint64_t number);

/*
 * feed_ready -- the journal is open (opened here where it can be), no batch
 * waits and nothing stalls.
 */
bool feed_ready(struct source_feed *f);

/* feed_open -- opens the journal if it is not, and it can be. */
bool feed_open(struct source_feed *f);

/* feed_last -- everything up to this id is completed; feed_open before. */
struct stream_id feed_last(const struct source_feed *f);

/*
 * feed_put -- one entry into the batch; one that is completed is left out.
 * Errors: as wash_entry; the batch must be dropped (feed_fail).
 */
D4_USED enum d4_status feed_put(
    struct source_feed *f, const struct feed_entry *e);

/* feed_drop -- n records are not passed on. item: their name, or NULL. */
void feed_drop(struct source_feed *f, enum d4_reason why, struct feed_drop what,
    const char *item);

/* feed_finish -- the batch is whole, up to end. ack or drop follow. */
void feed_finish(struct source_feed *f, struct stream_id end);

/* feed_fail -- the batch cannot be worked on now; drop follows. */
void feed_fail(struct source_feed *f, enum d4_status why);

/* feed_ended -- of a batch: to be called by ack and drop. */
void feed_ended(struct source_feed *f);

/* feed_alarms -- an alarm begins (one line), or ends with "". */
void feed_alarms(struct source_feed *f, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * feed_account -- a durable record about this source. fields is taken.
 * Errors: D4_EIO, D4_ENOSPC: it is not noted.
 */
D4_USED enum d4_status feed_account(
    struct source_feed *f, const char *event, json_t *fields_taken);

#endif

/* The inside of wash, shared by its rooms. */
#ifndef RELAY_WASH_ROOM_H
#define RELAY_WASH_ROOM_H

#include <event2/event.h>
#include "libd4/kit/account.h"
#include "libd4/kit/overflow.h"
#include "libd4/kit/redis.h"
#include "relay/journal.h"
#include "relay/source.h"
#include "relay/streams.h"
#include "relay/wash.h"
#include "relay/wash_path.h"
#include "relay/wash_park.h"

#define WASH_SHARDS_MAX 4096u
#define WASH_LEASE_MS   15000u /* of a lease without renewal */
#define WASH_RENEW_MS   3000u
#define WASH_SAFE_MS    10000u     /* an older lease is not trusted */
#define WASH_BLOCK_MS   "200"      /* an idle read waits so long */
#define WASH_AHEAD      2u         /* reads in progress at once */
#define WASH_REPLY      (8u << 20) /* bytes aimed at in one answer */
#define WASH_COUNT_MAX  512u       /* entries of a shard in one answer */
#define WASH_QUEUED     (1u << 20) /* bytes of commands */
#define WASH_OUT        D4_SPOOL_ENTRY

/*
 * A shard's life. FREE: somebody else's, or nobody's. LEASED: the reader
 * group is being made, entries of a dead relay taken over. PENDING: what was
 * delivered before and not acknowledged is read. LIVE: new entries. HELD: an
 * entry's data cannot be read from the hub's disk; PENDING after a while.
 * FED: of a source that is not a queue of ours; its journal is open.
 */
enum shard_state {
	SHARD_FREE,
	SHARD_LEASED,
	SHARD_PENDING,
	SHARD_LIVE,
	SHARD_FED,
	SHARD_HELD,
};

/*
 * struct shard -- one stream of a queue, or all of another source.
 * Shape:  source: whose it is. fence: of the lease. renewed_ms: when it was
 *         last known to be ours. asked: a lease command is in progress, sent at
 *         asked_ms: the lease counts from then, whenever its answer is read.
 *         from: the pending read goes on behind it. acks: ids of the batch;
 *         batch.entries of it. committed: the journal has the batch. lag,
 *         pending: as Redis says. stored: the segment that was read last.
 *         held_said: why it is HELD was logged. told: what the hub holds for
 *         parked partners; park_ours: nobody had the shard since our journal's
 *         last batch. caught: a parked partner is in the batch. stuck: looks
 *         at which something was delivered and nothing came.
 */
struct shard {
	char *key;
	struct source *source;
	bool alone; /* nobody else can read it: no lease */
	unsigned stuck;
	uint32_t origin;
	enum shard_state state;
	bool asked;
	bool in_batch;
	bool committed;
	struct journal *journal;
	uint64_t fence;
	uint64_t renewed_ms, asked_ms;
	struct stream_id from;
	struct stream_id *acks;
	size_t n_acks, cap_acks;
	struct journal_batch batch;
	int64_t lag, pending;
	struct d4_overflow_file stored;
	uint64_t held_ms;
	bool held_said;
	struct parks told;
	bool park_ours;
	bool caught;
	struct wash *wash;
};

/* Why nothing is read although there is work. */
enum wash_stall {
	WASH_RUNS,
	WASH_NO_POLICY, /* none, or no master key */
	WASH_DISK,      /* a batch waits in memory to be written */
	WASH_LATER,     /* a batch was dropped; its entries are read again */
};

struct wash {
	struct wash_setup *setup;
	struct event_base *base;
	struct event *channel, *tick;
	struct d4_redis *redis;
	struct gate *gate;
	struct lanes *lanes;
	struct streams *streams;
	struct d4_account *account;
	struct d4_buf out;
	struct wash_common common;
	struct d4_buf stored; /* an entry's data, from disk */
	struct shard **shard;
	size_t n_shards;
	enum wash_stall stall;
	uint64_t stalled_ms;
	unsigned reading;      /* reads in progress */
	unsigned count;        /* entries of a shard asked for at once */
	struct d4_slice *args; /* of a read: see READ_ARGS */
	bool redis_asked;
	bool stopping;
	struct lanes_partner **room; /* by the partner's number */
	bool *skip;                  /* the same; of the entry in progress */
	struct wash_caught caught;
	struct event *pack, *room_look;
	struct source *queues; /* ours */
	struct source *source[SOURCES_MAX];
	size_t n_sources;
	uint64_t ticks;
	uint64_t released_ms;     /* when the release files were written last */
	uint64_t released_minute; /* of UTC, that they were decided in */
	bool release_due, release_said; /* the last try failed, and was told */
	uint64_t batches, batch_bytes;
	uint64_t worked;  /* bytes since the connection was looked at */
	uint64_t full_ms; /* when an answer was last as big as it may be */
	int code;
};

/* ---- wash_shard.c: which shards are ours ---- */

/* shards_look -- asks Redis which queues there are. */
void shards_look(struct wash *w);
/* shards_tick -- once a second: looks, takes and renews leases. */
void shards_tick(struct source *src);
/* shard_add -- a shard of a source, once. Errors: D4_ENOMEM, D4_ETOOBIG. */
D4_USED enum d4_status shard_add(
    struct wash *w, struct source *src, const char *key, struct shard **out);
/* shards_forget -- a batch in progress is dropped, every lease taken again. */
void shards_forget(struct wash *w);
/* shards_release -- gives all leases back. */
void shards_release(struct source *src);
/* shards_ack -- the batch of one shard is durable: XACK. */
void shards_ack(struct shard *s);
/* shard_reset -- forgets the shard's journal and lease; taken again later. */
void shard_reset(struct shard *s);
struct shard *shard_find(const struct wash *w, const char *key, size_t n);

/* ---- wash_read.c: from Redis to batches ---- */

#define READ_ARGS (9u + 2u * WASH_SHARDS_MAX)

/* read_more -- asks for entries while reads may be in progress. */
void read_more(struct wash *w);
void read_step(struct source *src);
/* read_ahead -- this was worked on: Redis goes on sending meanwhile. */
void read_ahead(struct wash *w, const redisReply *entry);

/* ---- wash_batch.c: a batch's way to the acknowledgement ---- */

/* batch_add_ack -- for the next shards_ack. Errors: D4_ENOMEM. */
D4_USED enum d4_status batch_add_ack(
    struct shard *s, const struct stream_id *id);

/* batch_take -- works on the entries of one shard. */
D4_USED enum d4_status batch_take(
    struct wash *w, struct shard *s, const redisReply *entries);

/*
 * batch_put -- one entry of a shard into its batch, unless its session's
 * records were there before. Errors: as wash_entry.
 */
D4_USED enum d4_status batch_put(struct wash *w, struct shard *s,
    const struct stream_id *id, const struct d4_entry *e);

/* batch_finish -- lanes, journals, XACK, nudge; stalls when it cannot. */
void batch_finish(struct wash *w);

/* batch_drop -- nothing of it happened; its shards are read again. */
void batch_drop(struct wash *w, enum d4_status why);

/* batch_again -- again, for w->skip's partner alone. D4_AGAIN: later. */
D4_USED enum d4_status batch_again(struct wash *w, struct shard *s,
    const struct stream_id *id, const redisReply *one);

/* ---- wash_release.c ---- */

/* release_write -- decides on every lane again; what may be sent now. */
void release_write(struct wash *w);
/* release_soon -- the same after something new came; not too often. */
void release_soon(struct wash *w);

void status_send(struct wash *w); /* wash_status.c */

/* wash_ask_redis -- a connection for our queues, please. wash.c */
void wash_ask_redis(struct wash *w);
void wash_stalls(struct wash *w, enum wash_stall why, const char *text);
const char *wash_stall_text(enum wash_stall s);

#endif

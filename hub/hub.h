/*
 * One hub process: what its rooms share. Each room owns what it makes; this
 * is only where they find each other.
 */
#ifndef HUB_HUB_H
#define HUB_HUB_H

#include "hub/budget.h"
#include "hub/deaths.h"
#include "hub/options.h"
#include "hub/queue.h"
#include "hub/registry.h"
#include "hub/shelf.h"
#include "libd4/kit/account.h"
#include "libd4/kit/tls.h"
#include "libd4/tally.h"

struct census;
struct crowd;
struct discard;
struct headroom;
struct overflow;
struct pending;
struct ration;
struct tee;
struct stats;
struct trim;

/* Reasons for not reading from anyone, or from one session, for a while. */
enum hub_pause {
	PAUSE_SHELF = 1,   /* Redis is slow or away */
	PAUSE_MEMORY = 2,  /* Redis is nearly full */
	PAUSE_QUEUE = 4,   /* the session's queue is over its budget */
	PAUSE_WHO = 8,     /* the registry is asked about the sensor */
	PAUSE_HELD = 16,   /* too many bytes in unfinished frames */
	PAUSE_DRAIN = 32,  /* the hub stops */
	PAUSE_RATE = 64,   /* its sensor sends faster than it may */
	PAUSE_SHARE = 128, /* its sensor has too much in the queue */
};

/* Entries that grow: for a moment; longer, when their queue goes to disk. */
enum hub_drafts { DRAFTS_SOON, DRAFTS_DISK, DRAFTS };

/*
 * struct hub_counts -- since the process began.
 * Shape:  refused[r]: sessions by reason. tally: records; in = forward (in
 *         the shelf) + withheld by reason.
 */
struct hub_counts {
	uint64_t accepted, opened, closed;
	uint64_t frames, bytes, replayed;
	uint64_t refused[D4_REASON_MAX];
	struct d4_tally tally;
};

/*
 * struct hub_events -- ready: the registry and the queues are known, so
 * sensors may come (once). lost: another connection to Redis is wanted.
 * reload: the configuration is to be read again; upgrade: another version
 * takes over. dial: a connection for the tee is wanted (tee_dialed answers).
 * False: nobody can, or not now.
 */
struct hub_events {
	void (*ready)(void *arg);
	void (*lost)(void *arg);
	bool (*reload)(void *arg);
	bool (*upgrade)(void *arg);
	void *arg;
	bool (*dial)(void *arg, uint32_t id);
};

/*
 * struct hub -- Shape: place: which of n_workers it is; the first one looks
 * after what is there once. alone: no older version's worker runs. before: who
 * was at its place and died. crew: see deaths_take. pause: enum
 * hub_pause bits that hold for every session. drafts: sessions whose entry
 * waits for the flush timer, oldest first, by list. tight: Redis as a whole is
 * short of memory.
 * silent: Redis is connected and does not answer.
 * loud: refusals that may still be logged in this second.
 */
struct hub {
	struct event_base *base;
	unsigned place, n_workers;
	bool alone;
	struct death before;
	json_t *crew;
	struct hub_options *opt;
	struct admit_rules rules;
	struct d4_tls_ctx *tls;
	struct d4_redis *redis;
	struct registry *registry;
	struct shelf *shelf;
	struct queue_list queues;
	struct census *census;
	struct stats *stats;
	struct crowd *crowd;
	struct ration *ration;
	struct pending *pending;
	struct discard *discard;
	struct trim *trim;
	struct headroom *headroom;
	struct overflow *overflow;
	struct tee *tee;
	struct d4_account *account;
	struct session_list sessions;
	struct session_list drafts[DRAFTS];
	size_t n_sessions;
	struct budget budget;
	struct replay_pool replays;
	unsigned pause;
	struct hub_counts counts;
	struct event *flush_timer, *tick;
	struct hub_events events;
	bool ready, tight, silent;
	unsigned loud;
	uint64_t hushed;
	uint64_t began_ms;
};

/* hub_queue -- the queue of a type that is accepted now, or NULL. */
struct queue *hub_queue(struct hub *h, uint8_t type, const char *ext);

/*
 * hub_init -- every room, on a zeroed *h with base and opt set; the Redis has
 * no connection yet.
 * Errors: D4_ENOMEM, D4_EIO (errno is set).
 */
D4_USED enum d4_status hub_init(struct hub *h, const struct hub_events *events);
void hub_fini(struct hub *h);

/*
 * hub_reload -- takes another configuration and context, which it owns then.
 * What needs a restart stays as it was, and is named in the log.
 */
void hub_reload(struct hub *h, struct hub_options *opt, struct d4_tls_ctx *tls);

/* hub_sizes -- the limits of single queues may be others now. */
void hub_sizes(struct hub *h);

/* hub_alone -- no older version's worker runs any more. */
void hub_alone(struct hub *h);

/* hub_leads -- is it the one that looks after what is there once? */
static inline bool
hub_leads(const struct hub *h)
{
	return h->place == 0 && h->alone;
}

/* hub_drained -- whether all that was taken is in Redis. */
bool hub_drained(const struct hub *h);

/* hub_give_up -- ends all, and notes what never will be in Redis. */
void hub_give_up(struct hub *h);

#endif

/*
 * The shelf: entries on their way into Redis. An entry stays in memory until
 * Redis has answered; after a lost connection it is sent again, in order.
 */
#ifndef HUB_SHELF_H
#define HUB_SHELF_H

#include "hub/draft.h"
#include "hub/queue.h"
#include "libd4/kit/redis.h"

struct shelf;

/*
 * struct shelf_origin -- what all entries of a session have in common.
 * Shape:  waiting: entries that are not in Redis yet; when it falls to zero
 *         acked(arg) is called, if set (the session may be gone long since).
 * Owns:   counted: the session and each of its entries hold one.
 */
struct shelf_origin {
	unsigned refs;
	struct d4_uuid sess;
	struct d4_uuid sensor;
	char peer[D4_PEER_TEXT];
	uint8_t type;
	char ext[D4_META_TYPE];
	struct d4_buf meta;
	struct queue_shard *shard;
	uint64_t waiting;
	void (*acked)(void *arg);
	void *arg;
	struct d4_uuid late; /* see shelf_send.c */
	bool failed, overtaken;
};

/* shelf_origin_new -- zeroed, with one reference. NULL out of memory. */
struct shelf_origin *shelf_origin_new(void);
void shelf_origin_unref(struct shelf_origin *o);

/* Room for texts that a command points at. */
struct overflow_text {
	char segment[24], end[24];
};

#define OVERFLOW_WORDS 9u /* of a command, in front of the entry's fields */

/*
 * struct shelf_disk -- where entries go that are too much for Redis
 * (overflow.h). put: wants and has this entry's data; not durable yet. sync:
 * all that was put is durable now; else nothing of it counts. words: the
 * command that adds a reference, up to the fields. done: a reference is in
 * the stream, or given up.
 */
struct shelf_disk {
	bool (*put)(void *arg, struct queue_shard *s, const struct d4_entry *e,
	    struct d4_ref *out);
	bool (*sync)(void *arg);
	size_t (*words)(const struct queue_shard *s, const struct d4_ref *ref,
	    struct overflow_text *t, struct d4_slice argv[OVERFLOW_WORDS]);
	void (*done)(
	    void *arg, struct queue_shard *s, const struct d4_ref *ref);
};

/*
 * struct shelf_setup -- max: bytes that may wait; above it full(arg, true) is
 * called, at half of it full(arg, false). disk may be NULL.
 */
struct shelf_setup {
	struct event_base *base;
	struct d4_redis *redis;
	size_t max;
	void (*full)(void *arg, bool full);
	void *arg;
	const struct shelf_disk *disk;
	void *disk_arg;
};

D4_USED enum d4_status shelf_new(
    const struct shelf_setup *setup, struct shelf **out);
void shelf_free(struct shelf *s);

/*
 * shelf_put -- takes draft->data as one entry of o. It is never refused for
 * lack of room: the caller stops reading when the shelf is full.
 * Errors: D4_ENOMEM; the draft is as before.
 */
D4_USED enum d4_status shelf_put(
    struct shelf *s, struct shelf_origin *o, struct draft *d);

/*
 * shelf_lend -- a buffer for a full entry, for a draft that has none; one that
 * was used before, where there is one: its pages are there. Without memory
 * the draft makes its own. shelf_return -- takes back what the draft has not
 * begun to use.
 */
void shelf_lend(struct shelf *s, struct draft *d);
void shelf_return(struct shelf *s, struct draft *d);

/* The connection to Redis came up. */
void shelf_up(struct shelf *s);

/* Bytes and entries that wait. */
size_t shelf_bytes(const struct shelf *s);
size_t shelf_entries(const struct shelf *s);
bool shelf_is_full(const struct shelf *s);

/* shelf_prompt -- what is put now is sent now. */
bool shelf_prompt(const struct shelf *s);

/* shelf_lost -- discards everything that waits: entries, records, bytes. */
void shelf_lost(
    struct shelf *s, uint64_t *entries, uint64_t *records, uint64_t *bytes);

#endif

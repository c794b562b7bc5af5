/*
 * Frames that a sensor was told we have: their HMACs, as many as there is
 * memory for. What comes again in another session is a replay, or sent again
 * by a sensor that died before it read our answer (ADR 0033). Pure.
 */
#ifndef HUB_REPLAY_H
#define HUB_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "libd4/slice.h"

#define REPLAY_SESSIONS 1024u /* of a sensor, whose end is remembered */
#define REPLAY_SLOTS    256u  /* of a set, at least; a power of two */
#define REPLAY_KEY      8u    /* bytes of an HMAC that are kept */
#define REPLAY_SHARE    16u   /* one sensor has this part of all, at most */

/*
 * struct replay_pool -- memory for all sensors, in bytes. forgotten: HMACs
 * that were given up for lack of it before their time.
 */
struct replay_pool {
	size_t max, used;
	uint64_t forgotten;
};

/*
 * struct replay_set -- open addressing; key 0: free. began_s: when its first
 * one came. Owns: key, sess.
 */
struct replay_set {
	uint64_t *key;
	uint32_t *sess;
	size_t cap, n;
	uint64_t began_s;
};

/*
 * struct replay -- one sensor. now is filled, before is what was filled before
 * it. next: number of the next session, from 1. open: a bit for each of the
 * last sessions, set while it is not answered.
 */
struct replay {
	struct replay_pool *pool;
	struct replay_set now, before;
	uint32_t next;
	uint64_t open[REPLAY_SESSIONS / 64];
};

void replay_init(struct replay *r, struct replay_pool *pool);
void replay_fini(struct replay *r);

/* replay_begin -- the number of a new session. */
uint32_t replay_begin(struct replay *r);

/* replay_answered -- the session's sensor was told that all of it is here. */
void replay_answered(struct replay *r, uint32_t sess);

/* replay_known -- this HMAC came in another session, which was answered. */
bool replay_known(const struct replay *r, const uint8_t *hmac, uint32_t sess);

/*
 * replay_keys -- appends the REPLAY_KEY bytes of each frame that it sent, and
 * no other session since. replay_load: such bytes of sessions that others have
 * answered. Errors: D4_ENOMEM, D4_ETOOBIG.
 */
D4_USED enum d4_status replay_keys(
    const struct replay *r, uint32_t sess, struct d4_buf *out);
void replay_load(
    struct replay *r, struct d4_slice keys, const uint64_t now_keep_s[2]);

/*
 * replay_note -- the session sent this HMAC. keep_s: how long it must be
 * remembered, at least, while there is memory.
 */
void replay_note(struct replay *r, const uint8_t *hmac, uint32_t sess,
    const uint64_t now_keep_s[2]);

#endif

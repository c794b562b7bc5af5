/*
 * The hub's sessions with nothing around them: TLS, Redis, the shelf, the tee,
 * the account and the clock are played (session_fakes.c); door, guard, cutter
 * and draft are the real ones.
 */
#ifndef FUZZ_SESSION_WORLD_H
#define FUZZ_SESSION_WORLD_H

#include "hub/census.h"
#include "hub/crowd.h"
#include "hub/discard.h"
#include "hub/session_conn.h"

#define SLOTS    4u /* connections at a time */
#define SENSORS  2u
#define FUZZ_MAX (64u << 10) /* bytes that wait in a slot */

/*
 * struct slot -- one connection. tls: NULL when there is none. wire: bytes
 * that were sent and not read. whole: only whole frames were sent. shut: it
 * sent close_notify, told_shut: which was read. answered: the hub did, too.
 * left: the hub ended it for another version. forged: with a key that nobody
 * has.
 */
struct slot {
	struct d4_tls *tls;
	struct d4_buf wire;
	uint8_t address;
	bool whole, shut, told_shut, answered, left, forged;
};

/* struct fact -- what the played Redis holds about a sensor. */
struct fact {
	bool registered, pending, revoked, blocked, trap, kicked, several;
	bool held;           /* as a clone, at the first address */
	uint8_t key, before; /* 0: none, else 'a' ... */
	unsigned payload;    /* limit, 0: none */
};

struct world {
	struct hub hub;
	struct slot slot[SLOTS];
	struct fact fact[SENSORS];
	bool types_closed; /* type 8 was taken from the list */
	bool redis_away;
	uint64_t shelved, waiting; /* records; entries not answered */
	uint64_t now_us;
};

extern struct world w;

extern const struct d4_uuid world_uuid[SENSORS];

/* world_key -- the key that a letter stands for. */
struct d4_hmac *world_key(uint8_t letter);

void world_begin(void);
/* world_end -- ends all, and checks that nothing is left. */
void world_end(void);

/* world_connect -- a new connection in a slot that has none. */
void world_connect(struct slot *s, uint8_t address);

/* world_reset -- its TCP connection ends without a word. */
void world_reset(struct slot *s);

/* slot_waits -- it is not read now. */
bool slot_waits(const struct slot *s);

/* world_pump -- what waits in the slots is read, cut after `step` bytes. */
void world_pump(size_t step);

/* redis_answer -- n questions, the oldest first, from the facts. */
void redis_answer(unsigned n);
/* redis_forget -- the connection is lost: none will be answered. */
void redis_forget(void);
/* shelf_answer -- n entries are in Redis. */
void shelf_answer(unsigned n);

#endif

/* Sensors by UUID: what the hub remembers of each. */
#ifndef HUB_SENSOR_H
#define HUB_SENSOR_H

#include <sys/queue.h>
#include "hub/admit.h"
#include "hub/clone.h"
#include "hub/dossier.h"
#include "hub/replay.h"
#include "hub/share.h"
#include "libd4/hmac.h"
#include "libd4/slice.h"

#define SENSOR_BUCKETS 4096u /* a power of two */
#define SENSOR_IDLE    4096u /* kept although they have no session */
#define SENSOR_SHARES  4u    /* streams in which its entries are counted */
#define SENSOR_REASONS 12u   /* different refusals that are counted */

struct session;

TAILQ_HEAD(session_list, session);

/* A key, ready for use: hmac is NULL when there is none. */
struct sensor_key {
	struct d4_hmac *hmac;
	uint8_t digest[32];
};

struct sensor_refusal {
	enum d4_reason why;
	uint64_t n;
};

/*
 * struct sensor -- one UUID, registered or not.
 * Shape:  known: Redis was asked about it and answered. facts: as of now.
 *         before: the key that was replaced, NULL when no rotation is under
 *         way; it ends at previous_s. from: where it may come from, while
 *         `limited`. sessions: those that are authenticated; waiting: those
 *         that wait for `known`. several: it may use many addresses at a
 *         time. held: as Redis says, only this one may come, family 0: any.
 *         tokens: thousandths of bytes that it may send, as of tokens_ms.
 *         refusals: by reason; the last place counts the rest.
 * Owns:   counted by refs; the table keeps those in use, and some others.
 */
struct sensor {
	TAILQ_ENTRY(sensor) lru;
	struct sensor *chain;
	struct d4_uuid uuid;
	unsigned refs;
	bool known, asking, limited, several;
	struct admit_sensor facts;
	struct sensor_key key, before;
	uint64_t previous_s, quarantine_s;
	struct dossier_limits limits;
	struct d4_prefix_set from;
	struct session_list sessions, waiting;
	struct clone clone;
	struct replay *replay; /* NULL: nothing is remembered */
	struct d4_addr held;
	struct badges badges;
	int64_t tokens;
	uint64_t tokens_ms;
	uint64_t refused;
	struct sensor_refusal refusals[SENSOR_REASONS];
	enum d4_reason last_refused;
	struct share *shares;
};

/* lru: from the least recently used on; all[] by hash. */
struct sensors {
	struct sensor *all[SENSOR_BUCKETS];
	TAILQ_HEAD(sensor_lru, sensor) lru;
	size_t n;
	uint64_t seed;
};

void sensors_init(struct sensors *t);

/* sensors_fini -- frees all; nobody may hold a reference. */
void sensors_fini(struct sensors *t);

/* sensors_get -- the sensor, made when it is new; NULL out of memory. */
struct sensor *sensors_get(struct sensors *t, const struct d4_uuid *uuid);

/* sensors_find -- the sensor when it is remembered, or NULL. */
struct sensor *sensors_find(
    const struct sensors *t, const struct d4_uuid *uuid);

/* sensors_touch -- to the end of the lru list. */
void sensors_touch(struct sensors *t, struct sensor *s);

/*
 * sensor_take -- what Redis holds about it now; d->from and d->badges are
 * taken. now_s:
 * seconds since 1970. Returns whether anything is news for its sessions.
 * A key that cannot be made ready (no memory) leaves it without one.
 */
bool sensor_take(struct sensor *s, struct dossier *d, uint64_t now_s);

/* sensor_comes_from -- may it come from this address? */
bool sensor_comes_from(const struct sensor *s, const struct d4_addr *address);

/* sensor_cloned -- Redis says that another address is held. */
bool sensor_cloned(const struct sensor *s, const struct d4_addr *address);

/* sensor_refuse -- counts a refusal. */
void sensor_refuse(struct sensor *s, enum d4_reason why);

/*
 * sensor_spend -- it sent n bytes; returns how long it must rest for its rate,
 * in milliseconds (0: not at all). A second's worth may come at once.
 */
uint64_t sensor_spend(struct sensor *s, size_t n, uint64_t now_ms);

/* sensor_shelved -- one more entry of it is in the stream `of`. */
void sensor_shelved(struct sensor *s, const void *of, uint64_t now_ms);

/*
 * sensor_waits -- how many of its entries are in the stream, which is trimmed
 * up to trimmed_ms; 0 when it has no limit.
 */
uint64_t sensor_waits(
    const struct sensor *s, const void *of, uint64_t trimmed_ms);

#endif

/* Sensors by UUID: what the hub remembers of each. */
#ifndef HUB_SENSOR_H
#define HUB_SENSOR_H

#include <sys/queue.h>
#include "hub/admit.h"
#include "libd4/hmac.h"
#include "libd4/slice.h"

#define SENSOR_BUCKETS   4096u /* a power of two */
#define SENSOR_IDLE      4096u /* kept although they have no session */
#define SENSOR_TAKEOVERS 4u    /* remembered of a sensor and type */

struct session;

TAILQ_HEAD(session_list, session);

/*
 * struct sensor -- one UUID, registered or not.
 * Shape:  known: its key was asked for and answered. facts: as of now.
 *         sessions: those that are authenticated;
 *         waiting: those that wait for `known`. takeover_ms: monotonic
 *         times of the last takeovers by another address. held_ms: until
 *         then a newcomer from another address is refused.
 * Owns:   counted by refs; the table keeps those in use, and some others.
 */
struct sensor {
	TAILQ_ENTRY(sensor) lru;
	struct sensor *chain;
	struct d4_uuid uuid;
	unsigned refs;
	bool known, asking;
	struct admit_sensor facts;
	struct d4_hmac *hmac;
	uint8_t key_digest[32];
	struct session_list sessions, waiting;
	uint64_t takeover_ms[SENSOR_TAKEOVERS];
	uint64_t held_ms;
	uint64_t refused;
	enum d4_reason last_refused;
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

/* sensors_touch -- to the end of the lru list. */
void sensors_touch(struct sensors *t, struct sensor *s);

/* sensor_set_key -- a key as registered; empty: none. True when it is new. */
bool sensor_set_key(struct sensor *s, struct d4_slice key);

#endif

/* Sensors by UUID: what the hub remembers of each. */
#ifndef HUB_SENSOR_H
#define HUB_SENSOR_H

#include <sys/queue.h>
#include "hub/admit.h"
#include "hub/clone.h"
#include "hub/dossier.h"
#include "hub/replay.h"
#include "libd4/hmac.h"
#include "libd4/slice.h"

#define SENSOR_BUCKETS 4096u /* a power of two */
#define SENSOR_IDLE    4096u /* kept although they have no session */
#define SENSOR_SHARES  8u    /* streams in which its entries are counted */
#define SENSOR_REASONS 12u   /* different refusals that are counted */

struct queue_shard;
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

/* Is it asked for what it may send (ration.h)? */
enum ration_state { RATION_NONE, RATION_LATER, RATION_NOW, RATION_ASKED };

/*
 * Entries of a sensor in a stream: sum as Redis said of all workers; fresh:
 * ours since; told: those of them that are in the question in progress. held:
 * how many we may add to those that were told; wanted: more, in that question.
 * full: it was over the limit, and half of that is not gone yet; dry: nothing
 * was left for us.
 */
struct ration_share {
	const struct queue_shard *of;
	uint64_t fresh, told, sum, held, wanted;
	bool full, dry;
};

/*
 * struct sensor_ration -- what it may send. Shape: tokens: bytes that are left
 * here, below 0: that it owes. wanted: of the last question; dry: Redis had
 * less. share: SENSOR_SHARES of them, or NULL.
 */
struct sensor_ration {
	TAILQ_ENTRY(sensor) link;
	enum ration_state state;
	uint64_t due_ms, wanted;
	int64_t tokens;
	bool dry;
	struct ration_share *share;
};

/*
 * struct sensor -- one UUID, registered or not.
 * Shape:  version: moves with whatever Redis holds about it. known: Redis was
 *         asked about it and answered. facts: as of now. before: the key that
 *         was replaced, NULL when no rotation is in progress; it ends at
 *         previous_s. from: where it may come from, while `limited`. sessions:
 *         those that are authenticated; waiting: those that wait for `known`.
 *         several: it may use many addresses at a time. astray: it has
 *         sessions from several, maybe at other workers; spread: others have
 *         some. loading: Redis is asked for its replays, up to replay_id they
 *         are here, as of loaded_ms. held: as Redis says, only this one may
 *         come, family 0: any. refusals: by reason; the last place counts the
 *         rest.
 * Owns:   counted by refs; the table keeps those in use, and some others.
 */
struct sensor {
	TAILQ_ENTRY(sensor) link;
	struct sensor *chain;
	struct d4_uuid uuid;
	unsigned refs;
	uint64_t version;
	bool known, asking, limited, several, astray;
	struct admit_sensor facts;
	struct sensor_key key, before;
	uint64_t previous_s, quarantine_s;
	struct dossier_limits limits;
	struct d4_prefix_set from;
	struct session_list sessions, waiting;
	struct clone clone;
	struct replay *replay; /* NULL: nothing is remembered */
	char replay_id[48];
	uint64_t loaded_ms;
	bool loading, spread;
	struct d4_addr held;
	struct badges badges;
	struct sensor_ration ration;
	uint64_t refused;
	struct sensor_refusal refusals[SENSOR_REASONS];
	enum d4_reason last_refused;
};

TAILQ_HEAD(sensor_list, sensor);

/*
 * all[] by hash. used: those with references, as they were touched; idle: the
 * others, from the least recently used on.
 */
struct sensors {
	struct sensor *all[SENSOR_BUCKETS];
	struct sensor_list used, idle;
	size_t n_used, n_idle;
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

/*
 * sensors_hold, sensors_drop -- a reference more, or less. Who has one may
 * count another in s->refs itself.
 */
void sensors_hold(struct sensors *t, struct sensor *s);
void sensors_drop(struct sensors *t, struct sensor *s);

/* sensors_touch -- to the end of its list. */
void sensors_touch(struct sensors *t, struct sensor *s);

/* sensors_each -- calls fn for each; it may change it, but no reference. */
void sensors_each(const struct sensors *t,
    void (*fn)(void *arg, struct sensor *s), void *arg);

/*
 * sensor_take -- what Redis holds about it now; d->from and d->badges are
 * taken. now_s: seconds since 1970. Returns whether anything is news for its
 * sessions. A key that cannot be made ready (no memory) leaves it without one.
 */
bool sensor_take(struct sensor *s, struct dossier *d, uint64_t now_s);

/*
 * sensor_comes_from -- may it come from this address?
 * sensor_cloned -- Redis says that another address is held.
 */
bool sensor_comes_from(const struct sensor *s, const struct d4_addr *address);
bool sensor_cloned(const struct sensor *s, const struct d4_addr *address);

/* sensor_refuse -- counts a refusal. */
void sensor_refuse(struct sensor *s, enum d4_reason why);

#endif

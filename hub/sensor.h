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
 * ours since; told: those of them that are in the question under way. full: it
 * was over the limit, and half of that is not gone yet.
 */
struct ration_share {
	const struct queue_shard *of;
	uint64_t fresh, told, sum;
	bool full;
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
 * Shape:  known: Redis was asked about it and answered. facts: as of now.
 *         before: the key that was replaced, NULL when no rotation is under
 *         way; it ends at previous_s. from: where it may come from, while
 *         `limited`. sessions: those that are authenticated; waiting: those
 *         that wait for `known`. several: it may use many addresses at a
 *         time. astray: it has sessions from several, maybe at other
 *         workers; spread: others have some. loading: Redis is asked for its
 *         replays, up to replay_id they are here, as of loaded_ms. held: as
 * Redis says, only this one may come, family 0: any. refusals: by reason; the
 * last place counts the rest. Owns:   counted by refs; the table keeps those in
 * use, and some others.
 */
struct sensor {
	TAILQ_ENTRY(sensor) lru;
	struct sensor *chain;
	struct d4_uuid uuid;
	unsigned refs;
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

/* ---- its limits: sensor_limits.c ---- */

/* sensor_spend -- it sent n bytes. */
void sensor_spend(struct sensor *s, size_t n);

/* sensor_owes -- it sent more than it may: it rests. */
bool sensor_owes(const struct sensor *s);

/* sensor_hungry -- its bytes are running low, in view of its rate. */
bool sensor_hungry(const struct sensor *s);

/* sensor_wants -- bytes to ask for; noted as asked. */
uint64_t sensor_wants(struct sensor *s);

/* sensor_shelved -- one more entry of it is on its way to the stream. */
void sensor_shelved(struct sensor *s, const struct queue_shard *of);

/* sensor_untold -- Redis does not know of all of its entries. */
bool sensor_untold(const struct sensor *s);

/*
 * sensor_pressed -- with what Redis does not know yet it is half-way from what
 * that knows to its limit: it is to be told at once.
 */
bool sensor_pressed(const struct sensor *s, unsigned workers);

/* sensor_tells -- they are being told: the first n of its shares. */
unsigned sensor_tells(struct sensor *s);

/*
 * sensor_rationed -- the answer: an array of the bytes it gets, and of its
 * entries in each of the shares that were told. NULL: there is none.
 */
void sensor_rationed(struct sensor *s, const redisReply *reply);

/*
 * sensor_crowded -- has it too many entries in the stream? Each of the workers
 * may have added as many as we since Redis was asked. Also when it has some in
 * too many streams. Never without a limit.
 */
bool sensor_crowded(
    const struct sensor *s, const struct queue_shard *of, unsigned workers);

/*
 * sensor_full -- so many of its entries wait in a queue for sessions that begin
 * with this type (2: any of 254) that new ones wait, too.
 */
bool sensor_full(const struct sensor *s, uint8_t type, unsigned workers);

#endif

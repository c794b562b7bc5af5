/* What a sensor may send: its rate, and its part of a queue (ADR 0045). */
#ifndef HUB_SENSOR_LIMITS_H
#define HUB_SENSOR_LIMITS_H

#include "hub/sensor.h"

/* sensor_spend -- it sent n bytes. */
void sensor_spend(struct sensor *s, size_t n);

/*
 * sensor_owes -- it sent more than it may: it rests.
 * sensor_hungry -- its bytes are running low, in view of its rate.
 */
bool sensor_owes(const struct sensor *s);
bool sensor_hungry(const struct sensor *s);

/* sensor_wants -- bytes to ask for; noted as asked. */
uint64_t sensor_wants(struct sensor *s);

/*
 * sensor_shelved -- one more entry of it is on its way to the stream.
 * sensor_untold -- Redis does not know of all of its entries, or holds places
 * for some that do not come.
 */
void sensor_shelved(struct sensor *s, const struct queue_shard *of);
bool sensor_untold(const struct sensor *s);

/*
 * sensor_pressed -- half of what it may add is added: Redis is to be told at
 * once.
 */
bool sensor_pressed(const struct sensor *s);

/*
 * sensor_tells -- they are being told, and more places are wanted, or given
 * back: the first n of its shares.
 */
unsigned sensor_tells(struct sensor *s);

/*
 * sensor_rationed -- the answer: an array of the bytes it gets, then for each
 * of the shares that were told its entries, and the places that are held for
 * us. NULL: there is none.
 */
void sensor_rationed(struct sensor *s, const redisReply *reply);

/*
 * sensor_crowded -- has it no place for one more entry in the stream? Also when
 * it has some in too many streams. Never without a limit.
 */
bool sensor_crowded(const struct sensor *s, const struct queue_shard *of);

/* sensor_stuffed -- is that because its limit is reached? */
bool sensor_stuffed(const struct sensor *s, const struct queue_shard *of);

/*
 * sensor_full -- so many of its entries wait in a queue for sessions that begin
 * with this type (2: any of 254) that new ones wait, too.
 */
bool sensor_full(const struct sensor *s, uint8_t type);

#endif

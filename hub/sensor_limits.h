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
 * sensor_untold -- Redis does not know of all of its entries.
 */
void sensor_shelved(struct sensor *s, const struct queue_shard *of);
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

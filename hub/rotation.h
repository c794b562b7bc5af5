/* Two valid keys for a while, and the end of that. */
#ifndef HUB_ROTATION_H
#define HUB_ROTATION_H

#include "hub/sensor.h"
#include "libd4/kit/redis.h"

/*
 * rotation_watch -- Redis has answered about this sensor: says when a second
 * key is valid (was: there was one before), and removes it from Redis when its
 * time is over.
 */
void rotation_watch(struct d4_redis *redis, const struct sensor *s, bool was);

#endif

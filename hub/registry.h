/*
 * Who may send: a cache of d4-core's registration keys (wire.md section 4),
 * and of what the hub itself remembers of a sensor.
 */
#ifndef HUB_REGISTRY_H
#define HUB_REGISTRY_H

#include "hub/sensor.h"
#include "libd4/kit/redis.h"

struct registry;

/*
 * struct registry_setup -- answered(arg, sensor): a sensor that was not known
 * is known now. changed(arg): lists, keys or accepted types have changed.
 */
struct registry_setup {
	struct event_base *base;
	struct d4_redis *redis;
	void (*answered)(void *arg, struct sensor *sensor);
	void (*changed)(void *arg);
	void *arg;
};

D4_USED enum d4_status registry_new(
    const struct registry_setup *setup, struct registry **out);
void registry_free(struct registry *r);

/* registry_up -- the connection came up: everything is asked for again. */
void registry_up(struct registry *r);

/*
 * registry_sensor -- the sensor of a UUID, with a reference. When it is not
 * known yet it is asked for, and answered() follows.
 * Errors: D4_ENOMEM.
 */
D4_USED enum d4_status registry_sensor(
    struct registry *r, const struct d4_uuid *uuid, struct sensor **out);
void registry_unref(struct registry *r, struct sensor *s);

/* registry_blocks -- the address (without port) is on blacklist_ip. */
bool registry_blocks(const struct registry *r, const char *address);

/*
 * registry_type, registry_extended -- d4-core's lists of accepted types: true
 * when it is on the list, or the list is empty.
 */
bool registry_type(const struct registry *r, uint8_t type);
bool registry_extended(const struct registry *r, const char *ext);

/* registry_ready -- the lists were read once. */
bool registry_ready(const struct registry *r);

/* registry_each -- calls fn for every sensor that is remembered. */
void registry_each(const struct registry *r,
    void (*fn)(void *arg, const struct sensor *s), void *arg);

#endif

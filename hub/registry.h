/*
 * Who may send: d4-core's registration keys (wire.md section 4), our own
 * beside them, and what the hub itself remembers of a sensor. Redis is asked
 * about every sensor that is in use, and for the lists, all the time: what is
 * changed there, by whomever, holds within a second (ADR 0021).
 */
#ifndef HUB_REGISTRY_H
#define HUB_REGISTRY_H

#include "hub/intake.h"
#include "hub/lists.h"
#include "hub/sensor.h"

struct registry;

/*
 * struct registry_setup -- answered(arg, sensor): a sensor that was not known
 * is known now. changed(arg, sensor): what Redis holds about it has changed;
 * NULL: lists or accepted types have, for all of them.
 */
struct registry_setup {
	struct event_base *base;
	struct d4_redis *redis;
	const struct hub_options *opt;
	void (*answered)(void *arg, struct sensor *sensor);
	void (*changed)(void *arg, struct sensor *sensor);
	void *arg;
};

/* Errors: D4_ENOMEM. */
D4_USED enum d4_status registry_new(
    const struct registry_setup *setup, struct registry **out);
void registry_free(struct registry *r);

/* registry_up -- the connection came up: everything is asked for again. */
void registry_up(struct registry *r);

/*
 * registry_options -- another configuration: its mode, shared secret and types
 * hold now. opt stays the caller's, and must live until the next call.
 */
void registry_options(struct registry *r, const struct hub_options *opt);

/*
 * registry_sensor -- the sensor of a UUID, with a reference. When it is not
 * known yet it is asked for, and answered() follows.
 * Errors: D4_ENOMEM.
 */
D4_USED enum d4_status registry_sensor(
    struct registry *r, const struct d4_uuid *uuid, struct sensor **out);
void registry_unref(struct registry *r, struct sensor *s);

/* registry_find -- a sensor that is remembered, or NULL; no reference. */
struct sensor *registry_find(
    const struct registry *r, const struct d4_uuid *uuid);

/* registry_again -- asks about a sensor (NULL: for the lists) at once. */
void registry_again(struct registry *r, const struct d4_uuid *uuid);

/* registry_keys -- what its frames are checked with. */
struct intake_keys registry_keys(
    const struct registry *r, const struct sensor *s);

/*
 * registry_admits -- may this sensor send this type from this address?
 * D4_R_NONE: yes, until registry_version() is another number.
 */
enum d4_reason registry_admits(const struct registry *r, const struct sensor *s,
    const struct d4_addr *from, uint8_t type);
uint64_t registry_version(const struct registry *r, const struct sensor *s);

/* registry_blocks -- the address is blocked. */
bool registry_blocks(const struct registry *r, const struct d4_addr *address);

/* registry_trap -- puts an address on blacklist_ip, as d4-core does for the
 * UUIDs of blacklist_ip_by_uuid. */
void registry_trap(struct registry *r, const char *address);

/* registry_extended -- on the list of accepted extended types. */
bool registry_extended(const struct registry *r, const char *ext);

/* registry_ready -- the lists were read once. */
bool registry_ready(const struct registry *r);

/* registry_each -- calls fn for every sensor that is remembered. */
void registry_each(const struct registry *r,
    void (*fn)(void *arg, struct sensor *s), void *arg);

#endif

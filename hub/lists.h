/*
 * The lists that hold for every sensor: which addresses are blocked, which
 * types are accepted. d4-core's keys, and d4:blacklist_net beside them.
 */
#ifndef HUB_LISTS_H
#define HUB_LISTS_H

#include "hub/names.h"
#include "hub/options.h"
#include "libd4/kit/redis.h"
#include "libd4/prefix.h"

struct lists;

/*
 * struct lists_setup -- done(arg, changed): all of them were read. kicked(arg,
 * uuid): d4-core's web interface wants this sensor kicked.
 */
struct lists_setup {
	struct d4_redis *redis;
	void (*done)(void *arg, bool changed);
	void (*kicked)(void *arg, const struct d4_uuid *uuid);
	void *arg;
};

D4_USED enum d4_status lists_new(
    const struct lists_setup *setup, struct lists **out);
void lists_free(struct lists *l);

/* lists_up -- the connection came up: nothing is in progress any more. */
void lists_up(struct lists *l);

/*
 * lists_claim -- what the configuration names for the first time is accepted;
 * what was taken from the lists while we ran, or is on no list in a Redis that
 * a d4-core has used, is not: a restart never widens them.
 */
void lists_claim(struct lists *l, const struct hub_options *opt);

/* lists_look -- reads them, unless that is in progress. */
void lists_look(struct lists *l);

bool lists_ready(const struct lists *l);

/* lists_block -- is this address blocked? O(log n). */
bool lists_block(const struct lists *l, const struct d4_addr *address);

/* lists_type, lists_extended -- is it on the list of what is accepted? */
bool lists_type(const struct lists *l, uint8_t type);
bool lists_extended(const struct lists *l, const char *ext);

/*
 * lists_networks -- the addresses and prefixes of two replies, in one set;
 * what is none is counted in *bad. Pure. Errors: D4_ENOMEM.
 */
D4_USED enum d4_status lists_networks(
    const redisReply *const reply[2], struct d4_prefix_set *out, size_t *bad);

#endif

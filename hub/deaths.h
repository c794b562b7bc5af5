/*
 * Workers that died or hang: how the supervisor tells it, and how a worker
 * accounts the one that was at its place before (ADR 0059).
 */
#ifndef HUB_DEATHS_H
#define HUB_DEATHS_H

#include <sys/types.h>
#include <jansson.h>
#include "libd4/kit/redis.h"
#include "libd4/slice.h"

struct hub;

#define DEATH_WHY 64u

/*
 * struct death -- Shape: pid 0: nobody died. status: as waitpid says. hung_ms:
 * it was killed because it had not answered for so long, 0: it was not. at_s:
 * seconds since 1970.
 */
struct death {
	pid_t pid;
	int status;
	uint64_t hung_ms, at_s;
};

/* death_why -- "signal 11", "status 1", "killed: no answer for 60 s". */
void death_why(const struct death *d, char out[DEATH_WHY]);

/* death_json -- for status; NULL out of memory. */
json_t *death_json(const struct death *d, unsigned place);

/*
 * deaths_told -- Redis says how many sessions the one before us had (arg: the
 * hub): accounted once. A d4_redis_fn.
 */
void deaths_told(void *arg, enum d4_status st, const redisReply *reply);

/* deaths_take -- what the supervisor says of all workers, a JSON text. */
void deaths_take(struct hub *h, struct d4_slice text);

/* deaths_status -- the same, for status; NULL: nothing was said. */
json_t *deaths_status(const struct hub *h);

#endif

/* Those who wait for a reply, in the order in which they asked. */
#ifndef KIT_REDIS_WAIT_H
#define KIT_REDIS_WAIT_H

#include "libd4/kit/redis.h"

struct redis_wait {
	d4_redis_fn *fn;
	void *arg;
};

/* A ring: n from head on, cap is 0 or a power of two. */
struct redis_waits {
	struct redis_wait *at;
	size_t head, n, cap;
};

D4_USED enum d4_status redis_wait_push(
    struct redis_waits *w, const struct redis_wait *who);

/* redis_wait_undo -- takes back the last push. */
void redis_wait_undo(struct redis_waits *w);

/* redis_wait_answer -- answers the first one. */
void redis_wait_answer(
    struct redis_waits *w, enum d4_status st, const redisReply *reply);

void redis_wait_fini(struct redis_waits *w);

#endif

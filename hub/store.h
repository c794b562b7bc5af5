/* Redis for commands: one blocking connection, as the hub's user. */
#ifndef HUB_STORE_H
#define HUB_STORE_H

#include <hiredis/hiredis.h>
#include "hub/options.h"

/*
 * struct store -- Shape: embedded is started when nobody had started it, and
 * stopped again by store_close; the next hub finds what was written.
 */
struct store {
	redisContext *ctx;
	struct d4_embedded embedded;
	char *dir;
};

/* Errors: as d4_redis_dial and d4_embedded_start; said on stderr. */
D4_USED enum d4_status store_open(
    const struct hub_options *opt, struct store *out);
void store_close(struct store *s);

/*
 * store_ask -- one command, words as in redisCommand; NULL on any error
 * (said on stderr). freeReplyObject frees the answer.
 */
redisReply *store_ask(struct store *s, const char *fmt, ...);

/* store_argv -- the same; n words of any bytes. */
redisReply *store_argv(
    struct store *s, int n, const char **argv, const size_t *len);

#endif

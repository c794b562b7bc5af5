/*
 * A foreign Redis, for `d4-hub import`: anything may be listening there. Sets
 * are read in pieces; every reply has limits in bytes, elements and time, so it
 * costs little memory and always ends.
 */
#ifndef HUB_STRANGER_H
#define HUB_STRANGER_H

#include <stdbool.h>
#include <hiredis/hiredis.h>
#include "libd4/status.h"

#define STRANGER_BYTES    (1u << 20) /* of one reply */
#define STRANGER_ELEMENTS 16384u     /* of one reply, nested ones included */
#define STRANGER_MEMBERS  1000000u   /* of one set */
#define STRANGER_ROUNDS   1000000u   /* questions for one set */
#define STRANGER_S        30         /* seconds without a byte */
#define STRANGER_WORDS    16u        /* of a command */

/*
 * struct stranger -- Shape: left: elements that the reply in progress may still
 * have. why: of the last error, for people. Owns: ctx; url is borrowed.
 */
struct stranger {
	const char *url;
	redisContext *ctx;
	redisReplyObjectFunctions make, usual;
	size_t left;
	char why[160];
};

/* Errors: as d4_redis_dial, with s->why. */
D4_USED enum d4_status stranger_open(struct stranger *s, const char *url);
void stranger_close(struct stranger *s);

/*
 * stranger_ask -- one command of n words; freeReplyObject frees the answer.
 * Errors: D4_EMALFORMED it answered an error (s->why): it may be asked again.
 *         D4_ETOOBIG over a limit, D4_EIO anything else; the connection is
 *         closed then, and opened again by the next question.
 */
D4_USED enum d4_status stranger_ask(struct stranger *s, int n,
    const char *const *word, const size_t *len, redisReply **out);

/*
 * stranger_scan -- calls fn for the members of a set, of any type, some of
 * them twice when it changes meanwhile. fn: false ends it (D4_ECLOSED).
 * Errors: as stranger_ask; D4_ETOOBIG more than the limits, too.
 */
D4_USED enum d4_status stranger_scan(struct stranger *s, const char *key,
    bool (*fn)(void *arg, const redisReply *member), void *arg);

#endif

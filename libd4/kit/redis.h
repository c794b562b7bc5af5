/*
 * Redis on events: hiredis reads the protocol, we own the socket (a
 * descriptor can come from the supervisor, Decision 10) and the pipeline.
 *
 * A url is "unix:/path" or "tcp://host:port", then, where the server has
 * users (Decision 11), "?user=NAME&secret=FILE": FILE holds the password and
 * nobody else may read it. A name is resolved by a blocking call.
 */
#ifndef KIT_REDIS_H
#define KIT_REDIS_H

#include <stdarg.h>
#include <hiredis/hiredis.h>
#include <event2/event.h>
#include "libd4/slice.h"

struct d4_redis;

/* D4_OK with a reply (borrowed), or D4_ECLOSED with NULL: never answered. */
typedef void d4_redis_fn(void *arg, enum d4_status st, const redisReply *reply);

/*
 * struct d4_redis_events -- up: connected (or descriptor taken) and PONG'ed;
 * down: lost; every pending command was answered D4_ECLOSED before. It also
 * tells that a descriptor that was given did not come up.
 */
struct d4_redis_events {
	void (*up)(void *arg);
	void (*down)(void *arg, const char *why);
};

/*
 * d4_redis_dial -- a blocking, close-on-exec stream socket to url, logged in
 * where the url names a user (for supervisors, which pass it on).
 * Errors: D4_EINVAL the url.  D4_EIO errno is set.  D4_EAUTH the server does
 *         not take the user.  D4_EPERM, D4_ENOENT the secret's file.
 */
D4_USED enum d4_status d4_redis_dial(const char *url, int *out);

/*
 * d4_redis_new -- a client with no connection. max: bytes of commands queued.
 */
D4_USED enum d4_status d4_redis_new(struct event_base *base,
    const struct d4_redis_events *ev, void *arg, size_t max,
    struct d4_redis **out);
void d4_redis_free(struct d4_redis *r);

/*
 * d4_redis_attach -- takes a connected socket, logged in already. An earlier
 * one that is up is kept, and fd closed; one that is not yet is replaced.
 */
D4_USED enum d4_status d4_redis_attach(struct d4_redis *r, int fd);

/*
 * d4_redis_connect -- connects to url and reconnects for ever with back-off
 * (10 ms to 1 s, jitter). For processes that may open sockets. The secret is
 * read once, here. Errors: as d4_redis_dial, for url and secret only.
 */
D4_USED enum d4_status d4_redis_connect(struct d4_redis *r, const char *url);

bool d4_redis_is_up(const struct d4_redis *r);

/*
 * d4_redis_send -- queues one command of n arguments; the reply comes in
 * order. fn may be NULL. Sockets are written once per loop turn (batching).
 * Errors: D4_ECLOSED not connected.  D4_ETOOBIG over max: wait for replies.
 */
D4_USED enum d4_status d4_redis_send(struct d4_redis *r,
    const struct d4_slice *argv, size_t n, d4_redis_fn *fn, void *arg);

/*
 * d4_redis_lend -- d4_redis_send, but the bytes of the last argument are not
 * copied: they stay as they are until fn is called.
 */
D4_USED enum d4_status d4_redis_lend(struct d4_redis *r,
    const struct d4_slice *argv, size_t n, d4_redis_fn *fn, void *arg);

/* d4_redis_sendf -- the same, words split at spaces, %s and %llu only. */
D4_USED enum d4_status d4_redis_sendf(struct d4_redis *r, d4_redis_fn *fn,
    void *arg, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

D4_USED enum d4_status d4_redis_vsendf(
    struct d4_redis *r, d4_redis_fn *fn, void *arg, const char *fmt, va_list ap)
    __attribute__((format(printf, 4, 0)));

/*
 * d4_redis_ahead -- takes in what the server has sent by now, and answers
 * nobody: for callbacks that work long, so that the server, whose socket holds
 * little, need not wait for them. Commands that were queued before are sent.
 * Returns the bytes that were taken in; it stops at 16 MiB.
 */
size_t d4_redis_ahead(struct d4_redis *r);

/*
 * d4_redis_reset -- gives up the connection, as if it had been lost: `down`
 * follows from the loop.
 */
void d4_redis_reset(struct d4_redis *r);

/* d4_redis_pending -- commands sent and not answered. */
size_t d4_redis_pending(const struct d4_redis *r);

/* d4_redis_queued -- bytes not yet handed to the kernel. */
size_t d4_redis_queued(const struct d4_redis *r);

#endif

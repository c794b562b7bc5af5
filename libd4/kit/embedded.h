/*
 * The embedded Redis: a private redis-server on a unix socket in the state
 * directory, append-only file on, which outlives a killed hub (Decision 11).
 */
#ifndef KIT_EMBEDDED_H
#define KIT_EMBEDDED_H

#include <stdint.h>
#include <stdbool.h>
#include <sys/types.h>
#include "libd4/status.h"

/*
 * struct d4_embedded -- settings, then what runs.
 * Shape:  dir: DIR/redis.sock, DIR/redis.conf, DIR/redis.log, DIR/users.acl,
 *         DIR/redis.lock, DIR/aof/. keys: the folder of the secrets
 *         redis-hub, redis-wash, redis-archive and redis-admin, made when
 *         absent; NULL: dir. user: the account that it runs under, NULL:
 *         ours. appendfsync: "always", "everysec" or "no". maxmemory:
 *         bytes. pid, pidfd: the
 *         server's, pidfd -1 before.
 */
struct d4_embedded {
	const char *dir;
	const char *keys;
	const char *user;
	const char *appendfsync;
	uint64_t maxmemory;
	char
	    url[512]; /* for the hub: unix:DIR/redis.sock?user=hub&secret=... */
	pid_t pid;
	int pidfd;
	bool adopted;
};

/*
 * d4_embedded_start -- adopts the server that holds DIR/redis.lock, or starts
 * one (own session, inherits the lock), and waits until it answers PONG and
 * has loaded its file: 30 s, or 300 s while it says that it is loading.
 * Errors: D4_ENOENT no redis-server on PATH.  D4_EDENIED its account cannot
 *         get to DIR.  D4_EIO it did not start: the last lines of
 *         DIR/redis.log say why.  D4_ETIMEOUT.  D4_EAUTH the
 *         server that runs has other secrets.  D4_EINVAL a path with quotes
 *         or too long.
 */
D4_USED enum d4_status d4_embedded_start(struct d4_embedded *e);

/*
 * d4_embedded_grant -- an adopted server may have been started by an older hub:
 * its users get the rights that this version needs, and missing users are
 * created. Passwords stay.
 * Errors: as d4_redis_dial; D4_EDENIED the server refuses.
 */
D4_USED enum d4_status d4_embedded_grant(const struct d4_embedded *e);

/*
 * d4_embedded_url -- the url for one of the users hub, wash, archive and admin.
 * Errors: D4_EINVAL too long.
 */
D4_USED enum d4_status d4_embedded_url(
    const struct d4_embedded *e, const char *user, char *out, size_t n);

/* d4_embedded_alive -- the pid of the server still runs. */
bool d4_embedded_alive(const struct d4_embedded *e);

/* d4_embedded_stop -- SIGTERM (the AOF is flushed), waits up to 10 s. */
void d4_embedded_stop(struct d4_embedded *e);

/* d4_embedded_forget -- closes pidfd; the server goes on. */
void d4_embedded_forget(struct d4_embedded *e);

#endif

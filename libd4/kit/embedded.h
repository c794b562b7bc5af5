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
 * Shape:  dir: DIR/redis.sock, DIR/redis.conf, DIR/redis.pid, DIR/aof/.
 *         appendfsync: "always", "everysec" or "no". pid: the server's.
 */
struct d4_embedded {
	const char *dir;
	const char *appendfsync;
	uint64_t maxmemory;
	char url[256]; /* "unix:DIR/redis.sock" */
	pid_t pid;
	bool adopted;
};

/*
 * d4_embedded_start -- adopts the server that answers PING on the socket, or
 * starts one (setsid, own process group) and waits until it answers PONG and
 * has loaded its file, up to 30 s.
 * Errors: D4_ENOENT no redis-server on PATH.  D4_EIO it did not start: the
 *         last lines of DIR/redis.log say why.  D4_ETIMEOUT.
 */
D4_USED enum d4_status d4_embedded_start(struct d4_embedded *e);

/* d4_embedded_alive -- the pid of the server still runs. */
bool d4_embedded_alive(const struct d4_embedded *e);

/* d4_embedded_stop -- SHUTDOWN SAVE semantics of AOF, waits up to 10 s. */
void d4_embedded_stop(struct d4_embedded *e);

#endif

/* A Redis client, between redis_open.c (makes, frees) and redis.c (runs). */
#ifndef KIT_REDIS_CONN_H
#define KIT_REDIS_CONN_H

#include "libd4/kit/redis_out.h"
#include "libd4/kit/redis_url.h"
#include "libd4/kit/redis_wait.h"

#define REDIS_RECV         (128u << 10) /* bytes of one recv */
#define REDIS_RETRY_MIN_MS 10u
#define REDIS_RETRY_MAX_MS 1000u

enum redis_state {
	REDIS_DOWN,
	REDIS_DIAL,  /* connect is in progress */
	REDIS_LOGIN, /* AUTH, PING */
	REDIS_UP,
};

/*
 * struct d4_redis -- a client.
 * Shape:  kick: a zero timer that flushes
 *         once per turn; timer: the limit of a login, or the next try to
 *         connect. rd, wr and reader live as long as fd. url.text is NULL
 *         when descriptors are given. busy: callbacks that are in progress, so
 *         free only marks dead.
 */
struct d4_redis {
	struct event_base *base;
	const struct d4_redis_events *ev;
	void *arg;
	size_t max;
	enum redis_state state;
	int fd;
	struct redis_out out;
	struct d4_buf words; /* a command while it is formatted */
	struct redis_waits waits;
	redisReader *reader;
	struct event *rd, *wr, *kick, *timer;
	uint8_t *in;
	size_t ahead; /* bytes in the reader that it was not asked about yet */
	struct redis_url url;
	unsigned retry_ms;
	unsigned busy;
	bool dead, replacing;
};

/* redis_take -- runs on fd from now on, which may still be connecting. */
void redis_take(struct d4_redis *r, int fd, bool connecting);

/* redis_read -- what came ahead, then what the socket has; replies to all. */
void redis_read(struct d4_redis *r);

/*
 * redis_push -- hands queued bytes to the kernel. D4_AGAIN: the rest when it
 * has room. D4_EIO: errno says why; nothing more will go.
 */
D4_USED enum d4_status redis_push(struct d4_redis *r);

/* redis_kick -- flushes, and reads what came ahead, in the next turn. */
void redis_kick(struct d4_redis *r);

/*
 * redis_drop -- gives up the connection: all waiting callers are answered, then
 * `down` is called.
 */
void redis_drop(struct d4_redis *r, const char *why);

/* redis_dial -- begins to connect to the url, now. */
void redis_dial(struct d4_redis *r);

/* redis_cut -- closes the socket and all that lives with it. */
void redis_cut(struct d4_redis *r);

/*
 * redis_queue -- queues a command whatever the state; with `lend` its last
 * argument is not copied.
 */
D4_USED enum d4_status redis_queue(struct d4_redis *r,
    const struct d4_slice *argv, size_t n, bool lend,
    const struct redis_wait *who);

/* Around whatever may call back: d4_redis_free inside is put off. */
void redis_hold(struct d4_redis *r);
void redis_release(struct d4_redis *r);

/* What the sockets, the kick and the timer call. */
void redis_on_socket(evutil_socket_t fd, short what, void *arg);
void redis_on_kick(evutil_socket_t fd, short what, void *arg);
void redis_on_timer(evutil_socket_t fd, short what, void *arg);

#endif

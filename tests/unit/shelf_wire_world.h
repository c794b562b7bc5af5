/* The other end of a shelf's wire: reads commands, answers what it is told. */
#ifndef UNIT_SHELF_WIRE_WORLD_H
#define UNIT_SHELF_WIRE_WORLD_H

#include <time.h>
#include <unistd.h>
#include <sys/socket.h>
#include "hub/shelf.h"
#include "test.h"

#define WORLD_TRIES 30000 /* of a millisecond at least */

/* seen: "sess:seq" of every XADD that came, '|' between transactions. */
struct world {
	struct event_base *base;
	struct d4_redis *redis;
	struct shelf *shelf;
	struct queue_list queues;
	struct shelf_origin *origin;
	redisReader *reader;
	int fd;
	char seen[4096];
	unsigned xadds; /* in the transaction under way, or alone */
	bool multi;
	unsigned fulls, frees, acked;
};

static inline void
turn(struct world *w)
{
	for (int i = 0; i < 10; i++)
		event_base_loop(w->base, EVLOOP_NONBLOCK);
}

static inline void
answer(struct world *w, const char *text)
{
	ssize_t n = (ssize_t)strlen(text);

	assert_int_equal(write(w->fd, text, (size_t)n), n);
	turn(w);
}

static inline void
note(struct world *w, const redisReply *cmd)
{
	size_t n = strlen(w->seen);
	const char *sess = "?", *seq = "?";

	for (size_t i = 3; i + 1 < cmd->elements; i += 2) {
		if (strcmp(cmd->element[i]->str, "sess") == 0)
			sess = cmd->element[i + 1]->str;
		if (strcmp(cmd->element[i]->str, "seq") == 0)
			seq = cmd->element[i + 1]->str;
	}
	(void)snprintf(w->seen + n, sizeof(w->seen) - n, "%.4s:%s ", sess, seq);
	w->xadds++;
}

static inline void
got(struct world *w, const redisReply *cmd)
{
	const char *name = cmd->element[0]->str;
	size_t n = strlen(w->seen);

	if (strcmp(name, "PING") == 0) {
		assert_int_equal(write(w->fd, "+PONG\r\n", 7), 7);
	} else if (strcmp(name, "MULTI") == 0) {
		w->multi = true;
	} else if (strcmp(name, "XADD") == 0) {
		note(w, cmd);
	} else {
		assert_string_equal(name, "EXEC");
		(void)snprintf(w->seen + n, sizeof(w->seen) - n, "| ");
	}
}

/* Reads what the shelf sent, without answering it. */
static inline void
receive(struct world *w)
{
	char b[65536];
	void *cmd = NULL;
	ssize_t n;

	turn(w);
	while ((n = recv(w->fd, b, sizeof(b), MSG_DONTWAIT)) > 0) {
		assert_int_equal(
		    redisReaderFeed(w->reader, b, (size_t)n), REDIS_OK);
		while (redisReaderGetReply(w->reader, &cmd) == REDIS_OK &&
		       cmd != NULL) {
			got(w, cmd);
			freeReplyObject(cmd);
		}
		turn(w);
	}
}

/* Reads on until the shelf has sent what ends in `last`. */
static inline void
receive_until(struct world *w, const char *last)
{
	const struct timespec while_ = {0, 1000000};

	receive(w);
	for (int i = 0; i < WORLD_TRIES && strstr(w->seen, last) == NULL; i++) {
		(void)nanosleep(&while_, NULL);
		receive(w);
	}
	assert_non_null(strstr(w->seen, last));
}

/* A new connection; the shelf knows that the one before is gone. */
static inline void
attach(struct world *w)
{
	int pair[2];

	if (w->reader != NULL)
		redisReaderFree(w->reader);
	if (w->fd >= 0)
		(void)close(w->fd);
	turn(w);
	assert_false(d4_redis_is_up(w->redis));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	w->fd = pair[0];
	w->reader = redisReaderCreate();
	w->seen[0] = '\0';
	w->xadds = 0;
	assert_int_equal(d4_redis_attach(w->redis, pair[1]), D4_OK);
	receive(w);
	receive(w);
	assert_true(d4_redis_is_up(w->redis));
}

#endif

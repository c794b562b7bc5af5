#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include "libd4/kit/redis_conn.h"

#define REDIS_BURST (1u << 20)  /* bytes read in one wake-up */
#define REDIS_AHEAD (16u << 20) /* bytes taken in before they are looked at */

/* One whole reply to the first who waits. */
static void
redis_reply(struct d4_redis *r, void *reply)
{
	if (r->waits.n == 0)
		redis_drop(r, "reply without a command");
	else
		redis_wait_answer(&r->waits, D4_OK, reply);
	freeReplyObject(reply);
}

/*
 * The whole replies of what is there. Who takes in bytes ahead works long: the
 * next reply then has to wait for a turn of the loop.
 */
static void
redis_parse(struct d4_redis *r)
{
	void *reply = NULL;

	r->ahead = 0;
	while (r->state != REDIS_DOWN && r->ahead == 0) {
		if (redisReaderGetReply(r->reader, &reply) != REDIS_OK) {
			redis_drop(r, "protocol error");
			return;
		}
		if (reply == NULL)
			return;
		redis_reply(r, reply);
	}
}

/*
 * Some bytes from the socket to the reader. D4_AGAIN: there are none for now.
 * D4_ECLOSED: *why there will be no more. D4_ENOMEM.
 */
static enum d4_status
redis_take_in(struct d4_redis *r, size_t *got, const char **why)
{
	ssize_t n;

	do
		n = recv(r->fd, r->in, REDIS_RECV, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return D4_AGAIN;
	if (n <= 0) {
		*why = n < 0 ? strerror(errno) : "closed";
		return D4_ECLOSED;
	}
	*got = (size_t)n;
	if (redisReaderFeed(r->reader, (const char *)r->in, *got) == REDIS_OK)
		return D4_OK;
	*why = "reader out of memory";
	return D4_ENOMEM;
}

void
redis_read(struct d4_redis *r)
{
	enum d4_status st = D4_OK;
	size_t sum = 0, n = REDIS_RECV;
	const char *why = "";

	if (r->ahead != 0)
		redis_parse(r);
	while (st == D4_OK && n == REDIS_RECV && sum < REDIS_BURST &&
	       r->state != REDIS_DOWN && r->ahead == 0) {
		st = redis_take_in(r, &n, &why);
		sum += n;
		if (st == D4_OK)
			redis_parse(r);
		else if (st != D4_AGAIN)
			redis_drop(r, why);
	}
}

size_t
d4_redis_ahead(struct d4_redis *r)
{
	enum d4_status st = D4_OK;
	const char *why;
	size_t n;

	if (r->state != REDIS_UP)
		return 0;
	/* Whatever goes wrong, the loop will meet it. */
	st = redis_push(r);
	if (st == D4_AGAIN)
		st = D4_OK;
	while (st == D4_OK && r->ahead < REDIS_AHEAD) {
		st = redis_take_in(r, &n, &why);
		if (st == D4_OK)
			r->ahead += n;
	}
	if (st == D4_ENOMEM)
		(void)shutdown(r->fd, SHUT_RDWR);
	if (r->ahead != 0)
		redis_kick(r);
	return r->ahead;
}

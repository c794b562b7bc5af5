#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "hub/stranger.h"
#include "libd4/kit/redis.h"

#define SCAN_COUNT "500"

/*
 * hiredis allocates an array as soon as its length is read: eight bytes for
 * each of the elements that a few bytes promise.
 */
static void *
make_array(const redisReadTask *task, int elements)
{
	struct stranger *s = task->privdata;

	if (elements < 0 || (size_t)elements > s->left)
		return NULL;
	s->left -= (size_t)elements;
	return s->usual.createArray(task, elements);
}

static enum d4_status
stranger_failed(struct stranger *s, enum d4_status st, const char *why)
{
	(void)snprintf(s->why, sizeof(s->why), "%s", why);
	stranger_close(s);
	return st;
}

static enum d4_status
stranger_dial(struct stranger *s)
{
	const struct timeval wait = {STRANGER_S, 0};
	int fd = -1;
	enum d4_status st = d4_redis_dial(s->url, &fd);

	if (st != D4_OK) {
		(void)snprintf(s->why, sizeof(s->why), "%s (%s)",
		    d4_status_text(st), st == D4_EIO ? strerror(errno) : "");
		return st;
	}
	s->ctx = redisConnectFd(fd);
	if (s->ctx == NULL)
		return stranger_failed(s, D4_ENOMEM, "out of memory");
	if (redisSetTimeout(s->ctx, wait) != REDIS_OK)
		return stranger_failed(s, D4_EIO, s->ctx->errstr);
	s->usual = s->make = *s->ctx->reader->fn;
	s->make.createArray = make_array;
	s->ctx->reader->fn = &s->make;
	s->ctx->reader->privdata = s;
	return D4_OK;
}

enum d4_status
stranger_open(struct stranger *s, const char *url)
{
	*s = (struct stranger){.url = url};
	return stranger_dial(s);
}

void
stranger_close(struct stranger *s)
{
	if (s->ctx != NULL)
		redisFree(s->ctx);
	s->ctx = NULL;
}

/* ---- one question ---- */

static enum d4_status
stranger_read_failed(struct stranger *s)
{
	const redisContext *c = s->ctx;

	if (c->err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK))
		return stranger_failed(s, D4_EIO, "no answer in time");
	return stranger_failed(s, D4_EIO, c->errstr);
}

/* A reply, however it comes in, within the limits. */
static enum d4_status
stranger_reply(struct stranger *s, redisReply **out)
{
	redisReader *reader = s->ctx->reader;
	size_t taken = 0;
	void *reply = NULL;

	s->left = STRANGER_ELEMENTS;
	for (;;) {
		/* An array that was not made is "out of memory" to it. */
		if (redisReaderGetReply(reader, &reply) != REDIS_OK)
			return reader->err == REDIS_ERR_OOM
			           ? stranger_failed(s, D4_ETOOBIG,
					 "a reply over the limits")
			           : stranger_failed(s, D4_EIO, reader->errstr);
		if (reply != NULL)
			break;
		if (taken > STRANGER_BYTES)
			return stranger_failed(
			    s, D4_ETOOBIG, "a reply over the limits");
		taken -= reader->len;
		if (redisBufferRead(s->ctx) != REDIS_OK)
			return stranger_read_failed(s);
		taken += reader->len;
	}
	*out = reply;
	return D4_OK;
}

static enum d4_status
stranger_send(
    struct stranger *s, int n, const char *const *word, const size_t *len)
{
	const char *argv[STRANGER_WORDS];
	int done = 0;

	for (int i = 0; i < n; i++)
		argv[i] = word[i];
	if (redisAppendCommandArgv(s->ctx, n, argv, len) != REDIS_OK)
		return stranger_failed(s, D4_EIO, s->ctx->errstr);
	while (done == 0) {
		if (redisBufferWrite(s->ctx, &done) != REDIS_OK)
			return stranger_read_failed(s);
	}
	return D4_OK;
}

enum d4_status
stranger_ask(struct stranger *s, int n, const char *const *word,
    const size_t *len, redisReply **out)
{
	enum d4_status st = s->ctx == NULL ? stranger_dial(s) : D4_OK;
	redisReply *r = NULL;

	if (st == D4_OK)
		st = stranger_send(s, n, word, len);
	if (st == D4_OK)
		st = stranger_reply(s, &r);
	if (st != D4_OK)
		return st;
	if (r->type == REDIS_REPLY_ERROR) {
		(void)snprintf(s->why, sizeof(s->why), "%.100s", r->str);
		freeReplyObject(r);
		return D4_EMALFORMED;
	}
	*out = r;
	return D4_OK;
}

/* ---- a set ---- */

/* The cursor is text of theirs; it goes back to them and nowhere else. */
static bool
scan_page_ok(const redisReply *r, char cursor[24])
{
	const redisReply *at;

	if (r->type != REDIS_REPLY_ARRAY || r->elements != 2)
		return false;
	at = r->element[0];
	if (at->type != REDIS_REPLY_STRING || at->len == 0 || at->len > 20 ||
	    strspn(at->str, "0123456789") != (size_t)at->len)
		return false;
	memcpy(cursor, at->str, (size_t)at->len + 1);
	return r->element[1]->type == REDIS_REPLY_ARRAY;
}

/* A scan under way; left: members and rounds that it may still have. */
struct scan {
	const char *key;
	char cursor[24];
	size_t members_left, rounds_left;
	bool (*fn)(void *arg, const redisReply *member);
	void *arg;
};

static enum d4_status
scan_members(struct stranger *s, struct scan *scan, const redisReply *list)
{
	if (list->elements > scan->members_left || --scan->rounds_left == 0)
		return stranger_failed(s, D4_ETOOBIG, "a set without end");
	scan->members_left -= list->elements;
	for (size_t i = 0; i < list->elements; i++) {
		if (!scan->fn(scan->arg, list->element[i]))
			return D4_ECLOSED;
	}
	return D4_OK;
}

static enum d4_status
scan_page(struct stranger *s, struct scan *scan)
{
	const char *const word[] = {
	    "SSCAN", scan->key, scan->cursor, "COUNT", SCAN_COUNT};
	const size_t len[] = {5, strlen(scan->key), strlen(scan->cursor), 5,
	    sizeof(SCAN_COUNT) - 1};
	redisReply *page = NULL;
	enum d4_status st = stranger_ask(s, 5, word, len, &page);

	if (st != D4_OK)
		return st;
	if (scan_page_ok(page, scan->cursor))
		st = scan_members(s, scan, page->element[1]);
	else
		st = stranger_failed(s, D4_EIO, "not the answer to SSCAN");
	freeReplyObject(page);
	return st;
}

enum d4_status
stranger_scan(struct stranger *s, const char *key,
    bool (*fn)(void *arg, const redisReply *member), void *arg)
{
	struct scan scan = {
	    key, "0", STRANGER_MEMBERS, STRANGER_ROUNDS, fn, arg};
	enum d4_status st;

	do {
		st = scan_page(s, &scan);
	} while (st == D4_OK && strcmp(scan.cursor, "0") != 0);
	return st;
}

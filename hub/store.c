#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "hub/store.h"
#include "libd4/kit/redis.h"

static enum d4_status
store_url(const struct hub_options *opt, struct store *s, const char **url)
{
	enum d4_status st;

	*url = opt->redis;
	if (!hub_options_embedded(opt))
		return D4_OK;
	st = hub_options_redis(opt, &s->embedded, &s->dir);
	if (st == D4_OK)
		st = d4_embedded_start(&s->embedded);
	*url = s->embedded.url;
	return st;
}

enum d4_status
store_open(const struct hub_options *opt, struct store *out)
{
	struct store s = {.embedded = {.pidfd = -1, .adopted = true}};
	const char *url;
	int fd = -1;
	enum d4_status st = store_url(opt, &s, &url);

	if (st == D4_OK)
		st = d4_redis_dial(url, &fd);
	if (st == D4_OK) {
		s.ctx = redisConnectFd(fd);
		st = s.ctx != NULL ? D4_OK : D4_ENOMEM;
	}
	if (st != D4_OK) {
		(void)fprintf(stderr, "d4-hub: redis %s: %s (%s)\n", opt->redis,
		    d4_status_text(st), strerror(errno));
		store_close(&s);
		return st;
	}
	*out = s;
	return D4_OK;
}

void
store_close(struct store *s)
{
	if (s->ctx != NULL)
		redisFree(s->ctx);
	s->ctx = NULL;
	if (s->embedded.adopted)
		d4_embedded_forget(&s->embedded);
	else
		d4_embedded_stop(&s->embedded);
	free(s->dir);
	s->dir = NULL;
}

/* An error is said and is no answer. */
static redisReply *
store_answer(struct store *s, redisReply *r)
{
	if (r == NULL) {
		(void)fprintf(stderr, "d4-hub: redis: %s\n", s->ctx->errstr);
	} else if (r->type == REDIS_REPLY_ERROR) {
		(void)fprintf(stderr, "d4-hub: redis: %s\n", r->str);
		freeReplyObject(r);
		r = NULL;
	}
	return r;
}

redisReply *
store_ask(struct store *s, const char *fmt, ...)
{
	redisReply *r;
	va_list ap;

	va_start(ap, fmt);
	r = redisvCommand(s->ctx, fmt, ap);
	va_end(ap);
	return store_answer(s, r);
}

redisReply *
store_argv(struct store *s, int n, const char **argv, const size_t *len)
{
	return store_answer(s, redisCommandArgv(s->ctx, n, argv, len));
}

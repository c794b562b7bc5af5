#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "libd4/kit/redis_conn.h"
#include "libd4/kit/redis_format.h"

#define REDIS_SLACK 4096u /* for AUTH and PING, above what callers queue */

static void
redis_destroy(struct d4_redis *r)
{
	redis_cut(r);
	if (r->kick != NULL)
		event_free(r->kick);
	if (r->timer != NULL)
		event_free(r->timer);
	d4_buf_fini(&r->words);
	redis_wait_fini(&r->waits);
	redis_url_fini(&r->url);
	free(r->in);
	free(r);
}

void
redis_hold(struct d4_redis *r)
{
	r->busy++;
}

void
redis_release(struct d4_redis *r)
{
	if (--r->busy == 0 && r->dead)
		redis_destroy(r);
}

enum d4_status
d4_redis_new(struct event_base *base, const struct d4_redis_events *ev,
    void *arg, size_t max, struct d4_redis **out)
{
	struct d4_redis *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return D4_ENOMEM;
	r->base = base;
	r->ev = ev;
	r->arg = arg;
	r->max = max;
	r->fd = -1;
	r->retry_ms = REDIS_RETRY_MIN_MS;
	d4_buf_init(&r->words, max + REDIS_SLACK);
	r->in = malloc(REDIS_RECV);
	r->kick = evtimer_new(base, redis_on_kick, r);
	r->timer = evtimer_new(base, redis_on_timer, r);
	if (r->in == NULL || r->kick == NULL || r->timer == NULL) {
		if (r->kick != NULL)
			event_free(r->kick);
		free(r->in);
		free(r);
		return D4_ENOMEM;
	}
	*out = r;
	return D4_OK;
}

void
d4_redis_free(struct d4_redis *r)
{
	if (r == NULL || r->dead)
		return;
	r->dead = true;
	redis_hold(r);
	redis_drop(r, "freed");
	redis_release(r);
}

enum d4_status
d4_redis_attach(struct d4_redis *r, int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (r->state == REDIS_UP) { /* somebody asked twice */
		(void)close(fd);
		return D4_OK;
	}
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
		int e = errno;

		(void)close(fd);
		errno = e;
		return D4_EIO;
	}
	redis_hold(r);
	redis_url_fini(&r->url); /* descriptors are given from now on */
	r->replacing = true;     /* nobody has to give yet another one */
	redis_drop(r, "replaced");
	r->replacing = false;
	redis_take(r, fd, false);
	redis_release(r);
	return D4_OK;
}

enum d4_status
d4_redis_connect(struct d4_redis *r, const char *url)
{
	struct redis_url u;
	enum d4_status st = redis_url_parse(url, &u);

	if (st != D4_OK)
		return st;
	redis_hold(r);
	redis_url_fini(&r->url);
	redis_drop(r, "replaced");
	r->url = u;
	redis_dial(r);
	redis_release(r);
	return D4_OK;
}

bool
d4_redis_is_up(const struct d4_redis *r)
{
	return r->state == REDIS_UP;
}

static enum d4_status
send_command(struct d4_redis *r, const struct d4_slice *argv, size_t n,
    bool lend, const struct redis_wait *who)
{
	size_t need = redis_format_size(argv, n);

	if (r->state != REDIS_UP || r->dead)
		return D4_ECLOSED;
	if (need > r->max || d4_redis_queued(r) > r->max - need)
		return D4_ETOOBIG;
	return redis_queue(r, argv, n, lend, who);
}

enum d4_status
d4_redis_send(struct d4_redis *r, const struct d4_slice *argv, size_t n,
    d4_redis_fn *fn, void *arg)
{
	return send_command(r, argv, n, false, &(struct redis_wait){fn, arg});
}

enum d4_status
d4_redis_lend(struct d4_redis *r, const struct d4_slice *argv, size_t n,
    d4_redis_fn *fn, void *arg)
{
	return send_command(r, argv, n, true, &(struct redis_wait){fn, arg});
}

enum d4_status
d4_redis_vsendf(
    struct d4_redis *r, d4_redis_fn *fn, void *arg, const char *fmt, va_list ap)
{
	struct d4_slice argv[REDIS_WORDS];
	struct d4_buf text;
	enum d4_status st;
	size_t n = 0;

	d4_buf_init(&text, r->max);
	st = redis_words(&text, fmt, ap, argv, &n);
	if (st == D4_OK)
		st = d4_redis_send(r, argv, n, fn, arg);
	d4_buf_fini(&text);
	return st;
}

enum d4_status
d4_redis_sendf(
    struct d4_redis *r, d4_redis_fn *fn, void *arg, const char *fmt, ...)
{
	enum d4_status st;
	va_list ap;

	va_start(ap, fmt);
	st = d4_redis_vsendf(r, fn, arg, fmt, ap);
	va_end(ap);
	return st;
}

void
d4_redis_reset(struct d4_redis *r)
{
	if (r->fd >= 0)
		(void)shutdown(r->fd, SHUT_RDWR);
}

size_t
d4_redis_pending(const struct d4_redis *r)
{
	return r->waits.n;
}

size_t
d4_redis_queued(const struct d4_redis *r)
{
	return r->out.bytes;
}

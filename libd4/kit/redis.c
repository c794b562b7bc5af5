#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>
#include "libd4/kit/log.h"
#include "libd4/kit/redis_conn.h"
#include "libd4/kit/redis_format.h"

#define REDIS_IDLE_BUF (1u << 20) /* what the reader may keep when idle */
#define REDIS_IOV      64         /* pieces of one sendmsg */
#define REDIS_LOGIN_MS 5000u      /* for AUTH and PING to be answered */

static const char *const state_names[] = {
    [REDIS_DOWN] = "down",
    [REDIS_DIAL] = "dial",
    [REDIS_LOGIN] = "login",
    [REDIS_UP] = "up",
};

static void
redis_enter(struct d4_redis *r, enum redis_state to)
{
	d4_debug("redis fd=%d state=%s->%s", r->fd, state_names[r->state],
	    state_names[to]);
	r->state = to;
}

static void
timer_set(struct d4_redis *r, unsigned ms)
{
	struct timeval tv = {ms / 1000, (suseconds_t)(ms % 1000) * 1000};

	(void)evtimer_add(r->timer, &tv);
}

void
redis_kick(struct d4_redis *r)
{
	static const struct timeval now = {0, 0};

	if (!evtimer_pending(r->kick, NULL))
		(void)evtimer_add(r->kick, &now);
}

/* ---- the connection goes ---- */

void
redis_cut(struct d4_redis *r)
{
	if (r->rd != NULL)
		event_free(r->rd);
	if (r->wr != NULL)
		event_free(r->wr);
	r->rd = r->wr = NULL;
	if (r->fd >= 0)
		(void)close(r->fd);
	r->fd = -1;
	if (r->reader != NULL)
		redisReaderFree(r->reader);
	r->reader = NULL;
	r->ahead = 0;
	redis_out_fini(&r->out);
	(void)event_del(r->timer);
	(void)event_del(r->kick);
}

static unsigned
retry_next(struct d4_redis *r)
{
	unsigned half = r->retry_ms / 2, jitter = 0;

	if (getrandom(&jitter, sizeof(jitter), GRND_NONBLOCK) < 0)
		jitter = 0;
	r->retry_ms = r->retry_ms * 2 > REDIS_RETRY_MAX_MS ? REDIS_RETRY_MAX_MS
	                                                   : r->retry_ms * 2;
	return half + jitter % (half + 1);
}

void
redis_drop(struct d4_redis *r, const char *why)
{
	bool was_up = r->state == REDIS_UP;

	if (r->state == REDIS_DOWN)
		return;
	redis_enter(r, REDIS_DOWN);
	redis_cut(r);
	/* Only these: a callback cannot add any, the state is down. */
	for (size_t n = r->waits.n; n > 0; n--)
		redis_wait_answer(&r->waits, D4_ECLOSED, NULL);
	/* Who gave a descriptor has to give another one, up or not. */
	if ((was_up || r->url.text == NULL) && !r->dead && !r->replacing)
		r->ev->down(r->arg, why);
	else if (!was_up)
		d4_debug("redis not reached why=\"%s\"", why);
	if (r->url.text != NULL && !r->dead && r->state == REDIS_DOWN)
		timer_set(r, retry_next(r));
}

/* ---- bytes out ---- */

enum d4_status
redis_push(struct d4_redis *r)
{
	struct iovec iov[REDIS_IOV];
	struct msghdr m = {.msg_iov = iov};
	ssize_t n;

	while (r->out.bytes != 0) {
		m.msg_iovlen = (size_t)redis_out_iov(&r->out, iov, REDIS_IOV);
		n = sendmsg(r->fd, &m, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			(void)event_add(r->wr, NULL);
			return D4_AGAIN;
		}
		if (n < 0)
			return D4_EIO;
		redis_out_sent(&r->out, (size_t)n);
	}
	return D4_OK;
}

static void
redis_flush(struct d4_redis *r)
{
	if (redis_push(r) == D4_EIO)
		redis_drop(r, strerror(errno));
}

/* The last argument lent: everything before it, itself, its "\r\n". */
static enum d4_status
queue_lent(struct d4_redis *r, struct d4_slice last)
{
	static const uint8_t end[] = {'\r', '\n'};
	struct d4_slice before = d4_buf_slice(&r->words);
	enum d4_status st;

	before.n -= sizeof(end);
	st = redis_out_add(&r->out, before);
	if (st == D4_OK)
		st = redis_out_lend(&r->out, last);
	if (st == D4_OK)
		st = redis_out_add(&r->out, d4_slice_of(end, sizeof(end)));
	return st;
}

enum d4_status
redis_queue(struct d4_redis *r, const struct d4_slice *argv, size_t n,
    bool lend, const struct redis_wait *who)
{
	enum d4_status st = redis_wait_push(&r->waits, who);

	if (st != D4_OK)
		return st;
	r->words.n = 0;
	st = redis_format(&r->words, argv, n, lend);
	if (st != D4_OK) {
		redis_wait_undo(&r->waits);
		return st;
	}
	st = lend ? queue_lent(r, argv[n - 1])
	          : redis_out_add(&r->out, d4_buf_slice(&r->words));
	if (st != D4_OK) {
		/* Half a command may be out: nothing can follow it. */
		(void)shutdown(r->fd, SHUT_RDWR);
		return D4_OK;
	}
	if (!event_pending(r->wr, EV_WRITE, NULL))
		redis_kick(r);
	return D4_OK;
}

/* ---- login ---- */

static void
on_auth(void *arg, enum d4_status st, const redisReply *reply)
{
	struct d4_redis *r = arg;

	if (st != D4_OK || reply->type != REDIS_REPLY_ERROR)
		return;
	d4_warnx("redis login refused user=%s reply=\"%.80s\"", r->url.user,
	    reply->str);
	redis_drop(r, "login refused");
}

static void
on_pong(void *arg, enum d4_status st, const redisReply *reply)
{
	struct d4_redis *r = arg;

	if (st != D4_OK)
		return;
	if (reply->type == REDIS_REPLY_ERROR) {
		d4_debug("redis ping reply=\"%.80s\"", reply->str);
		redis_drop(r, "not ready");
		return;
	}
	(void)event_del(r->timer);
	r->retry_ms = REDIS_RETRY_MIN_MS;
	redis_enter(r, REDIS_UP);
	r->ev->up(r->arg);
}

static void
redis_login(struct d4_redis *r)
{
	const struct d4_slice auth[] = {d4_slice_str("AUTH"),
	    d4_slice_str(r->url.user != NULL ? r->url.user : ""),
	    d4_buf_slice(&r->url.secret)};
	const struct d4_slice ping[] = {d4_slice_str("PING")};
	enum d4_status st = D4_OK;

	redis_enter(r, REDIS_LOGIN);
	if (r->url.user != NULL)
		st = redis_queue(
		    r, auth, 3, false, &(struct redis_wait){on_auth, r});
	if (st == D4_OK)
		st = redis_queue(
		    r, ping, 1, false, &(struct redis_wait){on_pong, r});
	if (st != D4_OK)
		redis_drop(r, d4_status_text(st));
}

/* ---- the socket ---- */

void
redis_take(struct d4_redis *r, int fd, bool connecting)
{
	r->fd = fd;
	r->rd =
	    event_new(r->base, fd, EV_READ | EV_PERSIST, redis_on_socket, r);
	r->wr = event_new(r->base, fd, EV_WRITE, redis_on_socket, r);
	r->reader = redisReaderCreate();
	redis_enter(r, REDIS_DIAL);
	if (r->rd == NULL || r->wr == NULL || r->reader == NULL) {
		redis_drop(r, "out of memory");
		return;
	}
	r->reader->maxbuf = REDIS_IDLE_BUF;
	timer_set(r, REDIS_LOGIN_MS);
	if (connecting) {
		(void)event_add(r->wr, NULL);
		return;
	}
	(void)event_add(r->rd, NULL);
	redis_login(r);
}

void
redis_dial(struct d4_redis *r)
{
	int fd = -1;

	if (redis_url_socket(&r->url, SOCK_NONBLOCK, &fd) != D4_OK) {
		d4_debug("redis not reached why=\"%s\"", strerror(errno));
		timer_set(r, retry_next(r));
		return;
	}
	redis_take(r, fd, true);
}

static void
redis_connected(struct d4_redis *r)
{
	int e = 0;
	socklen_t len = sizeof(e);

	if (getsockopt(r->fd, SOL_SOCKET, SO_ERROR, &e, &len) < 0)
		e = errno;
	if (e != 0) {
		redis_drop(r, strerror(e));
		return;
	}
	(void)event_add(r->rd, NULL);
	redis_login(r);
}

static void
redis_timer(struct d4_redis *r)
{
	if (r->state == REDIS_DOWN)
		redis_dial(r);
	else if (r->state != REDIS_UP)
		redis_drop(r, "no answer to the login");
}

/* The state machine; a kick counts as EV_WRITE. */
static void
redis_step(struct d4_redis *r, short what)
{
	switch (r->state) {
	case REDIS_DOWN:
		break;
	case REDIS_DIAL:
		if ((what & EV_WRITE) != 0)
			redis_connected(r);
		break;
	case REDIS_LOGIN:
	case REDIS_UP:
		if ((what & EV_READ) != 0 || r->ahead != 0)
			redis_read(r);
		if (r->state != REDIS_DOWN && !r->dead)
			redis_flush(r);
		break;
	}
}

void
redis_on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct d4_redis *r = arg;

	(void)fd;
	redis_hold(r);
	redis_step(r, what);
	redis_release(r);
}

void
redis_on_kick(evutil_socket_t fd, short what, void *arg)
{
	struct d4_redis *r = arg;

	(void)fd;
	(void)what;
	redis_hold(r);
	if (r->state != REDIS_DIAL)
		redis_step(r, EV_WRITE);
	redis_release(r);
}

void
redis_on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct d4_redis *r = arg;

	(void)fd;
	(void)what;
	redis_hold(r);
	redis_timer(r);
	redis_release(r);
}

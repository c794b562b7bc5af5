#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "relay/post_room.h"
#include "relay/sink_wire.h"

#define WIRE_SCRATCH 16384u
#define WIRE_READS   16u /* of scratch, in one wake-up */

static void
wire_destroy(struct sink_wire *w)
{
	struct event *const all[] = {w->rd, w->wr, w->kick};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (all[i] != NULL)
			event_free(all[i]);
	}
	if (w->fd >= 0)
		(void)close(w->fd);
	d4_buf_fini(&w->out);
	free(w);
}

static void
wire_kick(struct sink_wire *w)
{
	static const struct timeval now = {0, 0};

	if (w->state != WIRE_ENDED && !evtimer_pending(w->kick, NULL))
		(void)evtimer_add(w->kick, &now);
}

static void
wire_finish(struct sink_wire *w, enum d4_tls_end how, const char *why)
{
	struct post_lane *l = w->lane;

	if (w->state == WIRE_ENDED || w->dead)
		return;
	w->state = WIRE_ENDED;
	if (w->rd != NULL)
		(void)event_del(w->rd);
	if (w->wr != NULL)
		(void)event_del(w->wr);
	l->run.how = how;
	(void)snprintf(l->run.why, sizeof(l->run.why), "%s", why);
	post_session_step(l, POST_ENDED);
}

static void
wire_finish_errno(struct sink_wire *w, enum d4_tls_end how, int e)
{
	wire_finish(w, e == ETIMEDOUT ? D4_TLS_TIMEOUT : how, strerror(e));
}

/* ---- one turn ---- */

static void
wire_connected(struct sink_wire *w)
{
	socklen_t len = sizeof(int);
	int e = 0;

	if (getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &e, &len) < 0)
		e = errno;
	if (e != 0) {
		wire_finish_errno(w, D4_TLS_CONNECT, e);
		return;
	}
	w->state = WIRE_UP;
	post_session_step(w->lane, POST_OPEN);
}

/*
 * The other side's end. Only one that answers ours says that all was read: an
 * answer acknowledges our end too, so nothing of ours is under way then.
 */
static void
wire_peer_end(struct sink_wire *w)
{
	int left = 0;

	if (w->state != WIRE_BYE)
		wire_finish(w, D4_TLS_EOF, "closed by the receiver");
	else if (ioctl(w->fd, SIOCOUTQ, &left) < 0 || left != 0)
		wire_finish(w, D4_TLS_CROSSED, "closed before our end arrived");
	else
		wire_finish(w, D4_TLS_CLEAN, "closed");
}

/* Nothing that is read is obeyed. */
static void
wire_read(struct sink_wire *w)
{
	uint8_t scratch[WIRE_SCRATCH];
	ssize_t n = 1;

	for (unsigned i = 0; i < WIRE_READS && n > 0; i++)
		n = recv(w->fd, scratch, sizeof(scratch), MSG_DONTWAIT);
	if (n > 0)
		wire_kick(w);
	else if (n == 0 && w->sizes == 0)
		wire_peer_end(w);
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		wire_finish_errno(w, D4_TLS_RESET, errno);
}

static void
wire_flush(struct sink_wire *w)
{
	enum d4_status st = w->off < w->out.n ? w->kind->send(w) : D4_OK;

	if (st == D4_AGAIN) {
		(void)event_add(w->wr, NULL);
		return;
	}
	if (st != D4_OK) {
		wire_finish_errno(w, D4_TLS_RESET, errno);
		return;
	}
	d4_buf_clear(&w->out, D4_TLS_QUEUE);
	w->off = w->head = w->n_size = 0;
	if (w->closing) {
		w->state = WIRE_BYE;
		w->closing = false;
		if (w->kind->bye(w))
			wire_finish(w, D4_TLS_CLEAN, "closed");
	} else if (w->owes && w->state == WIRE_UP) {
		w->owes = false;
		post_session_step(w->lane, POST_ROOM);
	}
}

static void
on_wire(evutil_socket_t fd, short what, void *arg)
{
	struct sink_wire *w = arg;

	(void)fd;
	(void)what;
	w->busy = true;
	if (w->failed)
		wire_finish(w, w->how, w->why);
	else if (w->state == WIRE_DIAL)
		wire_connected(w);
	if (!w->dead && (w->state == WIRE_UP || w->state == WIRE_BYE))
		wire_read(w);
	if (!w->dead && w->state == WIRE_UP)
		wire_flush(w);
	w->busy = false;
	if (w->dead)
		wire_destroy(w);
}

/* ---- making it ---- */

struct sink_wire *
sink_wire_new(
    struct post_lane *l, const struct sink_wire_kind *kind, size_t sizes)
{
	struct sink_wire *w =
	    calloc(1, sizeof(*w) + sizes * sizeof(w->size[0]));

	if (w == NULL)
		return NULL;
	w->lane = l;
	w->kind = kind;
	w->sizes = sizes;
	w->fd = -1;
	d4_buf_init(&w->out, D4_TLS_QUEUE + 2 * D4_TLS_WRITE);
	w->kick = evtimer_new(l->partner->post->base, on_wire, w);
	if (w->kick == NULL) {
		wire_destroy(w);
		return NULL;
	}
	return w;
}

enum d4_status
sink_wire_take(struct sink_wire *w, int fd)
{
	struct event_base *base = w->lane->partner->post->base;

	w->fd = fd;
	w->rd = event_new(base, fd, EV_READ | EV_PERSIST, on_wire, w);
	w->wr = event_new(base, fd, EV_WRITE, on_wire, w);
	if (w->rd == NULL || w->wr == NULL || event_add(w->wr, NULL) != 0 ||
	    event_add(w->rd, NULL) != 0)
		return D4_ENOMEM;
	w->state = WIRE_DIAL;
	return D4_OK;
}

static socklen_t
wire_address_len(const struct sockaddr_storage *a)
{
	return a->ss_family == AF_INET ? sizeof(struct sockaddr_in)
	                               : sizeof(struct sockaddr_in6);
}

enum d4_status
sink_wire_dial(struct sink_wire *w, int type)
{
	const struct d4_addresses *a = &w->lane->run.found;
	const struct sockaddr_storage *at =
	    &a->at[w->lane->partner->next_address % a->n];
	int fd = socket(at->ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1, e;

	if (fd < 0)
		return D4_EIO;
	/* A datagram socket refuses both; the answer is of no interest. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	if (connect(fd, (const struct sockaddr *)at, wire_address_len(at)) <
		0 &&
	    errno != EINPROGRESS) {
		e = errno;
		(void)close(fd);
		errno = e;
		return D4_EIO;
	}
	return sink_wire_take(w, fd);
}

/* ---- using it ---- */

enum d4_status
sink_wire_queue(struct sink_wire *w, struct d4_slice bytes)
{
	enum d4_status st;

	if (w->state != WIRE_UP || w->closing || w->dead)
		return D4_ECLOSED;
	st = d4_buf_add(&w->out, bytes.p, bytes.n);
	if (st != D4_OK)
		return st;
	w->owes = true;
	if (!event_pending(w->wr, EV_WRITE, NULL))
		wire_kick(w);
	return D4_OK;
}

void
sink_wire_fail(struct sink_wire *w, enum d4_tls_end how, const char *why)
{
	w->failed = true;
	w->how = how;
	(void)snprintf(w->why, sizeof(w->why), "%s", why);
	wire_kick(w);
}

size_t
sink_wire_queued(const void *wire)
{
	const struct sink_wire *w = wire;

	if (w->sizes != 0 && w->n_size == w->sizes)
		return D4_TLS_QUEUE;
	return w->out.n - w->off;
}

uint64_t
sink_wire_end(const void *wire)
{
	const struct sink_wire *w = wire;

	return w->total + (w->out.n - w->off);
}

void
sink_wire_close(void *wire)
{
	struct sink_wire *w = wire;

	w->closing = true;
	wire_kick(w);
}

void
sink_wire_free(void *wire)
{
	struct sink_wire *w = wire;

	if (w == NULL)
		return;
	if (w->busy)
		w->dead = true;
	else
		wire_destroy(w);
}

void
sink_wire_abort(void *wire)
{
	const struct sink_wire *w = wire;
	struct linger now = {.l_onoff = 1, .l_linger = 0};

	if (w->fd >= 0)
		(void)setsockopt(
		    w->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	sink_wire_free(wire);
}

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "libd4/kit/log.h"
#include "sensor/tee.h"

#define TEE_BATCH (1u << 20) /* bytes copied at once */
#define TEE_MAX   (4u << 20)

/* buf: copied, and written up to at: the ring may give those frames up. */
struct tee {
	struct ring *ring;
	const struct tee_events *ev;
	void *arg;
	struct event *writable;
	struct d4_buf buf;
	size_t at;
	int fd, flags;
	bool opened, ended, finishing;
};

static void tee_on_writable(evutil_socket_t fd, short what, void *arg);

enum d4_status
tee_new(struct event_base *base, int fd, struct ring *ring,
    const struct tee_owner *to, struct tee **out)
{
	struct tee *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return D4_ENOMEM;
	t->ring = ring;
	t->ev = to->ev;
	t->arg = to->arg;
	t->fd = fd;
	d4_buf_init(&t->buf, TEE_MAX);
	t->flags = fcntl(fd, F_GETFL);
	t->writable = event_new(base, fd, EV_WRITE, tee_on_writable, t);
	if (t->writable == NULL || t->flags < 0 ||
	    fcntl(fd, F_SETFL, t->flags | O_NONBLOCK) < 0) {
		tee_free(t);
		return D4_EIO;
	}
	ring_tee(ring, true);
	*out = t;
	return D4_OK;
}

void
tee_free(struct tee *t)
{
	if (t == NULL)
		return;
	if (t->flags >= 0)
		(void)fcntl(t->fd, F_SETFL, t->flags);
	if (t->writable != NULL)
		event_free(t->writable);
	d4_buf_fini(&t->buf);
	free(t);
}

/* The frames are no longer held for it; sending goes on. */
static void
tee_end(struct tee *t, const char *why)
{
	if (t->ended)
		return;
	t->ended = true;
	d4_warnx("standard output gets no more frames why=\"%s\"", why);
	ring_tee(t->ring, false);
	t->ev->wake(t->arg);
}

/* The next frames, whole, into the buffer; false: there are none. */
static bool
tee_fill(struct tee *t)
{
	const struct ring_frame *f = ring_tee_next(t->ring);
	enum d4_status st = D4_OK;

	if (f == NULL)
		return false;
	t->buf.n = t->at = 0;
	if (!t->opened)
		st = t->ev->opening(t->arg, &t->buf);
	t->opened = true;
	while (st == D4_OK && f != NULL && t->buf.n < TEE_BATCH) {
		struct d4_slice wire = ring_bytes(f);

		st = d4_buf_add(&t->buf, wire.p, wire.n);
		if (st == D4_OK)
			ring_teed(t->ring);
		f = ring_tee_next(t->ring);
	}
	if (st == D4_OK)
		return true;
	tee_end(t, d4_status_text(st));
	return false;
}

/* Writes what it can; D4_AGAIN: the other side does not take more now. */
static enum d4_status
tee_write(struct tee *t)
{
	while (t->at < t->buf.n) {
		ssize_t n = write(t->fd, t->buf.p + t->at, t->buf.n - t->at);

		if (n >= 0)
			t->at += (size_t)n;
		else if (errno == EAGAIN)
			return D4_AGAIN;
		else if (errno != EINTR)
			return D4_EIO;
	}
	return D4_OK;
}

static void
tee_step(struct tee *t)
{
	enum d4_status st = D4_OK;
	bool more = true;

	while (st == D4_OK && more && !t->ended) {
		st = tee_write(t);
		more = st == D4_OK && tee_fill(t);
	}
	if (st == D4_EIO)
		tee_end(t, strerror(errno));
	else if (st == D4_AGAIN)
		(void)event_add(t->writable, NULL);
	t->ev->wake(t->arg);
	if (t->finishing && st != D4_AGAIN) {
		t->finishing = false;
		t->ev->drained(t->arg);
	}
}

static void
tee_on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	tee_step(arg);
}

void
tee_wake(struct tee *t)
{
	if (event_pending(t->writable, EV_WRITE, NULL) && !t->ended)
		return;
	tee_step(t);
}

void
tee_stop(struct tee *t, const char *why)
{
	tee_end(t, why);
}

void
tee_finish(struct tee *t)
{
	t->finishing = true;
	tee_wake(t);
}

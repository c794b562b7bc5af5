#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include "libd4/type.h"
#include "sensor/out.h"

#define OUT_BATCH 64 /* frames of one writev */

struct out {
	struct session_conf conf;
	const struct session_events *ev;
	void *arg;
	int fd;
	bool opened, done;
};

enum d4_status
out_new(const struct session_conf *conf, int fd,
    const struct session_events *ev, void *arg, struct out **out)
{
	struct out *o = calloc(1, sizeof(*o));

	if (o == NULL)
		return D4_ENOMEM;
	o->conf = *conf;
	o->ev = ev;
	o->arg = arg;
	o->fd = fd;
	*out = o;
	return D4_OK;
}

void
out_free(struct out *o)
{
	free(o);
}

static void
out_done(struct out *o, const char *why)
{
	if (o->done)
		return;
	o->done = true;
	o->ev->done(o->arg, why);
}

/* Drops the first n bytes of the vector. */
static void
out_advance(struct iovec **iov, int *cnt, size_t n)
{
	while (*cnt != 0 && n >= (*iov)->iov_len) {
		n -= (*iov)->iov_len;
		++*iov;
		--*cnt;
	}
	if (*cnt != 0) {
		(*iov)->iov_base = (char *)(*iov)->iov_base + n;
		(*iov)->iov_len -= n;
	}
}

static bool
out_writev(struct out *o, struct iovec *iov, int cnt)
{
	while (cnt != 0) {
		ssize_t n = writev(o->fd, iov, cnt);

		if (n >= 0) {
			out_advance(&iov, &cnt, (size_t)n);
		} else if (errno == EAGAIN) {
			struct pollfd p = {.fd = o->fd, .events = POLLOUT};

			(void)poll(&p, 1, -1);
		} else if (errno != EINTR) {
			return false;
		}
	}
	return true;
}

static void
out_point(struct iovec *v, struct d4_slice s)
{
	/* iov_base is not const in POSIX; writev does not write there. */
	memcpy(&v->iov_base, &s.p, sizeof(v->iov_base));
	v->iov_len = s.n;
}

/* The meta header and the opening, once. */
static bool
out_open(struct out *o)
{
	struct iovec v;
	struct d4_buf b;
	bool ok;

	d4_buf_init(&b, 1u << 20);
	ok = framer_control(o->conf.framer, D4_TYPE_META, o->conf.meta, &b) ==
	         D4_OK &&
	     framer_control(o->conf.framer, o->conf.type,
		 o->ev->opening(o->arg), &b) == D4_OK;
	out_point(&v, d4_buf_slice(&b));
	ok = ok && (b.n == 0 || out_writev(o, &v, 1));
	d4_buf_fini(&b);
	return ok;
}

/* Up to OUT_BATCH frames in one call. */
static bool
out_batch(struct out *o)
{
	struct counts *c = o->conf.counts;
	struct iovec iov[OUT_BATCH];
	struct ring_frame *f;
	uint64_t records = 0;
	int n = 0;

	while (n < OUT_BATCH && (f = ring_next(o->conf.ring)) != NULL) {
		out_point(&iov[n++], ring_bytes(f));
		records += f->records;
		ring_sent(o->conf.ring, 1);
	}
	if (!out_writev(o, iov, n))
		return false;
	c->sent += records;
	c->tally.records[D4_R_NONE] += records;
	while (n-- > 0)
		ring_release(o->conf.ring);
	ring_agreed(o->conf.ring);
	return true;
}

void
out_wake(struct out *o)
{
	bool ok = true;

	if (o->done || ring_next(o->conf.ring) == NULL)
		return;
	if (!o->opened)
		ok = out_open(o);
	o->opened = true;
	while (ok && ring_next(o->conf.ring) != NULL)
		ok = out_batch(o);
	if (!ok)
		out_done(o, strerror(errno));
	else
		o->ev->room(o->arg);
}

void
out_finish(struct out *o)
{
	out_wake(o);
	out_done(o, NULL);
}

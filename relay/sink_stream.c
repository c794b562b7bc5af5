/* Wires that are streams without TLS: TCP, and unix sockets. */
#include <errno.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include "relay/post_room.h"
#include "relay/sink_rows.h"
#include "relay/sink_wire.h"

static enum d4_status
stream_send(struct sink_wire *w)
{
	ssize_t n;

	while (w->off < w->out.n) {
		n = send(w->fd, w->out.p + w->off, w->out.n - w->off,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? D4_AGAIN
			                                         : D4_EIO;
		w->off += (size_t)n;
		w->total += (uint64_t)n;
	}
	return D4_OK;
}

/* Of a unix socket all was read by now: that is what "acked" means there. */
static bool
stream_bye(struct sink_wire *w)
{
	return shutdown(w->fd, SHUT_WR) != 0 || w->local;
}

static const struct sink_wire_kind stream_kind = {
    .send = stream_send,
    .bye = stream_bye,
};

/* What a unix socket's reader left behind when it went away is not read. */
static bool
stream_gone(const struct sink_wire *w)
{
	char c;
	ssize_t n = recv(w->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT);

	return n == 0 || (n < 0 && errno != EAGAIN);
}

/*
 * TCP: what the other kernel has. Unix socket: what the reader took; SIOCOUTQ
 * counts whole buffers of the kernel there, so it is that at least. First the
 * count, then whether the reader is there: it empties the buffers when it goes.
 */
static uint64_t
stream_acked(const void *wire)
{
	const struct sink_wire *w = wire;
	int left = 0;

	if (w->fd < 0 || ioctl(w->fd, SIOCOUTQ, &left) < 0 || left < 0 ||
	    (uint64_t)left > w->total)
		return 0;
	if (w->local && stream_gone(w))
		return 0;
	return w->total - (uint64_t)left;
}

static enum d4_status
stream_write(void *wire, struct d4_slice bytes)
{
	return sink_wire_queue(wire, bytes);
}

static enum d4_status
stream_failed(struct post_lane *l, struct sink_wire *w, enum d4_status st)
{
	(void)snprintf(l->run.why, sizeof(l->run.why), "%s",
	    st == D4_EIO && errno != 0 ? strerror(errno) : d4_status_text(st));
	sink_wire_free(w);
	return st;
}

static enum d4_status
tcp_open(struct post_lane *l)
{
	struct sink_wire *w = sink_wire_new(l, &stream_kind, 0);
	enum d4_status st = D4_ENOMEM;

	if (w != NULL)
		st = sink_wire_dial(w, SOCK_STREAM);
	if (st != D4_OK)
		return stream_failed(l, w, st);
	l->run.wire = w;
	return D4_OK;
}

/* The sandbox has no unix sockets: the supervisor connects (post_dialed). */
static enum d4_status
unix_open(struct post_lane *l)
{
	struct sink_wire *w = sink_wire_new(l, &stream_kind, 0);
	enum d4_status st = D4_ENOMEM;

	if (w != NULL)
		st = sink_ask(l->partner);
	if (st != D4_OK)
		return stream_failed(l, w, st);
	w->local = true;
	l->run.wire = w;
	return D4_OK;
}

#define STREAM_WIRE                                                            \
	.write = stream_write, .queued = sink_wire_queued,                     \
	.end = sink_wire_end, .acked = stream_acked, .close = sink_wire_close, \
	.free = sink_wire_free, .abort = sink_wire_abort

const struct sink sink_tcp = {
    .kind = SINK_TCP,
    .host = true,
    .confirms = "the receiver closed in answer to the end of the stream",
    .shape = &sink_shape_stream,
    .open = tcp_open,
    STREAM_WIRE,
};

const struct sink sink_unix = {
    .kind = SINK_UNIX,
    .asks = true,
    .confirms = "the receiver read it",
    .shape = &sink_shape_stream,
    .open = unix_open,
    STREAM_WIRE,
};

const struct sink sink_syslog_tcp = {
    .kind = SINK_SYSLOG_TCP,
    .host = true,
    .confirms = "the receiver closed in answer to the end of the stream",
    .lines = true,
    .shape = &sink_shape_counted,
    .open = tcp_open,
    STREAM_WIRE,
};

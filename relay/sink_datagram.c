/* Wires of datagrams: UDP, and the system's log socket. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include "relay/post_room.h"
#include "relay/sink_rows.h"
#include "relay/sink_wire.h"

#define DATAGRAMS 256u /* that wait */
#define BATCH     64u  /* in one system call */

static void
datagram_sent(struct sink_wire *w, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		w->off += w->size[w->head];
		w->total += w->size[w->head++];
	}
}

static enum d4_status
datagram_send(struct sink_wire *w)
{
	struct mmsghdr msg[BATCH];
	struct iovec part[BATCH];
	size_t off, n;
	int sent;

	while (w->head < w->n_size) {
		off = w->off;
		for (n = 0; n < BATCH && w->head + n < w->n_size; n++) {
			part[n] = (struct iovec){
			    w->out.p + off, w->size[w->head + n]};
			msg[n] = (struct mmsghdr){
			    .msg_hdr = {.msg_iov = &part[n], .msg_iovlen = 1}};
			off += part[n].iov_len;
		}
		sent = sendmmsg(
		    w->fd, msg, (unsigned)n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0)
			return errno == EAGAIN || errno == EINTR ? D4_AGAIN
			                                         : D4_EIO;
		datagram_sent(w, (unsigned)sent);
	}
	return D4_OK;
}

static bool
datagram_bye(struct sink_wire *w)
{
	(void)w;
	return true; /* nobody answers */
}

static const struct sink_wire_kind datagram_kind = {
    .send = datagram_send,
    .bye = datagram_bye,
};

/* The kernel has them; that is all that can be known. */
static uint64_t
datagram_acked(const void *wire)
{
	const struct sink_wire *w = wire;

	return w->total;
}

static enum d4_status
datagram_write(void *wire, struct d4_slice bytes)
{
	struct sink_wire *w = wire;
	enum d4_status st;

	if (w->n_size == w->sizes)
		return D4_ETOOBIG;
	st = sink_wire_queue(w, bytes);
	if (st == D4_OK)
		w->size[w->n_size++] = (uint32_t)bytes.n;
	return st;
}

static enum d4_status
datagram_failed(struct post_lane *l, struct sink_wire *w, enum d4_status st)
{
	(void)snprintf(l->run.why, sizeof(l->run.why), "%s",
	    st == D4_EIO && errno != 0 ? strerror(errno) : d4_status_text(st));
	sink_wire_free(w);
	return st;
}

static enum d4_status
udp_open(struct post_lane *l)
{
	struct sink_wire *w = sink_wire_new(l, &datagram_kind, DATAGRAMS);
	enum d4_status st = D4_ENOMEM;

	if (w != NULL)
		st = sink_wire_dial(w, SOCK_DGRAM);
	if (st != D4_OK)
		return datagram_failed(l, w, st);
	l->run.wire = w;
	return D4_OK;
}

static enum d4_status
local_open(struct post_lane *l)
{
	struct sink_wire *w = sink_wire_new(l, &datagram_kind, DATAGRAMS);
	enum d4_status st = D4_ENOMEM;

	if (w != NULL)
		st = sink_ask(l->partner);
	if (st != D4_OK)
		return datagram_failed(l, w, st);
	l->run.wire = w;
	return D4_OK;
}

#define DATAGRAM_WIRE                                                       \
	.never = true, .write = datagram_write, .queued = sink_wire_queued, \
	.end = sink_wire_end, .acked = datagram_acked,                      \
	.close = sink_wire_close, .free = sink_wire_free,                   \
	.abort = sink_wire_abort,                                           \
	.confirms = "nothing: what was sent counts as maybe_lost"

const struct sink sink_udp = {
    .kind = SINK_UDP,
    .host = true,
    .lines = true,
    .shape = &sink_shape_datagram,
    .open = udp_open,
    DATAGRAM_WIRE,
};

const struct sink sink_syslog_udp = {
    .kind = SINK_SYSLOG_UDP,
    .host = true,
    .lines = true,
    .shape = &sink_shape_syslog,
    .open = udp_open,
    DATAGRAM_WIRE,
};

const struct sink sink_syslog_local = {
    .kind = SINK_SYSLOG_LOCAL,
    .asks = true,
    .lines = true,
    .shape = &sink_shape_local,
    .open = local_open,
    DATAGRAM_WIRE,
};

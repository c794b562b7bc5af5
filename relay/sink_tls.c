/* Wires that are TLS connections: D4 partners, streams, syslog. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "relay/post_room.h"
#include "relay/sink_rows.h"

/* ---- what TLS tells: translated, nothing else ---- */

static void
on_open(void *arg)
{
	post_session_step(arg, POST_OPEN);
}

static void
on_read(void *arg, struct d4_slice bytes)
{
	struct post_lane *l = arg;

	l->run.heard += bytes.n; /* nothing of it is obeyed */
	post_session_step(l, POST_READ);
}

static void
on_drained(void *arg)
{
	post_session_step(arg, POST_ROOM);
}

static void
on_end(void *arg, enum d4_tls_end how, const char *why)
{
	struct post_lane *l = arg;

	l->run.how = how;
	(void)snprintf(l->run.why, sizeof(l->run.why), "%s", why);
	post_session_step(l, POST_ENDED);
}

static void
on_peer_closed(void *arg)
{
	post_session_step(arg, POST_PEER_CLOSED);
}

static const struct d4_tls_events tls_events = {
    .open = on_open,
    .read = on_read,
    .drained = on_drained,
    .end = on_end,
    .peer_closed = on_peer_closed,
};

/* ---- the row ---- */

static enum d4_status
tls_open(struct post_lane *l)
{
	struct post_partner *pp = l->partner;
	const struct relay_partner *c = pp->conf;
	const struct d4_addresses *a = &l->run.found;
	const struct d4_socks5_to via = {.host = c->host,
	    .port = c->port,
	    .user = c->proxy.user,
	    .password = c->proxy.password};
	struct d4_tls_to to = {
	    .at = &a->at[pp->next_address % a->n],
	    .name = c->name != NULL ? c->name : c->host,
	    .via = c->proxy.host != NULL ? &via : NULL,
	};
	struct d4_tls_owner owner = {.ev = &tls_events, .arg = l};
	struct d4_tls *t;
	enum d4_status st;

	errno = 0;
	st = d4_tls_connect(pp->post->base, pp->ctx, &to, &owner, &t);
	if (st == D4_OK)
		l->run.wire = t;
	else
		(void)snprintf(l->run.why, sizeof(l->run.why), "%s",
		    errno != 0 ? strerror(errno) : d4_status_text(st));
	return st;
}

static enum d4_status
tls_write(void *wire, struct d4_slice bytes)
{
	return d4_tls_write(wire, bytes);
}

static size_t
tls_queued(const void *wire)
{
	return d4_tls_queued(wire);
}

static uint64_t
tls_end(const void *wire)
{
	return d4_tls_wire_end(wire);
}

static uint64_t
tls_acked(const void *wire)
{
	return d4_tls_wire_acked(wire);
}

static void
tls_close(void *wire)
{
	d4_tls_close(wire);
}

static void
tls_free(void *wire)
{
	d4_tls_free(wire);
}

static void
tls_abort(void *wire)
{
	d4_tls_abort(wire);
}

#define TLS_WIRE                                                    \
	.open = tls_open, .write = tls_write, .queued = tls_queued, \
	.end = tls_end, .acked = tls_acked, .close = tls_close,     \
	.free = tls_free, .abort = tls_abort

const struct sink sink_d4 = {
    .kind = SINK_D4,
    .confirms = "the partner answered the end of a session with its own",
    .d4 = true,
    .host = true,
    .tls = true,
    TLS_WIRE,
};

const struct sink sink_tls = {
    .kind = SINK_TLS,
    .confirms = "the receiver answered the end of the stream with its own",
    .host = true,
    .tls = true,
    .shape = &sink_shape_stream,
    TLS_WIRE,
};

const struct sink sink_syslog_tls = {
    .kind = SINK_SYSLOG_TLS,
    .confirms = "the receiver answered the end of the stream with its own",
    .host = true,
    .tls = true,
    .lines = true,
    .shape = &sink_shape_counted,
    TLS_WIRE,
};

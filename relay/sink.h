/*
 * The table of sinks: the ways in which a lane's bytes leave. Above it, post's
 * lanes, books, limits and state machine are the same for all (ADR 0017).
 *
 * A wire is one connection (or file) of one lane. It tells the lane what
 * happens by post_session_step(): POST_OPEN, POST_ROOM, POST_READ,
 * POST_PEER_CLOSED and POST_ENDED, the last with l->run.how and why set; and
 * never from inside one of the functions below.
 */
#ifndef RELAY_SINK_H
#define RELAY_SINK_H

#include <jansson.h>
#include "relay/partner.h"
#include "relay/sink_shape.h"

struct post_lane;
struct post_partner;

/*
 * struct sink -- one row.
 * Shape:  confirms: what "confirmed" means here, for people. d4: a D4 server
 *         that may refuse, so a first session is a probe, and there is one
 *         for a wire UUID and type at a time. tls: a TLS context is needed.
 *         host: an address has to be found first (l->run.found). asks: the
 *         supervisor connects. lines: it cannot carry captures. never: what
 *         arrived is never known. all: after an unclean end all is sent
 *         again. shape: what it writes; NULL: D4 frames.
 *         begin, end_all: once a partner, for what it keeps in pp->kept; tick:
 *         every second; status: adds to the partner's. All may be NULL.
 *         begin's *why says what cannot be used.
 *         entry: l->entry is being written. rotates: whether the session is
 *         to end now, in place of the settings. Both may be NULL.
 *         open: a new wire into l->run.wire. Errors: l->run.why says what.
 *         write: queues or sends all of the bytes, or fails; after an error
 *         nothing may follow.
 *         queued: bytes that wait for the kernel; D4_TLS_QUEUE at most.
 *         end: where on the wire the last write ends. acked: how far it is
 *         known to have arrived.
 *         close: no more writes; POST_ENDED with D4_TLS_CLEAN comes when the
 *         other side has everything.
 *         free: closes at once; NULL is legal, and any time.
 *         abort: the same, and what was written and is still here must not
 *         leave any more (a freeze). NULL: free does it.
 */
struct sink {
	enum sink_kind kind;
	const char *confirms;
	bool d4, tls, host, asks, lines, never, all;
	const struct sink_shape *shape;
	enum d4_status (*begin)(struct post_partner *pp, const char **why);
	void (*end_all)(struct post_partner *pp);
	void (*tick)(struct post_partner *pp);
	void (*status)(const struct post_partner *pp, json_t *o);
	void (*entry)(struct post_lane *l);
	bool (*rotates)(const struct post_lane *l);
	enum d4_status (*open)(struct post_lane *l);
	enum d4_status (*write)(void *wire, struct d4_slice bytes);
	size_t (*queued)(const void *wire);
	uint64_t (*end)(const void *wire);
	uint64_t (*acked)(const void *wire);
	void (*close)(void *wire);
	void (*free)(void *wire);
	void (*abort)(void *wire);
};

/*
 * sink_ask -- for a connection to the partner's unix socket; post_dialed
 * brings it. Errors: D4_ENOTSUP nobody can be asked; as sending fails.
 */
D4_USED enum d4_status sink_ask(const struct post_partner *pp);

/* sink_of -- the row of a partner. */
const struct sink *sink_of(const struct relay_partner *c);

/* The wire of a lane's session; free is legal without one. */
D4_USED enum d4_status sink_write(struct post_lane *l, struct d4_slice bytes);
size_t sink_queued(const struct post_lane *l);
uint64_t sink_end(const struct post_lane *l);
uint64_t sink_acked(const struct post_lane *l);
uint64_t sink_unacked(const struct post_lane *l);
void sink_close(struct post_lane *l);
void sink_free(struct post_lane *l);
void sink_abort(struct post_lane *l);

#endif

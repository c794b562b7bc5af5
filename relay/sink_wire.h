/*
 * What the wires without TLS share: a descriptor on events, bytes that wait
 * for the kernel, and how a lane is told. For the rows of sinks.
 */
#ifndef RELAY_SINK_WIRE_H
#define RELAY_SINK_WIRE_H

#include <event2/event.h>
#include "libd4/kit/tls.h"
#include "libd4/slice.h"

struct post_lane;
struct sink_wire;

enum sink_wire_state {
	WIRE_ASKED, /* the supervisor was asked for a connection */
	WIRE_DIAL,  /* connect() is in progress */
	WIRE_UP,    /* bytes go out */
	WIRE_BYE,   /* no more bytes; waits for the other side's end */
	WIRE_ENDED, /* POST_ENDED was told */
};

/*
 * struct sink_wire_kind -- a way of writing.
 * send: what is queued, as far as the kernel takes it. Errors: D4_AGAIN it is
 *       full.  D4_EIO errno says why.
 * bye:  all is sent and nothing follows. True: the end is to be told at once,
 *       there is nothing to wait for.
 */
struct sink_wire_kind {
	enum d4_status (*send)(struct sink_wire *w);
	bool (*bye)(struct sink_wire *w);
};

/*
 * struct sink_wire -- one connection of one lane.
 * Shape:  out[off..n) waits for the kernel; size[head..n_size): of the
 *         datagrams in it. total: bytes given to the kernel. busy: a step is
 *         running, so free only marks dead. closing: bye is wanted. owes:
 *         POST_ROOM. failed: the end is to be told, as how and why say.
 *         local: a unix socket.
 */
struct sink_wire {
	struct post_lane *lane;
	const struct sink_wire_kind *kind;
	enum sink_wire_state state;
	int fd;
	struct event *rd, *wr, *kick;
	struct d4_buf out;
	size_t off;
	uint64_t total;
	bool busy, dead, closing, owes, failed, local;
	enum d4_tls_end how;
	char why[96];
	size_t head, n_size, sizes;
	uint32_t size[];
};

/* sink_wire_new -- with room for so many datagrams; NULL out of memory. */
struct sink_wire *sink_wire_new(
    struct post_lane *l, const struct sink_wire_kind *kind, size_t sizes);

/*
 * sink_wire_take -- fd (taken, also on error) is its descriptor, on which
 * connect() was called. Errors: D4_ENOMEM.
 */
D4_USED enum d4_status sink_wire_take(struct sink_wire *w, int fd);

/*
 * sink_wire_dial -- makes a socket of a type to the lane's address.
 * Errors: D4_EIO errno is set.  D4_ENOMEM.
 */
D4_USED enum d4_status sink_wire_dial(struct sink_wire *w, int type);

/* sink_wire_queue -- adds to what waits. Errors: D4_ECLOSED, D4_ENOMEM. */
D4_USED enum d4_status sink_wire_queue(
    struct sink_wire *w, struct d4_slice bytes);

/* sink_wire_fail -- tells the lane in the next turn that it ended. */
void sink_wire_fail(struct sink_wire *w, enum d4_tls_end how, const char *why);

/* As in struct sink. */
size_t sink_wire_queued(const void *wire);
uint64_t sink_wire_end(const void *wire);
void sink_wire_close(void *wire);
void sink_wire_free(void *wire);
void sink_wire_abort(void *wire);

#endif

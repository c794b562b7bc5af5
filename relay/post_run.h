/* One session in post: its state, its events, its progress. */
#ifndef RELAY_POST_RUN_H
#define RELAY_POST_RUN_H

#include "libd4/kit/resolve.h"
#include "libd4/kit/tls.h"
#include "relay/post_resend.h"

/* bytes of a partner in a session, who should say nothing */
#define POST_HEARD_MAX (1u << 20)

#define POST_PROBE      8u    /* frames of a lane's first session */
#define POST_FRAMES_MAX 9000u /* a stock server takes 10,000 a session */

enum post_state {
	POST_IDLE,    /* nothing to send, or not now */
	POST_RESOLVE, /* asks for the partner's address */
	POST_CONNECT, /* TCP and TLS */
	POST_STREAM,  /* frames go out */
	POST_DRAIN,   /* no more frames; all must be acknowledged, then quiet */
	POST_CLOSE,   /* our close_notify is out; waits for the partner's */
	POST_BACKOFF, /* failed; waits */
};

/* POKE: look whether there is something to do. The others say what came. */
enum post_event {
	POST_POKE,
	POST_RESOLVED,
	POST_OPEN,
	POST_ROOM,
	POST_READ,
	POST_PEER_CLOSED,
	POST_ENDED,
};

/* What was passed without being sent, entries up to seq; seq 0: nothing. */
struct post_passed {
	uint64_t seq;
	struct post_counts counts;
};

/*
 * struct post_run -- one session.
 * Shape:  found: the partner's addresses. frames, bytes: written so far.
 *         held_us: since when less than a frame is held, 0 nothing is.
 *         quiet_us: since when all is acknowledged, 0 it is not. given:
 *         l->entry is being sent. asked: no freeze in this burst. cut: stopped
 *         inside an entry. stale: the release changed. yield: another lane of
 *         the slot waits. barred_us: since when what is in progress is of
 *         another release, 0 it is not.
 *         heard: bytes that it sent. paid: bytes at its last turn. tried:
 * addresses that did not answer. Units:  _us by the clock that does not go
 * back.
 */
struct post_run {
	struct d4_query *query;
	struct d4_addresses found;
	void *wire; /* of the partner's sink */
	uint64_t frames, bytes;
	uint64_t entered_us, opened_us, written_us, held_us, quiet_us;
	uint64_t acked, progress_us, barred_us;
	enum d4_tls_end how;
	char why[128];
	uint64_t heard, paid;
	size_t tried;
	bool given, cut, yield, stale, asked;
};

#endif

/* The tee, between tee.c (the room) and tee_line.c (one session). */
#ifndef HUB_TEE_PARTS_H
#define HUB_TEE_PARTS_H

#include "hub/tee.h"

#define TEE_ASKING    8u     /* connections that are being opened at a time */
#define TEE_ANSWER_MS 15000u /* for the supervisor, and for TLS */
#define TEE_SETTLE_MS 3000u  /* a server that refuses does so before */
#define TEE_BYE_MS    30000u /* for the answer to our close_notify */
#define TEE_REST_MIN  1000u  /* ms between two attempts, doubling ... */
#define TEE_REST_MAX  30000u /* ... up to this */
#define TEE_REFUSALS  6u     /* of a session that is over; then given up */
#define TEE_OVERHEAD  512u   /* bytes of a line beside its frames */

enum tee_state {
	TEE_WAIT,  /* for its turn, or to try again */
	TEE_ASK,   /* the supervisor opens a connection */
	TEE_SHAKE, /* TLS handshake */
	TEE_OPEN,  /* frames go out */
	TEE_BYE,   /* all of them are out: close_notify */
	TEE_OFF,   /* given up: frames are only counted */
};

/*
 * struct tee_line -- one session's way upstream.
 * Shape:  out: frames; the first `sent` bytes of them are with TLS, and kept
 *         until the server cannot refuse any more (settled). part: bytes of
 *         the frame at `sent` that are still to be sent, 0: a frame begins
 *         there. after: an older line of the same stream, which comes first:
 *         a d4-core takes one session per UUID and type. frames, bytes: that
 *         came; frames_out, bytes_out: handed to TLS. noted: frames that were
 *         not teed and are in the account. over_ms: when the session ended.
 */
struct tee_line {
	TAILQ_ENTRY(tee_line) link;
	struct tee *tee;
	struct session *session;
	struct tee_line *after;
	char id[D4_UUID_TEXT];
	struct d4_uuid sensor;
	uint8_t type;
	enum tee_state state;
	uint32_t number;
	struct d4_tls *tls;
	struct event *timer;
	struct d4_buf out;
	size_t sent, part;
	uint64_t frames, bytes, frames_out, bytes_out;
	uint64_t noted, noted_bytes;
	uint64_t over_ms;
	unsigned rest_ms, refusals;
	enum d4_reason why;
	bool settled, over;
};

TAILQ_HEAD(tee_lines, tee_line);

/* Since the process began. */
struct tee_counts {
	uint64_t lines, confirmed, unconfirmed, given_up;
	uint64_t frames, bytes, missed, missed_bytes;
};

/*
 * struct tee -- Shape: held: bytes in all buffers, with their lines. asking:
 * connections being opened. failing: the last one could not be; then one line
 * tries at a time, and nobody before rest_until_ms.
 */
struct tee {
	struct hub *hub;
	struct d4_tls_ctx *ctx;
	char *name;
	struct tee_lines lines;
	size_t n;
	uint64_t held;
	unsigned asking;
	uint32_t next;
	bool failing;
	unsigned rest_ms;
	uint64_t rest_until_ms;
	struct tee_counts counts;
};

/* ---- tee.c ---- */

/* tee_reached, tee_failed -- a connection was opened, or could not be. */
void tee_reached(struct tee *t);
void tee_failed(struct tee *t, const char *why);

/* tee_note -- what of a line was not teed goes into the account. */
void tee_note(struct tee_line *l);

/* ---- tee_line.c ---- */

/* tee_remove -- the line is over; it is freed. */
void tee_remove(struct tee_line *l);
/* tee_line_go -- tries now, or says when. */
void tee_line_go(struct tee_line *l);
/* tee_line_frame -- one more; copied. */
void tee_line_frame(
    struct tee_line *l, const uint8_t *wire, struct d4_slice payload);
/* tee_line_over -- no more frames; l may be gone afterwards. */
void tee_line_over(struct tee_line *l);
/* tee_line_dialed -- fd is taken; l may be gone afterwards. */
void tee_line_dialed(struct tee_line *l, int fd, const char *why);
/* tee_line_give_up -- l may be gone afterwards. */
void tee_line_give_up(struct tee_line *l, enum d4_reason why);
/* tee_line_timer -- what its timer calls. */
void tee_line_timer(evutil_socket_t fd, short what, void *arg);
void tee_line_enter(struct tee_line *l, enum tee_state to);
/* tee_line_alarm -- its timer, in ms. */
void tee_line_alarm(struct tee_line *l, uint64_t ms);

/* ---- tee_send.c ---- */

/* tee_line_room -- room for n more bytes: what is sent already goes first. */
bool tee_line_room(struct tee_line *l, size_t n);
/* tee_line_forget -- the first n bytes, which are sent, are not needed. */
void tee_line_forget(struct tee_line *l, size_t n);
/* tee_line_shrink -- what is sent goes, when it cannot be refused any more. */
void tee_line_shrink(struct tee_line *l);
/* tee_line_pump -- as much as TLS takes now; after the last: close_notify. */
void tee_line_pump(struct tee_line *l);

#endif

/*
 * The tee (Decision 16): the raw frames of each session, unchanged, to an
 * existing D4 server of the same organisation; one connection a session. It
 * never holds our own intake up: what does not fit into its buffers is given
 * up, counted and noted in the accounting log (ADR 0027).
 */
#ifndef HUB_TEE_H
#define HUB_TEE_H

#include <jansson.h>
#include "hub/hub.h"

struct session;
struct tee;
struct tee_line;

/*
 * tee_new -- reads the certificates, so it is made before the sandbox. *out is
 * NULL without `tee` in the configuration.
 * Errors: D4_EINVAL said in the log.  D4_ENOMEM.
 */
D4_USED enum d4_status tee_new(struct hub *h, struct tee **out);

/* tee_free -- what is not delivered is given up. */
void tee_free(struct tee *t);

/*
 * tee_frame -- an authentic frame of s: 62 bytes of header as they came, and
 * the payload; copied. t may be NULL.
 */
void tee_frame(struct tee *t, struct session *s, const uint8_t *wire,
    struct d4_slice payload);

/* tee_end -- the session is over; its line goes on until it is delivered. */
void tee_end(struct tee_line *line);

/*
 * tee_dialed -- the supervisor's answer to hub_events.dial(id): a connected
 * socket, taken; or -1, and why.
 */
void tee_dialed(struct tee *t, uint32_t id, int fd, const char *why);

/* tee_busy -- lines that are connected and not yet delivered, for the drain. */
size_t tee_busy(const struct tee *t);

/* tee_status -- counters; a new object. */
json_t *tee_status(const struct tee *t);

#endif

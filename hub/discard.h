/*
 * What the hub does not accept from sensors, in the accounting log: records
 * that are malformed or over a limit, unfinished frames, refused sessions.
 * Summed up for a second, because a sensor can send much malformed data.
 */
#ifndef HUB_DISCARD_H
#define HUB_DISCARD_H

#include "hub/hub.h"

struct session;

/*
 * struct discarded -- how much. sessions: that were refused.
 */
struct discarded {
	uint64_t records, bytes, sessions;
};

/* discard_new -- Errors: D4_ENOMEM. */
D4_USED enum d4_status discard_new(struct hub *h, struct discard **out);
void discard_free(struct discard *d);

/*
 * discard_note -- s: whose it was; one that is not authentic (or NULL) is
 * counted by reason only, so that nobody can fill the accounting log from
 * outside.
 */
void discard_note(struct discard *d, const struct session *s,
    enum d4_reason why, const struct discarded *n);

/*
 * discard_flush -- to the accounting log, durably; what fails is tried again.
 */
void discard_flush(struct discard *d);

#endif

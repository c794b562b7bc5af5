/* Records in quarantine, for callers that keep them for inspection. */
#ifndef SAN_HELD_H
#define SAN_HELD_H

#include "sanitizers/chain.h"

/*
 * struct san_held -- a record that the self-check or a canary withheld, as
 *         received.
 * Shape:  opening: of the file that it was in; with it the record is a whole
 *         file of its type.
 * Owns:   nothing; good until the call returns.
 */
struct san_held {
	enum d4_reason why;
	struct d4_slice opening, record;
};

/*
 * san_stream_hold -- from now on held is called for every record that is
 * quarantined, as often as it is counted so. What a breaker takes back behind
 * it, and what is dropped, is none of it.
 */
void san_stream_hold(struct san_stream *s,
    void (*held)(void *arg, const struct san_held *h), void *arg);

#endif

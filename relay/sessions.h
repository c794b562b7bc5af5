/*
 * The last record number of the sessions of a shard, to recognise a queue entry
 * that was written twice (Decision 5). Bounded: the session not seen for
 * longest is forgotten. Pure.
 */
#ifndef RELAY_SESSIONS_H
#define RELAY_SESSIONS_H

#include <stdbool.h>
#include "libd4/status.h"
#include "libd4/uuid.h"

#define SESSIONS_MAX 4096u

struct sessions;

D4_USED enum d4_status sessions_new(struct sessions **out);
void sessions_free(struct sessions *s);

/*
 * sessions_seen -- notes that records up to `last` of a session were met.
 * Answers false when first is at or below what was noted before: a duplicate.
 */
bool sessions_seen(struct sessions *s, const struct d4_uuid *sess,
    uint64_t first, uint64_t last);

/* sessions_last -- what is noted of a session, 0: nothing. */
uint64_t sessions_last(const struct sessions *s, const struct d4_uuid *sess);

/* sessions_each -- all of them, the one not seen for longest first. */
void sessions_each(const struct sessions *s,
    void (*fn)(void *arg, const struct d4_uuid *sess, uint64_t last),
    void *arg);

#endif

/*
 * Which records of which sessions are in the archive already: a queue entry
 * can come twice (after a crash, after a retried XADD). Bounded: the sessions
 * that were used last are remembered.
 */
#ifndef HUB_ARCHIVE_SEEN_H
#define HUB_ARCHIVE_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include "libd4/uuid.h"

#define SEEN_MAX 65536u /* sessions */

struct archive_seen;

D4_USED enum d4_status seen_new(struct archive_seen **out);
void seen_free(struct archive_seen *s);

/* seen_has -- records up to number `last` of a session are there. */
bool seen_has(
    struct archive_seen *s, const struct d4_uuid *sess, uint64_t last);

/* seen_add -- they are there now. Errors: D4_ENOMEM. */
D4_USED enum d4_status seen_add(
    struct archive_seen *s, const struct d4_uuid *sess, uint64_t last);

/* seen_each -- all, from the least recently used on, until fn fails. */
D4_USED enum d4_status seen_each(const struct archive_seen *s,
    enum d4_status (*fn)(void *arg, const struct d4_uuid *sess, uint64_t last),
    void *arg);

size_t seen_sessions(const struct archive_seen *s);

#endif

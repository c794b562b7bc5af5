/*
 * Sensors that connected but are not approved: who, from where, since when and
 * how often, for an operator to review (ADR 0058). Nothing that they send is
 * accepted. In Redis, of all workers and hubs:
 *   d4:pending  hash: UUID (32 hex digits) -> seven words with spaces: first
 *               and last seen (seconds since 1970), tries, minutes with a try,
 *               type, place (as a clone's), address
 * Whoever comes is a stranger, so all of it has limits: rows in all and of a
 * place, notes in a second, and of a place.
 */
#ifndef HUB_PENDING_H
#define HUB_PENDING_H

#include "hub/hub.h"

struct pending;
struct session;

#define PENDING_PLACE_ROWS "16"      /* of one address, or one IPv6 /64 */
#define PENDING_AGE_S      "2592000" /* without a try: it goes */
#define PENDING_STAY_S     "600"     /* for each minute with a try ... */
#define PENDING_STAY_MAX                                             \
	"144"                /* ... of so many; then others may have \
	                        its row, when there is no other */
#define PENDING_SECOND   20u /* notes of a worker in a second */
#define PENDING_PLACE    4u  /* of a place in PENDING_PLACE_MS */
#define PENDING_PLACE_MS 10000u

/*
 * struct pending_counts -- since the process began. noted: rows that are new;
 * again: tries of what has one; full: not noted, no room; limited: not noted,
 * too many at a time (or Redis was away).
 */
struct pending_counts {
	uint64_t noted, again, full, limited;
};

D4_USED enum d4_status pending_new(struct hub *h, struct pending **out);
void pending_free(struct pending *p);

/*
 * pending_note -- s is refused with a frame of this header: is it one of those,
 * is the header well formed, and may it be noted? p may be NULL.
 */
void pending_note(struct pending *p, const struct session *s,
    const struct d4_header *h, enum d4_reason why);

struct pending_counts pending_counts(const struct pending *p);

/*
 * pending_script -- ARGV: UUID, place, address, type, rows at most. Answers 0:
 * it has a row; 1: it is new; 2: no room; 3: none for its place.
 */
extern const char pending_script[];

#endif

/*
 * The hub's own statistics, beside d4-core's (census.h): frames, bytes,
 * records and sessions of each sensor, type and day, bytes of each address and
 * day, and how far each sensor's clock is off. Bounded: a day has so many
 * addresses, all others are "other".
 */
#ifndef HUB_STATS_H
#define HUB_STATS_H

#include "hub/hub.h"

#define STATS_ADDRESSES 10000u /* of a day */
#define STATS_OTHER     "other"

struct session;
struct stats;

D4_USED enum d4_status stats_new(struct hub *h, struct stats **out);
void stats_free(struct stats *t);

/*
 * stats_tell -- what the session sent since the last time. Errors: as
 * d4_redis_send; nothing was counted then.
 */
D4_USED enum d4_status stats_tell(struct stats *t, struct session *s);

/*
 * stats_address -- the session's address, or "other" when this day (seconds
 * since 1970 / 86400) has too many: an attacker has a whole /64.
 */
const char *stats_address(struct stats *t, const char *address, uint64_t day);

/* stats_skew -- seconds by which a sensor's clock is ahead; at most 100 years.
 */
long long stats_skew(uint64_t t_hdr_s, uint64_t t_rx_us);

#endif

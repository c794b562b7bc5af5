/*
 * What a queue may hold: memory in Redis, then the disk, then its sensors
 * wait, or its oldest entries go (`unread: drop-oldest`).
 */
#ifndef HUB_QUOTA_H
#define HUB_QUOTA_H

#include "hub/hub.h"

/* quota_memory -- bytes that it may have in Redis: its own limit, or that of
 * all (`queue`). */
uint64_t quota_memory(const struct hub *h, const struct queue *q);

/*
 * quota_spills -- do its new entries go to disk? Above the memory budget,
 * until half of it is free; also while Redis as a whole is short.
 */
bool quota_spills(const struct hub *h, struct queue *q);

/* quota_over -- over what it may hold; once full, until half is free. */
bool quota_over(const struct hub *h, const struct queue *q);

/* quota_check -- stops or resumes its sensors. */
void quota_check(struct hub *h, struct queue *q);

/* quota_excess -- how many entries of a shard are too many; at least 1. */
unsigned quota_excess(const struct hub *h, const struct queue_shard *s);

#define QUOTA_KEY (QUEUE_KEY + 8)

/*
 * quota_script -- drops the oldest entries; see quota_dropped.
 * quota_tally_key -- its second key.
 */
extern const char quota_script[];
void quota_tally_key(const struct queue_shard *s, char out[QUOTA_KEY]);

/*
 * quota_dropped -- counts what the script answered, and accounts, durably,
 * all that it says was dropped and not accounted yet. A kill in between makes
 * it accounted twice, never not at all.
 */
void quota_dropped(
    struct hub *h, struct queue_shard *s, const redisReply *reply);

/* quota_sample -- once a second: how fast the queues fill. */
void quota_sample(struct hub *h);

/* quota_left_s -- seconds until its sensors wait; negative: it does not fill.
 */
double quota_left_s(const struct hub *h, const struct queue *q);

#endif

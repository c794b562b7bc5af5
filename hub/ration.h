/*
 * The limits of a sensor (`rate`, `queue`), shared out among all workers, here
 * and of other hubs on this Redis, so that many sessions have no more than one
 * (ADR 0045). In Redis:
 *   d4:rate:UUID          a bucket of a second's worth: `left` bytes, `at` ms
 *   d4:share:UUID:STREAM  its entries there, by when they came: a hash of
 *                         milliseconds to numbers, up to RATION_MARKS of them;
 *                         and what is held for a worker, wID to "places ms"
 * A worker takes a quarter of a second's worth at a time. It adds entries only
 * where places are held for it, so that all workers together do not add more
 * than the limit; it tells of them four times a second, and when half of its
 * places are taken: some questions a second and sensor, for many sensors at a
 * time, and none for a sensor without limits.
 */
#ifndef HUB_RATION_H
#define HUB_RATION_H

#include "hub/hub.h"

struct ration;

#define RATION_MARKS "64"
#define RATION_HELD  "5000" /* ms; of who has not asked since it is free */

D4_USED enum d4_status ration_new(struct hub *h, struct ration **out);
void ration_free(struct ration *r);

/*
 * ration_look -- s has sent something: asks for more, or tells of its entries,
 * when that is due.
 */
void ration_look(struct ration *r, struct sensor *s);

#endif

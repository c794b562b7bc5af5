/*
 * What d4-core's web interface and tools want to know: who is connected, who
 * was seen, how much (wire.md section 4). Batched; never waited for.
 */
#ifndef HUB_CENSUS_H
#define HUB_CENSUS_H

#include "hub/hub.h"

struct session;

D4_USED enum d4_status census_new(struct hub *h, struct census **out);
void census_free(struct census *c);

/* census_up -- the connection came up: what a dead hub left is removed. */
void census_up(struct census *c);

/* The session has its first authentic frame; its type or extended type. */
void census_begin(struct census *c, struct session *s);
void census_end(struct census *c, struct session *s);

/* census_error -- why a registered sensor was refused. */
void census_error(struct census *c, const struct sensor *s, enum d4_reason why);

#endif

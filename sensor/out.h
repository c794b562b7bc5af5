/* The other destination: frames to a descriptor, as the D4 C client does. */
#ifndef SENSOR_OUT_H
#define SENSOR_OUT_H

#include "sensor/session.h"

struct out;

/*
 * out_new -- writes to fd, blocking. Of conf only meta, type, framer, ring and
 * counts are used; what is written counts as confirmed. Errors: D4_ENOMEM.
 */
D4_USED enum d4_status out_new(const struct session_conf *conf, int fd,
    const struct session_events *ev, void *arg, struct out **out);
void out_free(struct out *o);

/* out_wake -- writes all that waits in the ring. */
void out_wake(struct out *o);

/* out_finish -- no more will come: `done`. */
void out_finish(struct out *o);

#endif

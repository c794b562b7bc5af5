/* The status of a running hub, for its control socket. */
#ifndef HUB_STATUS_H
#define HUB_STATUS_H

#include "hub/hub.h"
#include "libd4/kit/ctl.h"

/* The commands; their argument is the struct hub. */
extern const struct d4_ctl_command hub_commands[];
extern const size_t hub_n_commands;

/* status_all -- what `status` answers; a new object. */
json_t *status_all(const struct hub *h);

/* status_refusals -- how often it was refused, by reason. */
json_t *status_refusals(const struct sensor *s);

/* status_queue, status_refused -- of one queue; of sensors, by sensor. */
json_t *status_queue(const struct hub *h, const struct queue *q);
json_t *status_refused(const struct hub *h);

#endif

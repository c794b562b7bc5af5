/* What control.c asks of the running hub, not of Redis. */
#ifndef HUB_CONTROL_PARTS_H
#define HUB_CONTROL_PARTS_H

#include "hub/ctl_args.h"
#include "hub/hub.h"

/* control_answer -- a new object; NULL: *why (static) says so. */
json_t *control_answer(struct hub *h, const struct ctl_row *row,
    const struct ctl_given *given, const char **why);

#endif

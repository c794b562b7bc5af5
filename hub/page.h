/* The whole page of metrics of a hub, by its control socket. */
#ifndef HUB_PAGE_H
#define HUB_PAGE_H

#include "libd4/slice.h"

/*
 * page_ask -- appends it to *out, whose limit is METRICS_MAX. What the hub
 * knows from Redis is missing when that is away.
 * Errors: those of d4_ctl_ask: no hub answers (errno is set when D4_EIO);
 * D4_ENOMEM, D4_ETOOBIG.
 */
D4_USED enum d4_status page_ask(const char *ctl, struct d4_buf *out);

/*
 * page_write -- the page into a file that others may read, replaced as a
 * whole; d4_hub_up is 1 in it, or 0, and nothing else, when no hub answers.
 * Errors: D4_EIO, D4_ENOSPC errno is set; D4_ENOMEM.
 */
D4_USED enum d4_status page_write(const char *ctl, const char *path);

#endif

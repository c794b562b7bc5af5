/* Metrics for Prometheus, from the hub's status. Pure. */
#ifndef HUB_METRICS_H
#define HUB_METRICS_H

#include <jansson.h>
#include "libd4/slice.h"

#define METRICS_MAX (4u << 20) /* bytes of a page */

/*
 * metrics_hub -- status: the answer to `status`. metrics_events,
 * metrics_archives, metrics_compat: the answers to `events list`, `archives
 * list`, `compat show`.
 * What an answer lacks is left out of the page.
 * Errors: D4_ENOMEM, D4_ETOOBIG.
 */
D4_USED enum d4_status metrics_hub(const json_t *status, struct d4_buf *out);
D4_USED enum d4_status metrics_events(const json_t *events, struct d4_buf *out);
D4_USED enum d4_status metrics_archives(
    const json_t *archives, struct d4_buf *out);
D4_USED enum d4_status metrics_compat(const json_t *compat, struct d4_buf *out);

#endif

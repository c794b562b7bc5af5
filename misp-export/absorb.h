/* An entry of the airlock into events: exporter.c's hands. */
#ifndef MISP_ABSORB_H
#define MISP_ABSORB_H

#include "misp-export/exporter.h"

/* absorb_entry -- all records of an entry; for struct airlock_taker. */
D4_USED enum d4_status absorb_entry(void *arg, const struct terms_lane *lane,
    const struct d4_spool_lane *head, const struct d4_spool_entry *e);

#endif

/* What a worker may have, and what it gives up. */
#ifndef HUB_WORKER_BOX_H
#define HUB_WORKER_BOX_H

#include <event2/event.h>
#include "hub/worker.h"

/*
 * worker_files -- raises the limit of descriptors to what its sessions need, if
 * permitted, and logs it.
 */
void worker_files(const struct hub_options *opt);

/* worker_name -- opens the log, under a name that tells the place. */
void worker_name(const struct worker_setup *set);

/*
 * worker_account -- one for each place: a short write is taken back by who
 * wrote it. Exits when it cannot be opened.
 */
struct d4_account *worker_account(const struct worker_setup *set);

/*
 * worker_beat -- a worker reports at intervals from its event loop that it is
 * running; NULL out of memory.
 */
struct event *worker_beat(
    struct event_base *base, const struct worker_setup *set);

/*
 * worker_sandbox -- changes to the service user and enters the sandbox, or logs
 * why and exits.
 */
void worker_sandbox(const struct worker_setup *set);

#endif

/*
 * d4-core compatibility (ADR 0028): a reader of our queues that keeps what
 * d4-core's workers keep: analyzer lists, the files that their items name,
 * and session streams for workers of d4-core that still run. A process of its
 * own, which is never waited for; all that it knows is in Redis.
 */
#ifndef HUB_COMPAT_H
#define HUB_COMPAT_H

#include <sys/types.h>
#include "hub/options.h"

#define COMPAT_GROUP "d4-core" /* its consumer group in each queue */
#define COMPAT_AGAIN 75        /* exit: the connection was lost */

/* compat_dir -- where its files are; allocated, NULL out of memory. */
char *compat_dir(const struct hub_options *opt);

/*
 * compat_run -- the process, which never returns: connects to url, drops to
 * the service user, enters the sandbox. parent: killed when it is gone.
 */
_Noreturn void compat_run(
    const struct hub_options *opt, const char *url, pid_t parent);

#endif

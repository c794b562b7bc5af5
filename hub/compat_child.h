/* The supervisor's side of d4-core compatibility: it keeps its process. */
#ifndef HUB_COMPAT_CHILD_H
#define HUB_COMPAT_CHILD_H

#include <sys/types.h>
#include "hub/options.h"

/* Shape: pid is 0 while none runs; then it is started at start_ms. */
struct compat_child {
	pid_t pid;
	uint64_t start_ms;
};

/* compat_child_due -- starts it when it shall run. */
void compat_child_due(struct compat_child *c, const struct hub_options *opt);

/* compat_child_ended -- a child ended, perhaps this one. */
void compat_child_ended(struct compat_child *c, pid_t pid, int status);

void compat_child_stop(const struct compat_child *c);

#endif

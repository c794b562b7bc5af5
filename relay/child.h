/* The two processes under the supervisor: what each of them does. */
#ifndef RELAY_CHILD_H
#define RELAY_CHILD_H

#include <sys/types.h>
#include "relay/conf.h"

/* What both inherit. */
struct child_setup {
	struct relay_conf *conf;
	int channel;   /* to the supervisor */
	int nudge;     /* wash writes, post reads */
	unsigned life; /* of this process: 1 the first */
	pid_t supervisor;
};

/*
 * child_wash, child_post -- run in the forked process and answer its exit
 * status. Each reads its own secrets, drops its privileges and enters its
 * sandbox, in this order, before it sees any payload.
 */
int child_wash(const struct child_setup *setup);
int child_post(const struct child_setup *setup);

#endif

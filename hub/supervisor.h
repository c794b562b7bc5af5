/*
 * The process that starts others: it runs the embedded Redis, opens its
 * connections, restarts workers, and parses nothing from outside.
 */
#ifndef HUB_SUPERVISOR_H
#define HUB_SUPERVISOR_H

#include "hub/handover.h"
#include "hub/keeper.h"

/*
 * struct supervisor_setup -- all that is read, started and bound already.
 * Shape:  conf: the path, for SIGHUP. argv, program: for an upgrade. keeper's
 *         redis is NULL with an external one. work: what workers get; its opt
 *         and tls are taken (each worker has a copy by fork). before: what an
 *         older version left.
 */
struct supervisor_setup {
	const char *conf, *program;
	char *const *argv;
	struct worker_setup work;
	const struct handover *before;
	struct keeper keeper;
};

/* supervisor_run -- until SIGTERM or SIGINT; returns the exit status. */
int supervisor_run(struct supervisor_setup *setup);

#endif

/*
 * The process that starts others: it runs the embedded Redis, opens its
 * connections, restarts the worker, and parses nothing from outside.
 */
#ifndef HUB_SUPERVISOR_H
#define HUB_SUPERVISOR_H

#include "hub/keeper.h"
#include "hub/listener.h"

/*
 * struct supervisor_setup -- all that is read, started and bound already.
 * Shape:  conf: the path, for SIGHUP. keeper.redis is NULL with an external
 * one. Owns:   opt and tls are taken (each worker has a copy by fork).
 */
struct supervisor_setup {
	const char *conf;
	struct hub_options *opt;
	struct d4_tls_ctx *tls;
	struct listeners listeners;
	struct keeper keeper;
};

/* supervisor_run -- until SIGTERM or SIGINT; returns the exit status. */
int supervisor_run(struct supervisor_setup *setup);

#endif

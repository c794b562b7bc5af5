/*
 * The process that talks to sensors. It may open nothing: descriptors of
 * Redis and new configurations come from the supervisor.
 */
#ifndef HUB_WORKER_H
#define HUB_WORKER_H

#include "hub/listener.h"
#include "hub/options.h"

/*
 * Messages between supervisor and worker: one byte, then bytes.
 * Up:   REDIS a connection is wanted. RELOAD: reads the configuration again.
 *       TEE, and a number in four bytes: a connection for the tee is wanted.
 * Down: REDIS with a descriptor, or NONE: ask again later. STOP: drain and
 *       exit. CONF, CERT, KEY, CLIENT_CA, SECRET: parts of a reload, then
 *       RELOAD. REFUSED: why there is no reload. TEE with the number and a
 *       descriptor, or why there is none.
 */
enum worker_message {
	WORKER_REDIS = 'R',
	WORKER_NONE = 'N',
	WORKER_STOP = 'T',
	WORKER_CONF = 'C',
	WORKER_CERT = 'P',
	WORKER_KEY = 'K',
	WORKER_CLIENT_CA = 'A',
	WORKER_SECRET = 'S',
	WORKER_RELOAD = 'G',
	WORKER_REFUSED = 'X',
	WORKER_TEE = 'D',
};

#define WORKER_PART 60000u /* bytes of a part of a reload */

/*
 * worker_run -- takes options, context and descriptors, and never returns:
 * binds the control socket, drops to the service user, enters the sandbox,
 * dispatches; exits 0 after a stop, 1 on an error.
 */
_Noreturn void worker_run(struct hub_options *opt, struct d4_tls_ctx *tls,
    const struct listeners *listeners, int pair, pid_t supervisor);

#endif

/*
 * The process that talks to sensors. It cannot open anything: descriptors of
 * Redis and new configurations come from the supervisor.
 */
#ifndef HUB_WORKER_H
#define HUB_WORKER_H

#include "hub/deaths.h"
#include "hub/listener.h"
#include "hub/options.h"

/*
 * Messages between supervisor and worker: one byte, then bytes. While a
 * version takes over from another they are between both: what a byte means
 * stays (ADR 0031).
 * Up:   REDIS a connection is wanted. RELOAD: reads the configuration again.
 *       UPGRADE: another version takes over. READY: it accepts sensors. TEE,
 *       and a number in four bytes: a connection for the tee is wanted.
 *       ALIVE: its event loop runs, every WORKER_BEAT_MS.
 * Down: REDIS with a descriptor, or NONE: ask again later. STOP: drain and
 *       exit. LEAVE: end the sessions and exit; both with the milliseconds
 *       that it may take. ALONE: no older version runs any more. CONF, CERT,
 *       KEY, CLIENT_CA, SECRET: parts of a reload, then RELOAD. UPGRADE: it
 *       begins. PEER: a socket to another worker; to the first one with the
 *       other's place. REFUSED: why there is no reload or upgrade. TEE with the
 *       number and a descriptor, or why there is none. CREW: who died, who
 *       hangs (deaths.h), whenever that changes.
 */
enum worker_message {
	WORKER_REDIS = 'R',
	WORKER_NONE = 'N',
	WORKER_STOP = 'T',
	WORKER_LEAVE = 'L',
	WORKER_ALONE = 'O',
	WORKER_READY = 'Y',
	WORKER_CONF = 'C',
	WORKER_CERT = 'P',
	WORKER_KEY = 'K',
	WORKER_CLIENT_CA = 'A',
	WORKER_SECRET = 'S',
	WORKER_RELOAD = 'G',
	WORKER_UPGRADE = 'U',
	WORKER_PEER = 'E',
	WORKER_REFUSED = 'X',
	WORKER_TEE = 'D',
	WORKER_ALIVE = 'H',
	WORKER_CREW = 'W',
};

#define WORKER_PART    60000u /* bytes of a part of a reload */
#define WORKER_BEAT_MS 500L

/*
 * struct worker_setup -- Shape: place: which of n_workers it is, from 0 on;
 * the first one has the control socket. alone: no worker of an older version
 * runs. before: who was at its place and died. Owns: opt, tls and descriptors
 * are taken.
 */
struct worker_setup {
	struct hub_options *opt;
	struct d4_tls_ctx *tls;
	struct listeners listeners;
	int ctl, pair;
	pid_t supervisor;
	unsigned place, n_workers;
	bool alone;
	struct death before;
};

/*
 * worker_run -- never returns: drops to the service user, enters the sandbox,
 * dispatches; exits 0 after a stop, 1 on an error.
 */
_Noreturn void worker_run(const struct worker_setup *setup);

#endif

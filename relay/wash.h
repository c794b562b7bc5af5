/*
 * Wash: reads the queues, decides, sanitizes and fills the airlock. A separate
 * process that cannot open a socket; the supervisor passes what it needs.
 */
#ifndef RELAY_WASH_H
#define RELAY_WASH_H

#include "gate/gate.h"
#include "relay/lanes_partner.h"
#include "relay/source_conf.h"

#define WASH_EXIT_KEYS 75 /* start me again: I need a key, or a folder */

/*
 * Messages over the channel to the supervisor, one word each.
 * From wash: "master MARK": which key it has, see master.h. "redis": a
 * connection, please; "redis ID": one to the server of
 * that source. "ready": the release files are written. "status": with a memfd
 * that holds a JSON text. "end": all sources came to their end.
 * To wash: "redis" or "redis ID" with a connected socket, or without one: not
 * now. "reload", "status", "stop".
 */

/*
 * struct wash_setup
 * Shape:  group, consumer: of the streams' readers. policy: the file. dirs:
 *         see lanes.h. limits: of the airlock.
 *         channel: to the supervisor. nudge: eventfd of post.
 *         overflow: the hub's folder, and which it was when the sandbox was
 *         made; 0: none.
 *         gate: loaded already, or NULL; then error says why. master: the
 *         key, or have_master is false. Both are taken over.
 */
struct wash_setup {
	const char *group;
	const char *consumer;
	const char *policy;
	const struct source_conf *source;
	size_t n_sources;
	unsigned life; /* of the supervisor's washes: 1 the first */
	bool queues;   /* of our own are read, too */
	struct lanes_dirs dirs;
	const char *overflow;
	uint64_t overflow_inode;
	struct lanes_limits limits;
	uint64_t quarantine; /* bytes of a ring; 0: there are none */
	int channel;
	int nudge;
	struct gate *gate;
	char error[D4_DIAG_TEXT];
	bool have_master;
	uint8_t master[D4_MASTER_LEN];
	struct gate_vault *vault; /* of forgettable partners */
};

/*
 * wash_key_path -- the file of the master key that a policy names, as it is
 * to be opened; allocated, NULL: the policy names none.
 */
char *wash_key_path(const char *policy, const struct gate *g);

/* wash_overflow_inode -- of a folder; 0: there is none. */
uint64_t wash_overflow_inode(const char *dir);

/* wash_run -- the process's life; its exit status. */
int wash_run(struct wash_setup *setup);

#endif

/*
 * The workers, as the supervisor sees them: one for each place, and, while a
 * version takes over from another, the old ones until they have ended.
 */
#ifndef HUB_CREW_H
#define HUB_CREW_H

#include <poll.h>
#include "hub/worker.h"

#define CREW_OLD (2u * WORKERS_MAX) /* of versions before this one */
#define CREW_MAX (WORKERS_MAX + CREW_OLD)

/*
 * struct crew_member -- one worker.
 * Shape:  pid 0: none runs at this place; started at start_ms then. pair: to
 *         talk with it, -1 without. wants_redis: it waits for a connection.
 *         kill_ms: when it is killed; 0: not asked to end. heard_ms: when it
 *         said last that it runs, 0: never; hung: too long ago. shot_ms: it was
 *         killed for that, after so long.
 */
struct crew_member {
	pid_t pid;
	int pair;
	bool ready, wants_redis, hung;
	uint64_t start_ms, kill_ms, heard_ms, shot_ms;
};

/*
 * struct crew -- Shape: the first `places` are ours, the next n_old those of
 * older versions. signals: a descriptor that a worker has to close. reload,
 * upgrade: a worker asks for it. led: the old ones were told to leave. died:
 * how many, the last one of them at last_place; before: at each place.
 * looked_ms: when crew_judge looked.
 */
struct crew {
	const struct worker_setup *set;
	int signals;
	unsigned places, n_old;
	bool reload, upgrade, led;
	struct crew_member member[CREW_MAX];
	uint64_t died, looked_ms;
	struct death last, before[WORKERS_MAX];
	unsigned last_place;
};

/* crew_init -- set: what each worker gets, except its place and its pair. */
void crew_init(struct crew *c, const struct worker_setup *set, int signals);

/* crew_adopt -- a worker of an older version. Errors: D4_ETOOBIG. */
D4_USED enum d4_status crew_adopt(
    struct crew *c, const struct crew_member *old);

/*
 * crew_due -- starts who is to be started, kills who does not end. Returns
 * how long, in milliseconds, nothing else is due.
 */
int crew_due(struct crew *c, bool stopping);

/* crew_reap -- a child ended; false: it was no worker. */
bool crew_reap(struct crew *c, pid_t pid, int status, bool stopping);

/* crew_runs -- does any of them run? crew_ready: all of our places? */
bool crew_runs(const struct crew *c);
bool crew_ready(const struct crew *c);

/* crew_poll -- fills p (CREW_MAX of them); crew_read takes what came. */
unsigned crew_poll(const struct crew *c, struct pollfd *p);
void crew_read(struct crew *c, const struct pollfd *p);

/* crew_tell -- one message; to one, or to all of our places. */
void crew_tell(const struct crew_member *m, enum worker_message kind,
    struct d4_slice text, int fd);
void crew_tell_all(
    const struct crew *c, enum worker_message kind, struct d4_slice text);

/* ---- crew_watch.c ---- */

/* crew_heard -- it runs. */
void crew_heard(struct crew *c, struct crew_member *m);

/*
 * crew_judge -- who does not say so for `hang` is told of, and for `hang_kill`
 * is killed, and started again as one that died.
 */
void crew_judge(struct crew *c);

/* crew_died -- it ended, and nobody had asked it to. */
void crew_died(struct crew *c, unsigned at, int status);

/* crew_state -- who died and who hangs, to one worker or (NULL) all. */
void crew_state(const struct crew *c, const struct crew_member *to);

/* crew_stop -- all of them, within ms. */
void crew_stop(struct crew *c, uint64_t ms);

/* crew_leave -- those of older versions end their sessions, within ms. */
void crew_leave(struct crew *c, uint64_t ms);

#endif

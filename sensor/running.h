/*
 * What a sensor would lose if it were killed now, kept in a small file: the
 * next one finds it there, and accounts for it. For sources that cannot be read
 * again (stdin, fifo, sockets). ADR 0044.
 */
#ifndef SENSOR_RUNNING_H
#define SENSOR_RUNNING_H

#include "libd4/status.h"
#include "libd4/uuid.h"

#define RUNNING_NAME  "d4-sensor.run"
#define RUNNING_SLOTS 8u     /* sensors that use one folder at a time */
#define RUNNING_SYNC  10000u /* ms; bounds what a power failure hides */

/*
 * struct running_state -- records that are in memory only, and not confirmed;
 * bytes: theirs, as far as memory has them. dropped, dropped_bytes: counted as
 * lost, and not noted yet. uncut: bytes of which it is not known yet how many
 * records they are, those of a read that is in progress included.
 */
struct running_state {
	uint64_t records, bytes;
	uint64_t dropped, dropped_bytes;
	uint64_t uncut;
};

/*
 * struct running_left -- of a sensor that did not end. known_us: when that was
 * written; rebooted: something after it may be missing. damaged: nothing but
 * that it did not end is known.
 */
struct running_left {
	struct running_state state;
	struct d4_uuid uuid;
	uint64_t begun_us, known_us;
	bool rebooted, damaged;
};

/* struct running_owner -- left: notes it durably, else it is kept. */
struct running_owner {
	enum d4_status (*left)(void *arg, const struct running_left *left);
	void *arg;
};

struct running;

/*
 * running_open -- tells the owner of every sensor that used the folder and did
 * not end, then takes a file of its own.
 * Errors: D4_EIO errno is set.  D4_ENOSPC.  D4_ENOMEM.
 */
D4_USED enum d4_status running_open(const char *dir, const struct d4_uuid *uuid,
    const struct running_owner *owner, struct running **out);

/* running_close -- ended: all is accounted for, there is nothing to be found.
 */
void running_close(struct running *r, bool ended);

/*
 * running_note -- from now on a kill loses at most that; nothing is written
 * where that is known. NULL r: nothing. running_sync: to the disk, every
 * RUNNING_SYNC. Errors: D4_EIO, D4_ENOSPC.
 */
D4_USED enum d4_status running_note(
    struct running *r, const struct running_state *now);
D4_USED enum d4_status running_sync(struct running *r);

#endif

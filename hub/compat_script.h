/*
 * What compatibility does in Redis, one script each, so that an entry becomes
 * items exactly once: a script looks whether the entry is still ours, does
 * all, and acknowledges it.
 */
#ifndef HUB_COMPAT_SCRIPT_H
#define HUB_COMPAT_SCRIPT_H

enum compat_script_id {
	COMPAT_WANTED,  /* item, set, sensor -> how many queues */
	COMPAT_PUSH,    /* key, id, item, set, sensor, lines (empty: those of
	                   the entry), now, max */
	COMPAT_STREAM,  /* key, id, type, session, sensor, data (empty: the
	                   entry's), time, now, meta, bytes to leave out behind
	                   the first entry, given up: others behind a session
	                   that is full do not wait */
	COMPAT_STALL,   /* key: it may go on */
	COMPAT_GROW,    /* key, id, session, what is known of its file */
	COMPAT_CLOSE,   /* session, item, set, sensor, path, now, max */
	COMPAT_DUE,     /* now: announces sessions */
	COMPAT_LIVE,    /* -> sessions that are not connected */
	COMPAT_END,     /* session */
	COMPAT_WORKERS, /* -> bytes of all session streams, then type and time
	                   of the oldest session that no worker has taken */
	COMPAT_SINCE,   /* item, now or nothing: forgets -> since when */
	COMPAT_SCRIPTS,
};

/* What compat_push and the like answer first. */
enum compat_status {
	COMPAT_BEFORE, /* it was done before */
	COMPAT_DONE,
	COMPAT_FULL,    /* the worker must catch up first */
	COMPAT_REFUSED, /* the worker did not understand this session */
};

extern const char *const compat_scripts[COMPAT_SCRIPTS];

#endif

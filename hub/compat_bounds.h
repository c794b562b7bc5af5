/*
 * What bounds d4-core compatibility (ADR 0047): files by age and size, queues
 * that wait, workers that do not come.
 */
#ifndef HUB_COMPAT_BOUNDS_H
#define HUB_COMPAT_BOUNDS_H

#include "hub/compat_keep.h"

struct compat;
struct compat_queue;
struct compat_keep;

/* Hashes of paths that are items; many: there are too many. */
struct compat_unread {
	uint64_t *hash;
	size_t n, max;
	bool loaded, many;
	const char *path;
};

/* ---- compat_unread.c ---- */

/* compat_unread -- a list has this path. compat_unread_drop -- not any more. */
bool compat_unread(struct compat *c, const char *path);
void compat_unread_drop(struct compat *c, const char *item, const char *path);
void compat_unread_clear(struct compat *c);

/* ---- compat_keep.c ---- */

/* compat_keep_step -- removes what is too old or too much, a piece of it. */
void compat_keep_step(struct compat *c, uint64_t now_ms);

/* ---- compat_tell.c ---- */

/* compat_waits, compat_goes_on -- an entry of it was not, or was, taken. */
void compat_waits(struct compat_queue *q, const char *why);
void compat_goes_on(const struct compat *c, struct compat_queue *q);
/* compat_gives_up -- its worker has been missing for compat_give_up. */
bool compat_gives_up(const struct compat *c, const struct compat_queue *q);
void compat_tell(struct compat *c);
void compat_workers_look(struct compat *c);
void compat_since(struct compat *c, const struct compat_queue *q);

#endif

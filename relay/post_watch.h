/* Checks for anything new in a lane's folder without opening it. */
#ifndef RELAY_POST_WATCH_H
#define RELAY_POST_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/*
 * struct post_watch -- how a folder was: its own time, and name (first seq,
 * 0 none), size and time of its last segment.
 */
struct post_watch {
	bool on;
	struct timespec dir_at, file_at;
	uint64_t last;
	int64_t size;
};

/*
 * post_watch_take -- notes how it is now; off when that cannot be told, also
 * because it changed only just now.
 */
void post_watch_take(struct post_watch *w, const char *dir);

/* post_watch_same -- certainly as it was when noted. */
bool post_watch_same(const struct post_watch *w, const char *dir);

#endif

/*
 * How many entries of one sensor wait in one stream, about: by when they were
 * put there, and up to when the stream is trimmed. Pure.
 */
#ifndef HUB_SHARE_H
#define HUB_SHARE_H

#include <stdint.h>

#define SHARE_MARKS 16u
#define SHARE_MS    100u /* entries so close together are one mark */

/*
 * struct share -- Shape: of: the stream, NULL: unused. mark: entries by the
 * time (ms since 1970) of the latest of them, oldest first. When there are too
 * many marks two become one, so a share is never too small for that.
 */
struct share {
	const void *of;
	struct share_mark {
		uint64_t ms, n;
	} mark[SHARE_MARKS];
	unsigned n;
};

/* share_put -- one more entry. */
void share_put(struct share *s, uint64_t now_ms);

/* share_entries -- forgets what is older than trimmed_ms, counts the rest. */
uint64_t share_entries(struct share *s, uint64_t trimmed_ms);

#endif

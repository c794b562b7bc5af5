/*
 * How far the lanes' commits went, as the verdict journal notes it: so that
 * after a start what was durable and is damaged now is told from what was
 * never finished (ADR 0007). JSON: {"PARTNER/LANE": [first, seed, seq, total]}.
 */
#ifndef RELAY_MARKS_H
#define RELAY_MARKS_H

#include <jansson.h>
#include "libd4/kit/spool_keep.h"

/* marks_put -- notes one, in the place of an older one. */
void marks_put(json_t *marks, const char *partner, const char *lane,
    const struct d4_spool_mark *m);

/* marks_find -- false: there is none (marks may be NULL), or no valid one. */
bool marks_find(const json_t *marks, const char *partner, const char *lane,
    struct d4_spool_mark *out);

/* marks_forget -- the lane is gone. */
void marks_forget(json_t *marks, const char *partner, const char *lane);

/* marks_merge -- from (NULL: nothing) into `into`; the later seq stays. */
void marks_merge(json_t *into, const json_t *from);

/*
 * marks_read -- those of all journals under DIR; a journal that cannot be read
 * is left out. Owns: the caller, json_decref.
 */
json_t *marks_read(const char *dir);

#endif

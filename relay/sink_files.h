/*
 * How a file of a data set becomes public, in steps of which each can be the
 * last one before a crash (ADR 0017):
 *   1 NAME.part is written and on disk
 *   2 CURSORS/PARTNER/LANE.file (what the manifest will say) and LANE.next
 *     (the cursor that will hold) are on disk
 *   3 NAME.part is renamed to NAME: from now on it is public
 *   4 the manifest, then the cursor
 * At the start: NAME is there, so 4 is done again; else it never was public,
 * and its records are still the airlock's.
 */
#ifndef RELAY_SINK_FILES_H
#define RELAY_SINK_FILES_H

#include "relay/post_room.h"
#include "relay/sink_set.h"

/* sink_files_publish -- steps 2 to 4 but the cursor; it has what is in *it. */
D4_USED enum d4_status sink_files_publish(struct post_lane *l,
    const struct sink_item *it, const struct d4_spool_cursor *next);

/* sink_files_recover -- what the steps of all lanes left at a crash. */
D4_USED enum d4_status sink_files_recover(
    struct post_partner *pp, struct sink_set *s);

/* A partner's data set: the members of struct sink that are about it. */
D4_USED enum d4_status sink_files_begin(
    struct post_partner *pp, const char **why);
void sink_files_end_all(struct post_partner *pp);
void sink_files_tick(struct post_partner *pp);
void sink_files_status(const struct post_partner *pp, json_t *o);

#endif

/* The inside of wash's lanes, shared by its rooms. */
#ifndef RELAY_LANES_ROOM_H
#define RELAY_LANES_ROOM_H

#include "libd4/kit/spool_keep.h"
#include "relay/lanes.h"
#include "relay/lanes_partner.h"

/*
 * struct lanes
 * Shape:  limits: list is not ours. share: the budget of a partner that has
 *         none of its own. packer: NULL until something waits; pack_next:
 *         the lane that is looked at next. marks: the journals' of the
 *         start; also for a lane that could only be opened later.
 */
struct lanes {
	struct lanes_dirs dirs;
	struct lane **list;
	size_t n, cap;
	bool changed;
	struct lanes_limits limits;
	uint64_t share;
	struct lanes_partner **partner;
	size_t n_partners, cap_partners;
	struct d4_spool_packer *packer;
	size_t pack_next;
	json_t *marks;
};

/* lane_new -- without a writer yet, with a copy of the header. */
D4_USED enum d4_status lane_new(
    const struct d4_spool_lane *head, struct lane **out);
void lane_free(struct lane *lane);

/* lane_open_writer -- recovers it, and reads post's cursor. */
D4_USED enum d4_status lane_open_writer(struct lanes *ls, struct lane *lane);

/*
 * lane_recall -- with its writer open: what fed it, as state says. Unknown
 * where that is lost, and there is something in the airlock.
 */
void lane_recall(const struct lanes *ls, struct lane *lane);

/* lane_partner_join -- which partner's it is; its segments' size follows. */
D4_USED enum d4_status lane_partner_join(struct lanes *ls, struct lane *lane);

/* lane_partner_count -- what was queued since the last time. */
void lane_partner_count(struct lane *lane);

/*
 * lane_cursor_path -- where post, or d4-misp-export, notes how far it went;
 * allocated, NULL out of memory.
 */
char *lane_cursor_path(
    const struct lanes *ls, const char *partner, const char *id);

/* lane_read_cursor -- post's, as it is now. */
void lane_read_cursor(struct lanes *ls, struct lane *lane);

/* lanes_insert -- takes the lane when it answers D4_OK. */
D4_USED enum d4_status lanes_insert(struct lanes *ls, struct lane *lane);

#endif

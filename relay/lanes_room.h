/* The inside of wash's lanes, shared by its rooms. */
#ifndef RELAY_LANES_ROOM_H
#define RELAY_LANES_ROOM_H

#include "relay/lanes.h"

struct lanes {
	struct lanes_dirs dirs;
	struct lane **list;
	size_t n, cap;
	bool changed;
};

/* lane_new -- without a writer yet, with a copy of the header. */
D4_USED enum d4_status lane_new(
    const struct d4_spool_lane *head, struct lane **out);
void lane_free(struct lane *lane);

/* lane_open_writer -- recovers it, and reads post's cursor. */
D4_USED enum d4_status lane_open_writer(struct lanes *ls, struct lane *lane);

/* lanes_insert -- takes the lane when it answers D4_OK. */
D4_USED enum d4_status lanes_insert(struct lanes *ls, struct lane *lane);

#endif

/* Lanes of one partner, each fed by sensors that are told by their number. */
#ifndef UNIT_LANES_WORLD_H
#define UNIT_LANES_WORLD_H

#include "lanes_folders.h"
#include "relay/lanes.h"

static inline struct lanes *
open_lanes(void)
{
	struct lanes_dirs dirs = {spool, state_dir, cursors, NULL, NULL};
	struct lanes *ls = NULL;

	assert_int_equal(lanes_open(&dirs, &ls), D4_OK);
	return ls;
}

static inline struct lane_feed
feed(uint8_t n, const char *meta)
{
	struct lane_feed f = {
	    .source = "tele-pcap", .type = 254, .meta = d4_slice_str(meta)};

	memset(f.sensor.b, n, sizeof(f.sensor.b));
	return f;
}

static inline struct lane *
get(struct lanes *ls, const char *rule, uint8_t sensor)
{
	struct d4_spool_lane head = make_lane(rule);
	struct lane_feed f = feed(sensor, "{\"type\":\"x\"}");
	struct lane *lane = NULL;

	assert_int_equal(lanes_get(ls, &head, &f, &lane), D4_OK);
	return lane;
}

static inline void
put(struct lanes *ls, struct lane *lane, uint64_t id)
{
	struct d4_spool_entry e = make_entry(id, "data", 4);

	assert_int_equal(d4_spool_append(lane->writer, &e), D4_OK);
	lane->touched = true;
	assert_int_equal(lanes_commit(ls), D4_OK);
	assert_int_equal(d4_spool_queued(lane->writer), 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, folders_make, folders_remove)

#endif

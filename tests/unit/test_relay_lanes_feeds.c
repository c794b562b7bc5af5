/* Which sensors fed a lane, and what is not sent when nobody knows. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "relay/journal.h"
#include "lanes_world.h"

static void
a_lane_whose_feeds_are_lost_is_not_known(void **state)
{
	struct lanes *ls = open_lanes();
	char path[256];

	(void)state;
	put(ls, get(ls, "r1", 1), 1);
	lanes_close(ls);
	(void)snprintf(path, sizeof(path),
	    "%s/lanes/acme-csirt/" LANE_ID ".json", state_dir);
	assert_int_equal(
	    d4_file_replace(path, d4_slice_str("{\"v\":1}"), 0600), D4_OK);
	ls = open_lanes();
	assert_false(lanes_at(ls, 0)->known);
	lanes_close(ls);
	assert_int_equal(unlink(path), 0);
	ls = open_lanes();
	assert_false(lanes_at(ls, 0)->known);
	lanes_close(ls);
}

/* The header of a segment cannot be read any more. */
static void
damage(const char *segment)
{
	uint8_t bad = 0xff;
	char path[256];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/acme-csirt/" LANE_ID "/%s.seg",
	    spool, segment);
	fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, &bad, 1, 40), 1);
	(void)close(fd);
}

/* What fed it is lost; to a process that cannot read the last header, too. */
static void
lose(bool head)
{
	char path[256];

	(void)snprintf(path, sizeof(path),
	    "%s/lanes/acme-csirt/" LANE_ID ".json", state_dir);
	assert_int_equal(unlink(path), 0);
	if (head)
		damage("00000000000000000002");
}

static void
a_lane_without_a_header_is_known_by_its_file(void **state)
{
	const struct d4_spool_lane head = make_lane("r1");
	struct lanes *ls = open_lanes();
	struct lane *lane;

	(void)state;
	put(ls, get(ls, "r1", 1), 1);
	lanes_close(ls);
	damage("00000000000000000001");
	ls = open_lanes();
	assert_int_equal(lanes_n(ls), 1);
	lane = lanes_at(ls, 0);
	assert_true(lane->known);
	assert_int_equal(lane->n_feeds, 1);
	assert_string_equal(lane->head.rule, "r1");
	assert_true(d4_uuid_eq(&lane->head.wire_uuid, &head.wire_uuid));
	assert_true(d4_slice_eq(lane->head.meta, head.meta));
	/* The number of what cannot be read is not given again. */
	assert_ptr_equal(get(ls, "r1", 1), lane);
	put(ls, lane, 2);
	assert_int_equal(d4_spool_seq(lane->writer), 2);
	lanes_close(ls);
}

static void
a_lane_that_nothing_tells_of_is_left_alone(void **state)
{
	struct lanes *ls = open_lanes();

	(void)state;
	put(ls, get(ls, "r1", 1), 1);
	lanes_close(ls);
	lose(false);
	damage("00000000000000000001");
	ls = open_lanes();
	assert_int_equal(lanes_n(ls), 0);
	lanes_close(ls);
}

static void
nothing_that_an_unknown_lane_holds_is_sent_when_more_comes(void **state)
{
	(void)state;
	for (int head = 0; head < 2; head++) {
		struct lanes *ls = open_lanes();
		struct lane *lane;

		put(ls, get(ls, "r1", 1), 1);
		put(ls, get(ls, "r2", 1), 2);
		lanes_close(ls);
		lose(head == 1);
		ls = open_lanes();
		assert_int_equal(lanes_n(ls), 1); /* by the one before */
		assert_false(lanes_at(ls, 0)->known);
		lane = get(ls, "r2", 3);
		assert_true(lane->known);
		put(ls, lane, 3);
		for (int again = 0; again < 2; again++) {
			assert_int_equal(lane->n_feeds, 1);
			assert_int_equal(lane->feed[0].sensor.b[0], 3);
			assert_true(lane->after >= 2);
			assert_int_equal(
			    lane->after + 1, d4_spool_seq(lane->writer));
			lanes_close(ls);
			ls = open_lanes();
			lane = lanes_at(ls, 0);
		}
		lanes_close(ls);
		assert_int_equal(folders_remove(NULL), 0);
		assert_int_equal(folders_make(NULL), 0);
	}
}

static void
what_fed_a_lane_that_could_not_be_opened_is_not_forgotten(void **state)
{
	struct lanes *ls = open_lanes();
	char path[256], away[256];
	struct lane *lane;

	(void)state;
	put(ls, get(ls, "r1", 1), 1);
	lanes_close(ls);
	(void)snprintf(path, sizeof(path), "%s/acme-csirt", spool);
	(void)snprintf(away, sizeof(away), "%s/away", dir);
	assert_int_equal(rename(path, away), 0); /* a disk that is late */
	ls = open_lanes();
	assert_int_equal(rename(away, path), 0);
	lane = get(ls, "r1", 2);
	assert_int_equal(lane->n_feeds, 2);
	assert_int_equal(lane->after, 0);
	lanes_close(ls);
}

static void
a_feed_that_is_denied_takes_what_is_queued_with_it(void **state)
{
	static const bool keep[] = {false, true, false, true};
	struct lanes *ls = open_lanes();
	struct lane *lane = NULL;

	(void)state;
	for (uint8_t i = 1; i <= 4; i++) {
		lane = get(ls, "r1", i);
		put(ls, lane, i);
	}
	assert_int_equal(lanes_retire(ls, lane, keep), D4_OK);
	lanes_close(ls);
	ls = open_lanes();
	lane = lanes_at(ls, 0);
	assert_int_equal(lane->after, 4);
	assert_int_equal(lane->n_feeds, 2);
	assert_int_equal(lane->feed[0].sensor.b[0], 2);
	assert_int_equal(lane->feed[1].sensor.b[0], 4);
	lanes_close(ls);
}

static void
a_feed_that_comes_when_all_others_are_denied_loses_nothing(void **state)
{
	static const bool keep[] = {false, false, true};
	struct lanes *ls = open_lanes();
	struct lane *lane = get(ls, "r1", 1);

	(void)state;
	put(ls, lane, 1);
	assert_ptr_equal(get(ls, "r1", 2), lane);
	put(ls, lane, 2);
	lanes_bar(lane);
	assert_ptr_equal(get(ls, "r1", 3), lane);
	put(ls, lane, 3);
	assert_int_equal(lanes_retire(ls, lane, keep), D4_OK);
	assert_int_equal(lane->after, 2);
	assert_int_equal(lane->n_feeds, 1);
	/* One that is denied since then takes all with it. */
	lanes_bar(lane);
	assert_ptr_equal(get(ls, "r1", 4), lane);
	assert_ptr_equal(get(ls, "r1", 5), lane);
	put(ls, lane, 4);
	assert_int_equal(lanes_retire(ls, lane, keep), D4_OK);
	assert_int_equal(lane->after, 4);
	lanes_close(ls);
}

static void
no_feed_is_retired_while_its_entries_are_only_queued(void **state)
{
	static const bool keep[] = {false, true};
	struct lanes *ls = open_lanes();
	struct lane *lane = get(ls, "r1", 1);
	struct d4_spool_entry e = make_entry(1, "data", 4);

	(void)state;
	assert_ptr_equal(get(ls, "r1", 2), lane);
	assert_int_equal(d4_spool_append(lane->writer, &e), D4_OK);
	lane->touched = true;
	assert_int_equal(lanes_retire(ls, lane, keep), D4_AGAIN);
	assert_int_equal(lane->n_feeds, 2);
	assert_int_equal(lanes_commit(ls), D4_OK);
	assert_int_equal(lanes_retire(ls, lane, keep), D4_OK);
	assert_int_equal(lane->after, 1);
	lanes_close(ls);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_lane_whose_feeds_are_lost_is_not_known),
	    T(a_lane_without_a_header_is_known_by_its_file),
	    T(a_lane_that_nothing_tells_of_is_left_alone),
	    T(nothing_that_an_unknown_lane_holds_is_sent_when_more_comes),
	    T(what_fed_a_lane_that_could_not_be_opened_is_not_forgotten),
	    T(a_feed_that_is_denied_takes_what_is_queued_with_it),
	    T(a_feed_that_comes_when_all_others_are_denied_loses_nothing),
	    T(no_feed_is_retired_while_its_entries_are_only_queued),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

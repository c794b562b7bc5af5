#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "relay/journal.h"
#include "lanes_world.h"

static void
lanes_and_what_fed_them_are_found_again(void **state)
{
	struct lane_feed odd = feed(9, "{\"type\":\"x\",\"t\":\"\xff\xfe\"}");
	struct d4_spool_lane head = make_lane("r2");
	struct lanes *ls = open_lanes();
	struct lane *lane = get(ls, "r1", 1);

	(void)state;
	assert_ptr_equal(get(ls, "r1", 2), lane);
	assert_ptr_equal(get(ls, "r1", 1), lane);
	put(ls, lane, 7);
	assert_int_equal(lanes_get(ls, &head, &odd, &lane), D4_OK);
	put(ls, lane, 8);
	assert_true(lanes_minted(ls, &head.wire_uuid));
	assert_false(lanes_minted(ls, &odd.sensor));
	lanes_close(ls);
	ls = open_lanes();
	assert_int_equal(lanes_n(ls), 1);
	lane = lanes_find(ls, "acme-csirt", LANE_ID);
	assert_non_null(lane);
	assert_null(lanes_find(ls, "acme", LANE_ID));
	assert_true(lane->known);
	assert_string_equal(lane->head.rule, "r2");
	assert_int_equal(lane->n_feeds, 3);
	assert_true(d4_uuid_eq(&lane->feed[2].sensor, &odd.sensor));
	assert_true(d4_slice_eq(lane->feed[2].meta, odd.meta));
	assert_int_equal(d4_spool_seq(lane->writer), 2);
	assert_true(lanes_bytes(ls) > 300);
	lanes_close(ls);
}

static void
what_post_settled_is_deleted_and_its_numbers_are_not_used_again(void **state)
{
	struct d4_spool_cursor c = {.sent = 40, .acked = 2, .confirmed = 2};
	struct lanes *ls = open_lanes();
	struct lane *lane = get(ls, "r1", 1);

	(void)state;
	put(ls, lane, 1);
	put(ls, lane, 2);
	save_cursor(&c);
	lanes_trim(ls);
	assert_true(lanes_bytes(ls) < 1024);
	lanes_close(ls);
	ls = open_lanes();
	lane = lanes_at(ls, 0);
	put(ls, lane, 3);
	assert_int_equal(d4_spool_seq(lane->writer), 41);
	lanes_close(ls);
}

static void
only_what_was_committed_since_is_marked(void **state)
{
	struct lanes *ls = open_lanes();
	struct lane *lane = get(ls, "r1", 1);
	struct d4_spool_mark m;
	json_t *marks;

	(void)state;
	put(ls, lane, 1);
	marks = lanes_marks(ls);
	assert_true(marks_find(marks, "acme-csirt", LANE_ID, &m));
	assert_int_equal(m.seq, 1);
	assert_int_equal(m.total, 3);
	json_decref(marks);
	lanes_marked(ls);
	marks = lanes_marks(ls);
	assert_int_equal(json_object_size(marks), 0);
	json_decref(marks);
	put(ls, lane, 2);
	marks = lanes_marks(ls);
	assert_int_equal(json_object_size(marks), 1);
	json_decref(marks);
	lanes_close(ls);
}

/* Two entries of an earlier run, which a journal has noted. */
static void
noted_two(void)
{
	struct journal_batch b = {.last = {1, 0}, .entries = 2, .fence = 1};
	struct lanes *ls = open_lanes();
	struct lane *lane = get(ls, "r1", 1);
	struct journal *j = NULL;
	json_t *marks;

	put(ls, lane, 1);
	put(ls, lane, 2);
	marks = lanes_marks(ls);
	b.marks = marks;
	assert_int_equal(journal_open(state_dir, "d4:{8:0}:q", &j), D4_OK);
	assert_int_equal(journal_commit(j, &b), D4_OK);
	journal_close(j);
	json_decref(marks);
	lanes_close(ls);
}

static void
damage_at_the_end_is_not_forgotten_over_a_restart(void **state)
{
	struct d4_spool_cursor c = {.stuck = 1};
	struct lanes *ls;
	struct lane *lane;
	char path[256];
	struct stat sb;

	(void)state;
	noted_two();
	lane_path(spool, "00000000000000000001.seg", path, sizeof(path));
	assert_int_equal(stat(path, &sb), 0);
	assert_int_equal(truncate(path, sb.st_size - 1), 0);
	ls = open_lanes();
	lane = lanes_at(ls, 0);
	assert_int_equal(d4_spool_seq(lane->writer), 2);
	assert_int_equal(d4_spool_total(lane->writer), 6);
	save_cursor(&c); /* post stands there */
	lanes_trim(ls);
	lane_path(spool, "00000000000000000003.seg", path, sizeof(path));
	assert_int_equal(stat(path, &sb), 0);
	lanes_close(ls);
}

/* The file of what fed it says what lane it is. */
static void
a_damaged_header_costs_no_count(void **state)
{
	struct lanes *ls;
	struct lane *lane;
	char path[256];
	struct stat sb;
	int fd;

	(void)state;
	noted_two();
	lane_path(spool, "00000000000000000001.seg", path, sizeof(path));
	fd = open(path, O_RDWR);
	assert_int_equal(pwrite(fd, "xxxx", 4, 16), 4);
	assert_int_equal(close(fd), 0);
	ls = open_lanes();
	assert_int_equal(lanes_n(ls), 1);
	lane = get(ls, "r1", 1);
	assert_int_equal(d4_spool_total(lane->writer), 6);
	put(ls, lane, 3);
	assert_int_equal(d4_spool_seq(lane->writer), 3);
	assert_int_equal(stat(path, &sb), 0); /* for post to tell */
	lane_path(spool, "00000000000000000003.seg", path, sizeof(path));
	assert_int_equal(stat(path, &sb), 0);
	lanes_close(ls);
}

static void
a_dropped_batch_leaves_nothing(void **state)
{
	struct lanes *ls = open_lanes();
	struct lane *lane = get(ls, "r1", 1);
	struct d4_spool_entry e = make_entry(1, "data", 4);

	(void)state;
	assert_int_equal(d4_spool_append(lane->writer, &e), D4_OK);
	lane->touched = true;
	lanes_drop(ls);
	assert_int_equal(lanes_commit(ls), D4_OK);
	assert_int_equal(d4_spool_seq(lane->writer), 0);
	lanes_close(ls);
}

static void
lanes_of_a_partner_are_limited(void **state)
{
	struct lane_feed f = feed(1, "");
	struct d4_spool_lane head = make_lane("r");
	struct lanes *ls = open_lanes();
	struct lane *lane;

	(void)state;
	for (unsigned i = 0; i < LANES_PER_PARTNER; i++) {
		(void)snprintf(head.id, sizeof(head.id), "%016x", i);
		assert_int_equal(lanes_get(ls, &head, &f, &lane), D4_OK);
		/* Descriptors are for the ones that are written. */
		if (i % 100 == 99) {
			d4_spool_writer_close(lane->writer);
			lane->writer = NULL;
		}
	}
	(void)snprintf(head.id, sizeof(head.id), "%016x", LANES_PER_PARTNER);
	assert_int_equal(lanes_get(ls, &head, &f, &lane), D4_ETOOBIG);
	(void)snprintf(head.partner, sizeof(head.partner), "other");
	assert_int_equal(lanes_get(ls, &head, &f, &lane), D4_OK);
	lanes_close(ls);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(lanes_and_what_fed_them_are_found_again),
	    T(what_post_settled_is_deleted_and_its_numbers_are_not_used_again),
	    T(only_what_was_committed_since_is_marked),
	    T(damage_at_the_end_is_not_forgotten_over_a_restart),
	    T(a_damaged_header_costs_no_count),
	    T(a_dropped_batch_leaves_nothing),
	    T(lanes_of_a_partner_are_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

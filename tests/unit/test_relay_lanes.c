#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "libd4/kit/file.h"
#include "relay/journal.h"
#include "relay/lanes.h"
#include "spool_make.h"

static char dir[64];
static char spool[80], state_dir[80], cursors[80];

static int
setup(void **state)
{
	(void)state;
	tmpdir_make(dir, sizeof(dir));
	(void)snprintf(spool, sizeof(spool), "%s/spool", dir);
	(void)snprintf(state_dir, sizeof(state_dir), "%s/state", dir);
	(void)snprintf(cursors, sizeof(cursors), "%s/cursors", dir);
	return d4_dir_make(spool, 0700) == D4_OK &&
	               d4_dir_make(state_dir, 0700) == D4_OK
	           ? 0
	           : -1;
}

static int
teardown(void **state)
{
	(void)state;
	tmpdir_remove(dir);
	return 0;
}

static struct lanes *
open_lanes(void)
{
	struct lanes_dirs dirs = {spool, state_dir, cursors, NULL};
	struct lanes *ls = NULL;

	assert_int_equal(lanes_open(&dirs, &ls), D4_OK);
	return ls;
}

static struct lane_feed
feed(uint8_t n, const char *meta)
{
	struct lane_feed f = {
	    .source = "tele-pcap", .type = 254, .meta = d4_slice_str(meta)};

	memset(f.sensor.b, n, sizeof(f.sensor.b));
	return f;
}

static struct lane *
get(struct lanes *ls, const char *rule, uint8_t sensor)
{
	struct d4_spool_lane head = make_lane(rule);
	struct lane_feed f = feed(sensor, "{\"type\":\"x\"}");
	struct lane *lane = NULL;

	assert_int_equal(lanes_get(ls, &head, &f, &lane), D4_OK);
	return lane;
}

static void
put(struct lanes *ls, struct lane *lane, uint64_t id)
{
	struct d4_spool_entry e = make_entry(id, "data", 4);

	assert_int_equal(d4_spool_append(lane->writer, &e), D4_OK);
	lane->touched = true;
	assert_int_equal(lanes_commit(ls), D4_OK);
	assert_int_equal(d4_spool_queued(lane->writer), 0);
}

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

/* What fed it is lost; to a process that cannot read the last header, too. */
static void
lose(bool head)
{
	uint8_t bad = 0xff;
	char path[256];
	int fd;

	(void)snprintf(path, sizeof(path),
	    "%s/lanes/acme-csirt/" LANE_ID ".json", state_dir);
	assert_int_equal(unlink(path), 0);
	if (!head)
		return;
	(void)snprintf(path, sizeof(path),
	    "%s/acme-csirt/" LANE_ID "/00000000000000000002.seg", spool);
	fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, &bad, 1, 40), 1);
	(void)close(fd);
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
		assert_int_equal(lanes_n(ls), 1 - head);
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
		assert_int_equal(teardown(NULL), 0);
		assert_int_equal(setup(NULL), 0);
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

static void
save_cursor(const struct d4_spool_cursor *c)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/acme-csirt", cursors);
	assert_int_equal(d4_dir_make(path, 0700), D4_OK);
	(void)snprintf(
	    path, sizeof(path), "%s/acme-csirt/" LANE_ID ".cursor", cursors);
	assert_int_equal(d4_spool_cursor_save(path, c), D4_OK);
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

/* A journal noted two entries; the second one is damaged at the next start. */
static void
damage_at_the_end_is_not_forgotten_over_a_restart(void **state)
{
	struct d4_spool_cursor c = {.stuck = 1};
	struct journal_batch b = {.last = {1, 0}, .entries = 2, .fence = 1};
	struct lanes *ls = open_lanes();
	struct lane *lane = get(ls, "r1", 1);
	struct journal *j = NULL;
	json_t *marks;
	char path[256];
	struct stat sb;

	(void)state;
	put(ls, lane, 1);
	put(ls, lane, 2);
	marks = lanes_marks(ls);
	b.marks = marks;
	assert_int_equal(journal_open(state_dir, "d4:{8:0}:q", &j), D4_OK);
	assert_int_equal(journal_commit(j, &b), D4_OK);
	journal_close(j);
	json_decref(marks);
	lanes_close(ls);
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
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(lanes_and_what_fed_them_are_found_again),
	    T(a_lane_whose_feeds_are_lost_is_not_known),
	    T(nothing_that_an_unknown_lane_holds_is_sent_when_more_comes),
	    T(what_fed_a_lane_that_could_not_be_opened_is_not_forgotten),
	    T(a_feed_that_is_denied_takes_what_is_queued_with_it),
	    T(no_feed_is_retired_while_its_entries_are_only_queued),
	    T(what_post_settled_is_deleted_and_its_numbers_are_not_used_again),
	    T(only_what_was_committed_since_is_marked),
	    T(damage_at_the_end_is_not_forgotten_over_a_restart),
	    T(a_dropped_batch_leaves_nothing),
	    T(lanes_of_a_partner_are_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "lanes_folders.h"
#include "libd4/kit/spool_cursor.h"
#include "relay/lanes_partner.h"

static struct d4_account *account;

static int
setup(void **state)
{
	if (folders_make(state) != 0)
		return -1;
	return d4_account_open(dir, "wash", &account) == D4_OK ? 0 : -1;
}

static int
teardown(void **state)
{
	d4_account_close(account);
	return folders_remove(state);
}

static struct lanes *
open_lanes(const struct lanes_limits *limits)
{
	struct lanes_dirs dirs = {spool, state_dir, cursors, account, NULL};
	struct lanes *ls = NULL;

	assert_int_equal(lanes_open(&dirs, &ls), D4_OK);
	lanes_limits_set(ls, limits, 2);
	return ls;
}

static struct lane *
get(struct lanes *ls)
{
	struct d4_spool_lane head = make_lane("r1");
	struct lane_feed f = {.source = "tele-pcap",
	    .type = 254,
	    .meta = d4_slice_str("{\"type\":\"x\"}")};
	struct lane *lane = NULL;

	assert_int_equal(lanes_get(ls, &head, &f, &lane), D4_OK);
	return lane;
}

/* Entries of 100,000 bytes; expires: of each. */
static void
put(struct lanes *ls, struct lane *lane, unsigned n, uint64_t expires)
{
	static char data[100000];
	struct d4_spool_entry e;

	for (unsigned i = 0; i < n; i++) {
		e = make_entry(
		    d4_spool_seq(lane->writer) + 1, data, sizeof(data));
		e.expires_s = expires;
		assert_int_equal(d4_spool_append(lane->writer, &e), D4_OK);
		lane->touched = true;
		lane_appended(lane);
		assert_int_equal(lanes_commit(ls), D4_OK);
	}
}

static const struct lanes_partner *
partner(struct lanes *ls)
{
	struct lanes_partner *p = NULL;

	assert_int_equal(lanes_partner_get(ls, "acme-csirt", &p), D4_OK);
	return p;
}

static size_t
accounted(const char *word)
{
	struct d4_buf text;
	char path[128];
	size_t n = 0;

	d4_buf_init(&text, 1u << 20);
	(void)snprintf(path, sizeof(path), "%s/wash.jsonl", dir);
	assert_int_equal(d4_file_read(path, &text), D4_OK);
	assert_int_equal(d4_buf_add(&text, "", 1), D4_OK);
	for (const char *p = (const char *)text.p;
	     (p = strstr(p, word)) != NULL; p++)
		n++;
	d4_buf_fini(&text);
	return n;
}

static void
budgets_are_equal_shares_or_what_is_written(void **state)
{
	static const struct lanes_limit own = {"acme-csirt", 5000, true};
	struct lanes_limits limits = {.total = 1000000};
	struct lanes *ls = open_lanes(&limits);

	(void)state;
	assert_int_equal(partner(ls)->budget, 500000);
	assert_false(partner(ls)->drop_oldest);
	limits.list = &own;
	limits.n = 1;
	lanes_limits_set(ls, &limits, 2);
	assert_int_equal(partner(ls)->budget, 5000);
	assert_true(partner(ls)->drop_oldest);
	assert_int_equal(lanes_n_partners(ls), 1);
	lanes_close(ls);
}

/* Already while a batch is under way: its next entry finds no room. */
static void
a_partner_is_full_before_its_budget_and_until_there_is_room(void **state)
{
	static const struct lanes_limit own = {"acme-csirt", 1u << 20, false};
	const struct lanes_limits limits = {
	    .total = 1u << 30, .list = &own, .n = 1};
	struct lanes *ls = open_lanes(&limits);
	struct lane *lane = get(ls);
	static char data[100000];
	struct d4_spool_entry e = make_entry(1, data, sizeof(data));

	(void)state;
	for (int i = 0; i < 9; i++) {
		assert_true(lanes_partner_room(partner(ls)));
		assert_int_equal(d4_spool_append(lane->writer, &e), D4_OK);
		lane->touched = true;
		lane_appended(lane);
	}
	put(ls, lane, 1, 0);
	assert_true(lanes_parking(ls));
	assert_true(partner(ls)->bytes <= 1u << 20);
	assert_int_equal(partner(ls)->dropped, 0);
	lanes_enforce(ls); /* parks: nothing is dropped */
	assert_true(partner(ls)->bytes > 900000);
	assert_int_equal(d4_spool_trim(lane->writer, 10), D4_OK);
	lanes_measure(ls);
	assert_false(lanes_parking(ls));
	lanes_close(ls);
}

static void
drop_oldest_makes_room_and_accounts_for_it(void **state)
{
	static const struct lanes_limit own = {"acme-csirt", 1u << 20, true};
	const struct lanes_limits limits = {
	    .total = 1u << 30, .list = &own, .n = 1};
	struct lanes *ls = open_lanes(&limits);
	struct lane *lane = get(ls);

	(void)state;
	for (int i = 0; i < 30; i++) {
		put(ls, lane, 1, 0);
		lanes_enforce(ls);
		assert_true(partner(ls)->bytes <= 1u << 20);
		assert_false(lanes_parking(ls));
	}
	assert_true(partner(ls)->dropped >= 3 * 20);
	assert_int_equal(partner(ls)->dropped / 3, accounted("drop-oldest"));
	assert_int_equal(d4_spool_total(lane->writer), 90);
	lanes_close(ls);
}

static void
all_together_too_much_stops_the_largest_only(void **state)
{
	const struct lanes_limits limits = {.total = 1u << 20};
	struct d4_spool_lane head = make_lane("r1");
	struct lane_feed f = {.source = "x", .type = 254};
	struct lanes *ls = open_lanes(&limits);
	struct lane *lane = get(ls), *small = NULL;

	(void)state;
	(void)snprintf(head.partner, sizeof(head.partner), "small");
	assert_int_equal(lanes_get(ls, &head, &f, &small), D4_OK);
	put(ls, small, 1, 0);
	put(ls, lane, 9, 0);
	assert_false(lanes_partner_room(partner(ls)));
	assert_true(lanes_partner_room(small->partner));
	lanes_close(ls);
}

static void
what_expires_is_deleted_and_accounted_once(void **state)
{
	const struct lanes_limits limits = {.total = 2u << 20};
	struct lanes *ls = open_lanes(&limits);
	struct lane *lane = get(ls);

	(void)state;
	put(ls, lane, 4, 1000);
	put(ls, lane, 2, 2000);
	lanes_expire(ls, 999);
	assert_int_equal(partner(ls)->expired, 0);
	lanes_expire(ls, 1000);
	assert_int_equal(partner(ls)->expired, 12);
	lanes_expire(ls, 1000);
	assert_int_equal(partner(ls)->expired, 12);
	assert_int_equal(accounted("spool.expired"), 4);
	lanes_close(ls);
	ls = open_lanes(&limits); /* nobody remembers: it is looked into */
	for (int i = 0; i < 10; i++)
		lanes_expire(ls, 5000);
	assert_int_equal(accounted("spool.expired"), 6);
	assert_int_equal(d4_spool_total(lanes_at(ls, 0)->writer), 18);
	lanes_close(ls);
}

static void
note_gone(void *arg, const struct lane *lane)
{
	assert_string_equal(lane->head.id, LANE_ID);
	(*(unsigned *)arg)++;
}

static bool
lane_folder(const char *suffix)
{
	char path[256];

	(void)snprintf(
	    path, sizeof(path), "%s/acme-csirt/" LANE_ID "%s", spool, suffix);
	return access(path, F_OK) == 0;
}

static void
an_unused_lane_waits_for_post_and_may_come_back(void **state)
{
	const struct lanes_limits limits = {.total = 2u << 20, .idle_s = 100};
	const struct d4_spool_cursor done = {.sent = 2,
	    .acked = 2,
	    .confirmed = 2,
	    .sent_records = 6,
	    .acked_records = 6,
	    .confirmed_records = 6};
	uint64_t now = (uint64_t)time(NULL);
	struct lanes *ls = open_lanes(&limits);
	struct lane *lane = get(ls);
	unsigned gone = 0;

	(void)state;
	put(ls, lane, 2, 0);
	lanes_idle(ls, now + 1000, note_gone, &gone);
	assert_int_equal(gone, 0); /* something is in it */
	save_cursor(&done);
	lanes_trim(ls);
	lanes_idle(ls, now + 50, note_gone, &gone);
	assert_int_equal(gone, 0);
	lanes_idle(ls, now + 1000, note_gone, &gone);
	assert_int_equal(gone, 1);
	assert_int_equal(lanes_n(ls), 0);
	assert_true(lane_folder(".gone") && !lane_folder(""));
	/* Back before post forgot: numbers go on. */
	lane = get(ls);
	assert_true(lane_folder("") && !lane_folder(".gone"));
	put(ls, lane, 1, 0);
	assert_int_equal(d4_spool_seq(lane->writer), 3);
	assert_int_equal(d4_spool_total(lane->writer), 9);
	/* Gone for good, then made anew. */
	assert_int_equal(d4_spool_trim(lane->writer, 3), D4_OK);
	lanes_idle(ls, now + 1000, note_gone, &gone);
	assert_int_equal(gone, 2);
	assert_true(lane_folder(".gone"));
	save_cursor(NULL);
	lanes_idle(ls, now + 1000, note_gone, &gone);
	assert_false(lane_folder(".gone") || lane_folder(""));
	lane = get(ls);
	put(ls, lane, 1, 0);
	assert_int_equal(d4_spool_seq(lane->writer), 1);
	lanes_close(ls);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(budgets_are_equal_shares_or_what_is_written),
	    T(a_partner_is_full_before_its_budget_and_until_there_is_room),
	    T(drop_oldest_makes_room_and_accounts_for_it),
	    T(all_together_too_much_stops_the_largest_only),
	    T(what_expires_is_deleted_and_accounted_once),
	    T(an_unused_lane_waits_for_post_and_may_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

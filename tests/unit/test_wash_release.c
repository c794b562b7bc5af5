/* What an earlier run released is decided on again, or not released. */
#include <sys/stat.h>
#include "libd4/kit/file.h"
#include "relay/release.h"
#include "relay/wash_room.h"
#include "spool_make.h"
#include "tmpfixture.h"

static char spool[80], state_dir[80], cursors[80];

static void
release_old(const char *partner)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/%s", spool, partner);
	assert_int_equal(d4_dir_make(path, 0700), D4_OK);
	(void)snprintf(
	    path, sizeof(path), "%s/%s/" RELEASE_NAME, spool, partner);
	assert_int_equal(
	    d4_file_replace(path, d4_slice_str("{\"v\":1}"), 0600), D4_OK);
}

/* How many lanes its file releases; -1: there is none. */
static int
released(const char *partner)
{
	struct release r = {.n = 0};
	struct d4_buf text;
	char path[160];
	int n = -1;

	(void)snprintf(
	    path, sizeof(path), "%s/%s/" RELEASE_NAME, spool, partner);
	d4_buf_init(&text, RELEASE_MAX);
	if (d4_file_read(path, &text) == D4_OK) {
		assert_int_equal(release_parse(d4_buf_slice(&text), &r), D4_OK);
		n = (int)r.n;
	}
	d4_buf_fini(&text);
	release_fini(&r);
	return n;
}

static void
without_a_policy_nothing_of_an_earlier_run_stays_released(void **state)
{
	struct wash_setup setup = {.policy = ""};
	struct wash w = {.setup = &setup};
	struct d4_spool_writer *lane;

	(void)state;
	(void)snprintf(spool, sizeof(spool), "%s/spool", dir);
	(void)snprintf(state_dir, sizeof(state_dir), "%s/state", dir);
	(void)snprintf(cursors, sizeof(cursors), "%s/cursors", dir);
	assert_int_equal(d4_dir_make(spool, 0700), D4_OK);
	assert_int_equal(d4_dir_make(state_dir, 0700), D4_OK);
	lane = open_writer(spool, "r1", NULL);
	put_text(lane, 1, "one");
	d4_spool_writer_close(lane);
	release_old("acme-csirt");
	release_old("gone"); /* its lanes cannot be opened */
	setup.dirs = (struct lanes_dirs){spool, state_dir, cursors, NULL, NULL};
	assert_int_equal(lanes_open(&setup.dirs, &w.lanes), D4_OK);
	release_write(&w);
	assert_int_equal(released("acme-csirt"), 0);
	assert_int_equal(released("gone"), -1);
	lanes_close(w.lanes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		without_a_policy_nothing_of_an_earlier_run_stays_released,
		setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

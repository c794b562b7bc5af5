/* Which of compat's files may go: by name, and by hour. */
#include "hub/compat_keep.h"
#include "test.h"

#define U     "0123456789abcdef0123456789abcdef"
#define OTHER "1123456789abcdef0123456789abcdef"

static void
only_names_that_we_give_may_go(void **state)
{
	static const struct {
		const char *path;
		int type;
	} all[] = {
	    {U "/1/2026/11/22/" U "-2026-11-22-101112.cap.gz", 0},
	    {U "/1/2026/11/22/" U "-2026-11-22-101112.cap", -1},
	    {U "/1/2026/11/22/" OTHER "-2026-11-22-101112.cap.gz", -1},
	    {U "/1/2026/11/22/more/" U "-x.cap.gz", -1},
	    {U "/1/2026/11/" U "-x.cap.gz", -1},
	    {U "/1/2026/1x/22/" U "-x.cap.gz", -1},
	    {U "/8/2026/11/22/" U "-x.cap.gz", -1},
	    {U "/8/2026/11/22/" U "-x.passivedns.txt.gz", -1},
	    {U "0/1/2026/11/22/" U "-x.cap.gz", -1},
	    {"datas/ja3-jl/jsons/2026-a-b-1.json", 1},
	    {"datas/ja3-jl/jsons/2026-a-b-1.txt", -1},
	    {"datas/ja3-jl/jsons/.json", -1},
	    {"datas/ja3-jl/certs/aa.crt", 1},
	    {"datas/ja3-jl/files/aa.crt", -1},
	    {"datas/ja3-jl/jsons/more/x.json", -1},
	    {"datas/filewatcher/files/aa.exe", 2},
	    {"datas/filewatcher/file/aa.exe", -1},
	    {"datas/filewatcherjson/files/aa.json", 3},
	    {"datas/other/files/aa", -1},
	    {"datas/1/files/aa", -1},
	    {U "/254/2026/11/22/filewatcher/files/aa.gz", 2},
	    {U "/254/2026/11/22/filewatcherjson/files/aa.json", 3},
	    {U "/254/2026/11/22/ja3-jl/files/aa.json", -1},
	    {U "/254/2026/11/22/filewatcher/aa.gz", -1},
	    {U "/254/2026/11/22/1/files/aa.gz", -1},
	    {"", -1},
	    {"/", -1},
	    {"//////", -1},
	    {"a/b/c/d/e/f/g/h/i/j/k", -1},
	    {"server.conf", -1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		if (keep_type(all[i].path) != all[i].type)
			fail_msg("%s: %d", all[i].path, keep_type(all[i].path));
	}
}

static void
what_cannot_hold_them_is_not_walked_through(void **state)
{
	static const struct {
		const char *path;
		bool yes;
	} all[] = {
	    {U, true},
	    {U "/1", true},
	    {U "/254", true},
	    {U "/254/2026/11/22/filewatcher/files", true},
	    {U "/8", false}, /* d4-core's archive */
	    {U "/8/2026", false},
	    {"datas", true},
	    {"datas/ja3-jl", true},
	    {"datas/ja3-jl/jsons", true},
	    {"datas/ja3-jl/jsons/more", false},
	    {"datas/1", false},
	    {"datas/other", false},
	    {"lost+found", false},
	    {"", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		if (keep_may_hold(all[i].path) != all[i].yes)
			fail_msg("%s", all[i].path);
	}
}

static void
only_folders_of_days_are_removed(void **state)
{
	static const struct {
		const char *path;
		bool yes;
	} all[] = {
	    {"/d/" U "/1/2026/11/22", true},
	    {"/d/" U "/1/2026/11", true},
	    {"/d/" U "/1/2026", true},
	    {"/d/" U "/254/2026/11/22/filewatcher/files", true},
	    {"/d/" U "/1", false}, /* d4-core's page wants it */
	    {"/d/" U, false},
	    {"/d", false},
	    {"/d/" U "/8/2026/11/22", false},
	    {"/d/datas/ja3-jl/jsons", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		if (keep_type_folder(all[i].path, "/d") != all[i].yes)
			fail_msg("%s", all[i].path);
	}
}

/* Files of hour h have h + 1 bytes a file. */
static void
beyond_a_size_whole_hours_go_oldest_first(void **state)
{
	static struct keep_hours h;
	const uint64_t now = 1000 * 3600 + 1800;

	(void)state;
	h = (struct keep_hours){.now_s = now};
	keep_hours_add(&h, now, 10);
	keep_hours_add(&h, now - 3600, 20);
	keep_hours_add(&h, now - 7200, 30);
	keep_hours_add(&h, now - 7201, 30);
	keep_hours_add(&h, 0, 5);           /* 1970 */
	keep_hours_add(&h, now + 99999, 1); /* a clock that was wrong */
	assert_int_equal(keep_hours_sum(&h), 96);
	assert_int_equal(keep_hours_cut(&h, 0), 0);
	assert_int_equal(keep_hours_cut(&h, 96), 0);
	assert_int_equal(keep_hours_cut(&h, 91), 3600);
	assert_int_equal(keep_hours_cut(&h, 90), 999 * 3600);
	assert_int_equal(keep_hours_cut(&h, 30), 1000 * 3600);
	assert_int_equal(keep_hours_cut(&h, 31), 999 * 3600);
	/* The newest hour stays: it is being made. */
	assert_int_equal(keep_hours_cut(&h, 1), 1000 * 3600);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_names_that_we_give_may_go),
	    cmocka_unit_test(what_cannot_hold_them_is_not_walked_through),
	    cmocka_unit_test(only_folders_of_days_are_removed),
	    cmocka_unit_test(beyond_a_size_whole_hours_go_oldest_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Names of the archive's files, when they end, and what was seen before. */
#include <ctype.h>
#include "hub/archive_name.h"
#include "hub/archive_seen.h"
#include "test.h"

#define HEX "0102030405060708090a0b0c0d0e0f10"

static const struct part_head head = {
    .sensor = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}},
    .type = 8,
    .t_us = 1709251199999999}; /* 2024-02-29T23:59:59 */

static void
files_have_the_names_that_d4_core_gives_them(void **unused)
{
	static const struct {
		uint8_t type;
		const char *ext;
		bool opened;
		uint32_t nth;
		const char *dir, *file;
	} cases[] = {
	    {1, "", true, 0, HEX "/1/2024/02/29",
		HEX "-2024-02-29-235959.cap.gz"},
	    {3, "", false, 2, HEX "/3/2024/02/29",
		HEX "-2024-02-29-235959z002.syslog.txt.gz"},
	    {4, "", false, 0, HEX "/4/2024/02/29",
		HEX "-2024-02-29-235959.dnscap.txt.gz"},
	    {4, "", true, 0, HEX "/4/2024/02/29",
		HEX "-2024-02-29-235959.dnscap.cap.gz"},
	    {8, "", false, 0, HEX "/8/2024/02/29",
		HEX "-2024-02-29-235959.passivedns.txt.gz"},
	    {254, "ja3-jl", false, 0, HEX "/254/2024/02/29/ja3-jl",
		HEX "-2024-02-29-235959.txt.gz"},
	};
	struct archive_name name;

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct part_head h = head;
		uint64_t t = 0;

		h.type = cases[i].type;
		h.ext = d4_slice_str(cases[i].ext);
		h.nth = cases[i].nth;
		assert_int_equal(
		    archive_name(&h, cases[i].opened, ".gz", &name), D4_OK);
		assert_string_equal(name.dir, cases[i].dir);
		assert_string_equal(name.file, cases[i].file);
		assert_int_equal(archive_name_time(name.file, &t), D4_OK);
		assert_int_equal(t, head.t_us / 1000000);
		assert_int_equal(archive_name_time(name.meta, &t), D4_OK);
	}
}

/* As names, and as a locale that leaves dots out sorts them. */
static void
names_of_one_second_sort_by_time(void **unused)
{
	static const uint32_t nth[] = {
	    0, 1, 2, 9, 10, 99, 100, 999, 1000, 9999, 10000, UINT32_MAX};
	char was[2 * ARCHIVE_FILE] = "", bare[ARCHIVE_FILE] = "";
	struct archive_name name;
	uint64_t t;

	(void)unused;
	for (size_t i = 0; i < COUNT(nth); i++) {
		struct part_head h = head;
		size_t n = 0;

		h.nth = nth[i];
		assert_int_equal(archive_name(&h, false, ".gz", &name), D4_OK);
		assert_true(strcmp(was, name.file) < 0);
		(void)snprintf(was, sizeof(was), "%s", name.file);
		for (const char *p = name.file; *p != '\0'; p++) {
			if (isalnum((unsigned char)*p))
				was[n++] = *p;
		}
		was[n] = '\0';
		assert_true(strcmp(bare, was) < 0);
		memcpy(bare, was, n + 1);
		(void)snprintf(was, sizeof(was), "%s", name.file);
		assert_int_equal(archive_name_time(name.file, &t), D4_OK);
		assert_int_equal(archive_name_time(name.meta, &t), D4_OK);
		assert_int_equal(t, head.t_us / 1000000);
	}
	/* The next second is behind all of them. */
	assert_true(
	    strcmp(was, HEX "-2024-03-01-000000.passivedns.txt.gz") < 0);
	/* Names of before. */
	assert_int_equal(
	    archive_name_time(HEX "-2024-02-29-235959.txt.1.gz", &t), D4_OK);
}

static void
a_type_without_a_row_has_no_name(void **unused)
{
	struct part_head h = head;
	struct archive_name name;

	(void)unused;
	h.type = 2;
	assert_int_equal(archive_name(&h, false, "", &name), D4_EINVAL);
}

/* Only our own files are ever counted, or removed. */
static void
other_names_are_not_ours(void **unused)
{
	static const char *const bad[] = {"", "notes.txt", HEX,
	    HEX "-2024-02-29-235959", HEX "-2024-13-29-235959.cap.gz",
	    HEX "-2024-02-29-245959.cap.gz", HEX "-2024-02-2x-235959.cap.gz",
	    "." HEX "-2024-02-29-235959.cap.gz.new",
	    "X" HEX "-2024-02-29-235959.cap.gz",
	    HEX "-0024-02-29-235959.cap.gz", HEX "-2024-02-29-235959z1.cap.gz",
	    HEX "-2024-02-29-235959001.cap.gz",
	    HEX "-2024-02-29-235959zz001.cap.gz", HEX "-2024-02-29-235959z001"};
	uint64_t t;

	(void)unused;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(archive_name_time(bad[i], &t), D4_EMALFORMED);
}

static void
a_file_ends_at_its_slot_and_at_midnight(void **unused)
{
	const uint64_t day = 19782ull * 86400000000ull, s = 1000000;

	(void)unused;
	assert_int_equal(archive_slot_end(day, 300 * s), day + 300 * s);
	assert_int_equal(
	    archive_slot_end(day + 299 * s, 300 * s), day + 300 * s);
	assert_int_equal(
	    archive_slot_end(day + 300 * s, 300 * s), day + 600 * s);
	assert_int_equal(
	    archive_slot_end(day + 86399 * s, 300 * s), day + 86400 * s);
	/* What does not divide a day ends there all the same. */
	assert_int_equal(
	    archive_slot_end(day + 86399 * s, 7 * 3600 * s), day + 86400 * s);
	assert_int_equal(archive_slot_end(day + s, 86400 * s), day + 86400 * s);
}

static void
records_are_seen_once_and_old_sessions_forgotten(void **unused)
{
	struct archive_seen *seen = NULL;
	struct d4_uuid a = {{1}}, u = {{0}};

	(void)unused;
	assert_int_equal(seen_new(&seen), D4_OK);
	assert_false(seen_has(seen, &a, 1));
	assert_int_equal(seen_add(seen, &a, 10), D4_OK);
	assert_true(seen_has(seen, &a, 10));
	assert_true(seen_has(seen, &a, 3));
	assert_false(seen_has(seen, &a, 11));
	assert_int_equal(seen_add(seen, &a, 5), D4_OK); /* never back */
	assert_true(seen_has(seen, &a, 10));
	for (uint32_t i = 0; i < SEEN_MAX; i++) {
		memcpy(u.b + 4, &i, sizeof(i));
		assert_int_equal(seen_add(seen, &u, 1), D4_OK);
	}
	assert_int_equal(seen_sessions(seen), SEEN_MAX);
	assert_false(seen_has(seen, &a, 1));
	assert_true(seen_has(seen, &u, 1));
	seen_free(seen);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(files_have_the_names_that_d4_core_gives_them),
	    cmocka_unit_test(names_of_one_second_sort_by_time),
	    cmocka_unit_test(a_type_without_a_row_has_no_name),
	    cmocka_unit_test(other_names_are_not_ours),
	    cmocka_unit_test(a_file_ends_at_its_slot_and_at_midnight),
	    cmocka_unit_test(records_are_seen_once_and_old_sessions_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

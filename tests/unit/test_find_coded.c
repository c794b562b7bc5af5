#include "guard.h"
#include "sanitizers/find.h"
#include "sanitizers/find_coded.h"
#include "sanitizers/find_loose.h"
#include "scope.h"

static bool
found_in(struct d4_slice text)
{
	struct guard g;
	struct d4_slice s = guard_new(&g, text);
	bool is = san_hidden_scope(s, scope());

	guard_free(&g);
	return is;
}

static void
all_found(const char *const *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!found_in(d4_slice_str(rows[i])))
			fail_msg("not found: %s", rows[i]);
	}
}

static void
numbers_with_any_marks_between_are_found(void **state)
{
	static const char *const rows[] = {"10_1_2_3", "host_10_1_2_3.lu",
	    "10, 1, 2, 3", "[10,1,2,3]", "227 Passive (10,1,2,3,19,137)",
	    "\"10\",\"1\",\"2\",\"3\"", "10\\.1\\.2\\.3", "10 . 1 . 2 . 3",
	    "10/1/2/3", "10 1 2 3", "10;1;2;3", "10\t1\t2\t3", "10[.]1[.]2[.]3",
	    "a10_1_2_3b", "0xa.0x1.0x2.0x3", "0X0A.0x01.0x02.0x03",
	    "0xa.1.0x2.3", "012.1.2.3", "012.01.02.03", "0xa_0x1_0x2_0x3",
	    "0x0a, 0x01, 0x02, 0x03", "{0xa,1,2,3}", "\\010\\001\\002\\003",
	    "9_10_1_2_3", "10_1_2_3_4", "010_001_002_003"};

	(void)state;
	all_found(rows, COUNT(rows));
}

static void
what_inet_aton_reads_is_found(void **state)
{
	static const char *const rows[] = {"10.1.515", "10.1.515.",
	    "x 10.1.515", "http://10.1.3/", "http://10.66051/", "u@10.1.3",
	    "0xa.0x1.0x203", "0xa.0x10203", "0xa.66051", "10.0x10203",
	    "10.1.0x3", "http:\\/\\/10.66051\\/", "10\\.1\\.515"};

	(void)state;
	all_found(rows, COUNT(rows));
}

static void
pairs_of_hex_digits_are_found(void **state)
{
	static const char *const rows[] = {"0a:01:02:03", "0a 01 02 03",
	    "0A-01-02-03", "x 0a.01.02.03 y", "00:0a:01:02:03:ff",
	    "\\x0a\\x01\\x02\\x03", "%0a%01%02%03", "0a, 01, 02, 03",
	    "20:01:0d:b8:00:77:00:00:00:00:00:00:00:00:00:01",
	    "\\x20\\x01\\x0d\\xb8\\x00\\x77\\x00\\x00\\x00\\x00\\x00\\x00"
	    "\\x00\\x00\\x00\\x01"};

	(void)state;
	all_found(rows, COUNT(rows));
}

static void
escapes_are_undone(void **state)
{
	static const char *const rows[] = {"10%2e1%2E2%2e3", "%31%30.1.2.3",
	    "10%252e1.2.3", "10\\u002e1.2.3", "\\x31\\x30.1.2.3",
	    "\\u{31}0.1.2.3", "\\U000000310.1.2.3", "1\\060.1.2.3",
	    "10=2E1=2E2=2E3", "10&#46;1&#x2e;2.3", "1\\0600.1.2.3 10.1.2\\.3",
	    "%u0031%u0030.1.2.3", "10(.)1.2.3", "10[.1[.2[.3", "10.]1.]2.]3",
	    "10{.}1(dot)2[DOT]3", "10 dot 1 dot 2 dot 3", "10dot1dot2dot3",
	    "10 DOT 1.2.3", "10 [dot] 1 [dot] 2 [dot] 3",
	    "2001[:]db8[:]77[::]1", "2001:db8:77[:]:1",
	    "2001%3adb8%3a77%3A%3A1", "%5b2001:db8:77::1",
	    "2001\\:db8\\:77\\:\\:1", "%32001-db8-77--1",
	    "3%2e2.1.10.in-addr.arpa", "%30a010203"};

	(void)state;
	all_found(rows, COUNT(rows));
}

static void
forms_of_unicode_are_those_of_ascii(void **state)
{
	static const char *const rows[] = {
	    "\xef\xbc\x91\xef\xbc\x90.1.2.3", /* full width */
	    "10\xe3\x80\x82"
	    "1\xef\xbd\xa1"
	    "2\xef\xbc\x8e"
	    "3", /* full stops */
	    "10.\xe2\x80\x8b"
	    "1.2.3", /* no width */
	    "1\xc2\xad"
	    "0.1.2.3", /* soft hyphen */
	    "\xef\xbb\xbf"
	    "10.1.2.3",
	    "\xe2\x91\xa0\xe2\x93\xaa.1.2.3",         /* circled */
	    "\xf0\x9d\x9f\x8f\xf0\x9d\x9f\x8e.1.2.3", /* bold */
	    "10.1.2.\xc2\xb3",                        /* raised */
	    "\xd9\xa1\xd9\xa0.1.2.3",                 /* Arabic */
	    "10\xe2\x80\x90"
	    "1\xe2\x80\x90"
	    "2\xe2\x80\x90"
	    "3",
	    "10\xc2\xb7"
	    "1\xc2\xb7"
	    "2\xc2\xb7"
	    "3",
	    "2001:db8\xef\xbc\x9a"
	    "77::1",
	    "\xff\xe2 10\xe2\x80\xa4"
	    "1.2.3 \xf0",
	};

	(void)state;
	all_found(rows, COUNT(rows));
	assert_true(
	    found_in(d4_slice_of("1\0000\0.\0001\0.\0002\0.\0003\0", 16)));
}

static void
base64_and_hex_of_texts_are_found(void **state)
{
	static const char *const rows[] = {"MTAuMS4yLjM=", "MTAuMS4yLjM",
	    "ZnJvbSAxMC4xLjIuMyBwb3J0", "k=ZnJvbSAxMC4xLjIuMyBwb3J0;",
	    "eDEwLjEuMi4z", "/api/MTAuMS4yLjM", "aMTAuMS4yLjM", "abMTAuMS4yLjM",
	    "MjAwMTpkYjg6Nzc6OjE=", "CgECAw==", "\"CgECAw==\"",
	    "IAENuAB3AAAAAAAAAAsACg==", "YSUyZSAxMCUyZTElMmUyJTJlMw==",
	    "31302e312e322e33", "5a31302E312E322E335a", "731302e312e322e33",
	    "323030313a6462383a37373a3a31"};

	(void)state;
	all_found(rows, COUNT(rows));
}

static void
what_is_of_others_or_is_none_is_not_found(void **state)
{
	static const char *const rows[] = {"11_1_2_3", "10_1_2", "10_1_2_333",
	    "10:01:02,003", "10:01:02.003", "10_1-2_3", "10_1.2.3.x",
	    "10_1_2,3", "10.1.3", "10.05", "10.66051", "10.1.3 http://a",
	    "10.1.65536", "10.1.2026.1.5", "0xb.0x1.0x2.0x3", "10, 1, 2",
	    "0b:01:02:03", "0a:01:02", "0a:01-02:03", "f0a:01:02:03",
	    "07:00:01", "2026-11-22 07:00:01", "%31%31.1.2.3", "%zz%", "\\",
	    "%", "&#", "&#;", "=", "[", "[.", "[:", "dot", "1 dot", "dot 1",
	    "anecdote", "\xff", "\xe2\x80", "\xf0\x9d\x9f",
	    "MTEuMS4yLjM=", "MTAuMS4", "L", "LS",
	    "CgECAw=", "xCgECAw==", "31312e312e322e33",
	    "==", "=====", "10_______1_______2_______3_",
	    "10       1       2       3"};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (found_in(d4_slice_str(rows[i])))
			fail_msg("found: %s", rows[i]);
	}
}

/* At each distance from the start and the end, and over a window's edge. */
static void
nothing_is_jumped_over(void **state)
{
	static const char *const rows[] = {"10_1_2_3", "0a:01:02:03",
	    "\\x0a\\x01\\x02\\x03", "10%2e1.2.3",
	    "MTAuMS4yLjM=", "CgECAw==", "10.1.515", "31302e312e322e33"};
	char text[3001];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t n = strlen(rows[i]);

		for (size_t at = 0; at + n <= 3000; at += at < 64 ? 1 : 37) {
			memset(text, ' ', 3000);
			memcpy(text + at, rows[i], n);
			if (!found_in(d4_slice_of(text, 3000)))
				fail_msg("%s not found at %zu", rows[i], at);
			if (!found_in(d4_slice_of(text, at + n)))
				fail_msg("%s at the end, %zu", rows[i], at);
		}
	}
}

static void
first_octets_that_are_not_wanted_are_not_asked_for(void **state)
{
	static struct san_hints hints;
	struct d4_prefix_set set = {NULL, 0};
	struct san_wanted w = {.hints = &hints};

	(void)state;
	scope_add(&set, "11.0.0.0/8");
	san_hints_of(&set, &hints);
	/* is is NULL: a question would be a crash */
	assert_false(san_find_hidden(
	    d4_slice_str("10_1_2_3 11_1_2 0a010203 4866-4867-4865 0c:01:02:03"),
	    &w));
	d4_prefix_set_fini(&set);
}

static void
characters_are_folded(void **state)
{
	size_t n = 0;

	(void)state;
	assert_int_equal(san_fold('a'), 'a');
	assert_int_equal(san_fold(0xff10), '0');
	assert_int_equal(san_fold(0xff19), '9');
	assert_int_equal(san_fold(0x1d7ff), '9');
	assert_int_equal(san_fold(0x200b), 0);
	assert_int_equal(san_fold(0x9f), '?');
	assert_int_equal(san_fold(0xe0080), '?');
	assert_int_equal(san_fold(0x10ffff), '?');
	assert_int_equal(
	    san_utf8_read(d4_slice_str("\xe3\x80\x82x"), &n), 0x3002);
	assert_int_equal(n, 3);
	assert_int_equal(san_utf8_read(d4_slice_str("\xc0\x80"), &n), 0xfffd);
	assert_int_equal(n, 1);
	assert_int_equal(
	    san_utf8_read(d4_slice_str("\xf0\x9d\x9f\x8e"), &n), 0x1d7ce);
	assert_int_equal(n, 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers_with_any_marks_between_are_found),
	    cmocka_unit_test(what_inet_aton_reads_is_found),
	    cmocka_unit_test(pairs_of_hex_digits_are_found),
	    cmocka_unit_test(escapes_are_undone),
	    cmocka_unit_test(forms_of_unicode_are_those_of_ascii),
	    cmocka_unit_test(base64_and_hex_of_texts_are_found),
	    cmocka_unit_test(what_is_of_others_or_is_none_is_not_found),
	    cmocka_unit_test(nothing_is_jumped_over),
	    cmocka_unit_test(
		first_octets_that_are_not_wanted_are_not_asked_for),
	    cmocka_unit_test(characters_are_folded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

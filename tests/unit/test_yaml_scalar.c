#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "libd4/nearest.h"
#include "libd4/yaml.h"

static struct d4_yaml *
parse_ok(const char *text)
{
	struct d4_diag diag = {.file = "t"};
	struct d4_yaml *root = NULL;
	enum d4_status st = d4_yaml_parse(d4_slice_str(text), &diag, &root);

	if (st != D4_OK)
		fail_msg("%u:%u %s; %s", diag.line, diag.column, diag.what,
		    diag.remedy);
	return root;
}

static const struct {
	const char *text;
	bool ok;
	uint64_t us;
} durations[] = {
    {"1us", true, 1},
    {"1500ns", true, 1},
    {"3ms", true, 3000},
    {"90s", true, 90000000},
    {"2m", true, 120000000},
    {"24h", true, UINT64_C(86400000000)},
    {"7d", true, UINT64_C(604800000000)},
    {"0s", true, 0},
    {"", false, 0},
    {"5", false, 0},
    {"s", false, 0},
    {"-1s", false, 0},
    {"1.5h", false, 0},
    {"01s", false, 0},
    {"1 s", false, 0},
    {"1S", false, 0},
    {"1w", false, 0},
    {"18446744073709551615d", false, 0},
    {"18446744073709551616ns", false, 0},
};

static const struct {
	const char *text;
	bool ok;
	uint64_t bytes;
} sizes[] = {
    {"0", true, 0},
    {"17", true, 17},
    {"17B", true, 17},
    {"5kB", true, 5000},
    {"5KiB", true, 5120},
    {"1MiB", true, 1 << 20},
    {"2MB", true, 2000000},
    {"3GB", true, UINT64_C(3000000000)},
    {"50GiB", true, UINT64_C(50) << 30},
    {"1TiB", true, UINT64_C(1) << 40},
    {"1TB", true, UINT64_C(1000000000000)},
    {"1KB", false, 0},
    {"1mb", false, 0},
    {"", false, 0},
    {"GiB", false, 0},
    {"18446744073709551615KiB", false, 0},
    {"1.5GiB", false, 0},
};

static void
durations_and_sizes_need_exact_units_and_never_overflow(void **state)
{
	struct d4_yaml n = {.kind = D4_YAML_SCALAR, .at = {3, 7}};
	struct d4_diag diag;
	enum d4_status st;
	char text[64];
	uint64_t v;
	size_t i;

	(void)state;
	n.text = text;
	for (i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
		(void)snprintf(text, sizeof(text), "%s", durations[i].text);
		diag = (struct d4_diag){.file = NULL};
		v = 4711;
		st = d4_yaml_duration_us(&n, &diag, &v);
		if ((st == D4_OK) != durations[i].ok)
			fail_msg("%s", text);
		assert_true(v == (durations[i].ok ? durations[i].us : 4711));
		assert_int_equal(diag.line, durations[i].ok ? 0 : 3);
	}
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		(void)snprintf(text, sizeof(text), "%s", sizes[i].text);
		diag = (struct d4_diag){.file = NULL};
		v = 4711;
		st = d4_yaml_bytes(&n, &diag, &v);
		if ((st == D4_OK) != sizes[i].ok)
			fail_msg("%s", text);
		assert_true(v == (sizes[i].ok ? sizes[i].bytes : 4711));
		assert_int_equal(diag.column, sizes[i].ok ? 0 : 7);
	}
}

static void
booleans_are_only_true_and_false(void **state)
{
	static const char *const bad[] = {"yes", "True", "TRUE", "on", "1", ""};
	struct d4_yaml n = {.kind = D4_YAML_SCALAR};
	struct d4_diag diag;
	char text[16];
	bool v = false;
	size_t i;

	(void)state;
	n.text = text;
	(void)snprintf(text, sizeof(text), "true");
	assert_int_equal(d4_yaml_bool(&n, &diag, &v), D4_OK);
	assert_true(v);
	(void)snprintf(text, sizeof(text), "false");
	assert_int_equal(d4_yaml_bool(&n, &diag, &v), D4_OK);
	assert_false(v);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		diag = (struct d4_diag){.file = NULL};
		(void)snprintf(text, sizeof(text), "%s", bad[i]);
		assert_int_equal(d4_yaml_bool(&n, &diag, &v), D4_EINVAL);
		assert_string_equal(diag.remedy, "write true or false");
	}
}

static void
numbers_keep_to_their_range(void **state)
{
	static const char *const bad[] = {"", "4", "101", "x", "1x", "0x10",
	    "010", "-5", "+5", " 5", "18446744073709551616"};
	const uint64_t range[2] = {5, 100}, all[2] = {0, UINT64_MAX};
	struct d4_yaml n = {.kind = D4_YAML_SCALAR};
	struct d4_diag diag;
	char text[32];
	uint64_t v = 0;
	size_t i;

	(void)state;
	n.text = text;
	(void)snprintf(text, sizeof(text), "100");
	assert_int_equal(d4_yaml_u64(&n, range, &diag, &v), D4_OK);
	assert_true(v == 100);
	(void)snprintf(text, sizeof(text), "18446744073709551615");
	assert_int_equal(d4_yaml_u64(&n, all, &diag, &v), D4_OK);
	assert_true(v == UINT64_MAX);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		diag = (struct d4_diag){.file = NULL};
		(void)snprintf(text, sizeof(text), "%s", bad[i]);
		assert_int_equal(d4_yaml_u64(&n, range, &diag, &v), D4_EINVAL);
	}
	assert_true(v == UINT64_MAX);
}

static void
a_list_or_map_is_no_scalar(void **state)
{
	struct d4_yaml *r = parse_ok("a: [1]\nb: {c: 1}\n");
	struct d4_diag diag = {.file = NULL};
	const uint64_t all[2] = {0, UINT64_MAX};
	uint64_t v;
	bool t;

	(void)state;
	assert_int_equal(d4_yaml_bool(r->item[0], &diag, &t), D4_EINVAL);
	assert_int_equal(d4_yaml_u64(r->item[1], all, &diag, &v), D4_EINVAL);
	assert_int_equal(d4_yaml_bytes(r->item[1], &diag, &v), D4_EINVAL);
	assert_int_equal(d4_yaml_duration_us(r->item[1], &diag, &v), D4_EINVAL);
	assert_non_null(strstr(diag.what, "a list where a value belongs"));
	d4_yaml_free(r);
}

static void
an_unknown_key_names_the_nearest_known_one(void **state)
{
	static const char *const known[] = {
	    "partners", "pipelines", "share", NULL};
	struct d4_yaml *r = parse_ok("share: 1\n  \n\npartnres: 2\n");
	struct d4_diag diag = {.file = NULL};

	(void)state;
	assert_int_equal(d4_yaml_keys(r, known, &diag), D4_EINVAL);
	assert_string_equal(diag.what, "unknown key `partnres`");
	assert_string_equal(diag.remedy, "did you mean `partners`?");
	assert_int_equal(diag.line, 4);
	diag = (struct d4_diag){.file = NULL};
	assert_int_equal(d4_yaml_keys(r->item[0], known, &diag), D4_EINVAL);
	assert_string_equal(diag.what, "a value where a map belongs");
	d4_yaml_free(r);
	r = parse_ok("zzzzzzzz: 1\n");
	diag = (struct d4_diag){.file = NULL};
	assert_int_equal(d4_yaml_keys(r, known, &diag), D4_EINVAL);
	assert_string_equal(diag.remedy, "known: partners, pipelines, share");
	d4_yaml_free(r);
	r = parse_ok("share: 1\npipelines: 2\n");
	assert_int_equal(d4_yaml_keys(r, known, &diag), D4_OK);
	d4_yaml_free(r);
}

static void
the_nearest_word_is_near(void **state)
{
	static const char *const known[] = {
	    "cryptopan", "mask", "zero", "drop-record", NULL};

	(void)state;
	assert_string_equal(d4_nearest("cryptpan", known), "cryptopan");
	assert_string_equal(d4_nearest("drop_record", known), "drop-record");
	assert_string_equal(d4_nearest("zeor", known), "zero");
	assert_null(d4_nearest("pnat-something", known));
	assert_null(d4_nearest(
	    "a-word-of-far-more-than-sixty-four-characters-has-no-nearest-one",
	    known));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		durations_and_sizes_need_exact_units_and_never_overflow),
	    cmocka_unit_test(booleans_are_only_true_and_false),
	    cmocka_unit_test(numbers_keep_to_their_range),
	    cmocka_unit_test(a_list_or_map_is_no_scalar),
	    cmocka_unit_test(an_unknown_key_names_the_nearest_known_one),
	    cmocka_unit_test(the_nearest_word_is_near),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

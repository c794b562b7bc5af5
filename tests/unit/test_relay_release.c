#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "relay/lane_id.h"
#include "relay/release.h"

static void
what_was_written_is_read_and_found(void **state)
{
	static const char *const ids[] = {
	    "ffffffffffffffff", "0000000000000001", "8000000000000000"};
	struct release r = {.stock = true}, got = {.n = 0};
	struct d4_buf text;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct release_lane l = {.rule = "r",
		    .sink = "tcp",
		    .after = 7,
		    .max_rate_bits = i,
		    .max_volume = 1ull << 40,
		    .delay_us = 10 + i,
		    .not_before_s = 20 + i,
		    .max_age_s = 30 + i};

		memcpy(l.id, ids[i], sizeof(l.id));
		memset(l.pipeline, 'a', 64);
		assert_int_equal(release_add(&r, &l), D4_OK);
	}
	d4_buf_init(&text, RELEASE_MAX);
	assert_int_equal(release_text(&r, &text), D4_OK);
	assert_int_equal(release_parse(d4_buf_slice(&text), &got), D4_OK);
	assert_int_equal(got.n, 3);
	for (unsigned i = 0; i < 3; i++) {
		const struct release_lane *l = release_find(&got, ids[i]);

		assert_non_null(l);
		assert_int_equal(l->after, 7);
		assert_string_equal(l->sink, "tcp");
		assert_int_equal(l->max_rate_bits, i);
		assert_int_equal(l->max_volume, 1ull << 40);
		assert_int_equal(l->delay_us, 10 + i);
		assert_int_equal(l->not_before_s, 20 + i);
		assert_int_equal(l->max_age_s, 30 + i);
	}
	assert_true(got.stock);
	assert_false(got.parked);
	assert_null(release_find(&got, "0000000000000002"));
	assert_null(release_find(&got, "../etc/passwd/etc/passwd"));
	d4_buf_fini(&text);
	release_fini(&r);
	release_fini(&got);
}

/* A file of a release before says nothing of it: post does not hurry. */
static void
only_a_file_that_says_so_is_of_a_parked_partner(void **state)
{
	static const struct {
		const char *text;
		bool parked;
	} rows[] = {
	    {"{\"v\":1,\"lanes\":{}}", false},
	    {"{\"v\":1,\"parked\":false,\"lanes\":{}}", false},
	    {"{\"v\":1,\"parked\":1,\"lanes\":{}}", false},
	    {"{\"v\":1,\"parked\":\"true\",\"lanes\":{}}", false},
	    {"{\"v\":1,\"parked\":true,\"lanes\":{}}", true},
	};
	const struct release parked = {.parked = true};
	struct release r = {.n = 0};
	struct d4_buf text;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
		    release_parse(d4_slice_str(rows[i].text), &r), D4_OK);
		assert_int_equal(r.parked, rows[i].parked);
		release_fini(&r);
	}
	d4_buf_init(&text, RELEASE_MAX);
	assert_int_equal(release_text(&parked, &text), D4_OK);
	assert_int_equal(release_parse(d4_buf_slice(&text), &r), D4_OK);
	assert_true(r.parked);
	d4_buf_fini(&text);
	release_fini(&r);
}

#define OK_LANE                                                 \
	"\"0000000000000001\":{\"rule\":\"r\",\"policy\":\"\"," \
	"\"pipeline\":\"\",\"after\":0,\"max_rate_bits\":0,"    \
	"\"max_volume\":0}"

static void
an_unclear_file_releases_nothing(void **state)
{
	static const char *const bad[] = {
	    "",
	    "{",
	    "[]",
	    "{\"v\":1}",
	    "{\"v\":2,\"lanes\":{" OK_LANE "}}",
	    "{\"v\":1,\"lanes\":[]}",
	    "{\"v\":1,\"lanes\":{" OK_LANE "," OK_LANE "}}",
	    "{\"v\":1,\"lanes\":{" OK_LANE ",\"000000000000000G\":{}}}",
	    "{\"v\":1,\"lanes\":{" OK_LANE ",\"0000000000000002\":{}}}",
	    "{\"v\":1,\"lanes\":{" OK_LANE ",\"0000000000000002\":true}}",
	    "{\"v\":1,\"lanes\":{" OK_LANE ",\"2\":{\"rule\":\"r\"}}}",
	};
	struct release r = {.n = 0};

	(void)state;
	assert_int_equal(
	    release_parse(
		d4_slice_str("{\"v\":1,\"lanes\":{" OK_LANE "}}"), &r),
	    D4_OK);
	assert_int_equal(r.n, 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_true(release_parse(d4_slice_str(bad[i]), &r) < 0);
		assert_int_equal(r.n, 0);
		assert_null(release_find(&r, "0000000000000001"));
	}
}

/* The later of received + delay, rounded up, and the embargo. */
static void
nothing_leaves_before_delay_and_embargo_are_over(void **state)
{
	static const struct {
		uint64_t t_us, delay_us, not_before_s, want;
	} rows[] = {
	    {5000001, 0, 0, 0},
	    {5000000, 1000000, 0, 6},
	    {5000001, 1000000, 0, 7},
	    {5000000, 1000000, 6, 6},
	    {5000000, 1000000, 100, 100},
	    {500000000, 1000000, 100, 501},
	    {500000000, 0, 100, 100},
	    {UINT64_MAX, 1, 100, UINT64_MAX},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_true(release_when(rows[i].t_us, rows[i].delay_us,
				rows[i].not_before_s) == rows[i].want);
}

/* Made with Python: hashlib over the tuple of ADR 0005. */
static void
a_lane_is_named_by_its_tuple(void **state)
{
	struct lane_name name = {.partner = "acme-csirt",
	    .type = 254,
	    .ext = "ja3-jl",
	    .meta = d4_slice_str("{\"type\":\"ja3-jl\"}"),
	    .variant = 0x10000001};
	char id[LANE_ID_TEXT], other[LANE_ID_TEXT];

	(void)state;
	for (unsigned i = 0; i < D4_UUID_LEN; i++)
		name.wire_uuid.b[i] = (uint8_t)i;
	assert_int_equal(lane_id(&name, id), D4_OK);
	assert_string_equal(id, "0013106f9ecfbd09");
	assert_int_equal(lane_key_id("d4:{1:0}:q", other), D4_OK);
	assert_string_equal(other, "bcfe817a11c91480");
	name.variant++;
	assert_int_equal(lane_id(&name, other), D4_OK);
	assert_string_not_equal(id, other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_written_is_read_and_found),
	    cmocka_unit_test(only_a_file_that_says_so_is_of_a_parked_partner),
	    cmocka_unit_test(an_unclear_file_releases_nothing),
	    cmocka_unit_test(nothing_leaves_before_delay_and_embargo_are_over),
	    cmocka_unit_test(a_lane_is_named_by_its_tuple),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

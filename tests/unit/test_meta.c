#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "libd4/meta.h"

#define UUID "5b642239-4db4-4580-adf4-4ebd950d210f"

static const struct {
	const char *name;
	const char *json;
	enum d4_status st;
} cases[] = {
    {"smallest", "{\"type\":\"ja3-jl\"}", D4_OK},
    {"unknown keys", "{\"type\":\"a\",\"x\":{\"y\":[1,2.5,null]}}", D4_OK},
    {"empty tags", "{\"type\":\"a\",\"tags\":[]}", D4_OK},
    {"fed without path", "{\"type\":\"a\",\"d4:fed\":{\"v\":1}}", D4_OK},
    {"empty org", "{\"type\":\"a\",\"misp:org\":\"\"}", D4_OK},
    {"nothing", "", D4_EMALFORMED},
    {"white space", "  ", D4_EMALFORMED},
    {"no object", "[\"type\"]", D4_EMALFORMED},
    {"a string", "\"type\"", D4_EMALFORMED},
    {"two objects", "{\"type\":\"a\"}{}", D4_EMALFORMED},
    {"garbage behind", "{\"type\":\"a\"} x", D4_EMALFORMED},
    {"cut", "{\"type\":\"a\"", D4_EMALFORMED},
    {"no type", "{\"tags\":[]}", D4_EMALFORMED},
    {"empty object", "{}", D4_EMALFORMED},
    {"type is a number", "{\"type\":254}", D4_EMALFORMED},
    {"type is null", "{\"type\":null}", D4_EMALFORMED},
    {"type is empty", "{\"type\":\"\"}", D4_EMALFORMED},
    {"type climbs", "{\"type\":\"../x\"}", D4_EMALFORMED},
    {"type is a dot", "{\"type\":\".\"}", D4_EMALFORMED},
    {"type with a slash", "{\"type\":\"a/b\"}", D4_EMALFORMED},
    {"type with a NUL", "{\"type\":\"a\\u0000b\"}", D4_EMALFORMED},
    {"type not ASCII", "{\"type\":\"\xc3\xa9\"}", D4_EMALFORMED},
    {"duplicate key", "{\"type\":\"a\",\"type\":\"b\"}", D4_EMALFORMED},
    {"duplicate key by escape", "{\"type\":\"a\",\"\\u0074ype\":\"b\"}",
	D4_EMALFORMED},
    {"duplicate deep inside", "{\"type\":\"a\",\"x\":{\"y\":1,\"y\":2}}",
	D4_EMALFORMED},
    {"not UTF-8", "{\"type\":\"a\",\"x\":\"\xff\"}", D4_EMALFORMED},
    {"tags is a string", "{\"type\":\"a\",\"tags\":\"tlp:red\"}",
	D4_EMALFORMED},
    {"tag is a number", "{\"type\":\"a\",\"tags\":[1]}", D4_EMALFORMED},
    {"tag without name", "{\"type\":\"a\",\"tags\":[{\"id\":\"1\"}]}",
	D4_EMALFORMED},
    {"org is an object", "{\"type\":\"a\",\"misp:org\":{}}", D4_EMALFORMED},
    {"encoding is a number", "{\"type\":\"a\",\"encoding\":8}", D4_EMALFORMED},
    {"encoding too long",
	"{\"type\":\"a\",\"encoding\":"
	"\"0123456789012345678901234567890123456789\"}",
	D4_ETOOBIG},
    {"fed is a list", "{\"type\":\"a\",\"d4:fed\":[]}", D4_EMALFORMED},
    {"fed without version", "{\"type\":\"a\",\"d4:fed\":{}}", D4_EMALFORMED},
    {"fed of a later version", "{\"type\":\"a\",\"d4:fed\":{\"v\":2}}",
	D4_EVERSION},
    {"path is an object", "{\"type\":\"a\",\"d4:fed\":{\"v\":1,\"path\":{}}}",
	D4_EMALFORMED},
    {"hop is a string",
	"{\"type\":\"a\",\"d4:fed\":{\"v\":1,\"path\":[\"x\"]}}",
	D4_EMALFORMED},
    {"hop without hub",
	"{\"type\":\"a\",\"d4:fed\":{\"v\":1,\"path\":[{\"t\":1}]}}",
	D4_EMALFORMED},
    {"hops is zero", "{\"type\":\"a\",\"d4:fed\":{\"v\":1,\"max_hops\":0}}",
	D4_EMALFORMED},
    {"hops is negative",
	"{\"type\":\"a\",\"d4:fed\":{\"v\":1,\"max_hops\":-1}}", D4_EMALFORMED},
    {"hops is a string",
	"{\"type\":\"a\",\"d4:fed\":{\"v\":1,\"max_hops\":\"2\"}}",
	D4_EMALFORMED},
    {"group is no UUID",
	"{\"type\":\"a\",\"d4:fed\":{\"v\":1,\"sharing_group\":\"x\"}}",
	D4_EMALFORMED},
};

static void
only_one_clear_object_with_a_type_is_taken(void **state)
{
	struct d4_meta m, before;
	enum d4_status st;
	size_t i;

	(void)state;
	memset(&before, 0x5a, sizeof(before));
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		m = before;
		st = d4_meta_parse(d4_slice_str(cases[i].json), &m);
		if (st != cases[i].st)
			fail_msg("%s: %s", cases[i].name, d4_status_text(st));
		if (st == D4_OK)
			d4_meta_fini(&m);
		else
			assert_memory_equal(&m, &before, sizeof(m));
	}
}

static void
every_field_is_read(void **state)
{
	static const char json[] =
	    "{\"type\":\"ja3-jl\",\"encoding\":\"utf-8\","
	    "\"tags\":[\"tlp:amber\",{\"name\":\"PAP:GREEN\",\"colour\":"
	    "\"#000\"}],\"misp:org\":\"" UUID "\",\"d4:fed\":{\"v\":1,"
	    "\"path\":[{\"hub\":\"lu-hub-1\",\"t\":1},{\"hub\":\"b\"}],"
	    "\"max_hops\":2,\"not_after\":1900000000,\"licence\":"
	    "\"CC-BY-4.0\",\"sharing_group\":\"" UUID "\"}}";
	struct d4_meta m;

	(void)state;
	assert_int_equal(d4_meta_parse(d4_slice_str(json), &m), D4_OK);
	assert_string_equal(m.type, "ja3-jl");
	assert_string_equal(m.encoding, "utf-8");
	assert_int_equal(m.n_tag, 2);
	assert_string_equal(m.tag[0], "tlp:amber");
	assert_string_equal(m.tag[1], "PAP:GREEN");
	assert_string_equal(m.misp_org, UUID);
	assert_int_equal(m.n_path, 2);
	assert_string_equal(m.path[0], "lu-hub-1");
	assert_string_equal(m.path[1], "b");
	assert_int_equal(m.max_hops, 2);
	assert_int_equal(m.not_after_s, 1900000000);
	assert_string_equal(m.licence, "CC-BY-4.0");
	assert_string_equal(m.sharing_group, UUID);
	d4_meta_fini(&m);
	d4_meta_fini(&m);
}

/* {"type":"a","KEY":[n times item]} and d4:fed around it for the path. */
static enum d4_status
parse_many(const char *open, const char *item, size_t n, const char *close)
{
	struct d4_meta m = {.n_tag = 0};
	enum d4_status st;
	struct d4_buf b;
	size_t i;

	d4_buf_init(&b, (size_t)2 * D4_META_MAX);
	assert_int_equal(d4_buf_adds(&b, open), D4_OK);
	for (i = 0; i < n; i++)
		assert_int_equal(
		    d4_buf_addf(&b, "%s%s", i ? "," : "", item), D4_OK);
	assert_int_equal(d4_buf_adds(&b, close), D4_OK);
	st = d4_meta_parse(d4_buf_slice(&b), &m);
	d4_meta_fini(&m);
	d4_buf_fini(&b);
	return st;
}

static void
tags_hops_and_bytes_are_bounded(void **state)
{
	static const char tags[] = "{\"type\":\"a\",\"tags\":[";
	static const char path[] =
	    "{\"type\":\"a\",\"d4:fed\":{\"v\":1,\"path\":[";
	char tag[D4_META_TAG + 3];

	(void)state;
	assert_int_equal(parse_many(tags, "\"t\"", D4_META_TAGS, "]}"), D4_OK);
	assert_int_equal(
	    parse_many(tags, "\"t\"", D4_META_TAGS + 1, "]}"), D4_ETOOBIG);
	assert_int_equal(
	    parse_many(path, "{\"hub\":\"h\"}", D4_META_HOPS, "]}}"), D4_OK);
	assert_int_equal(
	    parse_many(path, "{\"hub\":\"h\"}", D4_META_HOPS + 1, "]}}"),
	    D4_ETOOBIG);
	memset(tag, 'x', sizeof(tag));
	tag[0] = tag[D4_META_TAG] = '"';
	tag[D4_META_TAG + 1] = '\0';
	assert_int_equal(parse_many(tags, tag, 1, "]}"), D4_OK);
	tag[D4_META_TAG] = 'x';
	tag[D4_META_TAG + 1] = '"';
	tag[D4_META_TAG + 2] = '\0';
	assert_int_equal(parse_many(tags, tag, 1, "]}"), D4_ETOOBIG);
	assert_int_equal(parse_many("{\"type\":\"a\",\"x\":[", "1234567",
			     D4_META_MAX / 8 + 1, "]}"),
	    D4_ETOOBIG);
	assert_int_equal(parse_many("{\"type\":\"a\",\"x\":[", "1234567",
			     D4_META_MAX / 8 - 4, "]}"),
	    D4_OK);
}

static void
deep_nesting_ends_in_an_error(void **state)
{
	static const char open[] = "{\"type\":";
	char deep[60000];
	struct d4_meta m;
	size_t i;

	(void)state;
	memset(deep, '[', sizeof(deep));
	for (i = 0; i < sizeof(open) - 1; i++)
		deep[i] = open[i];
	assert_int_equal(
	    d4_meta_parse(d4_slice_of(deep, sizeof(deep)), &m), D4_EMALFORMED);
}

static const char session[] =
    " \r\n{\"type\":\n\"ja3-jl\",\"a\":\"}\\\"{\\\\\","
    "\n\"b\":{\"c\":[{}]}}\n{\"type\":\"late\"}";
static const char joined[] = "{\"type\":\"ja3-jl\",\"a\":\"}\\\"{\\\\\","
			     "\"b\":{\"c\":[{}]}}";

static void
any_cut_of_the_payloads_gathers_the_same_first_object(void **state)
{
	const size_t n = sizeof(session) - 1;
	struct d4_meta_gather g;
	enum d4_status st;
	size_t cut, i, len;

	(void)state;
	for (cut = 1; cut <= n; cut++) {
		d4_meta_gather_init(&g);
		st = D4_AGAIN;
		for (i = 0; i < n; i += cut) {
			len = n - i < cut ? n - i : cut;
			st = d4_meta_gather_add(
			    &g, d4_slice_of(session + i, len));
			assert_true(st == D4_OK || st == D4_AGAIN);
		}
		assert_int_equal(st, D4_OK);
		assert_true(d4_slice_eqs(d4_buf_slice(&g.json), joined));
		d4_meta_gather_fini(&g);
	}
}

static void
what_is_no_object_is_refused_and_a_half_one_waits(void **state)
{
	struct d4_meta_gather g;
	uint8_t *big = malloc(D4_META_MAX + 2);

	(void)state;
	assert_non_null(big);
	d4_meta_gather_init(&g);
	assert_int_equal(
	    d4_meta_gather_add(&g, d4_slice_str(" \n\t ")), D4_AGAIN);
	assert_int_equal(
	    d4_meta_gather_add(&g, d4_slice_str("[1]")), D4_EMALFORMED);
	assert_int_equal(
	    d4_meta_gather_add(&g, d4_slice_str("{\"a\":\"\\\"}")), D4_AGAIN);
	d4_meta_gather_fini(&g);
	d4_meta_gather_init(&g);
	memset(big, '{', D4_META_MAX + 1);
	assert_int_equal(
	    d4_meta_gather_add(&g, d4_slice_of(big, D4_META_MAX)), D4_AGAIN);
	assert_int_equal(
	    d4_meta_gather_add(&g, d4_slice_of(big, 1)), D4_ETOOBIG);
	d4_meta_gather_fini(&g);
	free(big);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_one_clear_object_with_a_type_is_taken),
	    cmocka_unit_test(every_field_is_read),
	    cmocka_unit_test(tags_hops_and_bytes_are_bounded),
	    cmocka_unit_test(deep_nesting_ends_in_an_error),
	    cmocka_unit_test(
		any_cut_of_the_payloads_gathers_the_same_first_object),
	    cmocka_unit_test(what_is_no_object_is_refused_and_a_half_one_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

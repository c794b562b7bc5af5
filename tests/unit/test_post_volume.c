#include "test.h"
#include "relay/post_volume.h"

#define DAY UINT64_C(20000)

static void
what_was_used_today_is_written_and_read(void **state)
{
	struct post_rule list[] = {
	    {.rule = "a", .limit = {.day = DAY, .used = 5, .volume = 9}},
	    {.rule = "b", .limit = {.day = DAY - 1, .used = 6}},
	    {.rule = "c", .limit = {.day = DAY, .used = 0}},
	    {.rule = "d", .limit = {.day = DAY, .used = 1ull << 50}},
	};
	struct post_rules r = {.list = list, .n = COUNT(list)}, got;
	struct d4_buf text;

	(void)state;
	d4_buf_init(&text, POST_VOLUME_MAX);
	assert_int_equal(post_volume_text(&r, DAY, &text), D4_OK);
	assert_slice(d4_buf_slice(&text), "{\"v\":1,\"day\":20000,\"used\":{"
					  "\"a\":5,\"d\":1125899906842624}}");
	assert_int_equal(post_volume_parse(d4_buf_slice(&text), &got), D4_OK);
	assert_int_equal(got.n, 2);
	assert_non_null(post_rules_find(&got, "a"));
	assert_null(post_rules_find(&got, "b"));
	assert_int_equal(post_rules_find(&got, "d")->limit.used, 1ull << 50);
	assert_int_equal(post_rules_find(&got, "d")->limit.day, DAY);
	free(got.list);
	d4_buf_fini(&text);
}

static void
what_is_unclear_is_refused(void **state)
{
	static const struct {
		const char *text;
		enum d4_status st;
	} cases[] = {
	    {"", D4_EMALFORMED},
	    {"{", D4_EMALFORMED},
	    {"[]", D4_EMALFORMED},
	    {"{\"v\":1,\"day\":1}", D4_EMALFORMED},
	    {"{\"v\":1,\"day\":-1,\"used\":{}}", D4_EMALFORMED},
	    {"{\"v\":1,\"day\":\"1\",\"used\":{}}", D4_EMALFORMED},
	    {"{\"v\":1,\"day\":1,\"used\":{\"a\":-1}}", D4_EMALFORMED},
	    {"{\"v\":1,\"day\":1,\"used\":{\"a\":1,\"a\":2}}", D4_EMALFORMED},
	    {"{\"v\":2,\"day\":1,\"used\":{}}", D4_EVERSION},
	};
	char longer[128];
	struct post_rules got;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(
		    post_volume_parse(d4_slice_str(cases[i].text), &got),
		    cases[i].st);
	(void)snprintf(longer, sizeof(longer),
	    "{\"v\":1,\"day\":1,\"used\":{\"%065d\":1}}", 7);
	assert_int_equal(
	    post_volume_parse(d4_slice_str(longer), &got), D4_EMALFORMED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_used_today_is_written_and_read),
	    cmocka_unit_test(what_is_unclear_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

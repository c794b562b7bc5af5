#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "hub/merge.h"

/* Two answers and what they are together. */
static const struct {
	const char *one, *two, *both;
} rows[] = {
    {"{'accepted':3}", "{'accepted':4}", "{'accepted':7}"},
    {"{'length':3,'uptime_s':9}", "{'length':4,'uptime_s':1}",
	"{'length':4,'uptime_s':9}"},
    {"{'time_to_full_s':null}", "{'time_to_full_s':7}", "{'time_to_full_s':7}"},
    {"{'time_to_full_s':9}", "{'time_to_full_s':null}", "{'time_to_full_s':9}"},
    {"{'time_to_full_s':9}", "{'time_to_full_s':7}", "{'time_to_full_s':7}"},
    {"{'up':true,'paused':false}", "{'up':false,'paused':true}",
	"{'up':false,'paused':true}"},
    {"{'up':true,'paused':true}", "{'up':true,'paused':false}",
	"{'up':true,'paused':true}"},
    {"{'version':'1'}", "{'version':'2','more':'x'}",
	"{'version':'1','more':'x'}"},
    {"{'a':{'b':1}}", "{'a':{'b':2,'c':3}}", "{'a':{'b':3,'c':3}}"},
    {"{'sessions':[{'uuid':'u'}]}", "{'sessions':[{'uuid':'u'}]}",
	"{'sessions':[{'uuid':'u'},{'uuid':'u'}]}"},
    {"{'queues':[{'queue':'8','entries_put':1,'length':5}]}",
	"{'queues':[{'queue':'8','entries_put':2,'length':4},{'queue':'1'}]}",
	"{'queues':[{'queue':'8','entries_put':3,'length':5},{'queue':'1'}]}"},
    {"{'r':[{'uuid':'u','refused':1,'reasons':{'hmac':1}}]}",
	"{'r':[{'uuid':'u','refused':2,'reasons':{'hmac':1,'kicked':1}}]}",
	"{'r':[{'uuid':'u','refused':3,'reasons':{'hmac':2,'kicked':1}}]}"},
    {"{'a':1}", "{'a':'x'}", "{'a':1}"},
    {"{'a':[1]}", "{'a':{}}", "{'a':[1]}"},
};

static json_t *
parse(const char *text)
{
	char copy[256];
	size_t n = strlen(text);

	assert_true(n < sizeof(copy));
	memcpy(copy, text, n + 1);
	for (char *quote = copy; (quote = strchr(quote, '\'')) != NULL;)
		*quote = '"';
	return json_loads(copy, 0, NULL);
}

static void
two_answers_are_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *one = parse(rows[i].one), *two = parse(rows[i].two);
		json_t *both = parse(rows[i].both);

		assert_non_null(both);
		merge_answer(one, two);
		if (!json_equal(one, both))
			fail_msg("row %zu: %s", i,
			    json_dumps(one, JSON_COMPACT | JSON_SORT_KEYS));
		json_decref(one);
		json_decref(two);
		json_decref(both);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(two_answers_are_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "test.h"
#include "relay/post_likely.h"

static const struct {
	struct post_signs signs;
	enum post_likely want;
} cases[] = {
    {{.refused = false}, LIKELY_NONE},
    {{.closed = true}, LIKELY_TYPE},
    {{.closed = true, .before = true}, LIKELY_TYPE},
    {{.refused = true}, LIKELY_KEY},
    {{.refused = true, .others = true}, LIKELY_UNREGISTERED},
    {{.refused = true, .others = true, .same_uuid = true}, LIKELY_TYPE},
    {{.refused = true, .others = true, .before = true}, LIKELY_BLOCKED},
    {{.refused = true, .before = true, .broke = true}, LIKELY_BLOCKED},
    {{.refused = true, .before = true, .broke = true, .lockable = true},
	LIKELY_STALE},
    {{.broke = true, .lockable = true}, LIKELY_NONE},
    {{.frames = 9000}, LIKELY_LIMIT},
    {{.frames = 5, .before = true}, LIKELY_NONE},
};

static void
the_reason_is_concluded_from_what_else_is_served(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(post_likely(&cases[i].signs), cases[i].want);
}

static void
every_reason_has_a_word_and_a_remedy(void **state)
{
	(void)state;
	assert_string_equal(post_likely_name(LIKELY_NONE), "");
	for (unsigned l = LIKELY_NONE + 1; l < LIKELY_END; l++) {
		assert_true(strlen(post_likely_name(l)) > 3);
		assert_null(strchr(post_likely_name(l), ' '));
		/* All of it has to fit into the line of the log. */
		assert_in_range(strlen(post_likely_hint(l)), 40, 380);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_reason_is_concluded_from_what_else_is_served),
	    cmocka_unit_test(every_reason_has_a_word_and_a_remedy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "test.h"
#include "libd4/reason.h"

static void
every_reason_has_a_name_a_text_and_a_class(void **state)
{
	(void)state;
	for (unsigned i = 0; i < D4_REASON_MAX; i++) {
		enum d4_reason r = (enum d4_reason)i;

		assert_non_null(d4_reason_name(r));
		assert_true(d4_reason_name(r)[0] != '\0');
		assert_non_null(d4_reason_text(r));
		assert_true(strlen(d4_reason_text(r)) < 60);
		assert_int_equal(
		    d4_reason_class(r) == D4_CLASS_NONE, r == D4_R_NONE);
	}
}

static void
a_name_leads_back_to_its_reason_so_names_are_unique(void **state)
{
	enum d4_reason found;

	(void)state;
	for (unsigned i = 0; i < D4_REASON_MAX; i++) {
		enum d4_reason r = (enum d4_reason)i;

		assert_true(d4_reason_find(d4_reason_name(r), &found));
		assert_int_equal(found, r);
	}
}

static void
names_are_words_that_logs_and_counters_can_carry(void **state)
{
	(void)state;
	for (unsigned i = 0; i < D4_REASON_MAX; i++) {
		const char *name = d4_reason_name((enum d4_reason)i);

		assert_int_equal(
		    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-"),
		    strlen(name));
	}
}

static void
an_unknown_name_is_not_found(void **state)
{
	enum d4_reason r = D4_R_HMAC;

	(void)state;
	assert_false(d4_reason_find("no.such.reason", &r));
	assert_false(d4_reason_find("", &r));
	assert_int_equal(r, D4_R_HMAC);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_reason_has_a_name_a_text_and_a_class),
	    cmocka_unit_test(
		a_name_leads_back_to_its_reason_so_names_are_unique),
	    cmocka_unit_test(names_are_words_that_logs_and_counters_can_carry),
	    cmocka_unit_test(an_unknown_name_is_not_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

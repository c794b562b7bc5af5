#include "test.h"
#include "libd4/cutter.h"

static const struct d4_cutter_kind *const kinds[] = {&d4_cutter_pcap,
    &d4_cutter_lines, &d4_cutter_folded, &d4_cutter_dnscap, &d4_cutter_pcapng,
    &d4_cutter_ipfix};

static void
every_kind_has_every_function_and_a_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		assert_non_null(kinds[i]->name);
		assert_non_null(kinds[i]->make);
		assert_non_null(kinds[i]->destroy);
		assert_non_null(kinds[i]->feed);
		assert_non_null(kinds[i]->finish);
		assert_non_null(kinds[i]->opening);
		assert_non_null(kinds[i]->held);
		assert_non_null(kinds[i]->variant);
		assert_non_null(kinds[i]->split);
	}
}

static void
a_new_cutter_holds_nothing_and_an_empty_session_is_clean(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct d4_slice none = {0};
		struct d4_cutter *c = NULL;
		struct d4_run run;

		assert_int_equal(d4_cutter_new(kinds[i], &c), D4_OK);
		assert_ptr_equal(c->kind, kinds[i]);
		assert_int_equal(d4_cutter_feed(c, &none, &run), D4_AGAIN);
		assert_int_equal(d4_cutter_held(c), 0);
		assert_int_equal(d4_cutter_opening(c).n, 0);
		assert_int_equal(d4_cutter_variant(c), 0);
		assert_int_equal(d4_cutter_split(c, none), 0);
		assert_int_equal(d4_cutter_finish(c, &run), D4_OK);
		d4_cutter_free(c);
	}
	d4_cutter_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_kind_has_every_function_and_a_name),
	    cmocka_unit_test(
		a_new_cutter_holds_nothing_and_an_empty_session_is_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "test.h"
#include "libd4/diag.h"

static void
a_message_names_file_place_and_remedy(void **state)
{
	struct d4_diag d = {.file = "p.yaml"};
	struct d4_mark at = {.line = 3, .column = 7};
	char text[1024];

	(void)state;
	assert_int_equal(
	    d4_diag_set(&d, at, "write one", "no %s", "label"), D4_EINVAL);
	d4_diag_format(&d, text, sizeof(text));
	assert_string_equal(text, "p.yaml:3:7: no label; write one");
}

static void
the_whole_file_no_remedy_and_no_file_leave_their_parts_out(void **state)
{
	struct d4_diag whole = {.file = "p.yaml"}, none = {0};
	struct d4_mark all = {0}, at = {.line = 1, .column = 1};
	char text[1024];

	(void)state;
	assert_int_equal(d4_diag_set(&whole, all, "", "empty"), D4_EINVAL);
	d4_diag_format(&whole, text, sizeof(text));
	assert_string_equal(text, "p.yaml: empty");
	assert_int_equal(d4_diag_set(&none, at, "", "odd"), D4_EINVAL);
	d4_diag_format(&none, text, sizeof(text));
	assert_string_equal(text, "-:1:1: odd");
}

static void
the_first_error_wins(void **state)
{
	struct d4_diag d = {0};
	struct d4_mark one = {.line = 1}, two = {.line = 2};

	(void)state;
	assert_int_equal(d4_diag_set(&d, one, "r1", "first"), D4_EINVAL);
	assert_int_equal(d4_diag_set(&d, two, "r2", "second"), D4_EINVAL);
	assert_int_equal(d.line, 1);
	assert_string_equal(d.what, "first");
	assert_string_equal(d.remedy, "r1");
}

static void
long_texts_are_cut_to_their_room(void **state)
{
	struct d4_diag d = {.file = "p.yaml"};
	struct d4_mark at = {.line = 1, .column = 1};
	char text[16], much[2 * D4_DIAG_TEXT];

	(void)state;
	memset(much, 'x', sizeof(much) - 1);
	much[sizeof(much) - 1] = '\0';
	assert_int_equal(d4_diag_set(&d, at, much, "%s", much), D4_EINVAL);
	assert_int_equal(strlen(d.what), D4_DIAG_TEXT - 1);
	assert_int_equal(strlen(d.remedy), D4_DIAG_TEXT - 1);
	d4_diag_format(&d, text, sizeof(text));
	assert_string_equal(text, "p.yaml:1:1: xxx");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_message_names_file_place_and_remedy),
	    cmocka_unit_test(
		the_whole_file_no_remedy_and_no_file_leave_their_parts_out),
	    cmocka_unit_test(the_first_error_wins),
	    cmocka_unit_test(long_texts_are_cut_to_their_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Breakers that are open, on disk. */
#include "relay/breakers.h"
#include "test.h"
#include "tmpfixture.h"

#define ID    "0123456789abcdef"
#define OTHER "fedcba9876543210"

static void
note(const char *id, enum d4_reason why)
{
	const struct d4_uuid sensor = {{1, 2, 3}};
	const struct breaker b = {
	    .partner = "acme",
	    .source = "logs",
	    .rule = "logs-out",
	    .pipeline = "text",
	    .hash = "h",
	    .sensor = &sensor,
	    .type = 254,
	    .ext = "ja3-jl",
	    .why = why,
	};

	assert_int_equal(breakers_set(dir, id, &b), D4_OK);
}

static void
put(const char *id, const char *text)
{
	FILE *f = fopen(in_dir(id), "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void
what_is_noted_is_open_with_its_reason(void **state)
{
	enum d4_reason why = D4_R_NONE;

	(void)state;
	assert_false(breakers_has(dir, ID, &why));
	note(ID, D4_R_CANARY);
	assert_true(breakers_has(dir, ID, &why));
	assert_int_equal(why, D4_R_CANARY);
	assert_false(breakers_has(dir, OTHER, &why));
	assert_int_equal(breakers_lift(dir, ID), D4_OK);
	assert_false(breakers_has(dir, ID, &why));
	assert_int_equal(breakers_lift(dir, ID), D4_ENOENT);
}

static void
a_note_that_is_damaged_is_open_all_the_same(void **state)
{
	static const char *const notes[] = {"", "{", "[]", "{}", "\377",
	    "{\"reason\":\"scope.miss\"}", "{\"reason\":7}",
	    "{\"reason\":\"no.such\"}"};
	enum d4_reason why;

	(void)state;
	for (size_t i = 0; i < COUNT(notes); i++) {
		put(ID, notes[i]);
		why = D4_R_NONE;
		assert_true(breakers_has(dir, ID, &why));
		assert_int_equal(why, D4_R_INTERNAL);
	}
}

static void
what_cannot_be_looked_up_is_open(void **state)
{
	enum d4_reason why = D4_R_NONE;

	(void)state;
	put(ID, "{}");
	assert_true(breakers_has(in_dir(ID), OTHER, &why)); /* no folder */
	assert_int_equal(why, D4_R_INTERNAL);
	why = D4_R_NONE;
	assert_true(breakers_has(in_dir("gone"), OTHER, &why));
	assert_int_equal(why, D4_R_INTERNAL);
}

static void
only_ids_are_lifted(void **state)
{
	static const char *const ids[] = {"", "..", "0123456789abcde",
	    "0123456789abcdef0", "0123456789ABCDEF", "../../etc/passwd"};

	(void)state;
	for (size_t i = 0; i < COUNT(ids); i++)
		assert_int_equal(breakers_lift(dir, ids[i]), D4_EINVAL);
}

static void
the_list_has_them_by_id_and_nothing_else(void **state)
{
	json_t *list, *o;

	(void)state;
	note(OTHER, D4_R_SELFCHECK);
	put(ID, "damaged");
	put("README", "x");
	list = breakers_list(dir);
	assert_int_equal(json_array_size(list), 2);
	o = json_array_get(list, 0);
	assert_string_equal(json_string_value(json_object_get(o, "id")), ID);
	assert_int_equal(json_object_size(o), 1);
	o = json_array_get(list, 1);
	assert_string_equal(
	    json_string_value(json_object_get(o, "reason")), "selfcheck");
	assert_string_equal(
	    json_string_value(json_object_get(o, "partner")), "acme");
	assert_int_equal(json_integer_value(json_object_get(o, "type")), 254);
	json_decref(list);
	assert_null(breakers_list("/nonexistent/breakers"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		what_is_noted_is_open_with_its_reason, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		a_note_that_is_damaged_is_open_all_the_same, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		what_cannot_be_looked_up_is_open, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		only_ids_are_lifted, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		the_list_has_them_by_id_and_nothing_else, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

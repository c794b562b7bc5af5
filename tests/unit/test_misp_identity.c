/* Names are the same in every retry, and no two things share one. */
#include "test.h"
#include "misp-export/identity.h"

static const struct d4_uuid space = {{1, 2, 3}};

static void
a_name_is_the_same_each_time_and_of_version_5(void **state)
{
	const char *part[] = {"event", "resolver", NULL};
	struct d4_uuid a, b;

	(void)state;
	assert_int_equal(identity_of(&space, part, &a), D4_OK);
	assert_int_equal(identity_of(&space, part, &b), D4_OK);
	assert_true(d4_uuid_eq(&a, &b));
	assert_int_equal(a.b[6] >> 4, 5);
	assert_int_equal(a.b[8] & 0xc0, 0x80);
}

/* uuid.uuid5(UUID(bytes=b"\1\2\3" + 13 * b"\0"), "1:a2:bc") of Python. */
static void
another_programs_version_5_is_ours(void **state)
{
	const char *part[] = {"a", "bc", NULL};
	char text[D4_UUID_TEXT];
	struct d4_uuid u;

	(void)state;
	assert_int_equal(identity_of(&space, part, &u), D4_OK);
	d4_uuid_text(&u, text);
	assert_string_equal(text, "6397c6ee-2a20-5d7c-9a6a-99bed3f40a9e");
}

static void
parts_do_not_run_into_one_another(void **state)
{
	const char *one[] = {"ab", "c", NULL}, *two[] = {"a", "bc", NULL};
	const char *three[] = {"abc", NULL};
	struct d4_uuid a, b, c;

	(void)state;
	assert_int_equal(identity_of(&space, one, &a), D4_OK);
	assert_int_equal(identity_of(&space, two, &b), D4_OK);
	assert_int_equal(identity_of(&space, three, &c), D4_OK);
	assert_false(d4_uuid_eq(&a, &b));
	assert_false(d4_uuid_eq(&a, &c));
	assert_false(d4_uuid_eq(&b, &c));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_name_is_the_same_each_time_and_of_version_5),
	    cmocka_unit_test(another_programs_version_5_is_ours),
	    cmocka_unit_test(parts_do_not_run_into_one_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

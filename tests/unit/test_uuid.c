#include "test.h"
#include "libd4/uuid.h"

#define TEXT "7e4d1c26-5b3a-4f8e-9a61-0c2d4e6f8a1b"

static const struct {
	const char *name;
	const char *text;
	enum d4_status st;
} texts[] = {
    {"dashes", TEXT, D4_OK},
    {"no dashes", "7e4d1c265b3a4f8e9a610c2d4e6f8a1b", D4_OK},
    {"upper case", "7E4D1C26-5B3A-4F8E-9A61-0C2D4E6F8A1B", D4_OK},
    {"empty", "", D4_EMALFORMED},
    {"one digit short", "7e4d1c26-5b3a-4f8e-9a61-0c2d4e6f8a1", D4_EMALFORMED},
    {"one digit long", TEXT "0", D4_EMALFORMED},
    {"a letter", "7e4d1c26-5b3a-4f8e-9a61-0c2d4e6f8a1g", D4_EMALFORMED},
    {"a letter in hex", "7e4d1c265b3a4f8e9a610c2d4e6f8a1x", D4_EMALFORMED},
    {"dash moved", "7e4d1c2-65b3a-4f8e-9a61-0c2d4e6f8a1b", D4_EMALFORMED},
    {"space for dash", "7e4d1c26 5b3a-4f8e-9a61-0c2d4e6f8a1b", D4_EMALFORMED},
    {"space first", " e4d1c26-5b3a-4f8e-9a61-0c2d4e6f8a1b", D4_EMALFORMED},
    {"some dashes", "7e4d1c26-5b3a4f8e9a610c2d4e6f8a1b", D4_EMALFORMED},
    {"braces", "{7e4d1c265b3a4f8e9a610c2d4e6f8a1b}", D4_EMALFORMED},
    {"plus sign", "+e4d1c265b3a4f8e9a610c2d4e6f8a1b", D4_EMALFORMED},
};

static void
every_text_is_read_or_refused_and_output_is_untouched(void **state)
{
	static const struct d4_uuid marker = {{0xee, 0xee}};
	struct d4_uuid want, u;

	(void)state;
	assert_int_equal(d4_uuid_parse(TEXT, &want), D4_OK);
	for (size_t i = 0; i < COUNT(texts); i++) {
		u = marker;
		if (d4_uuid_parse(texts[i].text, &u) != texts[i].st)
			fail_msg("%s", texts[i].name);
		assert_true(
		    d4_uuid_eq(&u, texts[i].st == D4_OK ? &want : &marker));
	}
}

static void
texts_are_written_in_lower_case(void **state)
{
	char text[D4_UUID_TEXT], hex[D4_UUID_HEX];
	struct d4_uuid u;

	(void)state;
	assert_int_equal(
	    d4_uuid_parse("7E4D1C265B3A4F8E9A610C2D4E6F8A1B", &u), D4_OK);
	d4_uuid_text(&u, text);
	d4_uuid_hex(&u, hex);
	assert_string_equal(text, TEXT);
	assert_string_equal(hex, "7e4d1c265b3a4f8e9a610c2d4e6f8a1b");
}

static void
only_version_4_with_its_variant_is_v4(void **state)
{
	static const struct {
		const char *text;
		bool v4;
	} rows[] = {
	    {TEXT, true},
	    {"7e4d1c26-5b3a-4f8e-8a61-0c2d4e6f8a1b", true},
	    {"7e4d1c26-5b3a-4f8e-ba61-0c2d4e6f8a1b", true},
	    {"7e4d1c26-5b3a-1f8e-9a61-0c2d4e6f8a1b", false},
	    {"7e4d1c26-5b3a-8f8e-9a61-0c2d4e6f8a1b", false},
	    {"7e4d1c26-5b3a-4f8e-7a61-0c2d4e6f8a1b", false},
	    {"7e4d1c26-5b3a-4f8e-ca61-0c2d4e6f8a1b", false},
	    {"00000000-0000-0000-0000-000000000000", false},
	};
	struct d4_uuid u;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(d4_uuid_parse(rows[i].text, &u), D4_OK);
		assert_int_equal(d4_uuid_is_v4(&u), rows[i].v4);
	}
}

static void
force_changes_nothing_but_version_and_variant(void **state)
{
	struct d4_uuid u;
	char text[D4_UUID_TEXT];

	(void)state;
	memset(u.b, 0xff, sizeof(u.b));
	d4_uuid_force(&u, 4);
	d4_uuid_text(&u, text);
	assert_string_equal(text, "ffffffff-ffff-4fff-bfff-ffffffffffff");
	d4_uuid_force(&u, 8);
	assert_false(d4_uuid_is_v4(&u));
	d4_uuid_text(&u, text);
	assert_string_equal(text, "ffffffff-ffff-8fff-bfff-ffffffffffff");
}

static void
random_ones_are_v4_and_differ(void **state)
{
	struct d4_uuid a, b;

	(void)state;
	assert_int_equal(d4_uuid_random(&a), D4_OK);
	assert_int_equal(d4_uuid_random(&b), D4_OK);
	assert_true(d4_uuid_is_v4(&a));
	assert_true(d4_uuid_is_v4(&b));
	assert_false(d4_uuid_eq(&a, &b));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		every_text_is_read_or_refused_and_output_is_untouched),
	    cmocka_unit_test(texts_are_written_in_lower_case),
	    cmocka_unit_test(only_version_4_with_its_variant_is_v4),
	    cmocka_unit_test(force_changes_nothing_but_version_and_variant),
	    cmocka_unit_test(random_ones_are_v4_and_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "libd4/key.h"

static void
only_1_to_100_harmless_characters_are_a_key(void **state)
{
	uint8_t long_key[D4_KEY_MAX + 1];

	(void)state;
	memset(long_key, 'k', sizeof(long_key));
	assert_true(d4_key_ok(d4_slice_str("a")));
	assert_true(d4_key_ok(d4_slice_str("azAZ09_-")));
	assert_true(d4_key_ok(d4_slice_of(long_key, D4_KEY_MAX)));
	assert_false(d4_key_ok(d4_slice_of(long_key, D4_KEY_MAX + 1)));
	assert_false(d4_key_ok(d4_slice_of(NULL, 0)));
	assert_false(d4_key_ok(d4_slice_str("private key to change")));
	assert_false(d4_key_ok(d4_slice_str("a<b")));
	assert_false(d4_key_ok(d4_slice_of("a\0b", 3)));
	assert_false(d4_key_ok(d4_slice_str("schl\xc3\xbcssel")));
}

static void
a_new_key_is_valid_and_never_the_same(void **unused)
{
	char a[D4_KEY_MAX + 1], b[D4_KEY_MAX + 1];

	(void)unused;
	assert_int_equal(d4_key_make(a), D4_OK);
	assert_int_equal(d4_key_make(b), D4_OK);
	assert_true(d4_key_ok(d4_slice_str(a)));
	assert_int_equal(strlen(a), 64);
	assert_string_not_equal(a, b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_new_key_is_valid_and_never_the_same),
	    cmocka_unit_test(only_1_to_100_harmless_characters_are_a_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

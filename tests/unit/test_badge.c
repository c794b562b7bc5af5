/* Which certificates a sensor may show. */
#include "hub/badge.h"
#include "test.h"

#define HEX "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define COLONS                                                     \
	"00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12" \
	":13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F"

static const struct d4_uuid uuid = {{0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x47,
    0x77, 0x88, 0x88, 1, 2, 3, 4, 5, 6}};

/* arg: the one name that the certificate has. */
static bool
named(const void *arg, const char *name)
{
	return strcmp(arg, name) == 0;
}

static struct badge_shown
shows(const char *name, bool trusted)
{
	struct badge_shown s = {
	    .there = true, .trusted = trusted, .named = named, .arg = name};

	for (uint8_t i = 0; i < BADGE_DIGEST; i++)
		s.digest[i] = i;
	return s;
}

static bool
fits(const char *list, const struct badge_shown *shown)
{
	struct badges b = {NULL, 0};
	bool yes;

	assert_int_equal(badges_read(d4_slice_str(list), &b), D4_OK);
	yes = badges_fit(&b, &uuid, shown);
	badges_fini(&b);
	return yes;
}

static void
a_list_is_read_strictly(void **unused)
{
	static const struct {
		const char *text;
		enum d4_status st;
	} cases[] = {
	    {"uuid", D4_OK},
	    {"name:a", D4_OK},
	    {"name:urn:uuid:x/y@z.example+1", D4_OK},
	    {"sha256:" HEX, D4_OK},
	    {"sha256:" COLONS, D4_OK},
	    {"uuid,name:a,sha256:" HEX ",name:b", D4_OK},
	    {"uuid,uuid,uuid,uuid,uuid", D4_ETOOBIG},
	    {"", D4_EMALFORMED},
	    {",", D4_EMALFORMED},
	    {"uuid,", D4_EMALFORMED},
	    {",uuid", D4_EMALFORMED},
	    {"uuid ", D4_EMALFORMED},
	    {"UUID", D4_EMALFORMED},
	    {"any", D4_EMALFORMED},
	    {"name:", D4_EMALFORMED},
	    {"name:a b", D4_EMALFORMED},
	    {"sha256:", D4_EMALFORMED},
	    {"sha256:" HEX "0", D4_EMALFORMED},
	    {"sha256:" HEX ":", D4_EMALFORMED},
	    {"sha256:" HEX "00", D4_EMALFORMED},
	    {"sha256:::" HEX, D4_EMALFORMED},
	    {"sha256:g" HEX, D4_EMALFORMED},
	    {HEX, D4_EMALFORMED},
	};
	struct badges b = {NULL, 0};

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		enum d4_status st =
		    badges_read(d4_slice_str(cases[i].text), &b);

		if (st != cases[i].st)
			fail_msg("%s: %s", cases[i].text, d4_status_text(st));
		badges_fini(&b);
	}
	assert_int_equal(
	    badges_read(d4_slice_of("name:a\0b", 8), &b), D4_EMALFORMED);
}

static void
a_name_has_a_limit(void **unused)
{
	char text[5 + BADGE_NAME + 1] = "name:";
	struct badges b = {NULL, 0};

	(void)unused;
	memset(text + 5, 'a', BADGE_NAME - 1);
	assert_int_equal(badges_read(d4_slice_str(text), &b), D4_OK);
	badges_fini(&b);
	memset(text + 5, 'a', BADGE_NAME);
	assert_int_equal(badges_read(d4_slice_str(text), &b), D4_EMALFORMED);
}

static void
one_of_the_list_must_fit(void **unused)
{
	static const char own[] = "11223344-5566-4777-8888-010203040506";
	static const char urn[] =
	    "urn:uuid:11223344-5566-4777-8888-010203040506";
	const struct badge_shown none = {.named = named, .arg = own};
	struct badge_shown s;

	(void)unused;
	s = shows(own, true);
	assert_true(fits("uuid", &s));
	assert_true(fits("name:other,uuid", &s));
	assert_false(fits("name:other", &s));
	s = shows(urn, true);
	assert_true(fits("uuid", &s));
	s = shows("probe.example", true);
	assert_false(fits("uuid", &s));
	assert_true(fits("uuid,name:probe.example", &s));
	assert_true(fits("sha256:" COLONS, &s));
	s.digest[31] ^= 1;
	assert_false(fits("sha256:" HEX, &s));
	assert_false(fits("uuid", &none));
	assert_false(fits("sha256:" HEX, &none));
}

static void
a_name_that_nobody_vouches_for_says_nothing(void **unused)
{
	struct badge_shown s = shows("probe.example", false);

	(void)unused;
	assert_false(fits("name:probe.example", &s));
	assert_true(fits("name:probe.example,sha256:" HEX, &s));
}

static void
without_a_list_anything_fits(void **unused)
{
	const struct badge_shown none = {.named = named, .arg = ""};
	const struct badges b = {NULL, 0};

	(void)unused;
	assert_true(badges_fit(&b, &uuid, &none));
}

static void
lists_are_compared(void **unused)
{
	struct badges a, b;

	(void)unused;
	assert_int_equal(badges_read(d4_slice_str("uuid,name:x"), &a), D4_OK);
	assert_int_equal(badges_read(d4_slice_str("uuid,name:x"), &b), D4_OK);
	assert_true(badges_same(&a, &b));
	badges_fini(&b);
	assert_false(badges_same(&a, &b));
	assert_int_equal(badges_read(d4_slice_str("uuid,name:y"), &b), D4_OK);
	assert_false(badges_same(&a, &b));
	badges_fini(&a);
	badges_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_list_is_read_strictly),
	    cmocka_unit_test(a_name_has_a_limit),
	    cmocka_unit_test(one_of_the_list_must_fit),
	    cmocka_unit_test(a_name_that_nobody_vouches_for_says_nothing),
	    cmocka_unit_test(without_a_list_anything_fits),
	    cmocka_unit_test(lists_are_compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

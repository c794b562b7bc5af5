/* Values: what MISP takes, in its own form; the rest never leaves. */
#include "test.h"
#include "libd4/uuid.h"
#include "misp-export/value.h"

static const struct {
	const char *type, *in, *out; /* out NULL: refused */
	enum value_why why;
} rows[] = {
    {"ip-src", "2001:DB8::0001", "2001:db8::1", VALUE_OK},
    {"ip-dst", "192.0.2.1", "192.0.2.1", VALUE_OK},
    {"ip-dst", "192.0.2.010", NULL, VALUE_IP},
    {"ip-dst", "fe80::1%eth0", NULL, VALUE_IP},
    {"ip-dst", "0x7f000001", NULL, VALUE_IP},
    {"domain", "EXAMPLE.net.", "example.net", VALUE_OK},
    {"hostname", "host.example.com.", "host.example.com", VALUE_OK},
    {"hostname", "_sip._tcp.example.com", "_sip._tcp.example.com", VALUE_OK},
    {"domain", "localhost", NULL, VALUE_NAME},
    {"domain", "*.example.com", NULL, VALUE_NAME},
    {"domain", "a b.com", NULL, VALUE_NAME},
    {"domain", "a..com", NULL, VALUE_NAME},
    {"domain", ".", NULL, VALUE_NAME},
    {"domain",
	"b\xc3\xbc"
	"cher.example",
	NULL, VALUE_NAME},
    {"port", "53", "53", VALUE_OK},
    {"port", "0", NULL, VALUE_PORT},
    {"port", "65536", NULL, VALUE_PORT},
    {"port", "-1", NULL, VALUE_PORT},
    {"counter", "007", "7", VALUE_OK},
    {"counter", "-1", NULL, VALUE_NUMBER},
    {"counter", "99999999999999999999", NULL, VALUE_NUMBER},
    {"AS", "AS1235", "1235", VALUE_OK},
    {"AS", "65536.1", NULL, VALUE_NUMBER},
    {"datetime", "2026-11-20T00:00:00Z", "2026-11-20T00:00:00Z", VALUE_OK},
    {"datetime", "1795293385", NULL, VALUE_TIME},
    {"datetime", "2026-11-20T00:00:00Zx", NULL, VALUE_TIME},
    {"ja3-fingerprint-md5", "E7D705A3286E19EA42F587B344EE6865",
	"e7d705a3286e19ea42f587b344ee6865", VALUE_OK},
    {"ja3-fingerprint-md5", "e7d7", NULL, VALUE_HEX},
    {"mac-address", "00-11-22-33-44-FF", "00:11:22:33:44:ff", VALUE_OK},
    {"mac-address", "00-11-22", NULL, VALUE_FORM},
    {"boolean", "true", "1", VALUE_OK},
    {"boolean", "maybe", NULL, VALUE_FORM},
    {"float", "-1.5", "-1.5", VALUE_OK},
    {"float", "1.5.2", NULL, VALUE_NUMBER},
    {"email-dst", "Ab@Example.org", "ab@example.org", VALUE_OK},
    {"email-dst", "a@b@example.org", NULL, VALUE_FORM},
    {"text", "  plain  ", "plain", VALUE_OK},
    {"text", "   ", NULL, VALUE_EMPTY},
    {"text", "boom \xf0\x9f\x92\xa5", NULL, VALUE_FOUR},
    {"text", "broken \xc3", NULL, VALUE_UTF8},
    {"text", "surrogate \xed\xa0\x80", NULL, VALUE_UTF8},
    {"text", "overlong \xc0\xaf", NULL, VALUE_UTF8},
    {"text", "bell \x07", NULL, VALUE_CONTROL},
    {"integer", "99", NULL, VALUE_TYPE},
    {"nosuchtype", "x", NULL, VALUE_TYPE},
};

static void
each_value_has_misps_form_or_is_refused(void **state)
{
	struct d4_buf b;

	(void)state;
	d4_buf_init(&b, VALUE_MAX);
	for (size_t i = 0; i < COUNT(rows); i++) {
		enum value_why why =
		    value_normal(rows[i].type, d4_slice_str(rows[i].in), &b);

		if (why != rows[i].why)
			print_message("%s %s: %s\n", rows[i].type, rows[i].in,
			    value_why_text(why));
		assert_int_equal(why, rows[i].why);
		if (rows[i].out != NULL)
			assert_slice(d4_buf_slice(&b), rows[i].out);
		else
			assert_int_equal(b.n, 0);
	}
	d4_buf_fini(&b);
}

static void
values_of_64_kib_are_too_big_by_one_byte(void **state)
{
	static char text[VALUE_MAX + 1];
	struct d4_buf b;

	(void)state;
	memset(text, 'x', sizeof(text));
	d4_buf_init(&b, sizeof(text));
	assert_int_equal(
	    value_normal("text", d4_slice_of(text, VALUE_MAX), &b), VALUE_OK);
	assert_int_equal(
	    value_normal("text", d4_slice_of(text, sizeof(text)), &b),
	    VALUE_TOOBIG);
	d4_buf_fini(&b);
}

static void
uuids_of_versions_6_to_8_are_none_to_misp(void **state)
{
	struct d4_uuid u;

	(void)state;
	assert_int_equal(d4_uuid_random(&u), D4_OK);
	assert_true(value_uuid(&u));
	for (unsigned v = 1; v < 16; v++) {
		d4_uuid_force(&u, v);
		assert_int_equal(value_uuid(&u), v <= 5);
	}
}

static void
times_are_iso_8601_in_utc(void **state)
{
	char text[VALUE_TIME_TEXT];

	(void)state;
	value_time(1763700000123456ULL, text);
	assert_string_equal(text, "2025-11-21T04:40:00.123456Z");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_value_has_misps_form_or_is_refused),
	    cmocka_unit_test(values_of_64_kib_are_too_big_by_one_byte),
	    cmocka_unit_test(uuids_of_versions_6_to_8_are_none_to_misp),
	    cmocka_unit_test(times_are_iso_8601_in_utc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "libd4/enroll.h"

#define PIN16 "00112233445566778899aabbccddeeff"
#define UUID  "0f8a2f3e-5c66-4a3b-9d5e-0c1b2a394857"
#define GOOD                                                     \
	"d4-enroll:v1 host=hub.example.org port=4443 uuid=" UUID \
	" key=Secret_key-1 fingerprint=" PIN16 PIN16 " type=8"

static enum d4_status
parse(const char *line, struct d4_enroll *e)
{
	const char *why = NULL;
	enum d4_status st = d4_enroll_parse(d4_slice_str(line), e, &why);

	if (st != D4_OK)
		assert_non_null(why);
	return st;
}

static void
a_good_line_gives_all_six_fields(void **state)
{
	struct d4_enroll e;
	char uuid[D4_UUID_TEXT];

	(void)state;
	assert_int_equal(parse(GOOD "\n", &e), D4_OK);
	assert_string_equal(e.host, "hub.example.org");
	assert_int_equal(e.port, 4443);
	d4_uuid_text(&e.uuid, uuid);
	assert_string_equal(uuid, UUID);
	assert_string_equal(e.key, "Secret_key-1");
	assert_int_equal(e.pin[0], 0x00);
	assert_int_equal(e.pin[17], 0x11);
	assert_int_equal(e.pin[31], 0xff);
	assert_int_equal(e.type, 8);
	assert_string_equal(e.ext, "");
}

static void
format_writes_what_parse_reads(void **state)
{
	char line[D4_ENROLL_LINE];
	struct d4_enroll e;

	(void)state;
	assert_int_equal(parse(GOOD, &e), D4_OK);
	assert_int_equal(d4_enroll_format(&e, line), D4_OK);
	assert_string_equal(line, GOOD "\n");
}

static void
an_extended_type_travels_behind_254(void **state)
{
	char line[D4_ENROLL_LINE];
	struct d4_enroll e;

	(void)state;
	assert_int_equal(parse("d4-enroll:v1 type=254.ja3-jl host=::1 port=1 "
			       "uuid=" UUID " key=k fingerprint=" PIN16 PIN16,
			     &e),
	    D4_OK);
	assert_int_equal(e.type, 254);
	assert_string_equal(e.ext, "ja3-jl");
	assert_string_equal(e.host, "::1");
	assert_int_equal(d4_enroll_format(&e, line), D4_OK);
	assert_non_null(strstr(line, " type=254.ja3-jl\n"));
}

static void
a_fingerprint_may_have_colons(void **state)
{
	const char *line =
	    "d4-enroll:v1 host=h port=1 uuid=" UUID " key=k type=1 fingerprint="
	    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
	    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF";
	struct d4_enroll e;

	(void)state;
	assert_int_equal(parse(line, &e), D4_OK);
	assert_int_equal(e.pin[10], 0xaa);
}

/* Each is GOOD with one part replaced. */
static void
a_wrong_field_is_refused_and_nothing_is_written(void **state)
{
	static const struct {
		const char *from, *to;
	} rows[] = {
	    {"host=hub.example.org", "host="},
	    {"host=hub.example.org", "host=a/b"},
	    {"host=hub.example.org", "host=a\tb"},
	    {"port=4443", "port=0"},
	    {"port=4443", "port=65536"},
	    {"port=4443", "port=04443"},
	    {"port=4443", "port=4443x"},
	    {"port=4443", "port="},
	    {"uuid=" UUID, "uuid=0f8a2f3e"},
	    {"uuid=" UUID, "uuid=0f8a2f3e-5c66-1a3b-9d5e-0c1b2a394857"},
	    {"key=Secret_key-1", "key="},
	    {"key=Secret_key-1", "key=a<b"},
	    {"fingerprint=" PIN16 PIN16, "fingerprint=" PIN16},
	    {"fingerprint=" PIN16 PIN16, "fingerprint=" PIN16 PIN16 "0"},
	    {"fingerprint=" PIN16 PIN16, "fingerprint=" PIN16 PIN16 "zz"},
	    {"fingerprint=00112", "fingerprint=0:0112"},
	    {"type=8", "type=0"},
	    {"type=8", "type=256"},
	    {"type=8", "type=8.x"},
	    {"type=8", "type=254."},
	    {"type=8", "type=254.a/b"},
	    {"type=8", "type=8 type=8"},
	    {"type=8", "type=8 colour=blue"},
	    {" type=8", ""},
	    {"port=4443", " port=4443"},
	    {"d4-enroll:", "d4-enrol:"},
	};
	struct d4_enroll e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *at = strstr(GOOD, rows[i].from);
		char line[2 * D4_ENROLL_LINE];

		assert_non_null(at);
		(void)snprintf(line, sizeof(line), "%.*s%s%s", (int)(at - GOOD),
		    GOOD, rows[i].to, at + strlen(rows[i].from));
		memset(&e, 0xee, sizeof(e));
		assert_int_equal(parse(line, &e), D4_EMALFORMED);
		assert_int_equal(e.pin[31], 0xee);
	}
}

static void
another_version_is_said_to_be_one(void **state)
{
	struct d4_enroll e;

	(void)state;
	assert_int_equal(parse("d4-enroll:v2 host=h", &e), D4_EVERSION);
}

static void
a_line_over_the_limit_is_refused(void **state)
{
	char line[D4_ENROLL_LINE + 8];
	struct d4_enroll e;

	(void)state;
	memset(line, ' ', sizeof(line));
	memcpy(line, GOOD, strlen(GOOD));
	line[sizeof(line) - 1] = '\0';
	assert_int_equal(parse(line, &e), D4_EMALFORMED);
}

static void
format_refuses_what_could_not_be_read_back(void **state)
{
	char line[D4_ENROLL_LINE];
	struct d4_enroll e;

	(void)state;
	assert_int_equal(parse(GOOD, &e), D4_OK);
	(void)snprintf(e.host, sizeof(e.host), "a key=b");
	assert_int_equal(d4_enroll_format(&e, line), D4_EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_good_line_gives_all_six_fields),
	    cmocka_unit_test(format_writes_what_parse_reads),
	    cmocka_unit_test(an_extended_type_travels_behind_254),
	    cmocka_unit_test(a_fingerprint_may_have_colons),
	    cmocka_unit_test(a_wrong_field_is_refused_and_nothing_is_written),
	    cmocka_unit_test(another_version_is_said_to_be_one),
	    cmocka_unit_test(a_line_over_the_limit_is_refused),
	    cmocka_unit_test(format_refuses_what_could_not_be_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

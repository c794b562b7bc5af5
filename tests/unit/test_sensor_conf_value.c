#include "test.h"
#include "sensor/conf_value.h"

static void
a_value_loses_white_space_at_its_end_only(void **state)
{
	char out[16];

	(void)state;
	assert_int_equal(
	    conf_value_text(d4_slice_str(" ab c \t\r\n\n"), out, 16), D4_OK);
	assert_string_equal(out, " ab c");
	assert_int_equal(conf_value_text(d4_slice_of(NULL, 0), out, 16), D4_OK);
	assert_string_equal(out, "");
	assert_int_equal(conf_value_text(d4_slice_str("\n"), out, 16), D4_OK);
	assert_string_equal(out, "");
}

static void
several_lines_or_control_characters_are_no_value(void **state)
{
	static const char *const bad[] = {"a\nb", "a\tb", "\x01", "a\x7f"};
	char out[16];

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(conf_value_text(d4_slice_str(bad[i]), out, 16),
		    D4_EMALFORMED);
	assert_int_equal(
	    conf_value_text(d4_slice_of("a\0b", 3), out, 16), D4_EMALFORMED);
	assert_int_equal(
	    conf_value_text(d4_slice_str("123456789012345"), out, 16), D4_OK);
	assert_int_equal(
	    conf_value_text(d4_slice_str("1234567890123456"), out, 16),
	    D4_ETOOBIG);
}

static void
a_number_is_decimal_and_inside_its_limits(void **state)
{
	static const struct {
		const char *text;
		enum d4_status st;
		uint32_t v;
	} rows[] = {
	    {"1", D4_OK, 1},
	    {"255", D4_OK, 255},
	    {"0008", D4_OK, 8},
	    {"256", D4_EMALFORMED, 0},
	    {"0", D4_EMALFORMED, 0},
	    {"", D4_EMALFORMED, 0},
	    {"-1", D4_EMALFORMED, 0},
	    {"+1", D4_EMALFORMED, 0},
	    {" 1", D4_EMALFORMED, 0},
	    {"1x", D4_EMALFORMED, 0},
	    {"0x10", D4_EMALFORMED, 0},
	    {"4294967297", D4_EMALFORMED, 0},
	    {"99999999999999999999", D4_EMALFORMED, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint32_t v = 0;

		assert_int_equal(
		    conf_value_number(rows[i].text, 255, &v), rows[i].st);
		assert_int_equal(v, rows[i].v);
	}
}

static void
an_address_has_a_host_and_a_port(void **state)
{
	static const struct {
		const char *text, *host, *port;
	} rows[] = {
	    {"127.0.0.1:4443", "127.0.0.1", "4443"},
	    {"hub.example.org:1", "hub.example.org", "1"},
	    {"[::1]:4443", "::1", "4443"},
	    {"[fe80::1%eth0]:65535", "fe80::1%eth0", "65535"},
	    {"127.0.0.1", NULL, NULL},
	    {"::1:4443", NULL, NULL},
	    {"[::1]", NULL, NULL},
	    {"[::1:4443", NULL, NULL},
	    {"[]:1", NULL, NULL},
	    {"[:1", NULL, NULL},
	    {":4443", NULL, NULL},
	    {"host:", NULL, NULL},
	    {"host:0", NULL, NULL},
	    {"host:65536", NULL, NULL},
	    {"host:1 2", NULL, NULL},
	    {"ho st:1", NULL, NULL},
	    {"a/b:1", NULL, NULL},
	    {"", NULL, NULL},
	    {":", NULL, NULL},
	};
	char host[CONF_HOST], port[CONF_PORT];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		enum d4_status st =
		    conf_value_address(rows[i].text, host, port);

		assert_int_equal(
		    st, rows[i].host != NULL ? D4_OK : D4_EMALFORMED);
		if (st != D4_OK)
			continue;
		assert_string_equal(host, rows[i].host);
		assert_string_equal(port, rows[i].port);
	}
}

static void
a_redis_of_goclient_becomes_a_url(void **state)
{
	static const struct {
		const char *text, *url;
		uint32_t db;
	} rows[] = {
	    {"127.0.0.1:6380/2", "tcp://127.0.0.1:6380", 2},
	    {"localhost:6385/0", "tcp://localhost:6385", 0},
	    {"[::1]:1/15", "tcp://[::1]:1", 15},
	    {"127.0.0.1:6380", NULL, 0},
	    {"127.0.0.1:6380/", NULL, 0},
	    {"127.0.0.1:6380/-1", NULL, 0},
	    {"127.0.0.1/2", NULL, 0},
	    {"/2", NULL, 0},
	    {"", NULL, 0},
	};
	char url[CONF_REDIS];
	uint32_t db;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		enum d4_status st = conf_value_redis(rows[i].text, url, &db);

		assert_int_equal(
		    st, rows[i].url != NULL ? D4_OK : D4_EMALFORMED);
		if (st != D4_OK)
			continue;
		assert_string_equal(url, rows[i].url);
		assert_int_equal(db, rows[i].db);
	}
}

static void
a_login_is_cut_at_its_first_colon(void **state)
{
	static const char *const bad[] = {"", "user", ":pass", "user:"};
	char user[CONF_HOST], password[CONF_HOST], text[2 * CONF_HOST];

	(void)state;
	assert_int_equal(conf_value_login("u:p:w", user, password), D4_OK);
	assert_string_equal(user, "u");
	assert_string_equal(password, "p:w");
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(
		    conf_value_login(bad[i], user, password), D4_EMALFORMED);
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	text[1] = ':';
	assert_int_equal(conf_value_login(text, user, password), D4_EMALFORMED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_value_loses_white_space_at_its_end_only),
	    cmocka_unit_test(several_lines_or_control_characters_are_no_value),
	    cmocka_unit_test(a_number_is_decimal_and_inside_its_limits),
	    cmocka_unit_test(an_address_has_a_host_and_a_port),
	    cmocka_unit_test(a_redis_of_goclient_becomes_a_url),
	    cmocka_unit_test(a_login_is_cut_at_its_first_colon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The commands of d4-hub ctl: the table, and what its arguments may be. */
#include "hub/ctl_args.h"
#include "hub/ctl_script.h"
#include "test.h"

static void
every_command_is_found_by_its_name_and_has_a_help(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < ctl_n_rows; i++) {
		const struct ctl_row *row = &ctl_rows[i];
		bool option = false;
		char name[64];

		(void)snprintf(
		    name, sizeof(name), "%s.%s", row->noun, row->verb);
		assert_ptr_equal(ctl_find(name), row);
		assert_ptr_equal(ctl_find_words(row->noun, row->verb), row);
		assert_true(row->help[0] != '\0');
		assert_true(ctl_args(row) < CTL_ARGS);
		for (size_t k = 0; k < ctl_args(row); k++) {
			assert_true(row->arg[k].option != row->arg[k].must);
			/* Options come last. */
			assert_true(row->arg[k].option || !option);
			option = row->arg[k].option;
		}
		/* Who changes something must be asked who he is. */
		assert_true(row->admin || row->effect == CTL_LOOKS);
	}
	assert_null(ctl_find("sensors"));
	assert_null(ctl_find("sensors."));
	assert_null(ctl_find(".list"));
	assert_null(ctl_find(""));
}

/* C99's limit of a literal, and one question's worth of text. */
static void
scripts_are_short(void **unused)
{
	(void)unused;
	assert_true(strlen(ctl_prelude) < 4096);
	for (size_t i = 0; i < ctl_n_rows; i++) {
		if (ctl_rows[i].script != NULL)
			assert_true(strlen(ctl_rows[i].script) < 4096);
	}
}

static const struct {
	enum ctl_kind kind;
	const char *text;
	const char *want; /* NULL: refused */
} cases[] = {
    {CTL_UUID, "7E4D1C26-5B3A-4F8E-9A61-0C2D4E6F8A1B",
	"7e4d1c265b3a4f8e9a610c2d4e6f8a1b"},
    {CTL_UUID, "7e4d1c265b3a4f8e9a610c2d4e6f8a1b",
	"7e4d1c265b3a4f8e9a610c2d4e6f8a1b"},
    {CTL_UUID, "7e4d1c26", NULL},
    {CTL_UUID, "", NULL},
    {CTL_NAME, "a.b_c-9", "a.b_c-9"},
    {CTL_NAME, "", NULL},
    {CTL_NAME, "a b", NULL},
    {CTL_NAME, "a:b", NULL},
    {CTL_NAME, "*", NULL},
    {CTL_TEXT, "", ""},
    {CTL_TEXT, "f\xc3\xbcr 'x' \"y\"", "f\xc3\xbcr 'x' \"y\""},
    {CTL_TEXT, "a\nb", NULL},
    {CTL_TEXT, "a\x1b", NULL},
    {CTL_TEXT, "a\x7f", NULL},
    {CTL_WORD, "one", "one"},
    {CTL_WORD, "two", "two"},
    {CTL_WORD, "o", NULL},
    {CTL_WORD, "one two", NULL},
    {CTL_WORD, "", NULL},
    {CTL_BYTES, "0", "0"},
    {CTL_BYTES, "1kB", "1000"},
    {CTL_BYTES, "2MiB", "2097152"},
    {CTL_BYTES, "-1", NULL},
    {CTL_BYTES, "x", NULL},
    {CTL_BYTES, "", NULL},
    {CTL_COUNT, "17", "17"},
    {CTL_COUNT, "1000001", NULL},
    {CTL_COUNT, "1e3", NULL},
    {CTL_TIME, "0s", "0"},
    {CTL_TIME, "7d", "604800"},
    {CTL_TIME, "1500ms", "1"},
    {CTL_TIME, "7", NULL},
    {CTL_FROM, "any", "any"},
    {CTL_FROM, "10.0.0.0/8,::1", "10.0.0.0/8,::1"},
    {CTL_FROM, "10.0.0.1/8", NULL},
    {CTL_FROM, "", NULL},
    {CTL_WHO, "192.0.2.1", "ip:192.0.2.1"},
    {CTL_WHO, "192.0.2.1/32", "ip:192.0.2.1"},
    {CTL_WHO, "2001:DB8:0::1", "ip:2001:db8::1"},
    {CTL_WHO, "192.0.2.0/24", "net:192.0.2.0/24"},
    {CTL_WHO, "::/0", "net:::/0"},
    {CTL_WHO, "7e4d1c26-5b3a-4f8e-9a61-0c2d4e6f8a1b",
	"uuid:7e4d1c265b3a4f8e9a610c2d4e6f8a1b"},
    {CTL_WHO, "192.0.2.1/24", NULL},
    {CTL_WHO, "host", NULL},
    {CTL_TYPE, "8", "8"},
    {CTL_TYPE, "254.ja3-jl", "254.ja3-jl"},
    {CTL_TYPE, "255", "255"},
    {CTL_TYPE, "0", NULL},
    {CTL_TYPE, "08", NULL},
    {CTL_TYPE, "256", NULL},
    {CTL_TYPE, "8.x", NULL},
    {CTL_TYPE, "254.", NULL},
    {CTL_TYPE, "254.a}b", NULL},
    {CTL_TYPE, "99999999999999999999", NULL},
    {CTL_TYPE, "x", NULL},
    {CTL_TYPE, "", NULL},
    {CTL_DAY, "20261122", "20261122"},
    {CTL_DAY, "2026112", NULL},
    {CTL_DAY, "2026-1-1", NULL},
    {CTL_FLAG, "1", NULL},
    {CTL_OUT, "x", NULL},
    {CTL_NONE, "x", NULL},
};

static void
arguments_are_checked_and_written_in_one_form(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct ctl_arg a = {
		    .name = "x", .kind = cases[i].kind, .words = "one two"};
		struct d4_buf out;
		enum d4_status st;

		d4_buf_init(&out, CTL_ARG_MAX);
		st = ctl_arg_check(&a, cases[i].text, &out);
		if ((st == D4_OK) != (cases[i].want != NULL) ||
		    (st == D4_OK &&
			!d4_slice_eqs(d4_buf_slice(&out), cases[i].want)))
			fail_msg("%u \"%s\"", cases[i].kind, cases[i].text);
		d4_buf_fini(&out);
	}
}

static enum d4_status
request(const char *name, const char *text, char why[CTL_WHY])
{
	json_t *o = json_loads(text, JSON_ALLOW_NUL, NULL);
	struct ctl_given given;
	enum d4_status st;

	assert_non_null(o);
	st = ctl_args_read(ctl_find(name), o, &given, why);
	if (st == D4_OK)
		ctl_args_fini(&given);
	json_decref(o);
	return st;
}

static void
a_request_has_its_arguments_and_no_others(void **unused)
{
	static const struct {
		const char *name, *text, *why; /* NULL: it is fine */
	} requests[] = {
	    {"groups.list", "{\"cmd\":\"groups.list\"}", NULL},
	    {"groups.list", "{\"x\":1}", "no such argument: x"},
	    {"sensors.kick", "{}", "missing: uuid"},
	    {"sensors.kick", "{\"uuid\":5}",
		"not valid: uuid; remedy: write a UUID"},
	    {"sensors.kick", "{\"uuid\":\"5\"}",
		"not valid: uuid; remedy: write a UUID"},
	    {"queues.empty", "{\"queue\":\"8\"}", NULL},
	    {"queues.empty", "{\"queue\":\"8\",\"yes\":true}", NULL},
	    {"queues.empty", "{\"queue\":\"8\",\"yes\":\"1\"}",
		"not valid: yes; remedy: write true or false"},
	    {"groups.add", "{\"group\":\"a\\u0000b\",\"uuid\":\"x\"}",
		"not valid: group; remedy: write up to 64 letters, digits, . _ "
		"-"},
	    {"config.backup", "{}", NULL},
	};
	char why[CTL_WHY];

	(void)unused;
	for (size_t i = 0; i < COUNT(requests); i++) {
		enum d4_status st =
		    request(requests[i].name, requests[i].text, why);

		assert_int_equal(
		    st, requests[i].why == NULL ? D4_OK : D4_EINVAL);
		if (requests[i].why != NULL)
			assert_string_equal(why, requests[i].why);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_command_is_found_by_its_name_and_has_a_help),
	    cmocka_unit_test(scripts_are_short),
	    cmocka_unit_test(arguments_are_checked_and_written_in_one_form),
	    cmocka_unit_test(a_request_has_its_arguments_and_no_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The three rules of the specification's example do what they say. */
#include "policy.h"

static struct pol *
example(void)
{
	static const struct {
		const char *pipeline;
		unsigned cls;
	} classes[] = {{"backscatter-v1", 2}, {"pdns-public-v1", 3},
	    {"ja3-findings-v1", 2}};
	struct d4_diag diag = {.file = NULL};
	struct pol *p = NULL;
	uint8_t *text;
	size_t n, i;

	text = test_read("docs/examples/policy.yaml", &n);
	if (pol_parse(d4_slice_of(text, n), NULL, &diag, &p) != D4_OK)
		fail_msg("%u:%u: %s", diag.line, diag.column, diag.what);
	for (i = 0; i < COUNT(classes); i++)
		assert_int_equal(pol_set_class(p, classes[i].pipeline,
				     classes[i].cls, &diag),
		    D4_OK);
	free(text);
	return p;
}

#define JA3 "{\"type\":\"ja3-jl\"}"

static const struct {
	const char *partner, *sensor;
	uint8_t type;
	const char *meta;
	bool allow;
	const char *rule;
	enum pol_tlp label;
} rows[] = {
    {"acme-csirt", SENSOR_1, 1, NULL, true, "tele-to-acme", POL_GREEN},
    {"public-pdns", SENSOR_2, 8, NULL, true, "pdns-to-public", POL_CLEAR},
    {"own-misp", SENSOR_3, 254, JA3, true, "ja3-to-misp", POL_AMBER},
    /* and nothing else */
    {"acme-csirt", SENSOR_2, 8, NULL, false, "default.deny", POL_AMBER},
    {"acme-csirt", SENSOR_3, 254, JA3, false, "default.deny", POL_AMBER},
    {"public-pdns", SENSOR_1, 1, NULL, false, "default.deny", POL_GREEN},
    {"public-pdns", SENSOR_3, 254, JA3, false, "default.deny", POL_AMBER},
    {"own-misp", SENSOR_1, 1, NULL, false, "default.deny", POL_GREEN},
    {"own-misp", SENSOR_2, 8, NULL, false, "default.deny", POL_AMBER},
    {"acme-csirt", SENSOR_1, 4, NULL, false, "source.unknown", POL_RED},
    {"acme-csirt", SENSOR_1, 1,
	"{\"type\":\"x\",\"tags\":[\"tlp:amber\"],\"misp:org\":\"" ORG_OTHER
	"\"}",
	false, "tlp.ceiling", POL_AMBER},
    {"acme-csirt", SENSOR_1, 1, "{\"type\":\"x\",\"tags\":[\"PAP:AMBER\"]}",
	false, "pap", POL_GREEN},
    {"public-pdns", SENSOR_2, 8, "{\"type\":\"x\",\"tags\":[\"tlp:red\"]}",
	false, "tlp.ceiling", POL_RED},
};

static void
three_rules_three_streams(void **state)
{
	struct pol *p = example();
	struct pol_verdict v;
	struct pol_ask ask;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		ask = ask_of(rows[i].partner, rows[i].sensor, rows[i].type,
		    rows[i].meta);
		v = decide_rule(p, &ask, rows[i].allow, rows[i].rule);
		assert_int_equal(v.label, rows[i].label);
	}
	pol_free(p);
}

static void
the_limits_of_the_rules_are_carried_to_who_enforces_them(void **state)
{
	struct pol *p = example();
	struct pol_ask ask = ask_of("acme-csirt", SENSOR_1, 1, NULL);
	struct pol_verdict v = decide_rule(p, &ask, true, "tele-to-acme");

	(void)state;
	assert_int_equal(v.line, 35);
	assert_int_equal(v.share->max_rate_bits, 20000000);
	assert_true(v.share->max_volume == UINT64_C(50) << 30);
	assert_int_equal(v.share->identity, POL_BY_SOURCE);
	assert_string_equal(v.share->because, "Agreement 2024-17");
	assert_string_equal(pol_hub(p)->master_key, "/etc/d4/keys/master.key");
	ask = ask_of("public-pdns", SENSOR_2, 8, NULL);
	v = decide_rule(p, &ask, true, "pdns-to-public");
	assert_true(v.share->delay_us == UINT64_C(86400000000));
	ask = ask_of("own-misp", SENSOR_3, 254, JA3);
	v = decide_rule(p, &ask, true, "ja3-to-misp");
	assert_string_equal(d4_yaml_get(v.share->misp, "object")->text, "ja3");
	pol_free(p);
}

static void
the_downgrade_ends_with_2027(void **state)
{
	struct pol *p = example();
	struct pol_ask ask = ask_of("public-pdns", SENSOR_2, 8, NULL);
	struct pol_verdict v;

	(void)state;
	assert_int_equal(pol_time_read("2027-12-31T23:59:59Z", &ask.now_s), 0);
	v = decide_rule(p, &ask, true, "pdns-to-public");
	assert_true(traced(&v, "relabel:amber>clear"));
	ask.now_s++;
	decide_rule(p, &ask, false, "relabel.expired");
	pol_free(p);
}

static void
classes_below_the_partner_s_are_not_enough(void **state)
{
	struct pol *p = example();
	struct pol_ask ask = ask_of("public-pdns", SENSOR_2, 8, NULL);
	struct d4_diag diag = {.file = NULL};

	(void)state;
	assert_int_equal(pol_set_class(p, "pdns-public-v1", 2, &diag), D4_OK);
	decide_rule(p, &ask, false, "class.insufficient");
	pol_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(three_rules_three_streams),
	    cmocka_unit_test(
		the_limits_of_the_rules_are_carried_to_who_enforces_them),
	    cmocka_unit_test(the_downgrade_ends_with_2027),
	    cmocka_unit_test(classes_below_the_partner_s_are_not_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

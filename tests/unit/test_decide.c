#include "policy.h"

#define JA3(tags) "{\"type\":\"ja3-jl\",\"tags\":[" tags "]}"

/* One line replaced, one question, one answer. */
struct row {
	const char *name;
	unsigned at;
	const char *with;
	const char *partner;
	const char *sensor;
	uint8_t type;
	const char *meta;
	bool allow;
	const char *rule;
};

#define P1(more) "  - {id: p1, kind: partner, groups: [g1], min_class: S0" more
#define OWN(more)                                                           \
	"  - {id: own1, kind: own, min_class: S0, sink: misp, accept_pap: " \
	"[clear, green, amber, red]" more
#define R1(more)                                                      \
	"  - {id: r1, to: [p1], from: [s1], pipeline: raw, because: " \
	"\"x\"" more
#define R2(more)                                                            \
	"  - {id: r2, to: [own1], from: [s1, s2], pipeline: raw, because: " \
	"\"x\"" more

static const struct row rows[] = {
    {"the rule allows", 0, NULL, "p1", SENSOR_1, 1, NULL, true, "r1"},
    {"unknown partner", 0, NULL, "p9", SENSOR_1, 1, NULL, false,
	"partner.unknown"},
    {"unknown sensor", 0, NULL, "p1", SENSOR_3, 1, NULL, false,
	"source.unknown"},
    {"type not of the source", 0, NULL, "p1", SENSOR_1, 3, NULL, false,
	"source.unknown"},
    {"extended type not of the source", 0, NULL, "own1", SENSOR_2, 254,
	"{\"type\":\"maltrail\"}", false, "source.unknown"},
    {"254 without a meta header", 0, NULL, "own1", SENSOR_2, 254, NULL, false,
	"meta.invalid"},
    {"broken meta header", 0, NULL, "own1", SENSOR_2, 254, "{\"type\":", false,
	"meta.invalid"},
    {"broken meta header of a plain type", 0, NULL, "p1", SENSOR_1, 1, "[]",
	false, "meta.invalid"},
    {"own hub in the path", 0, NULL, "own1", SENSOR_2, 254,
	"{\"type\":\"ja3-jl\",\"d4:fed\":{\"v\":1,\"path\":[{\"hub\":\"lu-hub-"
	"1\"}]}}",
	false, "loop.own"},
    {"past not_after", 0, NULL, "own1", SENSOR_2, 254,
	"{\"type\":\"ja3-jl\",\"tags\":[\"tlp:clear\"],\"d4:fed\":{\"v\":1,"
	"\"not_after\":1749988799}}",
	false, "meta.expired"},
    {"at not_after", 0, NULL, "own1", SENSOR_2, 254,
	"{\"type\":\"ja3-jl\",\"tags\":[\"tlp:clear\"],\"d4:fed\":{\"v\":1,"
	"\"not_after\":1749988800}}",
	true, "r2"},
    {"a deny rule", 0, NULL, "p1", SENSOR_2, 254, JA3("\"tlp:clear\""), false,
	"d1"},
    {"no share rule", 16, "  - {id: d1, from: [s1], because: x}", "p1",
	SENSOR_2, 254, JA3("\"tlp:clear\""), false, "default.deny"},
    {"deny to everybody", 16, "  - {id: d1, because: stop}", "own1", SENSOR_1,
	1, NULL, false, "d1"},
    {"deny by label", 16,
	"  - {id: d1, tags: {any: [\"tlp:green\"]}, because: "
	"x}",
	"p1", SENSOR_1, 1, NULL, false, "d1"},
    {"deny by org", 16, "  - {id: d1, misp_org: [" ORG_OTHER "], because: x}",
	"own1", SENSOR_2, 254, JA3("\"tlp:clear\""), false, "d1"},
    {"deny by an org that is only asserted", 16,
	"  - {id: d1, misp_org: [" ORG_THIRD "], because: x}", "own1", SENSOR_2,
	254,
	"{\"type\":\"ja3-jl\",\"tags\":[\"tlp:clear\"],\"misp:org\":"
	"\"" ORG_THIRD "\"}",
	false, "d1"},
    {"suspended", 8, P1(", state: suspended}"), "p1", SENSOR_1, 1, NULL, false,
	"partner.suspended"},
    {"agreement ended yesterday", 8, P1(", agreement: {until: 2025-06-14}}"),
	"p1", SENSOR_1, 1, NULL, false, "agreement.expired"},
    {"agreement ends today", 8, P1(", agreement: {until: 2025-06-15}}"), "p1",
	SENSOR_1, 1, NULL, true, "r1"},
    {"agreement begins tomorrow", 8, P1(", agreement: {from: 2025-06-16}}"),
	"p1", SENSOR_1, 1, NULL, false, "agreement.early"},
    {"PAP not accepted", 5,
	"  - {id: s1, sensors: [" SENSOR_1 "], types: [1], org: " ORG_OWN
	", floor_tlp: clear, tags: [\"tlp:clear\"], default_pap: green}",
	"p1", SENSOR_1, 1, NULL, false, "pap"},
    {"PAP accepted", 8, P1(", accept_pap: [green]}"), "p1", SENSOR_1, 1,
	"{\"type\":\"x\",\"tags\":[\"PAP:GREEN\"]}", true, "r1"},
    {"class reached", 8,
	"  - {id: p1, kind: partner, groups: [g1], min_class: S4}", "p1",
	SENSOR_1, 1, NULL, true, "r1"},
    {"not in the community", 8, "  - {id: p1, kind: partner, min_class: S0}",
	"p1", SENSOR_1, 1, NULL, false, "tlp.ceiling"},
    {"the sensor raises the label", 0, NULL, "p1", SENSOR_1, 1,
	"{\"type\":\"x\",\"tags\":[\"tlp:red\"]}", false, "tlp.ceiling"},
    {"the sensor cannot lower the label", 8,
	"  - {id: p1, kind: public, min_class: S0}", "p1", SENSOR_1, 1,
	"{\"type\":\"x\",\"tags\":[\"tlp:clear\"]}", false, "tlp.ceiling"},
    {"a missing label is the default", 5,
	"  - {id: s1, sensors: [" SENSOR_1 "], types: [1], org: " ORG_OWN
	", floor_tlp: clear, community: [g1]}",
	"p1", SENSOR_1, 1, NULL, false, "tlp.ceiling"},
    {"Chatham House", 0, NULL, "own1", SENSOR_2, 254,
	JA3("\"tlp:clear\",\"tlp:ex:chr\""), false, "tlp.ex-chr"},
    {"should-not-sync to others", 0, NULL, "p1", SENSOR_1, 1,
	"{\"type\":\"x\",\"tags\":[\"misp:should-not-sync\"]}", false,
	"should-not-sync"},
    {"should-not-sync to own", 0, NULL, "own1", SENSOR_1, 1,
	"{\"type\":\"x\",\"tags\":[\"misp:should-not-sync\"]}", true, "r2"},
    {"should-not-sync to an own MISP with guests", 9,
	OWN(", hosts_others: true}"), "own1", SENSOR_1, 1,
	"{\"type\":\"x\",\"tags\":[\"misp:should-not-sync\"]}", false,
	"should-not-sync"},
    {"retention expired", 0, NULL, "own1", SENSOR_1, 1,
	"{\"type\":\"x\",\"tags\":[\"retention:expired\"]}", false,
	"retention.expired"},
    {"retention not understood", 0, NULL, "own1", SENSOR_1, 1,
	"{\"type\":\"x\",\"tags\":[\"retention:soon\"]}", false,
	"retention.unknown"},
    {"an own MISP with guests is a partner for amber", 9,
	OWN(", hosts_others: true}"), "own1", SENSOR_2, 254,
	JA3("\"tlp:amber\""), false, "tlp.ceiling"},
    {"and own for green", 9, OWN(", hosts_others: true}"), "own1", SENSOR_2,
	254, JA3("\"tlp:green\""), true, "r2"},
    {"red to own, named", 0, NULL, "own1", SENSOR_1, 1,
	"{\"type\":\"x\",\"tags\":[\"tlp:red\"]}", true, "r2"},
    {"red to own, not named", 14,
	"  - {id: r2, to: [\"*\"], from: [s1], types: [1], tags: {any: "
	"[\"a:b\"]}, after: [r1], pipeline: raw, because: x}",
	"own1", SENSOR_1, 1, "{\"type\":\"x\",\"tags\":[\"tlp:red\",\"a:b\"]}",
	false, "tlp.ceiling"},
};

static void
each_step_of_the_decision_names_its_reason(void **state)
{
	struct pol_verdict v;
	struct pol_ask ask;
	struct pol *p;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		p = policy_with(rows[i].at, rows[i].with);
		ask = ask_of(rows[i].partner, rows[i].sensor, rows[i].type,
		    rows[i].meta);
		print_message("%s\n", rows[i].name);
		v = decide_rule(p, &ask, rows[i].allow, rows[i].rule);
		assert_true(v.line > 0 && v.n_trace > 0);
		pol_free(p);
	}
}

static void
a_loop_is_seen_by_the_minted_uuid(void **state)
{
	struct pol *p = policy_with(0, NULL);
	struct pol_ask ask = ask_of("p1", SENSOR_1, 1, NULL);

	(void)state;
	ask.minted = true;
	decide_rule(p, &ask, false, "loop.own");
	pol_free(p);
}

static void
a_named_source_must_fit_the_sensor(void **state)
{
	struct pol *p = policy_with(0, NULL);
	struct pol_ask ask = ask_of("p1", SENSOR_1, 1, NULL);

	(void)state;
	ask.source = "s1";
	decide_rule(p, &ask, true, "r1");
	ask.source = "s2";
	decide_rule(p, &ask, false, "source.unknown");
	ask.source = "nix";
	decide_rule(p, &ask, false, "source.unknown");
	ask.partner = NULL;
	decide_rule(p, &ask, false, "partner.unknown");
	pol_free(p);
}

static void
shadow_decides_and_says_that_nothing_is_to_be_sent(void **state)
{
	struct pol *p = policy_with(8, P1(", state: shadow}"));
	struct pol_ask ask = ask_of("p1", SENSOR_1, 1, NULL);
	struct pol_verdict v = decide_rule(p, &ask, true, "r1");

	(void)state;
	assert_true(v.shadow);
	assert_true(traced(&v, "partner:shadow"));
	pol_free(p);
}

static void
missing_keys_deny_and_unchecked_ones_are_noted(void **state)
{
	struct pol *p = policy_with(0, NULL);
	struct pol_ask ask = ask_of("p1", SENSOR_1, 1, NULL);
	struct pol_verdict v;

	(void)state;
	ask.keys = POL_KEYS_UNCHECKED;
	v = decide_rule(p, &ask, true, "r1");
	assert_true(traced(&v, "keys:unchecked"));
	ask.keys = POL_KEYS_PRESENT;
	decide_rule(p, &ask, true, "r1");
	ask.keys = POL_KEYS_MISSING;
	decide_rule(p, &ask, false, "key.missing");
	pol_free(p);
}

static void
the_class_must_be_set_and_reach_the_partner_s(void **state)
{
	char *text = policy_text(
	    8, "  - {id: p1, kind: partner, groups: [g1], min_class: S2}");
	struct pol_ask ask = ask_of("p1", SENSOR_1, 1, NULL);
	struct d4_diag diag = {.file = NULL};
	struct pol *p = NULL;

	(void)state;
	assert_int_equal(pol_parse(d4_slice_str(text), NULL, &diag, &p), D4_OK);
	decide_rule(p, &ask, false, "class.insufficient");
	assert_int_equal(pol_set_class(p, "raw", 1, &diag), D4_OK);
	decide_rule(p, &ask, false, "class.insufficient");
	assert_int_equal(pol_set_class(p, "raw", 2, &diag), D4_OK);
	decide_rule(p, &ask, true, "r1");
	pol_free(p);
	free(text);
	/* Not even S0 is met by a class that nobody computed. */
	text = policy_text(0, NULL);
	assert_int_equal(pol_parse(d4_slice_str(text), NULL, &diag, &p), D4_OK);
	decide_rule(p, &ask, false, "class.insufficient");
	pol_free(p);
	free(text);
}

static void
the_trace_is_the_specification_s(void **state)
{
	struct pol *p = policy_with(
	    8, "  - {id: p1, kind: partner, groups: [g1], min_class: S0}");
	struct pol_ask ask = ask_of("p1", SENSOR_1, 1,
	    "{\"type\":\"x\",\"tags\":[\"tlp:amber\",\"tlp:green\"],"
	    "\"misp:org\":\"" ORG_OTHER "\"}");
	struct pol_verdict v = decide_rule(p, &ask, false, "tlp.ceiling");

	(void)state;
	assert_string_equal(v.mode, "relay");
	assert_int_equal(v.label, POL_AMBER);
	assert_int_equal(v.line, 13);
	assert_string_equal(v.source, "s1");
	assert_int_equal(v.n_trace, 6);
	assert_string_equal(v.trace[0], "meta.ok");
	assert_string_equal(v.trace[1], "tlp.conflict");
	assert_string_equal(v.trace[2], "org:not-counted");
	assert_string_equal(v.trace[3], "deny:none");
	assert_string_equal(v.trace[4], "share:r1");
	assert_string_equal(v.trace[5], "tlp.ceiling:amber/relay/partner=no");
	pol_free(p);
}

static void
retention_goes_with_the_verdict(void **state)
{
	struct pol *p = policy_with(0, NULL);
	struct pol_ask ask = ask_of("p1", SENSOR_1, 1,
	    "{\"type\":\"x\",\"tags\":[\"retention:2w\",\"retention:3d\"]}");

	(void)state;
	assert_int_equal(decide_rule(p, &ask, true, "r1").max_age_s, 3 * 86400);
	pol_free(p);
}

/* It is released all the same: until then it waits in the airlock. */
static void
an_embargo_is_told_with_its_end(void **state)
{
	struct pol *p = policy_with(13, R1(", embargo: 2025-06-15}"));
	struct pol_ask ask = ask_of("p1", SENSOR_1, 1, NULL);
	struct pol_verdict v = decide_rule(p, &ask, true, "r1");

	(void)state;
	assert_true(traced(&v, "embargo:2025-06-16T00:00:00Z=waits"));
	assert_true(v.share->embargo_s == ask.now_s + 43200);
	ask.now_s += 43200;
	v = decide_rule(p, &ask, true, "r1");
	assert_true(traced(&v, "embargo:2025-06-16T00:00:00Z=over"));
	pol_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_step_of_the_decision_names_its_reason),
	    cmocka_unit_test(a_loop_is_seen_by_the_minted_uuid),
	    cmocka_unit_test(a_named_source_must_fit_the_sensor),
	    cmocka_unit_test(
		shadow_decides_and_says_that_nothing_is_to_be_sent),
	    cmocka_unit_test(missing_keys_deny_and_unchecked_ones_are_noted),
	    cmocka_unit_test(the_class_must_be_set_and_reach_the_partner_s),
	    cmocka_unit_test(the_trace_is_the_specification_s),
	    cmocka_unit_test(retention_goes_with_the_verdict),
	    cmocka_unit_test(an_embargo_is_told_with_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

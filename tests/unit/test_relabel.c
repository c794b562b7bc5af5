/* Downgrades, transit and hops: where data that is not ours could leak. */
#include "policy.h"

#define SRC(org, more)                                                   \
	"  - {id: s1, sensors: [" SENSOR_1 "], types: [1, 8], org: " org \
	", floor_tlp: amber, tags: [\"tlp:amber\"]" more "}"
#define DOWN(more)                                                             \
	"  - {id: r1, to: [p1], from: [s1], pipeline: raw, because: x, "       \
	"relabel: {from: amber, to: clear, authority: a, ticket: t, expires: " \
	"2025-06-15" more

struct row {
	const char *name;
	const char *source;
	const char *share;
	const char *meta;
	int64_t later_s; /* than noon of the last day */
	bool allow;
	const char *rule;
	enum pol_tlp label;
};

static const struct row rows[] = {
    {"own data, exact, in time", SRC(ORG_OWN, ""), DOWN("}"), NULL, 0, true,
	"r1", POL_CLEAR},
    {"the last second", SRC(ORG_OWN, ""), DOWN("}"), NULL, 43199, true, "r1",
	POL_CLEAR},
    {"a second later", SRC(ORG_OWN, ""), DOWN("}"), NULL, 43200, false,
	"relabel.expired", POL_AMBER},
    {"red is not amber", SRC(ORG_OWN, ""), DOWN("}"),
	"{\"type\":\"x\",\"tags\":[\"tlp:red\"]}", 0, false, "tlp.ceiling",
	POL_RED},
    {"amber+strict is not amber", SRC(ORG_OWN, ""), DOWN("}"),
	"{\"type\":\"x\",\"tags\":[\"tlp:amber+strict\"]}", 0, false,
	"tlp.ceiling", POL_AMBER_STRICT},
    {"data of others", SRC(ORG_OTHER, ""), DOWN("}, transit: true"), NULL, 0,
	false, "relabel.origin", POL_AMBER},
    {"stricter data of others", SRC(ORG_OTHER, ""), DOWN("}, transit: true"),
	"{\"type\":\"x\",\"tags\":[\"tlp:red\"]}", 0, false, "relabel.origin",
	POL_RED},
    {"data of others, permitted", SRC(ORG_OTHER, ""),
	DOWN(", permission_from: " ORG_OTHER "}, transit: true"), NULL, 0, true,
	"r1", POL_CLEAR},
    {"permitted by another", SRC(ORG_OTHER, ""),
	DOWN(", permission_from: " ORG_THIRD "}, transit: true"), NULL, 0,
	false, "relabel.origin", POL_AMBER},
    {"an org that may not speak for itself", SRC(ORG_OTHER, ""),
	DOWN(", permission_from: " ORG_THIRD "}, transit: true"),
	"{\"type\":\"x\",\"misp:org\":\"" ORG_THIRD "\"}", 0, false,
	"relabel.origin", POL_AMBER},
    {"an asserted org takes permission away", SRC(ORG_OTHER, ""),
	DOWN(", permission_from: " ORG_OTHER "}, transit: true"),
	"{\"type\":\"x\",\"misp:org\":\"" ORG_THIRD "\"}", 0, false,
	"relabel.origin", POL_AMBER},
    {"an org for which the source speaks",
	SRC(ORG_OTHER, ", speaks_for: [" ORG_THIRD "]"),
	DOWN(", permission_from: " ORG_THIRD "}, transit: true"),
	"{\"type\":\"x\",\"misp:org\":\"" ORG_THIRD "\"}", 0, true, "r1",
	POL_CLEAR},
    {"own data, org asserted", SRC(ORG_OWN, ""), DOWN("}"),
	"{\"type\":\"x\",\"misp:org\":\"" ORG_OWN "\"}", 0, true, "r1",
	POL_CLEAR},
    {"own sensor names another org", SRC(ORG_OWN, ""), DOWN("}"),
	"{\"type\":\"x\",\"misp:org\":\"" ORG_OTHER "\"}", 0, false,
	"relabel.origin", POL_AMBER},
    {"own sensor names no UUID", SRC(ORG_OWN, ""), DOWN("}"),
	"{\"type\":\"x\",\"misp:org\":\"CSIRT\"}", 0, false, "relabel.origin",
	POL_AMBER},
    {"a path means: not from our sensor", SRC(ORG_OWN, ""), DOWN("}"),
	"{\"type\":\"x\",\"d4:fed\":{\"v\":1,\"path\":[{\"hub\":\"b\"}]}}", 0,
	false, "relabel.origin", POL_AMBER},
    {"raised", SRC(ORG_OWN, ""),
	"  - {id: r1, to: [p1], from: [s1], pipeline: raw, because: x, "
	"relabel: {to: red}",
	NULL, 0, false, "tlp.ceiling", POL_RED},
};

static struct pol *
load(const char *source, const char *share)
{
	char line[1024];
	char *text;
	struct pol *p;

	(void)snprintf(line, sizeof(line), "%s}", share);
	text = policy_text2(
	    (const unsigned[2]){5, 13}, (const char *const[2]){source, line});
	p = policy_parse(text, 4);
	free(text);
	return p;
}

static void
a_downgrade_is_exact_permitted_and_in_time(void **state)
{
	struct pol_verdict v;
	struct pol_ask ask;
	struct pol *p;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		p = load(rows[i].source, rows[i].share);
		ask = ask_of("p1", SENSOR_1, 1, rows[i].meta);
		ask.now_s = (uint64_t)((int64_t)NOW_S + rows[i].later_s);
		print_message("%s\n", rows[i].name);
		v = decide_rule(p, &ask, rows[i].allow, rows[i].rule);
		assert_int_equal(v.label, rows[i].label);
		pol_free(p);
	}
}

static void
a_downgrade_is_in_the_trace(void **state)
{
	struct pol *p = load(SRC(ORG_OWN, ""), DOWN("}"));
	struct pol_ask ask = ask_of("p1", SENSOR_1, 1, NULL);
	struct pol_verdict v = decide_rule(p, &ask, true, "r1");

	(void)state;
	assert_true(traced(&v, "relabel:amber>clear"));
	assert_true(traced(&v, "tlp.ceiling:clear/origin/partner=yes"));
	pol_free(p);
}

#define CLEAR(org)                                                       \
	"  - {id: s1, sensors: [" SENSOR_1 "], types: [1, 8], org: " org \
	", floor_tlp: clear, tags: [\"tlp:clear\"]}"
#define SHARE(more) \
	"  - {id: r1, to: [p1], from: [s1], pipeline: raw, because: x" more
#define PATH1     "\"path\":[{\"hub\":\"b\"}]"
#define PATH2     "\"path\":[{\"hub\":\"c\"},{\"hub\":\"b\"}]"
#define FED(what) "{\"type\":\"x\",\"d4:fed\":{\"v\":1," what "}}"

static const struct row hops[] = {
    {"own data", CLEAR(ORG_OWN), SHARE(""), NULL, 0, true, "r1", POL_CLEAR},
    {"data of others stays", CLEAR(ORG_OTHER), SHARE(""), NULL, 0, false,
	"hops", POL_CLEAR},
    {"own org through another hub stays", CLEAR(ORG_OWN), SHARE(""), FED(PATH1),
	0, false, "hops", POL_CLEAR},
    {"transit", CLEAR(ORG_OTHER), SHARE(", transit: true"), NULL, 0, true, "r1",
	POL_CLEAR},
    {"transit of one hop", CLEAR(ORG_OTHER), SHARE(", transit: true"),
	FED(PATH1), 0, true, "r1", POL_CLEAR},
    {"transit of two", CLEAR(ORG_OTHER), SHARE(", transit: true"), FED(PATH2),
	0, false, "hops", POL_CLEAR},
    {"transit of two, written", CLEAR(ORG_OTHER),
	SHARE(", transit: true, hops: 3"), FED(PATH2), 0, true, "r1",
	POL_CLEAR},
    {"max_hops reached", CLEAR(ORG_OTHER), SHARE(", transit: true, hops: 3"),
	FED(PATH2 ",\"max_hops\":2"), 0, false, "hops", POL_CLEAR},
    {"max_hops of the first hub", CLEAR(ORG_OTHER), SHARE(", transit: true"),
	FED(PATH1 ",\"max_hops\":1"), 0, false, "hops", POL_CLEAR},
    {"max_hops enough", CLEAR(ORG_OTHER), SHARE(", transit: true"),
	FED(PATH1 ",\"max_hops\":2"), 0, true, "r1", POL_CLEAR},
};

static void
what_a_partner_gave_us_is_passed_on_only_where_that_is_written(void **state)
{
	struct pol_ask ask;
	struct pol *p;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(hops); i++) {
		p = load(hops[i].source, hops[i].share);
		ask = ask_of("p1", SENSOR_1, 1, hops[i].meta);
		print_message("%s\n", hops[i].name);
		decide_rule(p, &ask, hops[i].allow, hops[i].rule);
		pol_free(p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_downgrade_is_exact_permitted_and_in_time),
	    cmocka_unit_test(a_downgrade_is_in_the_trace),
	    cmocka_unit_test(
		what_a_partner_gave_us_is_passed_on_only_where_that_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "policy.h"

/* A second share rule in line 14, and whether it overlaps with r1. */
static const struct {
	const char *name;
	const char *first, *second;
	bool overlap;
} rows[] = {
    {"same source", "from: [s1]", "from: [s1]", true},
    {"another source", "from: [s1]", "from: [s2]", false},
    {"any source", "from: [s2]", "from: [\"*\"]", true},
    {"types apart", "from: [s1], types: [1]", "from: [s1], types: [8]", false},
    {"types meet", "from: [s1], types: [1, 8]", "from: [s1], types: [8]", true},
    {"a type that the source does not send", "from: [s2], meta: [ja3-jl]",
	"from: [s2], types: [8]", false},
    {"sensors apart", "from: [s1], sensors: [" SENSOR_1 "]",
	"from: [s1], sensors: [" SENSOR_2 "]", false},
    {"sensors meet", "from: [s1], sensors: [" SENSOR_1 "]",
	"from: [s1], sensors: [" SENSOR_1 ", " SENSOR_2 "]", true},
    {"one sensor and all", "from: [s1], sensors: [" SENSOR_1 "]", "from: [s1]",
	true},
    {"orgs apart", "from: [s1], misp_org: [" ORG_OWN "]",
	"from: [s1], misp_org: [" ORG_OTHER "]", false},
    {"tag asked for and refused", "from: [s1], tags: {any: [\"a:b\"]}",
	"from: [s1], tags: {none: [\"a:b\"]}", false},
    {"one of two tags refused", "from: [s1], tags: {any: [\"a:b\", \"a:c\"]}",
	"from: [s1], tags: {none: [\"a:b\"]}", true},
    {"one of all tags refused", "from: [s1], tags: {all: [\"a:b\", \"a:c\"]}",
	"from: [s1], tags: {none: [\"a:b\"]}", false},
    {"different tags may both be there", "from: [s1], tags: {any: [\"a:b\"]}",
	"from: [s1], tags: {any: [\"a:c\"]}", true},
    {"ordered", "from: [s1]", "from: [s1], after: [r1]", false},
};

static enum d4_status
parse(
    const char *first, const char *second, const char *to, struct d4_diag *diag)
{
	char a[512], b[512];
	struct pol *p = NULL;
	enum d4_status st;
	char *text;

	(void)snprintf(a, sizeof(a),
	    "  - {id: r1, to: [p1], %s, pipeline: raw, because: x}", first);
	(void)snprintf(b, sizeof(b),
	    "  - {id: r2, to: [%s], %s, pipeline: raw, because: x}", to,
	    second);
	text = policy_text2(
	    (const unsigned[2]){13, 14}, (const char *const[2]){a, b});
	*diag = (struct d4_diag){.file = NULL};
	st = pol_parse(d4_slice_str(text), NULL, diag, &p);
	if (st == D4_OK)
		pol_free(p);
	free(text);
	return st;
}

static void
rules_that_could_both_match_need_an_order(void **state)
{
	struct d4_diag diag;
	enum d4_status st;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		st = parse(rows[i].first, rows[i].second, "p1", &diag);
		if (st != (rows[i].overlap ? D4_EINVAL : D4_OK))
			fail_msg("%s: %s", rows[i].name, diag.what);
		if (st == D4_OK)
			continue;
		assert_int_equal(diag.line, 14);
		assert_non_null(strstr(diag.what, "`r1` (line 13) and `r2`"));
		assert_non_null(strstr(diag.remedy, "after:"));
	}
}

static void
only_rules_for_one_partner_overlap(void **state)
{
	static const struct {
		const char *to;
		bool overlap;
	} tos[] = {{"p1", true}, {"own1", false}, {"\"*\"", true},
	    {"\"group:g1\"", true}, {"own1, p1", true}};
	struct d4_diag diag;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(tos); i++)
		assert_int_equal(
		    parse("from: [s1]", "from: [s1]", tos[i].to, &diag),
		    tos[i].overlap ? D4_EINVAL : D4_OK);
}

static void
the_first_rule_in_the_stated_order_counts(void **state)
{
	char *text = policy_text(14,
	    "  - {id: r2, to: [\"*\"], from: [\"*\"], after: [r1], pipeline: "
	    "raw, because: x}");
	struct pol *p = policy_parse(text, 4);
	struct pol_ask ask = ask_of("p1", SENSOR_1, 1, NULL);

	(void)state;
	decide_rule(p, &ask, true, "r1");
	ask.partner = "own1";
	decide_rule(p, &ask, true, "r2");
	pol_free(p);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rules_that_could_both_match_need_an_order),
	    cmocka_unit_test(only_rules_for_one_partner_overlap),
	    cmocka_unit_test(the_first_rule_in_the_stated_order_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "policy.h"

struct seen {
	char text[32][D4_DIAG_TEXT];
	unsigned line[32];
	size_t n;
};

static void
note(void *arg, const struct d4_diag *d)
{
	struct seen *s = arg;

	assert_true(s->n < COUNT(s->text));
	assert_true(d->remedy[0] != '\0' && d->line > 0);
	s->line[s->n] = d->line;
	(void)snprintf(
	    s->text[s->n++], D4_DIAG_TEXT, "%.300s; %.64s", d->what, d->remedy);
}

/* The small policy with line `at` replaced; says whether `what` came. */
static bool
warns(unsigned at, const char *with, unsigned line, const char *what)
{
	struct pol *p = policy_with(at, with);
	struct seen *s = calloc(1, sizeof(*s));
	bool found = false;
	size_t i;

	assert_non_null(s);
	pol_warnings(p, NOW_S, note, s);
	for (i = 0; i < s->n; i++)
		found |= s->line[i] == line && strstr(s->text[i], what) != NULL;
	free(s);
	pol_free(p);
	return found;
}

#define PIPE(step) \
	"  - {id: raw, types: [1, 8], meta: [ja3-jl], steps: [" step "]}"
#define P1(more) "  - {id: p1, kind: partner, groups: [g1], min_class: S0" more
#define R1(more)                                                      \
	"  - {id: r1, to: [p1], from: [s1], pipeline: raw, because: " \
	"\"x\"" more
#define DOWN(until)                                                     \
	", relabel: {from: amber, to: clear, authority: a, ticket: t, " \
	"expires: " until "}}"

static const struct {
	unsigned at;
	const char *with;
	unsigned line;
	const char *what;
	bool comes;
} rows[] = {
    {0, NULL, 14, "`r2` releases nothing of `s2`", true},
    {0, NULL, 13, "releases nothing", false},
    {8, P1(", agreement: {until: 2025-07-01}}"), 8,
	"the agreement with `p1` ends on 2025-07-01", true},
    {8, P1(", agreement: {until: 2025-07-16}}"), 8, "ends on", false},
    {8, P1(", agreement: {until: 2025-06-15}}"), 8, "ends on 2025-06-15", true},
    {8, P1(", agreement: {until: 2025-06-14}}"), 8,
	"ended on 2025-06-14: nothing is released", true},
    {13, R1(DOWN("2025-06-20")), 13, "the downgrade of `r1` ends on", true},
    {13, R1(DOWN("2027-06-20")), 13, "the downgrade", false},
    {13, R1(DOWN("2020-06-20")), 13, "the downgrade of `r1` ended on", true},
    {16, "  - {id: d1, because: stop}", 16, "denies everything to everyone",
	true},
    {16, "  - {id: d1, types: [1], because: stop}", 16, "everything", false},
    {8, P1("}\n  - {id: p2, kind: client, min_class: S1}"), 9,
	"no share rule goes to partner `p2`", true},
    {9, "  - {id: own1, kind: own, min_class: S0, org: " ORG_OTHER "}", 9,
	"is `kind: own` and has another org", true},
    {6,
	"  - {id: s2, sensors: [" SENSOR_2 "], meta: [ja3-jl], org: " ORG_OWN
	"}\n  - {id: s3, sensors: [" SENSOR_3 "], types: [1], org: " ORG_OWN
	"}",
	7, "no share rule takes source `s3`", true},
    {11, PIPE("") "\n  - {id: other, types: [1], steps: []}", 12,
	"no share rule uses pipeline `other`", true},
    {11, PIPE("{bpf: \"tcp[13] = 2\"}"), 11, "sees IPv4 only", true},
    {11, PIPE("{bpf: \"tcp\"}"), 11, "without `vlan`", true},
    {11, PIPE("{bpf: \"tcp or (vlan and tcp)\"}"), 11, "vlan", false},
    {11, PIPE("{addr: {into: [198.18.0.0/16, 2001:db8::/48]}}"), 11,
	"`into` 198.18.0.0/16 is a bogon range", true},
    {11, PIPE("{addr: {into: [192.0.3.0/24, 2a00::/48]}}"), 11, "bogon", false},
};

static void
what_looks_right_and_is_not_is_said(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		if (warns(rows[i].at, rows[i].with, rows[i].line,
			rows[i].what) != rows[i].comes)
			fail_msg("row %zu: %s", i, rows[i].what);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_looks_right_and_is_not_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Policies for tests: a small file whose lines can be replaced. */
#ifndef TEST_POLICY_H
#define TEST_POLICY_H

#include "policies/policy.h"
#include "test.h"

#define ORG_OWN   "5b642239-4db4-4580-adf4-4ebd950d210f"
#define ORG_OTHER "1f0e3dad-9990-4f8e-a5c0-8f0f3e5f5b11"
#define ORG_THIRD "00000000-1111-4222-8333-444444444444"
#define SENSOR_1  "4072e072-bfaa-4395-9bb1-ccb3b470d715"
#define SENSOR_2  "6072e072-bfaa-4395-9bb1-cdb3b470d715"
#define SENSOR_3  "8d8b724c-71b6-4d6c-942b-ffc2b6d761ac"

/* 2025-06-15 12:00:00 UTC */
#define NOW_S 1749988800u

#define BASE_LINES 16u

/* Line i of the small policy is base[i - 1]. */
static const char *const base[BASE_LINES] = {
    "version: 1",
    "hub: {id: lu-hub-1, org: " ORG_OWN "}",
    "networks: {tele: [10.1.0.0/16, 2001:db8:77::/48]}",
    "sources:",
    "  - {id: s1, sensors: [" SENSOR_1 "], types: [1, 8], org: " ORG_OWN
    ", floor_tlp: green, tags: [\"tlp:green\"], community: [g1]}",
    "  - {id: s2, sensors: [" SENSOR_2 "], meta: [ja3-jl], org: " ORG_OTHER
    ", floor_tlp: clear}",
    "partners:",
    "  - {id: p1, kind: partner, groups: [g1], min_class: S0}",
    ("  - {id: own1, kind: own, min_class: S0, sink: misp, accept_pap: "
     "[clear, green, amber, red]}"),
    "pipelines:",
    "  - {id: raw, types: [1, 8], meta: [ja3-jl], steps: []}",
    "share:",
    "  - {id: r1, to: [p1], from: [s1], pipeline: raw, because: \"x\"}",
    "  - {id: r2, to: [own1], from: [s1, s2], pipeline: raw, because: \"x\"}",
    "deny:",
    "  - {id: d1, to: [p1], from: [s2], because: \"x\"}",
};

/*
 * policy_text -- the small policy with up to two lines replaced (0: none).
 * Caller frees.
 */
static inline char *
policy_text2(const unsigned at[2], const char *const with[2])
{
	struct d4_buf b;
	const char *line;
	unsigned i;

	d4_buf_init(&b, 1u << 20);
	for (i = 1; i <= BASE_LINES; i++) {
		line = base[i - 1];
		line = i == at[0] ? with[0] : i == at[1] ? with[1] : line;
		assert_int_equal(d4_buf_addf(&b, "%s\n", line), D4_OK);
	}
	assert_int_equal(d4_buf_add(&b, "", 1), D4_OK);
	return (char *)b.p;
}

static inline char *
policy_text(unsigned at, const char *with)
{
	return policy_text2(
	    (const unsigned[2]){at, 0}, (const char *const[2]){with, NULL});
}

/* policy_parse -- must succeed; all classes are set to cls. */
static inline struct pol *
policy_parse(const char *text, unsigned cls)
{
	struct d4_diag diag = {.file = "policy.yaml"};
	struct pol *p = NULL;
	char why[1024];
	size_t i;

	if (pol_parse(d4_slice_str(text), NULL, &diag, &p) != D4_OK) {
		d4_diag_format(&diag, why, sizeof(why));
		fail_msg("%s", why);
	}
	for (i = 0; i < pol_n_pipelines(p); i++)
		assert_int_equal(
		    pol_set_class(p, pol_pipeline_at(p, i)->id, cls, &diag),
		    D4_OK);
	return p;
}

/* policy_with -- the small policy with one line replaced, class S4. */
static inline struct pol *
policy_with(unsigned at, const char *with)
{
	char *text = policy_text(at, with);
	struct pol *p = policy_parse(text, 4);

	free(text);
	return p;
}

/* ask_of -- a question about a sensor; meta may be NULL. */
static inline struct pol_ask
ask_of(const char *partner, const char *sensor, uint8_t type, const char *meta)
{
	struct pol_ask a = {.partner = partner, .type = type, .now_s = NOW_S};

	assert_int_equal(d4_uuid_parse(sensor, &a.sensor), D4_OK);
	if (meta != NULL)
		a.meta = d4_slice_str(meta);
	return a;
}

/* decide_rule -- asks, checks allow and rule, and gives the verdict. */
static inline struct pol_verdict
decide_rule(const struct pol *p, const struct pol_ask *ask, bool allow,
    const char *rule)
{
	struct pol_verdict v;
	size_t i;

	pol_decide(p, ask, &v);
	if (v.allow != allow || strcmp(v.rule, rule) != 0) {
		for (i = 0; i < v.n_trace; i++)
			print_message("  %s\n", v.trace[i]);
		fail_msg("%s by %s, expected %s by %s",
		    v.allow ? "allow" : "deny", v.rule,
		    allow ? "allow" : "deny", rule);
	}
	return v;
}

/* traced -- some step of the trace is this text. */
static inline bool
traced(const struct pol_verdict *v, const char *step)
{
	size_t i;

	for (i = 0; i < v->n_trace; i++)
		if (strcmp(v->trace[i], step) == 0)
			return true;
	return false;
}

#endif

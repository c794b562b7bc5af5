/* Policies and questions at random, for prop.h. */
#ifndef TEST_RANDOM_POLICY_H
#define TEST_RANDOM_POLICY_H

#include "policy.h"
#include "prop.h"

static const char *const tlp_tags[] = {
    "tlp:clear", "tlp:green", "tlp:amber", "tlp:amber+strict", "tlp:red"};
static const char *const kinds[] = {"own", "client", "partner", "public"};
static inline const char *
pick(struct prop *r, const char *const *list, size_t n)
{
	return list[prop_below(r, n)];
}

#define PICK(r, list) pick(r, list, COUNT(list))

static const char *const labels[] = {"clear", "green", "amber", "red"};
static const char *const orgs[] = {ORG_OWN, ORG_OTHER, ORG_THIRD};
static const char *const sensors[] = {SENSOR_1, SENSOR_2, SENSOR_3};
static const char *const patterns[] = {
    "a:b", "a:*", "*:b=\\\"1\\\"", "c:d=\\\"*\\\"", "*:*"};
static const char *const tags[] = {"a:b", "a:b=\\\"1\\\"", "c:d=\\\"2\\\"", "x",
    "PAP:GREEN", "retention:1d", "misp:should-not-sync"};
#define BY_ORG    ", misp_org: [" ORG_OTHER "]"
#define BY_SENSOR ", sensors: [" SENSOR_1 "]"
static const char *const conds[] = {
    "", ", types: [1]", ", meta: [ja3-jl]", BY_ORG, BY_SENSOR};
static const char *const matches[] = {"any", "all", "none"};
#define DOWN     ", relabel: {authority: a, ticket: t, expires: "
#define DOWN_RED DOWN "2026-01-01, from: red, to: clear}"
#define DOWN_OLD DOWN "2025-01-01, from: amber, to: green}"
#define PERMIT   ", permission_from: " ORG_OTHER
#define DOWN_OF  DOWN "2026-01-01, from: amber, to: green" PERMIT "}"
static const char *const extras[] = {"", ", transit: true", ", hops: 3",
    ", relabel: {to: amber}", DOWN_RED, DOWN_OLD, DOWN_OF};
static const char *const peers[] = {"", ", state: shadow", ", state: suspended",
    ", agreement: {until: 2025-01-01}",
    ", accept_pap: [clear, green, amber, red]", ", groups: [g]"};
static const char *const rests[] = {"", "",
    ",\"misp:org\":\"1f0e3dad-9990-4f8e-a5c0-8f0f3e5f5b11\"",
    ",\"misp:org\":\"CSIRT\"",
    ",\"d4:fed\":{\"v\":1,\"path\":[{\"hub\":\"b\"}]}",
    ",\"d4:fed\":{\"v\":1,\"path\":[{\"hub\":\"h\"}]}"};
static const char *const classes[] = {"S0", "S1", "S4"};

static inline void
add(struct d4_buf *b, const char *text)
{
	assert_int_equal(d4_buf_adds(b, text), D4_OK);
}

static inline void
add_rule(struct d4_buf *b, struct prop *r, const char *id)
{
	assert_int_equal(
	    d4_buf_addf(b, "  - {id: %s, to: [%s]%s", id,
		prop_below(r, 3)
		    ? PICK(r, ((const char *const[]){"p0", "p1", "p2"}))
		    : "\"*\"",
		PICK(r, conds)),
	    D4_OK);
	if (prop_below(r, 3) == 0)
		assert_int_equal(d4_buf_addf(b, ", tags: {%s: [\"%s\"]}",
				     PICK(r, matches), PICK(r, patterns)),
		    D4_OK);
}

/* Rules in a stated order, so that overlaps are no errors. */
static inline void
add_shares(struct d4_buf *b, struct prop *r)
{
	char id[24], after[24];
	size_t i, k, n = 1 + prop_below(r, 4);

	add(b, "share:\n");
	for (i = 0; i < n; i++) {
		(void)snprintf(id, sizeof(id), "r%zu", i);
		add_rule(b, r, id);
		add(b, prop_below(r, 3) ? ", from: [\"*\"]" : ", from: [s1]");
		add(b, PICK(r, extras));
		for (k = 0; k < i; k++) {
			(void)snprintf(after, sizeof(after), "r%zu", k);
			assert_int_equal(d4_buf_addf(b, "%s%s",
					     k ? ", " : ", after: [", after),
			    D4_OK);
		}
		add(b, i ? "]" : "");
		add(b, ", pipeline: raw, because: x}\n");
	}
}

static inline char *
random_policy(struct prop *r, bool deny)
{
	struct d4_buf b;
	size_t i;

	d4_buf_init(&b, 1u << 16);
	assert_int_equal(d4_buf_addf(&b,
			     "version: 1\nhub: {id: h, org: " ORG_OWN
			     ", default_tlp: %s}\nsources:\n",
			     PICK(r, labels)),
	    D4_OK);
	for (i = 0; i < 3; i++)
		assert_int_equal(
		    d4_buf_addf(&b,
			"  - {id: s%zu, sensors: [%s], types: [1], meta: "
			"[ja3-jl], org: %s, floor_tlp: %s, tags: [\"%s\"], "
			"community: [g]}\n",
			i, sensors[i], PICK(r, orgs), PICK(r, labels),
			PICK(r, tags)),
		    D4_OK);
	add(&b, "partners:\n");
	for (i = 0; i < 3; i++)
		assert_int_equal(
		    d4_buf_addf(&b,
			"  - {id: p%zu, kind: %s, min_class: %s%s}"
			"\n",
			i, PICK(r, kinds), PICK(r, classes), PICK(r, peers)),
		    D4_OK);
	add(&b, "pipelines:\n  - {id: raw, types: [1], meta: [ja3-jl], steps: "
		"[]}\n");
	add_shares(&b, r);
	if (deny) {
		add(&b, "deny:\n");
		add_rule(&b, r, "d0");
		add(&b, ", because: x}\n");
	}
	assert_int_equal(d4_buf_add(&b, "", 1), D4_OK);
	return (char *)b.p;
}

/* Everything one could ask about it, with random tags and a given label. */
static inline struct pol_ask
random_ask(struct prop *r, const char *label, char *meta, size_t n)
{
	static const char *const ids[] = {"p0", "p1", "p2"};
	struct pol_ask ask = ask_of(
	    PICK(r, ids), PICK(r, sensors), prop_below(r, 2) ? 1 : 254, NULL);

	(void)snprintf(meta, n,
	    "{\"type\":\"ja3-jl\",\"tags\":[\"%s\",\"%s\"]%s}", label,
	    PICK(r, tags), PICK(r, rests));
	ask.meta = d4_slice_str(meta);
	ask.keys = prop_below(r, 8) ? POL_KEYS_PRESENT : POL_KEYS_MISSING;
	return ask;
}

#endif

/*
 * What must hold for every policy: a stricter label or one more deny rule
 * never releases more, every decision names a rule or a built-in reason, and
 * nothing is released without a share rule that says so.
 */
#include "policies/reasons.h"
#include "random_policy.h"

static const char *const tos[] = {"p", "\"group:g\"", "\"*\""};

/* ---- exhaustive: label x mode x kind x named x community ---- */

struct cell {
	unsigned kind, to;
	bool relay, community;
};

static struct pol *
cell_policy(const struct cell *c)
{
	struct d4_buf b;
	struct pol *p;

	d4_buf_init(&b, 1u << 16);
	assert_int_equal(
	    d4_buf_addf(&b,
		"version: 1\nhub: {id: h, org: %s}\nsources:\n  - {id: s, "
		"sensors: [%s], types: [1], org: %s, floor_tlp: clear%s}\n"
		"partners:\n  - {id: p, kind: %s, groups: [g], min_class: S0}\n"
		"pipelines:\n  - {id: raw, types: [1], steps: []}\nshare:\n"
		"  - {id: r, to: [%s], from: [s], pipeline: raw, transit: "
		"true, because: x}\n",
		ORG_OWN, SENSOR_1, c->relay ? ORG_OTHER : ORG_OWN,
		c->community ? ", community: [g]" : "", kinds[c->kind],
		tos[c->to]),
	    D4_OK);
	assert_int_equal(d4_buf_add(&b, "", 1), D4_OK);
	p = policy_parse((char *)b.p, 4);
	d4_buf_fini(&b);
	return p;
}

static bool
released(const struct pol *p, const char *tag)
{
	char meta[128];
	struct pol_ask ask = ask_of("p", SENSOR_1, 1, NULL);
	struct pol_verdict v;

	(void)snprintf(
	    meta, sizeof(meta), "{\"type\":\"x\",\"tags\":[\"%s\"]}", tag);
	ask.meta = d4_slice_str(meta);
	pol_decide(p, &ask, &v);
	return v.allow;
}

/*
 * Walks the labels upwards; the counts are those of the specification's table
 * (cells that say yes, for a rule that names the partner or does not).
 */
static void
raising_a_label_never_releases_more(void **state)
{
	unsigned i, t, flags, n_released = 0;
	bool before, now;

	(void)state;
	for (i = 0; i < 4 * 3 * 4; i++) {
		struct cell c = {.kind = i % 4, .to = i / 4 % 3};
		struct pol *p;

		flags = i / 12;
		c.relay = flags & 1;
		c.community = flags & 2;
		p = cell_policy(&c);
		before = true;
		for (t = POL_CLEAR; t <= POL_RED; t++) {
			now = released(p, tlp_tags[t]);
			if (now && !before)
				fail_msg(
				    "%s to %s", tlp_tags[t], kinds[c.kind]);
			n_released += now;
			before = now;
		}
		pol_free(p);
	}
	/*
	 * clear 48; green own 12, client 12, partner 6; amber own 12, origin
	 * and named: client 2, partner 1; amber+strict the same; red own,
	 * origin, named 2.
	 */
	assert_int_equal(n_released, 48 + 30 + 15 + 15 + 2);
}

/* ---- random policies ---- */

static bool
is_rule(const struct pol *p, const char *id)
{
	size_t i;

	for (i = 0; i < pol_n_shares(p); i++)
		if (strcmp(pol_share_at(p, i)->id, id) == 0)
			return true;
	return strcmp(id, "d0") == 0;
}

/* What every verdict owes. */
static void
check_verdict(const struct pol *p, const struct pol_verdict *v)
{
	assert_true(v->n_trace > 0 && v->n_trace < POL_TRACE);
	assert_true(v->line > 0);
	if (pol_reason_text(v->rule) != NULL) {
		assert_false(v->allow);
		return;
	}
	assert_true(is_rule(p, v->rule));
	if (v->allow) {
		assert_non_null(v->share);
		assert_string_equal(v->share->id, v->rule);
		assert_non_null(v->source);
		assert_ptr_equal(v->because, v->share->because);
	} else {
		assert_string_equal(v->rule, "d0");
	}
}

static void
random_policies_release_only_by_a_share_rule(void **state)
{
	uint64_t seed = prop_seed(), i, n = prop_cases(1000), allowed = 0;

	(void)state;
	for (i = 0; i < n; i++) {
		struct prop r = prop_case(seed, i), same = r;
		char *with = random_policy(&r, true);
		char *without = random_policy(&same, false);
		struct pol *p = policy_parse(with, 4);
		struct pol *q = policy_parse(without, 4);
		struct pol_verdict v, w;
		struct pol_ask ask;
		char meta[512];
		unsigned k;

		for (k = 0; k < 8; k++) {
			ask = random_ask(
			    &r, PICK(&r, tlp_tags), meta, sizeof(meta));
			pol_decide(p, &ask, &v);
			pol_decide(q, &ask, &w);
			check_verdict(p, &v);
			check_verdict(q, &w);
			/* One deny rule more never releases more. */
			assert_false(v.allow && !w.allow);
			allowed += v.allow;
		}
		pol_free(p);
		pol_free(q);
		free(with);
		free(without);
	}
	print_message("%llu of %llu released\n", (unsigned long long)allowed,
	    (unsigned long long)n * 8);
	assert_true(allowed > n / 20); /* else nothing was tested */
}

/* The label's place in the order, for a downgrade is the one exception. */
static bool
downgraded(const struct pol_verdict *v)
{
	size_t i;

	for (i = 0; i < v->n_trace; i++)
		if (strcmp(v->trace[i], "relabel:red>clear") == 0 ||
		    strcmp(v->trace[i], "relabel:amber>green") == 0)
			return true;
	return false;
}

static void
a_stricter_label_releases_more_by_an_exact_downgrade_only(void **state)
{
	uint64_t seed = prop_seed(), i, n = prop_cases(1000);

	(void)state;
	for (i = 0; i < n; i++) {
		struct prop r = prop_case(seed, i), again;
		char *text = random_policy(&r, prop_below(&r, 2));
		struct pol *p = policy_parse(text, 4);
		struct pol_verdict v;
		struct pol_ask ask;
		char meta[512];
		bool before = true;
		unsigned t;

		again = r;
		for (t = POL_CLEAR; t <= POL_RED; t++) {
			r = again;
			ask = random_ask(&r, tlp_tags[t], meta, sizeof(meta));
			pol_decide(p, &ask, &v);
			if (v.allow && !before && !downgraded(&v))
				fail_msg("%s releases %s\n%s", tlp_tags[t],
				    meta, text);
			before = v.allow;
		}
		pol_free(p);
		free(text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(raising_a_label_never_releases_more),
	    cmocka_unit_test(random_policies_release_only_by_a_share_rule),
	    cmocka_unit_test(
		a_stricter_label_releases_more_by_an_exact_downgrade_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

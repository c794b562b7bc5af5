/* A policy file with some bytes changed: refused by name, or a policy. */
#include "policy.h"
#include "prop.h"

static void
changed_bytes_of_a_policy_never_release_without_a_rule(void **state)
{
	uint64_t seed = prop_seed(), i, n = prop_cases(5000), valid = 0;
	struct d4_diag diag;
	struct pol_verdict v;
	struct pol_ask ask = ask_of("p1", SENSOR_1, 1, NULL);
	size_t len, k, d;

	(void)state;
	for (i = 0; i < n; i++) {
		struct prop r = prop_case(seed, i);
		char *text = policy_text(0, NULL);
		struct pol *p = NULL;

		len = strlen(text);
		for (k = prop_below(&r, 4); k > 0; k--)
			text[prop_below(&r, len)] = (char)prop_next(&r);
		diag = (struct d4_diag){.file = NULL};
		if (pol_parse(d4_slice_of(text, len), NULL, &diag, &p) !=
		    D4_OK) {
			assert_true(diag.what[0] != '\0');
			free(text);
			continue;
		}
		valid++;
		for (d = 0; d < pol_n_pipelines(p); d++)
			assert_int_equal(
			    pol_set_class(
				p, pol_pipeline_at(p, d)->id, 4, &diag),
			    D4_OK);
		pol_decide(p, &ask, &v);
		assert_true(v.n_trace > 0);
		if (v.allow)
			assert_string_equal(v.share->id, v.rule);
		pol_free(p);
		free(text);
	}
	assert_true(valid > n / 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		changed_bytes_of_a_policy_never_release_without_a_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

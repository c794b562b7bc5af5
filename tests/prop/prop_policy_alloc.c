/* Whatever allocation fails: no policy, or no release; nothing leaks. */
#include <jansson.h>
#include "alloc_fail.h"
#include "policy.h"

/* One line of each kind that allocates. */
static char *
rich_policy(void)
{
	return policy_text2((const unsigned[2]){13, 16},
	    (const char *const[2]){
		"  - {id: r1, to: [p1], from: [s1], sensors: [" SENSOR_1
		"], misp_org: [" ORG_OWN "], tags: {none: [\"a:b\"]}, "
		"pipeline: raw, because: \"x\"}",
		"  - {id: d1, to: [p1], from: [s2], misp_org: [" ORG_OTHER
		"], because: \"x\"}"});
}

static void
a_policy_is_whole_or_not_there(void **state)
{
	char *text = rich_policy();
	struct d4_diag diag;
	enum d4_status st;
	struct pol *p;
	unsigned long n;

	(void)state;
	for (n = 1;; n++) {
		p = NULL;
		diag = (struct d4_diag){.file = NULL};
		alloc_fail_at(n);
		st = pol_parse(d4_slice_str(text), NULL, &diag, &p);
		alloc_fail_at(0);
		if (st == D4_OK)
			break;
		assert_null(p);
		assert_int_equal(st, D4_ENOMEM);
		assert_true(n < 100000);
	}
	print_message("%lu allocations\n", n - 1);
	assert_true(n > 20);
	pol_free(p);
	free(text);
}

static void
mistakes_are_named_or_memory_is_out(void **state)
{
	char *text = policy_text(13,
	    "  - {id: r1, to: [p2], from: [s1], pipeline: raw, because: x}");
	struct d4_diag diag;
	enum d4_status st;
	struct pol *p = NULL;
	unsigned long n;

	(void)state;
	for (n = 1; n < 100000; n++) {
		diag = (struct d4_diag){.file = NULL};
		alloc_fail_at(n);
		st = pol_parse(d4_slice_str(text), NULL, &diag, &p);
		alloc_fail_at(0);
		if (st == D4_EINVAL)
			break;
		assert_int_equal(st, D4_ENOMEM);
	}
	assert_non_null(strstr(diag.what, "unknown partner"));
	free(text);
}

static void
a_decision_without_memory_is_a_denial(void **state)
{
	struct pol *p = policy_with(0, NULL);
	struct pol_ask ask = ask_of("own1", SENSOR_2, 254,
	    "{\"type\":\"ja3-jl\",\"tags\":[\"tlp:clear\"],\"d4:fed\":{\"v\":1,"
	    "\"path\":[{\"hub\":\"b\"}]}}");
	struct pol_verdict v;
	unsigned long n;

	(void)state;
	for (n = 1;; n++) {
		alloc_fail_at(n);
		pol_decide(p, &ask, &v);
		if (!alloc_failed())
			break;
		alloc_fail_at(0);
		assert_false(v.allow);
		assert_true(v.n_trace > 0);
		assert_non_null(pol_reason_text(v.rule));
	}
	alloc_fail_at(0);
	print_message("%lu allocations\n", n - 1);
	assert_true(n > 5);
	assert_true(v.allow);
	pol_free(p);
}

static void
an_outgoing_header_is_whole_or_an_error(void **state)
{
	struct pol *p = policy_with(0, NULL);
	struct pol_ask ask = ask_of("own1", SENSOR_2, 254,
	    "{\"type\":\"ja3-jl\",\"tags\":[\"tlp:clear\"],\"compress\":true,"
	    "\"d4:fed\":{\"v\":1,\"path\":[{\"hub\":\"b\"}],\"licence\":\"x\"}"
	    "}");
	struct pol_verdict v;
	struct d4_buf out, whole;
	enum d4_status st;
	unsigned long n;

	(void)state;
	pol_decide(p, &ask, &v);
	d4_buf_init(&whole, D4_META_MAX);
	assert_int_equal(pol_out_meta(p, &ask, &v, &ask.sensor, &whole), D4_OK);
	for (n = 1;; n++) {
		d4_buf_init(&out, D4_META_MAX);
		alloc_fail_at(n);
		st = pol_out_meta(p, &ask, &v, &ask.sensor, &out);
		if (!alloc_failed())
			break;
		alloc_fail_at(0);
		/* jansson does not always say that memory was the reason. */
		assert_true(st == D4_ENOMEM || st == D4_EINVAL);
		assert_int_equal(out.n, 0);
		d4_buf_fini(&out);
	}
	alloc_fail_at(0);
	assert_int_equal(st, D4_OK);
	assert_true(d4_slice_eq(d4_buf_slice(&out), d4_buf_slice(&whole)));
	d4_buf_fini(&out);
	d4_buf_fini(&whole);
	pol_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_policy_is_whole_or_not_there),
	    cmocka_unit_test(mistakes_are_named_or_memory_is_out),
	    cmocka_unit_test(a_decision_without_memory_is_a_denial),
	    cmocka_unit_test(an_outgoing_header_is_whole_or_an_error),
	};

	/* jansson's own allocations fail too. */
	json_set_alloc_funcs(malloc, free);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

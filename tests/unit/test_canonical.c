#include <jansson.h>
#include <openssl/evp.h>
#include "policy.h"

static char *
canonical(const struct pol *p)
{
	struct d4_buf b;

	d4_buf_init(&b, 1u << 20);
	assert_int_equal(pol_canonical(p, &b), D4_OK);
	assert_int_equal(d4_buf_add(&b, "", 1), D4_OK);
	return (char *)b.p;
}

static void
the_hash_is_sha_256_of_the_canonical_form(void **state)
{
	struct pol *p = policy_with(0, NULL);
	unsigned char md[EVP_MAX_MD_SIZE];
	char *text = canonical(p);
	uint8_t want[32];
	size_t n;

	(void)state;
	assert_int_equal(
	    EVP_Q_digest(NULL, "SHA256", NULL, text, strlen(text), md, &n), 1);
	assert_int_equal(test_hex(pol_hash(p), want, 32), 32);
	assert_memory_equal(md, want, 32);
	free(text);
	pol_free(p);
}

static void
it_is_compact_sorted_json_with_the_defaults_written_out(void **state)
{
	struct pol *p = policy_with(0, NULL);
	char *text = canonical(p), *again;
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	(void)state;
	assert_non_null(root);
	again = json_dumps(root, JSON_SORT_KEYS | JSON_COMPACT);
	assert_string_equal(text, again);
	assert_non_null(strstr(text, "\"default_tlp\":\"red\""));
	assert_non_null(strstr(text, "\"identity\":\"source\""));
	assert_non_null(strstr(text, "\"profile\":\"d4-core\""));
	assert_non_null(strstr(text, "\"accept_pap\":[\"clear\"]"));
	free(again);
	json_decref(root);
	free(text);
	pol_free(p);
}

/* Another writing of the same line: same name or another? */
static const struct {
	unsigned at;
	const char *with;
	bool same;
} writings[] = {
    {2, "hub:\n  org: \"" ORG_OWN "\" # ours\n  id: 'lu-hub-1'", true},
    {2, "hub: {id: lu-hub-1, org: " ORG_OWN ", default_tlp: red}", true},
    {2, "hub: {id: lu-hub-1, org: " ORG_OWN ", default_tlp: amber}", false},
    {3, "networks: {tele: [2001:db8:77::/48, 10.1.0.0/16]}", true},
    {3, "networks: {tele: [2001:DB8:77:0::/48, 10.1.0.0/16]}", true},
    {3, "networks: {tele: [10.1.0.0/16]}", false},
    {8,
	"  - {id: p1, kind: partner, groups: [g1], min_class: S0, accept_pap: "
	"[white], profile: d4-core, sink: d4, state: active}",
	true},
    {8,
	"  - {id: p1, kind: partner, groups: [g1], min_class: S0, state: "
	"shadow}",
	false},
    {13,
	"  - {id: r1, to: [p1], from: [s1], pipeline: raw, types: [1, 8], "
	"meta: [ja3-jl], because: \"x\"}",
	true},
    {13, "  - {id: r1, to: [p1], from: [s1], pipeline: raw, because: \"y\"}",
	false},
    {13,
	"  - {id: r1, to: [p1], from: [s1], pipeline: raw, embargo: "
	"2026-12-31, "
	"because: \"x\"}",
	false},
    {11, "  - {id: raw, types: [8, 1], meta: [ja3-jl], steps: []}", true},
    {11, "  - {id: raw, types: [1, 8], meta: [ja3-jl], class: S0, steps: []}",
	false},
};

static void
only_a_change_of_meaning_changes_the_name(void **state)
{
	struct pol *p = policy_with(0, NULL), *q;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(writings); i++) {
		q = policy_with(writings[i].at, writings[i].with);
		if ((strcmp(pol_hash(p), pol_hash(q)) == 0) != writings[i].same)
			fail_msg("%s", writings[i].with);
		pol_free(q);
	}
	pol_free(p);
}

/* The end of a day and the first second of the next are one moment. */
static void
an_embargo_is_a_moment_however_it_is_written(void **state)
{
	static const char *const with[] = {
	    "  - {id: r1, to: [p1], from: [s1], pipeline: raw, embargo: "
	    "2026-12-31, because: \"x\"}",
	    "  - {id: r1, to: [p1], from: [s1], pipeline: raw, embargo: "
	    "2027-01-01T01:00:00+01:00, because: \"x\"}"};
	struct pol *p = policy_with(13, with[0]);
	struct pol *q = policy_with(13, with[1]);
	char *text = canonical(p);

	(void)state;
	assert_non_null(strstr(text, "\"embargo\":\"2027-01-01T00:00:00Z\""));
	assert_string_equal(pol_hash(p), pol_hash(q));
	free(text);
	pol_free(p);
	pol_free(q);
}

static void
steps_are_in_it_as_written(void **state)
{
	struct pol *p = policy_with(11,
	    "  - {id: raw, types: [1, 8], meta: [ja3-jl], steps: [{b: 2, a: "
	    "[x, {y: \"1\"}]}]}");
	char *text = canonical(p);

	(void)state;
	assert_non_null(strstr(
	    text, "\"steps\":[{\"a\":[\"x\",{\"y\":\"1\"}],\"b\":\"2\"}]"));
	free(text);
	pol_free(p);
}

static void
a_full_buffer_is_an_error(void **state)
{
	struct pol *p = policy_with(0, NULL);
	struct d4_buf b;

	(void)state;
	d4_buf_init(&b, 100);
	assert_int_not_equal(pol_canonical(p, &b), D4_OK);
	d4_buf_fini(&b);
	pol_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_hash_is_sha_256_of_the_canonical_form),
	    cmocka_unit_test(
		it_is_compact_sorted_json_with_the_defaults_written_out),
	    cmocka_unit_test(only_a_change_of_meaning_changes_the_name),
	    cmocka_unit_test(an_embargo_is_a_moment_however_it_is_written),
	    cmocka_unit_test(steps_are_in_it_as_written),
	    cmocka_unit_test(a_full_buffer_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "policy.h"

static void
the_small_policy_is_valid(void **state)
{
	struct pol *p = policy_with(0, NULL);
	const struct pol_partner *own = pol_partner_find(p, "own1");

	(void)state;
	assert_string_equal(pol_hub(p)->id, "lu-hub-1");
	assert_null(pol_hub(p)->master_key);
	assert_int_equal(pol_n_partners(p), 2);
	assert_true(own->sink == POL_SINK_MISP);
	assert_int_equal(own->kind, POL_OWN);
	assert_int_equal(pol_network(p, "tele")->n, 2);
	assert_null(pol_network(p, "nix"));
	assert_null(pol_partner_find(p, "nix"));
	assert_null(pol_pipeline_find(p, "nix"));
	assert_null(pol_partner_at(p, 2));
	assert_int_equal(pol_pipeline_find(p, "raw")->n_types, 2);
	assert_string_equal(pol_pipeline_find(p, "raw")->meta[0], "ja3-jl");
	assert_int_equal(pol_source_at(p, 0).floor, POL_GREEN);
	assert_null(pol_source_at(p, 2).id);
	pol_free(p);
	pol_free(NULL);
}

static enum d4_status
read_netfile(void *arg, const char *path, struct d4_buf *out)
{
	if (strcmp(path, "nets.txt") != 0)
		return D4_ENOENT;
	return d4_buf_adds(out, arg);
}

static enum d4_status
parse_nets(
    const char *line, char *content, struct d4_diag *diag, struct pol **p)
{
	struct pol_loader load = {read_netfile, content};
	char *text = policy_text(3, line);
	enum d4_status st = pol_parse(d4_slice_str(text), &load, diag, p);

	free(text);
	return st;
}

static void
networks_come_from_files_too(void **state)
{
	static char good[] =
	    "# telescope\n10.1.0.0/16 # old\r\n\n\t10.2.0.0/16";
	static char bad[] = "10.1.0.0/16\n\n10.2.0.1/16\n";
	static char empty[] = "# nothing\n";
	static const char line[] = "networks: {tele: {file: nets.txt}}";
	struct d4_diag diag = {.file = NULL};
	struct pol *p = NULL;

	(void)state;
	assert_int_equal(parse_nets(line, good, &diag, &p), D4_OK);
	assert_int_equal(pol_network(p, "tele")->n, 2);
	pol_free(p);
	assert_int_equal(parse_nets(line, bad, &diag, &p), D4_EINVAL);
	assert_string_equal(
	    diag.what, "nets.txt line 3: `10.2.0.1/16` is not a prefix");
	diag = (struct d4_diag){.file = NULL};
	assert_int_equal(parse_nets(line, empty, &diag, &p), D4_EINVAL);
	assert_string_equal(diag.what, "an empty network");
	diag = (struct d4_diag){.file = NULL};
	assert_int_equal(
	    parse_nets("networks: {tele: {file: nix.txt}}", good, &diag, &p),
	    D4_EINVAL);
	assert_non_null(strstr(diag.what, "cannot read `nix.txt`"));
}

static void
a_claimed_class_over_the_computed_one_is_an_error(void **state)
{
	struct pol *p = policy_with(0, NULL);
	struct d4_diag diag = {.file = NULL};
	char *text = policy_text(11,
	    "  - {id: raw, types: [1, 8], meta: [ja3-jl], class: S2, steps: "
	    "[]}");

	(void)state;
	pol_free(p);
	assert_int_equal(pol_parse(d4_slice_str(text), NULL, &diag, &p), D4_OK);
	free(text);
	assert_int_equal(pol_set_class(p, "raw", 1, &diag), D4_EINVAL);
	assert_int_equal(diag.line, 11);
	assert_non_null(
	    strstr(diag.what, "claims class S2, its steps give S1"));
	assert_int_equal(pol_set_class(p, "raw", 2, &diag), D4_OK);
	assert_int_equal(pol_set_class(p, "raw", 5, &diag), D4_EINVAL);
	assert_int_equal(pol_set_class(p, "nix", 2, &diag), D4_EINVAL);
	pol_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_small_policy_is_valid),
	    cmocka_unit_test(networks_come_from_files_too),
	    cmocka_unit_test(a_claimed_class_over_the_computed_one_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

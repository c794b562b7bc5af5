#include "chain.h"
#include "sanitizers/canon.h"

static enum d4_status
compile_for(const char *steps, const struct san_takes *takes,
    struct d4_diag *diag, struct san_chain **c)
{
	const struct san_env env = {.network = test_network};
	struct d4_yaml *y = NULL;
	enum d4_status st;

	*diag = (struct d4_diag){.file = "test"};
	*c = NULL;
	assert_int_equal(d4_yaml_parse(d4_slice_str(steps), diag, &y), D4_OK);
	st = san_chain_compile(y, takes, &env, diag, c);
	d4_yaml_free(y);
	return st;
}

static void
steps_that_are_no_list_of_words_are_errors_with_their_place(void **state)
{
	static const struct {
		const char *steps;
		unsigned line, column;
		const char *what;
	} rows[] = {
	    {"addr: {}", 1, 1, "a list"},
	    {"text", 1, 1, "no preset"},
	    {"- [addr]", 1, 3, "one word"},
	    {"- {addr: {}, link: zero}", 1, 3, "one word"},
	    {"- link: zero\n- {}", 2, 3, "one word"},
	    {"- link: zero\n- lnk: zero", 2, 3, "no step"},
	    {"- link: zero\n- tags: zero\n- link: keep", 3, 3, "twice"},
	    {"- link: zero\n- addr: {scope: nowhere}", 2, 17, "no such"},
	    {"- pdns: {}", 1, 3, "every type"},
	};
	static const uint8_t type = 1;
	const struct san_takes takes = {.types = &type, .n_types = 1};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct san_chain *c;
		struct d4_diag diag;

		assert_int_equal(
		    compile_for(rows[i].steps, &takes, &diag, &c), D4_EINVAL);
		assert_null(c);
		if (strstr(diag.what, rows[i].what) == NULL)
			fail_msg("%s: %s", rows[i].steps, diag.what);
		assert_int_equal(diag.line, rows[i].line);
		assert_int_equal(diag.column, rows[i].column);
	}
}

static void
a_chain_takes_the_types_it_was_compiled_for(void **state)
{
	static const uint8_t types[2] = {1, 4};
	char ext[2][64] = {"ja3-jl", "maltrail"};
	const struct san_takes takes = {
	    .types = types, .n_types = 2, .ext = ext, .n_ext = 2};
	struct san_chain *c;
	struct d4_diag diag;

	(void)state;
	assert_int_equal(compile_for("[]", &takes, &diag, &c), D4_OK);
	assert_true(san_chain_empty(c));
	assert_true(san_chain_takes(c, 1, ""));
	assert_true(san_chain_takes(c, 4, ""));
	assert_true(san_chain_takes(c, 254, "ja3-jl"));
	assert_true(san_chain_takes(c, 254, "maltrail"));
	assert_false(san_chain_takes(c, 8, ""));
	assert_false(san_chain_takes(c, 254, ""));
	assert_false(san_chain_takes(c, 254, "ja3"));
	san_chain_free(c);
}

static void
a_chain_knows_its_steps_and_where_they_stand(void **state)
{
	struct san_chain *c = test_chain("- link: keep\n- time: 1h", 1, "");

	(void)state;
	assert_non_null(san_chain_step(c, "link"));
	assert_non_null(san_chain_step(c, "time"));
	assert_null(san_chain_step(c, "addr"));
	assert_int_equal(san_chain_at(c, "time").line, 2);
	assert_int_equal(san_chain_at(c, "addr").line, 0);
	assert_false(san_chain_empty(c));
	san_chain_free(c);
}

static void
a_chain_for_two_families_has_the_lower_class(void **state)
{
	static const uint8_t types[2] = {1, 8};
	const struct san_takes takes = {.types = types, .n_types = 2};
	struct san_chain *c;
	struct d4_diag diag;

	(void)state;
	/* pdns needs its own step, which packets cannot have */
	assert_int_equal(
	    compile_for("[time: 1h]", &takes, &diag, &c), D4_EINVAL);
	assert_int_equal(
	    compile_for("[time: 1h, pdns: {}]", &takes, &diag, &c), D4_EINVAL);
	assert_int_equal(compile_for("[]", &takes, &diag, &c), D4_OK);
	assert_int_equal(san_chain_class(c), 0);
	san_chain_free(c);
}

static void
the_canonical_form_does_not_know_how_steps_were_written(void **state)
{
	static const char *const rows[][2] = {
	    {"[]", "[]"},
	    {"- a: 1\n- b", "[{\"a\":\"1\"},\"b\"]"},
	    {"{b: [x, 'y'], a: \"\\\"q\\\\\", ab: {}}",
		"{\"a\":\"\\\"q\\\\\",\"ab\":{},\"b\":[\"x\",\"y\"]}"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct d4_diag diag = {.file = "test"};
		struct d4_yaml *y = NULL;
		struct d4_buf out;

		d4_buf_init(&out, SAN_CANON_MAX);
		assert_int_equal(
		    d4_yaml_parse(d4_slice_str(rows[i][0]), &diag, &y), D4_OK);
		assert_int_equal(san_canon_node(y, &out), D4_OK);
		assert_true(d4_slice_eqs(d4_buf_slice(&out), rows[i][1]));
		d4_buf_fini(&out);
		d4_yaml_free(y);
	}
}

static void
the_canonical_form_names_networks_with_their_prefixes(void **state)
{
	struct d4_buf out;

	(void)state;
	d4_buf_init(&out, SAN_CANON_MAX);
	assert_int_equal(san_canon_network("telescope",
			     test_network(NULL, "telescope"), &out),
	    D4_OK);
	assert_true(d4_slice_eqs(
	    d4_buf_slice(&out), "\ntelescope: 10.1.0.0/16 2001:db8:77::/48"));
	d4_buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		steps_that_are_no_list_of_words_are_errors_with_their_place),
	    cmocka_unit_test(a_chain_takes_the_types_it_was_compiled_for),
	    cmocka_unit_test(a_chain_knows_its_steps_and_where_they_stand),
	    cmocka_unit_test(a_chain_for_two_families_has_the_lower_class),
	    cmocka_unit_test(
		the_canonical_form_does_not_know_how_steps_were_written),
	    cmocka_unit_test(
		the_canonical_form_names_networks_with_their_prefixes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

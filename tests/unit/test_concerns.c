#include <string.h>
#include "sanitizers/concerns.h"
#include "test.h"

struct who {
	struct d4_prefix_set nets;
	struct d4_yaml *domains;
	struct san_concerns *c;
};

static void
add(struct d4_prefix_set *set, const char *text)
{
	struct d4_prefix p;

	assert_int_equal(d4_prefix_parse(d4_slice_str(text), &p), D4_OK);
	assert_int_equal(d4_prefix_set_add(set, &p), D4_OK);
}

static int
setup(void **state)
{
	static struct who w;
	struct d4_diag diag = {.file = NULL};
	struct san_about about = {&w.nets, NULL};

	memset(&w, 0, sizeof(w));
	add(&w.nets, "203.0.113.0/24");
	add(&w.nets, "2001:db8:aa::/48");
	assert_int_equal(d4_yaml_parse(d4_slice_str("[acme.example, Uni.LU]"),
			     &diag, &w.domains),
	    D4_OK);
	about.domains = w.domains;
	assert_int_equal(san_concerns_new(&about, &diag, &w.c), D4_OK);
	*state = &w;
	return 0;
}

static int
teardown(void **state)
{
	struct who *w = *state;

	san_concerns_free(w->c);
	san_concerns_free(NULL);
	d4_yaml_free(w->domains);
	d4_prefix_set_fini(&w->nets);
	return 0;
}

static const struct {
	const char *line;
	bool theirs;
} lines[] = {
    {"203.0.113.9", true},
    {"from 203.0.113.9 port 22", true},
    {"from 203.0.113.9:22.", true},
    {"[2001:db8:aa::1]:443", true},
    {"\"::ffff:203.0.113.9\"", true},
    {"2002:cb00:7109::1", true},
    {"1||192.0.2.1||198.51.100.1||IN||www.acme.example.||A||192.0.2.3||1||1",
	true},
    {"1||192.0.2.1||198.51.100.1||IN||a.example||A||203.0.113.3||1||1", true},
    {"user bob@uni.lu failed", true},
    {"acme.example", true},
    {"ACME.Example:25", true},
    {"", false},
    {" .:-_ ", false},
    {"203.0.112.9", false},
    {"1203.0.113.9", false},
    {"203.0.113.9.1", false},
    {"203.0.113.99999", false},
    {"203-0-113-9", false},
    {"2001:db8:ab::1", false},
    {"notacme.example", false},
    {"acme.example.org", false},
    {"acme", false},
    {"\\u0032\\u0030\\u0033.0.113.9", false},
    {"203.0.113.\xc3\xa9", false},
};

static void
words_of_a_line_are_read_as_a_plain_reader_would(void **state)
{
	const struct who *w = *state;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (san_concerns_line(w->c, d4_slice_str(lines[i].line)) !=
		    lines[i].theirs)
			fail_msg(
			    "`%s`: not %d", lines[i].line, lines[i].theirs);
	}
}

static void
without_networks_or_domains_nothing_of_that_kind_counts(void **state)
{
	const struct who *w = *state;
	struct d4_diag diag = {.file = NULL};
	struct san_about nets = {&w->nets, NULL}, names = {NULL, w->domains};
	struct san_concerns *c = NULL;

	assert_int_equal(san_concerns_new(&nets, &diag, &c), D4_OK);
	assert_true(san_concerns_line(c, d4_slice_str("203.0.113.9")));
	assert_false(san_concerns_line(c, d4_slice_str("acme.example")));
	san_concerns_free(c);
	assert_int_equal(san_concerns_new(&names, &diag, &c), D4_OK);
	assert_false(san_concerns_line(c, d4_slice_str("203.0.113.9")));
	assert_true(san_concerns_line(c, d4_slice_str("acme.example")));
	san_concerns_free(c);
}

static void
a_domain_that_is_none_is_an_error_with_its_place(void **state)
{
	struct d4_diag diag = {.file = NULL};
	struct san_about about = {NULL, NULL};
	struct san_concerns *c = NULL;
	struct d4_yaml *list = NULL;

	(void)state;
	assert_int_equal(
	    d4_yaml_parse(d4_slice_str("[a.b, 'x y']"), &diag, &list), D4_OK);
	about.domains = list;
	assert_int_equal(san_concerns_new(&about, &diag, &c), D4_EINVAL);
	assert_int_equal(diag.column, 7);
	assert_null(c);
	d4_yaml_free(list);
}

#define WITH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH(words_of_a_line_are_read_as_a_plain_reader_would),
	    WITH(without_networks_or_domains_nothing_of_that_kind_counts),
	    cmocka_unit_test(a_domain_that_is_none_is_an_error_with_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

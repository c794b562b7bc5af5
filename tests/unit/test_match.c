#include "policies/match.h"
#include "test.h"

static const struct {
	const char *pattern, *tag;
	bool releases, withholds;
} cases[] = {
    {"a:b=\"c\"", "a:b=\"c\"", true, true},
    {"A:B=\"C\"", "a:b=\"c\"", true, true},
    {"a:b=\"c\"", "a:b=c", true, true},
    {"a:b=c", " a:b=\"c\" ", true, true},
    {"a:b=\"c\"", "a:b=\"d\"", false, false},
    {"a:b=\"c\"", "a:b", false, false},
    {"a:b", "a:b", true, true},
    {"a:b", "a:b=\"c\"", false, true},
    {"a:b=\"*\"", "a:b=\"c\"", true, true},
    {"a:b=\"*\"", "a:b=\"\"", true, true},
    {"a:b=\"*\"", "a:b", false, false},
    {"a:*=\"*\"", "a:x=\"y\"", true, true},
    {"*:b", "a:b", true, true},
    {"*:b", "b", true, true},
    {"a:*", "a:b", true, true},
    {"a:*", "a:b=\"c\"", false, true},
    {"*", "a:b", false, false},
    {"*", "plain", true, true},
    {"*:*", "plain", true, true},
    {"c*:t*c=\"f*n*e\"", "circl:topic=\"finance\"", true, true},
    {"c*:t*c=\"f*z*e\"", "circl:topic=\"finance\"", false, false},
    {"a:b=\"x*\"", "a:b=\"y:x\"", false, false},
    {"a:b=\"c=d\"", "a:b=\"c=d\"", true, true},
    {"a:b=\"c:d\"", "a:b=\"c:d\"", true, true},
    {"a=\"b:c\"", "a=\"b:c\"", true, true},
    {"a:b:c", "a:b:c", true, true},
    {"a:b:*", "a:b:c", true, true},
    /* a star stays inside its part */
    {"a*b", "a:b", false, false},
    {"a:b*d", "a:b=\"cd\"", false, false},
    {"**a**:b", "a:b", true, true},
    {"", "", true, true},
};

static void
stars_match_inside_the_three_parts_only(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		if (pol_tag_matches(cases[i].pattern, cases[i].tag,
			POL_RELEASES) != cases[i].releases ||
		    pol_tag_matches(cases[i].pattern, cases[i].tag,
			POL_WITHHOLDS) != cases[i].withholds)
			fail_msg(
			    "%s against %s", cases[i].pattern, cases[i].tag);
}

static void
a_pattern_of_many_stars_is_no_trap(void **state)
{
	char pattern[256], tag[256];

	(void)state;
	memset(tag, 'a', sizeof(tag) - 1);
	tag[255] = '\0';
	memset(pattern, '*', sizeof(pattern) - 1);
	for (size_t i = 0; i < 254; i += 2)
		pattern[i] = 'a';
	pattern[254] = 'b';
	pattern[255] = '\0';
	assert_false(pol_tag_matches(pattern, tag, POL_RELEASES));
}

/* A list of words as the file would give it. */
static struct d4_yaml *
words(const char *text)
{
	struct d4_diag diag = {.file = NULL};
	struct d4_yaml *n = NULL;

	assert_int_equal(d4_yaml_parse(d4_slice_str(text), &diag, &n), D4_OK);
	return n;
}

static const struct {
	const char *list; /* any, all or none */
	const char *patterns;
	const char *tags;
	enum pol_tlp tlp;
	enum pol_side side;
	bool match;
} lists[] = {
    {"any", "[\"a:b\", \"c:d\"]", "[\"c:d\"]", POL_CLEAR, POL_RELEASES, true},
    {"any", "[\"a:b\"]", "[\"c:d\"]", POL_CLEAR, POL_RELEASES, false},
    {"all", "[\"a:b\", \"c:d\"]", "[\"c:d\"]", POL_CLEAR, POL_RELEASES, false},
    {"all", "[\"a:b\", \"c:d\"]", "[\"c:d\", \"a:b\"]", POL_CLEAR, POL_RELEASES,
	true},
    {"none", "[\"a:b\"]", "[\"c:d\"]", POL_CLEAR, POL_RELEASES, true},
    {"none", "[\"c:*\"]", "[\"c:d\"]", POL_CLEAR, POL_RELEASES, false},
    /* refusing looks further than asking for: any value is meant */
    {"none", "[\"c:d\"]", "[\"c:d=1\"]", POL_CLEAR, POL_RELEASES, false},
    {"none", "[\"c:d\"]", "[\"c:d=1\"]", POL_CLEAR, POL_WITHHOLDS, true},
    {"any", "[\"c:d\"]", "[\"c:d=1\"]", POL_CLEAR, POL_WITHHOLDS, true},
    /* a star does not see labels where it releases */
    {"any", "[\"*:*\"]", "[\"tlp:green\"]", POL_GREEN, POL_RELEASES, false},
    {"none", "[\"*:*\"]", "[\"tlp:green\"]", POL_GREEN, POL_RELEASES, true},
    /* a deny rule sees the label that counts, and that or stricter */
    {"any", "[\"tlp:amber\"]", "[\"x:y\"]", POL_RED, POL_WITHHOLDS, true},
    {"any", "[\"tlp:amber\"]", "[\"x:y\"]", POL_AMBER, POL_WITHHOLDS, true},
    {"any", "[\"tlp:amber\"]", "[\"x:y\"]", POL_GREEN, POL_WITHHOLDS, false},
    {"any", "[\"TLP:*\"]", "[\"x:y\"]", POL_CLEAR, POL_WITHHOLDS, true},
    {"none", "[\"*:*\"]", "[\"tlp:red\"]", POL_RED, POL_WITHHOLDS, true},
};

static void
any_all_and_none_read_tags_as_their_side_demands(void **state)
{
	struct pol_source source = {.id = "s"};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(lists); i++) {
		struct d4_yaml *patterns = words(lists[i].patterns);
		struct d4_yaml *tags = words(lists[i].tags);
		struct pol_cond c = {.to = NULL};
		struct pol_facts f = {.source = &source,
		    .ext = "",
		    .source_tags = tags,
		    .tlp = lists[i].tlp};

		if (lists[i].list[1] == 'n')
			c.tags.any = patterns;
		else if (lists[i].list[0] == 'a')
			c.tags.all = patterns;
		else
			c.tags.none = patterns;
		if (pol_cond_matches(&c, &f, lists[i].side) != lists[i].match)
			fail_msg("row %zu: %s %s of %s", i, lists[i].list,
			    lists[i].patterns, lists[i].tags);
		d4_yaml_free(patterns);
		d4_yaml_free(tags);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(stars_match_inside_the_three_parts_only),
	    cmocka_unit_test(a_pattern_of_many_stars_is_no_trap),
	    cmocka_unit_test(any_all_and_none_read_tags_as_their_side_demands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "policies/ceiling.h"
#include "test.h"

/*
 * The table of spec policy.md section 2, written a second time: columns own,
 * client, partner in the community, partner, public; y yes, n no, m named,
 * c concerns, e either of both.
 */
static const struct {
	enum pol_tlp label;
	bool relay;
	const char *cells;
} rows[] = {
    {POL_CLEAR, false, "yyyyy"},
    {POL_CLEAR, true, "yyyyy"},
    {POL_GREEN, false, "yyynn"},
    {POL_GREEN, true, "yyynn"},
    {POL_AMBER, false, "yemmn"},
    {POL_AMBER, true, "ycnnn"},
    {POL_AMBER_STRICT, false, "ymmmn"},
    {POL_AMBER_STRICT, true, "ynnnn"},
    {POL_RED, false, "mnnnn"},
    {POL_RED, true, "nnnnn"},
};

static bool
cell_says(char cell, bool named, bool concerns)
{
	switch (cell) {
	case 'y':
		return true;
	case 'm':
		return named;
	case 'c':
		return concerns;
	case 'e':
		return named || concerns;
	default:
		return false;
	}
}

static size_t
column(const struct pol_ceiling *c)
{
	switch (c->kind) {
	case POL_OWN:
		return 0;
	case POL_CLIENT:
		return 1;
	case POL_PARTNER:
		return c->community ? 2 : 3;
	case POL_PUBLIC:
		break;
	}
	return 4;
}

static void
every_cell_is_as_the_specification_has_it(void **state)
{
	struct pol_ceiling c;
	unsigned i, k, flags;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		for (k = POL_OWN; k <= POL_PUBLIC; k++)
			for (flags = 0; flags < 8; flags++) {
				c = (struct pol_ceiling){.base = rows[i].label,
				    .label = rows[i].label,
				    .relay = rows[i].relay,
				    .kind = (enum pol_kind)k,
				    .community = flags & 1,
				    .named = flags & 2,
				    .concerns = flags & 4};
				assert_int_equal(pol_ceiling_allows(&c),
				    cell_says(rows[i].cells[column(&c)],
					c.named, c.concerns));
			}
}

static void
a_sensor_that_tightens_starts_no_release(void **state)
{
	struct pol_ceiling c = {.kind = POL_PARTNER, .named = true};

	(void)state;
	/* Outside of the community: green is no, amber is named. */
	c.base = c.label = POL_AMBER;
	assert_true(pol_ceiling_allows(&c));
	c.base = POL_GREEN;
	assert_false(pol_ceiling_allows(&c));
	c.base = POL_CLEAR;
	assert_false(pol_ceiling_allows(&c));
	c.community = true;
	assert_true(pol_ceiling_allows(&c));
}

static void
kinds_have_the_names_of_the_file(void **state)
{
	(void)state;
	assert_string_equal(pol_kind_text(POL_OWN), "own");
	assert_string_equal(pol_kind_text(POL_PUBLIC), "public");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_cell_is_as_the_specification_has_it),
	    cmocka_unit_test(a_sensor_that_tightens_starts_no_release),
	    cmocka_unit_test(kinds_have_the_names_of_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

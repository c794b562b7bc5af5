#include "policies/label.h"
#include "test.h"

static const struct {
	const char *tag;
	int tlp, pap; /* -1: no such label */
} labels[] = {
    {"tlp:clear", POL_CLEAR, -1},
    {"tlp:white", POL_CLEAR, -1},
    {"tlp:green", POL_GREEN, -1},
    {"tlp:amber", POL_AMBER, -1},
    {"tlp:amber+strict", POL_AMBER_STRICT, -1},
    {"tlp:red", POL_RED, -1},
    {"TLP:AMBER+STRICT", POL_AMBER_STRICT, -1},
    {" \tTlp:White\n", POL_CLEAR, -1},
    {"tlp:unclear", POL_RED, -1},
    {"tlp:", POL_RED, -1},
    {"tlp", POL_RED, -1},
    {"tlp:clearish", POL_RED, -1},
    {"tlp: clear", POL_RED, -1},
    {"tlp :clear", POL_RED, -1},
    {"tlp=clear", POL_RED, -1},
    {"tlp-clear", POL_RED, -1},
    {"tlp:clear:x", POL_RED, -1},
    {"tlp:\"clear\"", POL_RED, -1},
    {"\"tlp:clear\"", POL_RED, -1},
    {"[tlp:clear]", POL_RED, -1},
    {"\xc2\xa0tlp:clear", POL_RED, -1},
    {"tlp\xef\xbc\x9a"
     "clear",
	POL_RED, -1},
    {"tlp:cl\xc3\xa9"
     "ar",
	POL_RED, -1},
    {"tlpx:clear", -1, -1},
    {"mytlp:clear", -1, -1},
    {"x:tlp=\"red\"", -1, -1},
    {"", -1, -1},
    {"   ", -1, -1},
    {"PAP:RED", -1, POL_PAP_RED},
    {"PAP:AMBER", -1, POL_PAP_AMBER},
    {"pap:green", -1, POL_PAP_GREEN},
    {"pap:white", -1, POL_PAP_CLEAR},
    {"pap:clear", -1, POL_PAP_CLEAR},
    {"pap:orange", -1, POL_PAP_RED},
    {"pap", -1, POL_PAP_RED},
};

static void
what_is_not_exactly_a_label_is_red(void **state)
{
	struct pol_labels l;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(labels); i++) {
		pol_labels_init(&l);
		pol_labels_add(&l, labels[i].tag);
		if (l.tlp != labels[i].tlp || l.pap != labels[i].pap)
			fail_msg(
			    "`%s`: tlp %d pap %d", labels[i].tag, l.tlp, l.pap);
		assert_int_equal(pol_tag_is_label(labels[i].tag),
		    labels[i].tlp >= 0 || labels[i].pap >= 0);
		assert_false(l.conflict);
	}
}

static void
of_several_labels_the_strictest_counts_and_a_conflict_is_noted(void **state)
{
	struct pol_labels l;

	(void)state;
	pol_labels_init(&l);
	pol_labels_add(&l, "tlp:amber");
	pol_labels_add(&l, "tlp:amber");
	assert_false(l.conflict);
	pol_labels_add(&l, "tlp:clear");
	assert_true(l.conflict);
	assert_int_equal(l.tlp, POL_AMBER);
	pol_labels_add(&l, "pap:green");
	pol_labels_add(&l, "pap:clear");
	assert_int_equal(l.pap, POL_PAP_GREEN);
}

static const struct {
	const char *tag;
	uint64_t days;
	bool bad, expired;
} retentions[] = {
    {"retention:1d", 1, false, false},
    {"retention:2w", 14, false, false},
    {"retention:3m", 90, false, false},
    {"Retention:10y", 3650, false, false},
    {"retention:expired", 0, false, true},
    {"retention:0d", 0, true, false},
    {"retention:d", 0, true, false},
    {"retention:1h", 0, true, false},
    {"retention:99999999999999999999d", 0, true, false},
    {"retention:", 0, true, false},
    {"retention=\"1d\"", 0, true, false},
    {"retentions:1d", 0, false, false},
};

static void
retention_is_a_maximum_age_or_not_understood(void **state)
{
	struct pol_labels l;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(retentions); i++) {
		pol_labels_init(&l);
		pol_labels_add(&l, retentions[i].tag);
		if (l.max_age_s != retentions[i].days * 86400 ||
		    l.retention_bad != retentions[i].bad ||
		    l.expired != retentions[i].expired)
			fail_msg("%s", retentions[i].tag);
	}
	pol_labels_init(&l);
	pol_labels_add(&l, "retention:1y");
	pol_labels_add(&l, "retention:1d");
	pol_labels_add(&l, "retention:1w");
	assert_int_equal(l.max_age_s, 86400);
}

static void
chatham_house_and_should_not_sync_are_seen(void **state)
{
	struct pol_labels l;

	(void)state;
	pol_labels_init(&l);
	pol_labels_add(&l, "tlp:ex:chr");
	assert_true(l.chatham);
	assert_int_equal(l.tlp, -1);
	pol_labels_add(&l, "MISP:Should-Not-Sync");
	assert_true(l.no_sync);
}

static void
joining_keeps_the_stricter_of_each(void **state)
{
	struct pol_labels a, b;

	(void)state;
	pol_labels_init(&a);
	pol_labels_init(&b);
	pol_labels_add(&a, "tlp:green");
	pol_labels_add(&a, "pap:red");
	pol_labels_add(&a, "retention:1w");
	pol_labels_add(&b, "tlp:red");
	pol_labels_add(&b, "retention:1d");
	pol_labels_add(&b, "misp:should-not-sync");
	pol_labels_join(&a, &b);
	assert_int_equal(a.tlp, POL_RED);
	assert_int_equal(a.pap, POL_PAP_RED);
	assert_int_equal(a.max_age_s, 86400);
	assert_true(a.no_sync);
	assert_false(a.conflict);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_not_exactly_a_label_is_red),
	    cmocka_unit_test(
		of_several_labels_the_strictest_counts_and_a_conflict_is_noted),
	    cmocka_unit_test(retention_is_a_maximum_age_or_not_understood),
	    cmocka_unit_test(chatham_house_and_should_not_sync_are_seen),
	    cmocka_unit_test(joining_keeps_the_stricter_of_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

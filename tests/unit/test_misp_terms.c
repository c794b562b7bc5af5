/* What the relay releases, and how far it may reach in MISP. */
#include "test.h"
#include "misp-export/terms.h"

#define LANE(id, sink, findings)                                             \
	"\"" id "\":{\"rule\":\"r\",\"policy\":\"p\",\"pipeline\":\"q\","    \
	"\"sink\":\"" sink "\",\"after\":3,\"delay_us\":0,\"not_before\":0," \
	"\"max_age\":0" findings "}"
#define FINDINGS                                                         \
	",\"findings\":{\"source\":\"s\",\"label\":\"amber\",\"pap\":"   \
	"\"green\""                                                      \
	",\"class\":\"S2\",\"object\":\"ja3\",\"distribution\":-1,"      \
	"\"publish\":true,\"to_ids\":\"from-pap\",\"steps\":[\"addr\"]," \
	"\"mapped\":[\"in:198.18.0.0/16\",\"/who\"]}"
#define FILE_OF(lanes) "{\"v\":1,\"lanes\":{" lanes "}}"

static void
lanes_of_other_sinks_are_not_ours(void **state)
{
	struct terms t = {.n = 0};

	(void)state;
	assert_int_equal(
	    terms_parse(
		d4_slice_str(FILE_OF(LANE("0123456789abcdef", "d4",
		    "") "," LANE("0123456789abcdee", "misp", FINDINGS))),
		&t),
	    D4_OK);
	assert_int_equal(t.n, 1);
	assert_null(terms_find(&t, "0123456789abcdef"));
	assert_non_null(terms_find(&t, "0123456789abcdee"));
	assert_int_equal(t.lane[0].after, 3);
	assert_int_equal(t.lane[0].label, 2);
	assert_true(t.lane[0].publish && t.lane[0].ids);
	terms_fini(&t);
}

static void
pseudonyms_are_told_by_field_and_by_prefix(void **state)
{
	static const struct {
		const char *path, *value;
		bool mapped;
	} rows[] = {{"/ip", "198.18.3.4", true}, {"/ip", "203.0.113.1", false},
	    {"/who", "x", true}, {"/a|/who", "x", true}, {"/whose", "x", false},
	    {"/who/name", "x", true}};
	struct terms t = {.n = 0};

	(void)state;
	assert_int_equal(
	    terms_parse(d4_slice_str(FILE_OF(
			    LANE("0123456789abcdee", "misp", FINDINGS))),
		&t),
	    D4_OK);
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(terms_mapped(&t.lane[0], rows[i].path,
				     d4_slice_str(rows[i].value)),
		    rows[i].mapped);
	terms_fini(&t);
}

static void
what_is_unclear_releases_nothing(void **state)
{
	static const char *const bad[] = {"", "[]", "{}", "{\"v\":2}",
	    FILE_OF(LANE("0123456789abcdee", "misp", "")),
	    FILE_OF(LANE("short", "misp", FINDINGS)),
	    FILE_OF(LANE(
		"0123456789abcdee", "misp", ",\"findings\":{\"source\":1}"))};
	struct terms t = {.n = 0};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_not_equal(
		    terms_parse(d4_slice_str(bad[i]), &t), D4_OK);
		assert_int_equal(t.n, 0);
	}
}

static void
no_label_reaches_further_than_its_own(void **state)
{
	static const int reach[] = {0, 2, 3, 4, 1}; /* of 0 1 2 3 4 */
	static const int most[] = {3, 1, 4, 0};

	(void)state;
	for (unsigned label = 0; label < 5; label++) {
		for (int asked = -1; asked <= 4; asked++) {
			int d = terms_distribution(label, asked, true);

			if (label == 4) {
				assert_int_equal(d, -1);
				continue;
			}
			assert_true(reach[d] <= reach[most[label]]);
			if (asked >= 0)
				assert_true(reach[d] <= reach[asked]);
			assert_int_not_equal(
			    terms_distribution(label, asked, false), 4);
		}
	}
	assert_int_equal(terms_label("tlp:GREEN"), 1);
	assert_int_equal(terms_label("nonsense"), 4);
	assert_int_equal(terms_pap(""), 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lanes_of_other_sinks_are_not_ours),
	    cmocka_unit_test(pseudonyms_are_told_by_field_and_by_prefix),
	    cmocka_unit_test(what_is_unclear_releases_nothing),
	    cmocka_unit_test(no_label_reaches_further_than_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

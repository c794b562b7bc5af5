#include "policy.h"

#define QUEUE "  - {id: q, queue: lists-8, types: [8], org: " ORG_OWN
#define SHARE "  - {id: rq, to: [p1], from: [q], pipeline: raw, because: \"x\"}"

/* What a queue's entry is labelled, and whose it is then. */
static const struct {
	const char *name;
	const char *more; /* of the queue's source */
	const char *label;
	const char *mode;
	enum pol_pap pap;
} rows[] = {
    {"nothing said: the default", "", "red", "origin", POL_PAP_CLEAR},
    {"its tags", ", tags: [\"tlp:amber\"]", "amber", "origin", POL_PAP_CLEAR},
    {"its PAP", ", tags: [\"tlp:clear\"], default_pap: amber", "clear",
	"origin", POL_PAP_AMBER},
    {"fed by a greener sensor",
	", tags: [\"tlp:amber\"], fed_by: [" SENSOR_1 "]", "amber", "origin",
	POL_PAP_CLEAR},
    {"fed by a stricter sensor",
	", tags: [\"tlp:clear\"], fed_by: [" SENSOR_1 "]", "green", "origin",
	POL_PAP_CLEAR},
    {"fed by two, the strictest counts",
	", tags: [\"tlp:clear\"], fed_by: [" SENSOR_1 ", " SENSOR_2 "]",
	"amber", "relay", POL_PAP_RED},
};

/* s1 (ours, green) and s2 (of others, amber, PAP red) send type 8. */
static char *
text_with(const char *more, const char *share)
{
	char q[1024];

	(void)snprintf(q, sizeof(q),
	    "  - {id: s2, sensors: [" SENSOR_2 "], types: [8], org: " ORG_OTHER
	    ", tags: [\"tlp:amber\", \"s:health\"], default_pap: red}\n" QUEUE
	    "%s}",
	    more);
	return policy_text2(
	    (const unsigned[2]){6, 13}, (const char *const[2]){q, share});
}

static struct pol *
make(const char *more)
{
	char *text = text_with(more, SHARE);
	struct pol *p = policy_parse(text, 0);

	free(text);
	return p;
}

static void
a_queue_has_its_label_or_the_strictest_of_those_that_feed_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pol *p = make(rows[i].more);
		struct pol_ask ask = {
		    .partner = "p1", .type = 8, .now_s = NOW_S};
		struct pol_verdict v;

		assert_int_equal(pol_queue_uuid("lists-8", &ask.sensor), D4_OK);
		pol_decide(p, &ask, &v);
		if (v.source == NULL ||
		    strcmp(pol_tlp_text(v.label), rows[i].label) != 0 ||
		    strcmp(v.mode, rows[i].mode) != 0 || v.pap != rows[i].pap)
			fail_msg("%s: source %s label %s mode %s pap %d",
			    rows[i].name, v.source, pol_tlp_text(v.label),
			    v.mode, (int)v.pap);
		pol_free(p);
	}
}

/* The policy above with another share rule and another deny rule. */
static struct pol *
make_ruled(const char *more, const char *share, const char *deny)
{
	char all[8192];
	char *text = text_with(more, share), *at = strstr(text, "  - {id: d1");
	struct pol *p;

	assert_non_null(at);
	(void)snprintf(all, sizeof(all), "%.*s%s\n", (int)(at - text), text,
	    deny[0] != '\0' ? deny : "  - {id: d1, to: [own1], because: x}");
	p = policy_parse(all, 0);
	free(text);
	return p;
}

/* What is said of s2, which feeds the queue, is said of the queue. */
static void
a_queue_is_denied_with_what_feeds_it(void **state)
{
#define DENY(what) "  - {id: d, to: [p1], " what ", because: x}"
	static const struct {
		const char *share, *deny;
		const char *rule; /* of the queue that s2 feeds */
	} lines[] = {
	    {SHARE, DENY("from: [s2]"), "d"},
	    {SHARE, DENY("sensors: [" SENSOR_2 "]"), "d"},
	    {SHARE, DENY("misp_org: [" ORG_OTHER "]"), "d"},
	    {SHARE, DENY("tags: {any: [\"s:health\"]}"), "d"},
	    {"  - {id: rq, to: [p1], from: [q], pipeline: raw, tags: {none: "
	     "[\"s:health\"]}, because: x}",
		"", "default.deny"},
	};
	static const char *const fed[] = {
	    ", fed_by: [" SENSOR_2 "]", ", fed_by: [" SENSOR_1 "]"};
	struct pol_ask ask = {.partner = "p1", .type = 8, .now_s = NOW_S};
	struct pol_verdict v;

	(void)state;
	assert_int_equal(pol_queue_uuid("lists-8", &ask.sensor), D4_OK);
	for (size_t i = 0; i < 2 * sizeof(lines) / sizeof(lines[0]); i++) {
		struct pol *p = make_ruled(
		    fed[i % 2], lines[i / 2].share, lines[i / 2].deny);

		pol_decide(p, &ask, &v);
		if ((strcmp(v.rule, lines[i / 2].rule) == 0) != (i % 2 == 0))
			fail_msg(
			    "%s %s: %s", lines[i / 2].deny, fed[i % 2], v.rule);
		pol_free(p);
	}
}

static void
another_queue_or_type_is_unknown(void **state)
{
	struct pol *p = make(", tags: [\"tlp:green\"], community: [g1]");
	struct pol_ask ask = {.partner = "p1", .type = 8, .now_s = NOW_S};
	struct pol_verdict v;

	(void)state;
	assert_int_equal(pol_queue_uuid("lists-8", &ask.sensor), D4_OK);
	pol_decide(p, &ask, &v);
	assert_string_equal(v.source, "q");
	assert_true(v.allow);
	ask.type = 3;
	pol_decide(p, &ask, &v);
	assert_string_equal(v.rule, "source.unknown");
	ask.type = 8;
	assert_int_equal(pol_queue_uuid("lists-9", &ask.sensor), D4_OK);
	pol_decide(p, &ask, &v);
	assert_string_equal(v.rule, "source.unknown");
	pol_free(p);
}

static void
no_sensor_can_have_the_uuid_of_a_queue(void **state)
{
	struct d4_uuid a, b;

	(void)state;
	assert_int_equal(pol_queue_uuid("lists-8", &a), D4_OK);
	assert_int_equal(pol_queue_uuid("lists-8", &b), D4_OK);
	assert_true(d4_uuid_eq(&a, &b));
	assert_false(d4_uuid_is_v4(&a));
	assert_int_equal(a.b[6] >> 4, 8);
	assert_int_equal(pol_queue_uuid("lists-80", &b), D4_OK);
	assert_false(d4_uuid_eq(&a, &b));
}

static void
a_source_says_what_it_takes_and_which_queue_it_is(void **state)
{
	struct pol *p = make("");

	(void)state;
	assert_null(pol_source_at(p, 0).queue);
	assert_string_equal(pol_source_at(p, 2).queue, "lists-8");
	assert_int_equal(pol_source_at(p, 2).n_sensors, 1);
	assert_true(pol_source_takes(p, 2, 8, ""));
	assert_false(pol_source_takes(p, 2, 1, ""));
	pol_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		a_queue_has_its_label_or_the_strictest_of_those_that_feed_it),
	    cmocka_unit_test(a_queue_is_denied_with_what_feeds_it),
	    cmocka_unit_test(another_queue_or_type_is_unknown),
	    cmocka_unit_test(no_sensor_can_have_the_uuid_of_a_queue),
	    cmocka_unit_test(a_source_says_what_it_takes_and_which_queue_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

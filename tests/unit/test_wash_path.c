/* What wash puts into the airlock stands under what it was released under. */
#include "libd4/kit/json.h"
#include "policy.h"
#include "relay/breakers.h"
#include "wash_world.h"

#define WEAK   "{client: keep, server: zero}"
#define STRONG "{client: zero, server: zero}"
#define LINE(n)                                                           \
	"1749988800||192.0.2." n "||192.0.2.53||IN||example.com.||A||198" \
	".51.100.7||300||1\n"

#define PLANTED                                                              \
	"1749988800||192.0.2.1||192.0.2.53||IN||planted-text-1.example.com." \
	"||A||198.51.100.7||300||1\n"

/* Two sensors of one source; the first one's rule has the weaker pipeline. */
static const char head_text[] =
    "version: 1\n"
    "hub: {id: lu-hub-1, org: " ORG_OWN "}\n"
    "sources:\n"
    "  - {id: s1, sensors: [" SENSOR_1 ", " SENSOR_2
    "], types: [8], meta: [a-jl, b-jl], org: " ORG_OWN
    ", tags: [\"tlp:clear\"], floor_tlp: clear}\n"
    "partners:\n"
    "  - {id: p1, kind: own, min_class: S0}\n"
    "pipelines:\n"
    "  - {id: weak, types: [8], steps: [{pdns: " WEAK "}]}\n"
    "  - {id: strong, types: [8], steps: [{pdns: " STRONG "}]}\n"
    "  - {id: both, meta: [a-jl, b-jl], steps: [{json: {default: keep, "
    "rules: [{path: /x, op: drop}]}}]}\n"
    "share:\n";
static const char two_rules[] =
    "  - {id: r1, to: [p1], from: [s1], sensors: [" SENSOR_1
    "], pipeline: weak, because: \"x\"}\n"
    "  - {id: r2, to: [p1], from: [s1], after: [r1], pipeline: strong, "
    "because: \"x\"}\n";
static const char meta_rule[] =
    "  - {id: r1, to: [p1], from: [s1], meta: [a-jl], pipeline: both, "
    "because: \"x\"}\n";

static void
begin(struct world *w, const char *rules)
{
	char text[4096];

	(void)snprintf(text, sizeof(text), "%s%s", head_text, rules);
	world_begin(w);
	w->now_us = NOW_S * UINT64_C(1000000);
	world_gate(w, world_load(text));
}

/* One entry of a sensor, durable unless the batch goes on. */
static void
put(struct world *w, const char *sensor, const char *line, bool commit)
{
	struct d4_entry e = {.type = 8, .data = d4_slice_str(line)};

	assert_int_equal(d4_uuid_parse(sensor, &e.sensor), D4_OK);
	world_put(w, &e);
	if (commit)
		assert_int_equal(lanes_commit(w->lanes), D4_OK);
}

/* Everything in the airlock stands under the pipeline that made it. */
static unsigned
under_its_own(const struct world *w)
{
	const char *strong = san_chain_hash(gate_chain(w->gate, "strong"));
	const struct d4_spool_lane *head = NULL;
	struct d4_spool_reader *r = NULL;
	struct d4_spool_entry e;
	char path[160];
	unsigned n = 0;

	assert_int_equal(lanes_n(w->lanes), 1);
	(void)snprintf(path, sizeof(path), "%s/p1/%s", w->spool,
	    lanes_at(w->lanes, 0)->head.id);
	assert_int_equal(d4_spool_reader_open(path, 0, &r), D4_OK);
	for (; d4_spool_next(r, &head, &e) == D4_OK; n++) {
		bool raw = memmem(e.data.p, e.data.n, "192.0.2.", 8) != NULL;

		assert_int_equal(raw, strcmp(head->pipeline, strong) != 0);
		assert_string_equal(head->rule, raw ? "r1" : "r2");
	}
	d4_spool_reader_close(r);
	return n;
}

static void
two_rules_of_one_lane_keep_apart_what_each_released(void **state)
{
	struct world w;

	(void)state;
	begin(&w, two_rules);
	put(&w, SENSOR_1, LINE("1"), true);
	put(&w, SENSOR_2, LINE("2"), true);
	put(&w, SENSOR_1, LINE("3"), true);
	put(&w, SENSOR_2, LINE("4"), false);
	put(&w, SENSOR_1, LINE("5"), false);
	put(&w, SENSOR_1, LINE("6"), false);
	put(&w, SENSOR_2, LINE("7"), true);
	assert_int_equal(under_its_own(&w), 7);
	world_end(&w);
}

/* Only a-jl is shared; the pipeline could take both. */
static void
an_entry_that_says_another_type_than_its_header_goes_nowhere(void **state)
{
	struct d4_entry e = {.type = 254,
	    .ext = d4_slice_str("b-jl"),
	    .meta = d4_slice_str("{\"type\":\"a-jl\"}"),
	    .data = d4_slice_str("{\"y\":1}\n")};
	struct world w;

	(void)state;
	begin(&w, meta_rule);
	assert_int_equal(d4_uuid_parse(SENSOR_1, &e.sensor), D4_OK);
	world_put(&w, &e);
	assert_int_equal(lanes_n(w.lanes), 0);
	e.ext = d4_slice_str("a-jl");
	world_put(&w, &e);
	assert_int_equal(lanes_n(w.lanes), 1);
	world_end(&w);
}

/* An operator closes the only breaker that is open; d4-relay breaker close. */
static void
close_breaker(struct world *w)
{
	json_t *list = streams_open(w->streams);
	const json_t *o = json_array_get(list, 0);
	char path[128];

	assert_int_equal(json_array_size(list), 1);
	(void)snprintf(path, sizeof(path), "%s/state/%s", dir, BREAKERS_FOLDER);
	assert_int_equal(
	    breakers_lift(path, json_string_value(json_object_get(o, "id"))),
	    D4_OK);
	json_decref(list);
	streams_breakers(w->streams); /* its second is over */
}

static void
an_open_breaker_stays_open_until_it_is_closed(void **state)
{
	static const char text[] =
	    "  - {id: watched, types: [8], steps: [{pdns: " WEAK
	    "}, {canary: planted-text-1}]}\nshare:\n"
	    "  - {id: r1, to: [p1], from: [s1], pipeline: watched, because: "
	    "\"x\"}\n";
	char all[4096];
	struct world w;

	(void)state;
	(void)snprintf(all, sizeof(all), "%.*s%s",
	    (int)(strlen(head_text) - strlen("share:\n")), head_text, text);
	world_begin(&w);
	w.now_us = NOW_S * UINT64_C(1000000);
	world_gate(&w, world_load(all));
	put(&w, SENSOR_1, LINE("1"), true);
	assert_int_equal(d4_spool_seq(lanes_at(w.lanes, 0)->writer), 1);
	put(&w, SENSOR_1, PLANTED, true);
	put(&w, SENSOR_1, LINE("2"), true);
	streams_again(w.streams); /* a lease was lost, a batch dropped */
	put(&w, SENSOR_1, LINE("3"), true);
	assert_int_equal(d4_spool_seq(lanes_at(w.lanes, 0)->writer), 1);
	put(&w, SENSOR_2, LINE("4"), true); /* another stream goes on */
	assert_int_equal(d4_spool_seq(lanes_at(w.lanes, 0)->writer), 2);
	world_gate(&w, world_load(all));
	put(&w, SENSOR_1, LINE("5"), true);
	streams_breakers(w.streams);
	put(&w, SENSOR_1, LINE("6"), true);
	assert_int_equal(d4_spool_seq(lanes_at(w.lanes, 0)->writer), 2);
	close_breaker(&w);
	put(&w, SENSOR_1, LINE("7"), true);
	assert_int_equal(d4_spool_seq(lanes_at(w.lanes, 0)->writer), 3);
	world_end(&w);
}

/* Partners p1 and p2 get the same without keys: one chain works for both. */
static const char common_text[] =
    "version: 1\n"
    "hub: {id: lu-hub-1, org: " ORG_OWN "}\n"
    "sources:\n"
    "  - {id: s1, sensors: [" SENSOR_1 "], types: [8], org: " ORG_OWN
    ", tags: [\"tlp:clear\"], floor_tlp: clear}\n"
    "partners:\n"
    "  - {id: p1, kind: own, min_class: S0}\n"
    "  - {id: p2, kind: own, min_class: S0}\n"
    "pipelines:\n"
    "  - {id: watched, types: [8], steps: [{pdns: " WEAK
    "}, {canary: planted-text-1}]}\n"
    "share:\n"
    "  - {id: r1, to: [p1, p2], from: [s1], pipeline: watched, because: "
    "\"x\"}\n";

/* Entries that a partner was given. */
static uint64_t
given(const struct world *w, const char *partner)
{
	uint64_t n = 0;

	for (size_t i = 0; i < lanes_n(w->lanes); i++) {
		struct lane *l = lanes_at(w->lanes, i);

		if (strcmp(l->head.partner, partner) == 0)
			n += d4_spool_seq(l->writer);
	}
	return n;
}

static void
lift_of(const struct world *w, const char *partner)
{
	json_t *list = streams_open(w->streams);
	char path[128];
	unsigned n = 0;

	(void)snprintf(path, sizeof(path), "%s/state/%s", dir, BREAKERS_FOLDER);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *o = json_array_get(list, i);

		if (strcmp(d4_json_str(o, "partner"), partner) != 0)
			continue;
		assert_int_equal(
		    breakers_lift(path, d4_json_str(o, "id")), D4_OK);
		n++;
	}
	json_decref(list);
	assert_int_equal(n, 1);
	streams_breakers(w->streams); /* its second is over */
}

/* quiet: entries that both get before; with some the first one leads. */
static void
both_stop_and_each_is_closed_alone(unsigned quiet)
{
	struct world w;

	world_begin(&w);
	w.now_us = NOW_S * UINT64_C(1000000);
	world_gate(&w, world_load(common_text));
	for (unsigned i = 0; i < quiet; i++)
		put(&w, SENSOR_1, LINE("1"), true);
	put(&w, SENSOR_1, PLANTED, true);
	put(&w, SENSOR_1, LINE("2"), true);
	assert_int_equal(given(&w, "p1"), quiet);
	assert_int_equal(given(&w, "p2"), quiet);
	lift_of(&w, "p1");
	put(&w, SENSOR_1, LINE("3"), true);
	put(&w, SENSOR_1, LINE("4"), true);
	assert_int_equal(given(&w, "p1"), quiet + 2);
	assert_int_equal(given(&w, "p2"), quiet);
	world_gate(&w, world_load(common_text));
	put(&w, SENSOR_1, LINE("5"), true);
	put(&w, SENSOR_1, LINE("6"), true);
	assert_int_equal(given(&w, "p1"), quiet + 4);
	assert_int_equal(given(&w, "p2"), quiet);
	lift_of(&w, "p2");
	put(&w, SENSOR_1, LINE("7"), true);
	assert_int_equal(given(&w, "p1"), quiet + 5);
	assert_int_equal(given(&w, "p2"), quiet + 1);
	world_end(&w);
}

static void
a_breaker_holds_though_another_partner_has_the_same_chain(void **state)
{
	(void)state;
	both_stop_and_each_is_closed_alone(0);
}

static void
what_stops_a_shared_chain_stops_each_of_its_partners(void **state)
{
	(void)state;
	both_stop_and_each_is_closed_alone(3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		an_open_breaker_stays_open_until_it_is_closed, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		a_breaker_holds_though_another_partner_has_the_same_chain,
		setup, teardown),
	    cmocka_unit_test_setup_teardown(
		what_stops_a_shared_chain_stops_each_of_its_partners, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(
		two_rules_of_one_lane_keep_apart_what_each_released, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(
		an_entry_that_says_another_type_than_its_header_goes_nowhere,
		setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

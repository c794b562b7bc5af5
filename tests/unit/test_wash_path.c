/* What wash puts into the airlock stands under what it was released under. */
#include "libd4/kit/file.h"
#include "policy.h"
#include "relay/lanes_partner.h"
#include "relay/wash_path.h"
#include "tmpfixture.h"

#define WEAK   "{client: keep, server: zero}"
#define STRONG "{client: zero, server: zero}"
#define LINE(n)                                                           \
	"1749988800||192.0.2." n "||192.0.2.53||IN||example.com.||A||198" \
	".51.100.7||300||1\n"

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

/* All that an entry needs; spool: the airlock. */
struct world {
	char spool[96];
	struct gate *gate;
	struct lanes *lanes;
	struct streams *streams;
	struct journal *journal;
	struct d4_buf out;
	struct wash_common common;
	uint64_t id;
};

static struct gate *
load(const char *rules)
{
	static const uint8_t master[D4_MASTER_LEN] = {1};
	struct d4_diag diag = {.file = NULL};
	struct gate *g = NULL;
	char path[96], text[4096];

	(void)snprintf(path, sizeof(path), "%s/policy.yaml", dir);
	(void)snprintf(text, sizeof(text), "%s%s", head_text, rules);
	assert_int_equal(
	    d4_file_replace(path, d4_slice_str(text), 0600), D4_OK);
	if (gate_load(path, &diag, &g) != D4_OK)
		fail_msg("%s", diag.what);
	gate_keys_set(g, master);
	return g;
}

static void
begin(struct world *w, const char *rules)
{
	static char state[96], cursors[96];
	struct lanes_dirs dirs = {w->spool, state, cursors, NULL, NULL};

	*w = (struct world){.id = 0};
	(void)snprintf(w->spool, sizeof(w->spool), "%s/spool", dir);
	(void)snprintf(state, sizeof(state), "%s/state", dir);
	(void)snprintf(cursors, sizeof(cursors), "%s/cursors", dir);
	assert_int_equal(d4_dir_make(w->spool, 0700), D4_OK);
	assert_int_equal(d4_dir_make(state, 0700), D4_OK);
	d4_buf_init(&w->out, D4_SPOOL_ENTRY);
	d4_buf_init(&w->common.out, D4_SPOOL_ENTRY);
	w->gate = load(rules);
	assert_int_equal(lanes_open(&dirs, &w->lanes), D4_OK);
	assert_int_equal(streams_new(state, &w->streams), D4_OK);
	streams_gate(w->streams, w->gate);
	assert_int_equal(journal_open(state, "d4:{8:0}:q", &w->journal), D4_OK);
}

static void
end(struct world *w)
{
	streams_free(w->streams);
	lanes_close(w->lanes);
	journal_close(w->journal);
	gate_free(w->gate);
	d4_buf_fini(&w->out);
	d4_buf_fini(&w->common.out);
}

static void
put_entry(struct world *w, struct d4_entry *e)
{
	struct wash_work work = {.gate = w->gate,
	    .streams = w->streams,
	    .lanes = w->lanes,
	    .journal = w->journal,
	    .out = &w->out,
	    .common = &w->common,
	    .origin = 7,
	    .id = {++w->id, 0},
	    .now_us = NOW_S * UINT64_C(1000000)};

	e->seq = w->id;
	e->n = 1;
	e->t_rx_us = work.now_us;
	e->sess = e->sensor;
	assert_int_equal(wash_entry(&work, e), D4_OK);
}

/* One entry of a sensor, durable unless the batch goes on. */
static void
put(struct world *w, const char *sensor, const char *line, bool commit)
{
	struct d4_entry e = {.type = 8, .data = d4_slice_str(line)};

	assert_int_equal(d4_uuid_parse(sensor, &e.sensor), D4_OK);
	put_entry(w, &e);
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
	end(&w);
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
	put_entry(&w, &e);
	assert_int_equal(lanes_n(w.lanes), 0);
	e.ext = d4_slice_str("a-jl");
	put_entry(&w, &e);
	assert_int_equal(lanes_n(w.lanes), 1);
	end(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		two_rules_of_one_lane_keep_apart_what_each_released, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(
		an_entry_that_says_another_type_than_its_header_goes_nowhere,
		setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * What several partners get of the same entries is, for each of them, what it
 * would get if nothing were shared: the bytes of every lane's entries and the
 * counts, with keys (one leads, others follow) and without (one buffer for
 * all), over damaged packets, partners that are away at random, batches that
 * are dropped, commits and flushes anywhere.
 */
#include "packets.h"
#include "policy.h"
#include "wash_world.h"

#define PARTNERS 8u
#define ENTRIES  60u

static const char policy[] =
    "version: 1\n"
    "hub: {id: lu-hub-1, org: " ORG_OWN "}\n"
    "networks:\n"
    "  telescope: [10.1.0.0/16, \"2001:db8:77::/48\"]\n"
    "sources:\n"
    "  - {id: s1, sensors: [" SENSOR_1 "], types: [1], org: " ORG_OWN
    ", tags: [\"tlp:clear\"], floor_tlp: clear}\n"
    "partners:\n"
    "  - {id: p0, kind: own, min_class: S0}\n"
    "  - {id: p1, kind: own, min_class: S0}\n"
    "  - {id: p2, kind: own, min_class: S0}\n"
    "  - {id: p3, kind: own, min_class: S0}\n"
    "  - {id: q0, kind: own, min_class: S0}\n"
    "  - {id: q1, kind: own, min_class: S0}\n"
    "  - {id: q2, kind: own, min_class: S0}\n"
    "  - {id: q3, kind: own, min_class: S0}\n"
    "pipelines:\n"
    "  - {id: keys, types: [1], steps: [{addr: {scope: telescope, method: "
    "cryptopan, into: [198.18.0.0/16, \"2001:db8:fffe::/48\"], others: keep}}, "
    "{link: zero}, {payload: \"keep:40\"}]}\n"
    "  - {id: plain, types: [1], steps: [{link: zero}, {payload: "
    "headers}]}\n"
    "share:\n"
    "  - {id: r1, to: [p0, p1, p2, p3], from: [s1], pipeline: keys, because: "
    "\"x\"}\n"
    "  - {id: r2, to: [q0, q1, q2, q3], from: [s1], pipeline: plain, because: "
    "\"x\"}\n";

static void
put(struct world *w, bool shared, struct d4_slice file, const bool *skip)
{
	struct wash_work work = {.gate = w->gate,
	    .streams = w->streams,
	    .lanes = w->lanes,
	    .journal = w->journal,
	    .out = &w->out,
	    .common = shared ? &w->common : NULL,
	    .skip = skip,
	    .origin = 7,
	    .id = {++w->id, 0},
	    .now_us = w->now_us};
	struct d4_entry e = {.type = 1,
	    .data = file,
	    .seq = w->id,
	    .n = 1,
	    .t_rx_us = w->now_us};

	assert_int_equal(d4_uuid_parse(SENSOR_1, &e.sensor), D4_OK);
	e.sess = e.sensor;
	assert_int_equal(wash_entry(&work, &e), D4_OK);
}

/* Half of the partners are away now and then, the leader among them. */
static void
put_one(struct world *w, bool shared, struct prop *r)
{
	bool skip[PARTNERS];
	struct d4_buf file;

	make_file(r, &file);
	for (size_t i = 0; i < PARTNERS; i++)
		skip[i] = prop_below(r, 5) == 0;
	put(w, shared, d4_buf_slice(&file), prop_below(r, 2) ? skip : NULL);
	d4_buf_fini(&file);
}

static void
turn(struct world *w, bool shared, struct prop *r)
{
	put_one(w, shared, r);
	if (prop_below(r, 4) == 0 && lanes_n(w->lanes) != 0)
		d4_spool_flush(
		    lanes_at(w->lanes, prop_below(r, lanes_n(w->lanes)))
			->writer);
	switch (prop_below(r, 10)) {
	case 0:
		lanes_drop(w->lanes);
		break;
	case 1:
		assert_int_equal(lanes_commit(w->lanes), D4_OK);
		break;
	default:
		break;
	}
}

/* Every lane: whose it is, and its entries with their numbers and counts. */
static void
collect(const struct world *w, struct d4_buf *out)
{
	for (size_t i = 0; i < lanes_n(w->lanes); i++) {
		const struct lane *lane = lanes_at(w->lanes, i);
		const struct d4_spool_lane *head;
		struct d4_spool_reader *r = NULL;
		struct d4_spool_entry e;
		char path[256];

		(void)snprintf(path, sizeof(path), "%s/%s/%s", w->spool,
		    lane->head.partner, lane->head.id);
		assert_int_equal(d4_spool_reader_open(path, 0, &r), D4_OK);
		while (d4_spool_next(r, &head, &e) == D4_OK) {
			assert_int_equal(
			    d4_buf_addf(out, "\n%s %s %llu %llu %u %u\n",
				head->partner, head->id,
				(unsigned long long)e.seq,
				(unsigned long long)e.id_ms, e.n, e.opening),
			    D4_OK);
			assert_int_equal(
			    d4_buf_add(out, e.data.p, e.data.n), D4_OK);
		}
		d4_spool_reader_close(r);
	}
}

static void
run(uint64_t seed, bool shared, struct d4_buf *out)
{
	struct prop r = prop_case(seed, 3);
	struct world w;

	assert_int_equal(setup(NULL), 0);
	world_begin(&w);
	w.now_us = NOW_S * UINT64_C(1000000);
	world_gate(&w, world_load(policy));
	if (shared)
		assert_int_equal(san_trace_new(&w.common.trace), D4_OK);
	for (size_t i = 0; i < ENTRIES; i++)
		turn(&w, shared, &r);
	assert_int_equal(lanes_commit(w.lanes), D4_OK);
	assert_int_equal(lanes_n(w.lanes), PARTNERS);
	d4_buf_init(out, 64u << 20);
	collect(&w, out);
	world_end(&w);
	assert_int_equal(teardown(NULL), 0);
}

static void
sharing_work_changes_nothing_of_what_anybody_gets(void **state)
{
	uint64_t seed = prop_seed(), cases = prop_cases(20000) / 8000;

	(void)state;
	for (uint64_t i = 0; i < cases; i++) {
		struct d4_buf one, two;

		run(seed + i, true, &one);
		run(seed + i, false, &two);
		assert_true(one.n > 10000);
		assert_int_equal(one.n, two.n);
		assert_true(
		    d4_slice_eq(d4_buf_slice(&one), d4_buf_slice(&two)));
		d4_buf_fini(&one);
		d4_buf_fini(&two);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sharing_work_changes_nothing_of_what_anybody_gets),
	};

	return cmocka_run_group_tests(tests, packets_load, NULL);
}

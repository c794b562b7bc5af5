/*
 * What d4-policy explains is what wash does: for policies, sensors, headers
 * and times at random, an entry comes into a partner's airlock if, and only
 * if, the verdict that explain prints allows it and the partner is no shadow.
 */
#include "random_policy.h"
#include "wash_world.h"

#define PARTNERS 3u
#define ASKS     6u

static const char *const partners[PARTNERS] = {"p0", "p1", "p2"};

/* A capture of one packet, 60 bytes of Ethernet; classic pcap, little-endian */
static const uint8_t capture[24 + 16 + 60] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4,
    0, [18] = 1, [20] = 1, [24] = 1, [32] = 60, [36] = 60, [52] = 8};

/* Of what the entry is, and when it is washed. */
struct given {
	struct pol_ask ask;
	char meta[512];
	uint64_t now_s;
};

/* Mild labels mostly, else hardly anything would be released. */
static void
given_at_random(struct given *g, struct prop *r)
{
	const char *label =
	    prop_below(r, 4) ? tlp_tags[POL_CLEAR] : PICK(r, tlp_tags);

	g->ask = random_ask(r, label, g->meta, sizeof(g->meta));
	g->now_s = NOW_S + prop_below(r, 180);
	/* From before the agreements and downgrades end to behind all. */
	if (prop_below(r, 3) == 0)
		g->now_s = NOW_S - 86400u * 400 + 86400u * prop_below(r, 800);
}

/* What of it is in the partner's airlock, as far as this batch wrote. */
static size_t
queued(const struct world *w, const char *partner)
{
	size_t n = 0;

	for (size_t i = 0; i < lanes_n(w->lanes); i++) {
		const struct lane *lane = lanes_at(w->lanes, i);

		if (strcmp(lane->head.partner, partner) == 0)
			n += d4_spool_queued(lane->writer);
	}
	return n;
}

/* The verdict that d4-policy explain prints: keys unchecked, time given. */
static bool
explained(const struct world *w, const struct given *g, const char *partner,
    struct pol_verdict *v)
{
	struct pol_ask ask = g->ask;

	ask.partner = partner;
	ask.now_s = g->now_s;
	ask.keys = POL_KEYS_UNCHECKED;
	pol_decide(gate_policy(w->gate), &ask, v);
	return v->allow && !v->shadow;
}

static size_t
wash_one(struct world *w, const struct given *g, const char *text)
{
	bool wrapped = g->ask.type == 254;
	struct d4_entry e = {.type = g->ask.type,
	    .sensor = g->ask.sensor,
	    .ext = d4_slice_str(wrapped ? "ja3-jl" : ""),
	    .meta = g->ask.meta,
	    .data = wrapped ? d4_slice_str("{\"x\":1}\n")
	                    : d4_slice_of(capture, sizeof(capture))};
	struct pol_verdict v;
	size_t n = 0;

	w->now_us = g->now_s * UINT64_C(1000000);
	world_put(w, &e);
	for (size_t i = 0; i < PARTNERS; i++) {
		bool told = explained(w, g, partners[i], &v);
		bool left = queued(w, partners[i]) != 0;

		if (told != left)
			fail_msg("%s to %s: explain says %s by %s, wash %s "
				 "it\n%s",
			    g->meta, partners[i], told ? "yes" : "no", v.rule,
			    left ? "released" : "withheld", text);
		n += left;
	}
	lanes_drop(w->lanes);
	return n;
}

static void
wash_releases_what_explain_says_and_nothing_else(void **state)
{
	uint64_t seed = prop_seed(), n = prop_cases(250);
	struct given *g = calloc(1, sizeof(*g));
	size_t released = 0;
	struct world w;

	(void)state;
	assert_non_null(g);
	world_begin(&w);
	for (uint64_t i = 0; i < n; i++) {
		struct prop r = prop_case(seed, i);
		char *text = random_policy(&r, prop_below(&r, 2));

		world_gate(&w, world_load(text));
		for (unsigned k = 0; k < ASKS; k++) {
			given_at_random(g, &r);
			released += wash_one(&w, g, text);
		}
		free(text);
	}
	print_message("%zu of %llu released\n", released,
	    (unsigned long long)n * ASKS * PARTNERS);
	assert_true(released != 0); /* else nothing was tested */
	world_end(&w);
	free(g);
}

/* Without a master key nothing leaves, whatever the policy says. */
static void
without_keys_nothing_leaves(void **state)
{
	uint64_t seed = prop_seed(), n = prop_cases(50);
	struct world w;

	(void)state;
	world_begin(&w);
	for (uint64_t i = 0; i < n; i++) {
		struct prop r = prop_case(seed, i);
		char *text = random_policy(&r, false);
		struct d4_entry e = {
		    .type = 1, .data = d4_slice_of(capture, sizeof(capture))};

		struct gate *old = w.gate;

		w.gate = world_load(text);
		streams_gate(w.streams, w.gate);
		gate_free(old);
		assert_int_equal(
		    d4_uuid_parse(PICK(&r, sensors), &e.sensor), D4_OK);
		w.now_us = NOW_S * UINT64_C(1000000);
		world_put(&w, &e);
		assert_int_equal(lanes_n(w.lanes), 0);
		free(text);
	}
	world_end(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		wash_releases_what_explain_says_and_nothing_else, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(
		without_keys_nothing_leaves, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * What is known of the records before must change nothing: each record comes
 * out of a stream that has seen others as it does out of one that has not.
 */
#include "chain.h"
#include "sanitizers/json_run.h"
#include "test.h"

#define RECORDS 20000u

static const char *const steps[] = {
    "- json: {default: keep, rules: [{path: /b, op: replace, value: 1}, "
    "{path: /c/x, op: drop}, {path: '$..deep', op: replace, value: 2}, "
    "{path: /a-name-that-is-too-long-to-be-known, op: len}]}",
    "- json: {default: drop, rules: [{path: /b, op: keep}, {path: /c/x, "
    "op: keep}, {path: /a, op: len}]}",
    "- json: {default: keep, rules: [{path: /e, op: drop}]}",
};

static uint32_t
random_below(uint32_t n)
{
	static uint32_t seed = 3;

	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

/* One of a few members, most often the next one. */
static void
add_member(struct d4_buf *out, unsigned i)
{
	static const char *const names[] = {"\"a\":", "\"b\":", "\"c\":",
	    "\"deep\":", "\"name\":", "\"e\" :", "\"\\u0061\":", "\"\":",
	    "\"a-name-that-is-too-long-to-be-known\":", "\"f\": ", "\"name\"",
	    "\"21-bytes-of-a-name---\":", "\"22-bytes-of-a-name----\":"};
	static const char *const values[] = {"\"x\"", "\"a longer string\"",
	    "7", "{\"x\":1,\"y\":\"z\"}", "[]", "\"\\n\"", "\"\xc3\xa9\"",
	    "null", "{\"x\":1,\"x\":2}", "\"", "[{\"deep\":\"ab\"}]", "tru"};
	bool other = random_below(12) == 0;
	uint32_t v = random_below(random_below(8) == 0 ? COUNT(values) : 8);

	if (other)
		i = random_below(COUNT(names));
	assert_int_equal(d4_buf_adds(out, names[i % COUNT(names)]), D4_OK);
	assert_int_equal(d4_buf_adds(out, values[v]), D4_OK);
}

/* Members in their order, with others in between; now and then cut. */
static void
make(struct d4_buf *out)
{
	static const unsigned orders[][5] = {
	    {0, 1, 2, 3, 4}, {4, 3, 7, 1, 0}, {1, 11, 8, 9, 12}};
	uint32_t order = random_below(10), n = random_below(6);

	order = order < 8 ? 0 : order - 7;
	out->n = 0;
	assert_int_equal(d4_buf_adds(out, "{"), D4_OK);
	for (uint32_t i = 0; i < n; i++) {
		if (i != 0)
			assert_int_equal(
			    d4_buf_adds(
				out, random_below(9) == 0 ? " , " : ","),
			    D4_OK);
		add_member(out, orders[order][i]);
	}
	assert_int_equal(d4_buf_adds(out, "}"), D4_OK);
	if (random_below(40) == 0)
		out->n = random_below((uint32_t)out->n);
}

struct one {
	struct san_json_run run;
	struct d4_buf out;
	enum d4_reason why;
};

static void
one_init(struct one *o, const struct san_json_conf *conf)
{
	*o = (struct one){.run = {.conf = conf, .root = san_json_root(conf)}};
	san_json_keys_init(&o->run.keys);
	d4_buf_init(&o->out, 16384);
}

static void
one_fini(struct one *o)
{
	san_json_keys_fini(&o->run.keys);
	d4_buf_fini(&o->out);
}

static void
one_record(struct one *o, const struct d4_buf *in)
{
	o->out.n = 0;
	o->why = san_json_rewrite(&o->run, d4_buf_slice(in), &o->out);
	if (o->why != D4_R_NONE)
		o->out.n = 0;
}

static void
what_is_known_changes_nothing(void **state)
{
	(void)state;
	for (size_t k = 0; k < COUNT(steps); k++) {
		struct san_chain *chain = test_chain(steps[k], 6, "");
		struct one knows, fresh;
		unsigned forwarded = 0;
		bool learned = false;
		struct d4_buf in;

		one_init(&knows, san_chain_step(chain, "json"));
		one_init(&fresh, san_chain_step(chain, "json"));
		d4_buf_init(&in, 4096);
		for (unsigned i = 0; i < RECORDS; i++) {
			make(&in);
			one_record(&knows, &in);
			fresh.run.shape.n = 0;
			one_record(&fresh, &in);
			if (knows.why != fresh.why ||
			    !d4_slice_eq(d4_buf_slice(&knows.out),
				d4_buf_slice(&fresh.out)))
				fail_msg("%.*s: %d, not %d", (int)in.n,
				    (const char *)in.p, knows.why, fresh.why);
			learned |= knows.run.shape.n > 3;
			forwarded += knows.why == D4_R_NONE;
		}
		assert_true(forwarded > RECORDS / 10);
		assert_true(learned);
		one_fini(&knows);
		one_fini(&fresh);
		d4_buf_fini(&in);
		san_chain_free(chain);
	}
}

static void
names_that_come_again_are_learned_and_forgotten(void **state)
{
	static const char *const rows[] = {
	    "{\"a\":1,\"b\":2,\"c\":3}", "{\"x\":1,\"y\" :2,\"c\":3}"};
	struct san_chain *chain = test_chain(
	    "- json: {default: keep, rules: [{path: /b, op: drop}]}", 6, "");
	struct d4_buf in;
	struct one o;

	(void)state;
	one_init(&o, san_chain_step(chain, "json"));
	d4_buf_init(&in, 100);
	assert_int_equal(d4_buf_adds(&in, rows[0]), D4_OK);
	one_record(&o, &in);
	assert_int_equal(o.run.shape.n, 3);
	assert_true(o.run.shape.member[1].may);
	assert_false(o.run.shape.member[0].may);
	in.n = 0;
	assert_int_equal(d4_buf_adds(&in, rows[1]), D4_OK);
	for (unsigned i = 0; i < 100; i++)
		one_record(&o, &in);
	assert_int_equal(o.run.shape.n, 1); /* a blank ends the usual ones */
	one_fini(&o);
	d4_buf_fini(&in);
	san_chain_free(chain);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_known_changes_nothing),
	    cmocka_unit_test(names_that_come_again_are_learned_and_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

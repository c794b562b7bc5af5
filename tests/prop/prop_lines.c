/*
 * Pipelines of lines: any cut gives the same bytes and the same books, an
 * identity rule changes nothing, and what leaves is still read by another
 * program (jansson) as what it was.
 */
#include <jansson.h>
#include "chain.h"
#include "prop.h"
#include "test.h"

#define ROOM 65536u

struct text {
	char p[ROOM];
	size_t n;
};

static void __attribute__((format(printf, 2, 3)))
put(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->p + t->n, ROOM - t->n, fmt, ap);
	va_end(ap);
	assert_true(n >= 0);
	t->n += (size_t)n < ROOM - t->n ? (size_t)n : 0;
}

/* ---- JSON ---- */

static void
make_string(struct prop *p, struct text *t)
{
	static const char *const parts[] = {"a", "\\u00e9", "\xc3\xa4", "\\n",
	    "10.1.2.3", "\\ud834\\udd1e", " ", "\xf0\x9f\x98\x80", "\\\"", "/"};

	put(t, "\"");
	for (size_t n = prop_below(p, 6); n > 0; n--)
		put(t, "%s", parts[prop_below(p, COUNT(parts))]);
	put(t, "\"");
}

static void make_value(struct prop *p, struct text *t, unsigned depth);

static void
make_object(struct prop *p, struct text *t, unsigned depth)
{
	static const char *const keys[] = {
	    "a", "b", "ip", "t", "u", "\\u0061b", "l", "k\xc3\xa4"};
	size_t from = prop_below(p, COUNT(keys)), n = prop_below(p, 6);

	put(t, "{%s", prop_below(p, 3) ? "" : " ");
	for (size_t i = 0; i < n; i++) {
		put(t, "%s\"%s\"%s:", i == 0 ? "" : ",",
		    keys[(from + i) % COUNT(keys)],
		    prop_below(p, 3) ? "" : " ");
		make_value(p, t, depth + 1);
	}
	put(t, "%s}", prop_below(p, 3) ? "" : "\t");
}

static void
make_array(struct prop *p, struct text *t, unsigned depth)
{
	put(t, "[");
	for (size_t i = 0, n = prop_below(p, 4); i < n; i++) {
		put(t, "%s", i == 0 ? "" : " , ");
		make_value(p, t, depth + 1);
	}
	put(t, "]");
}

static void
make_value(struct prop *p, struct text *t, unsigned depth)
{
	static const char *const words[] = {"0", "-1.5e3", "1.10", "true",
	    "false", "null", "\"10.1.2.3\"", "\"2019-06-20T09:17:53.12Z\"",
	    "1322849924", "\"\"", "\"2001:db8:77::1\""};
	size_t kind = prop_below(p, depth < 5 ? 8 : 4);

	if (kind == 0)
		make_string(p, t);
	else if (kind < 4)
		put(t, "%s", words[prop_below(p, COUNT(words))]);
	else if (kind < 7)
		make_object(p, t, depth);
	else
		make_array(p, t, depth);
}

static void
make_json(struct prop *p, struct text *t)
{
	t->n = 0;
	for (size_t n = prop_below(p, 12); n > 0; n--) {
		make_value(p, t, 0);
		put(t, prop_below(p, 6) ? "\n" : "\r\n");
	}
}

/* ---- passive DNS ---- */

static void
make_pdns(struct prop *p, struct text *t)
{
	static const char *const names[] = {"a.org", "www.A.org.", "x.y.co.uk",
	    "host", "a.corp", "3.2.1.10.in-addr.arpa", "h-10-1-2-3.org", "a..b",
	    "wpad.org", "*.a.org", ""};
	static const char *const answers[][2] = {{"A", "9.9.9.9"},
	    {"A", "10.1.2.3"}, {"AAAA", "2001:db8::1"}, {"CNAME", "b.org."},
	    {"MX", "10 mx.org"}, {"TXT", "a | b"}, {"A", "x"}, {"PTR", "lan"}};
	static const char *const clients[] = {"10.1.2.3", "10.1.2.4", "9.9.9.9",
	    "", "2001:db8:77::5", "0.0.0.0", "x"};

	t->n = 0;
	for (size_t n = prop_below(p, 40); n > 0; n--) {
		const char *const *a = answers[prop_below(p, COUNT(answers))];

		put(t, "%u.%06u||%s||%s||IN||%s||%s||%s||%u||%u\n",
		    1700000000u + (unsigned)prop_below(p, 9000),
		    (unsigned)prop_below(p, 1000000),
		    clients[prop_below(p, COUNT(clients))],
		    clients[prop_below(p, COUNT(clients))],
		    names[prop_below(p, COUNT(names))], a[0], a[1],
		    (unsigned)prop_below(p, 9999), (unsigned)prop_below(p, 5));
	}
}

/* ---- the properties ---- */

/* Some bytes are changed, and the end may be missing. */
static void
damage(struct prop *p, struct text *t)
{
	if (t->n == 0)
		return;
	for (size_t n = prop_below(p, 4) ? 0 : prop_below(p, 6); n > 0; n--)
		t->p[prop_below(p, t->n)] = (char)prop_next(p);
	if (prop_below(p, 4) == 0)
		t->n = prop_below(p, t->n + 1);
}

/* Through a new stream, cut as p says, or at once where it is NULL. */
static struct d4_tally
through(const struct san_chain *c, uint8_t type, const struct text *t,
    struct prop *p, struct d4_buf *out)
{
	struct san_stream *s = test_stream(c, type, "");
	struct d4_slice in = d4_slice_of(t->p, t->n);
	struct d4_tally tally;

	out->n = 0;
	san_stream_begin(s);
	while (in.n != 0) {
		size_t n = p == NULL ? in.n : prop_cut(p, in.n);

		assert_int_equal(
		    san_stream_feed(s, d4_slice_skip(&in, n), out), D4_OK);
	}
	assert_int_equal(san_stream_finish(s, out), D4_OK);
	test_balance(s);
	tally = *san_stream_tally(s);
	san_stream_free(s);
	return tally;
}

struct pipeline {
	const char *steps;
	uint8_t type;
};

static const struct pipeline pipelines[] = {
    {"- json: {default: keep}", 6},
    {"- json: {default: drop, rules: [{path: /a, op: keep}, {path: '$..b', "
     "op: keep}, {path: /t, op: time, unit: 1h}, {path: '$.l[*].u', op: tok, "
     "domain: u}]}",
	6},
    {"- addr: {scope: telescope, method: cryptopan, into: [198.18.0.0/16, "
     "2001:db8:fffe::/48], others: keep}\n- json: {default: keep, rules: "
     "[{path: /ip, op: addr}, {path: '$..t', op: len}]}",
	6},
    {"- pdns: {}", 8},
    {"- pdns: {scope: telescope, deny_reverse: true, trim_labels: 1, "
     "rrtypes: [A, TXT, MX, CNAME]}\n- time: 1m",
	8},
    {"- addr: {scope: telescope, method: cryptopan, into: [198.18.0.0/16, "
     "2001:db8:fffe::/48], others: keep, require_scope: src}\n"
     "- pdns: {client: addr, server: blank}",
	8},
    {"- pdns: {min_distinct: 2, window: 1h, window_memory: 64KiB}\n- time: 1h",
	8},
};

static void
any_cut_and_any_run_gives_the_same(void **state)
{
	uint64_t seed = prop_seed(), cases = prop_cases(1000);
	struct text *t = malloc(sizeof(*t));
	struct d4_buf whole, cut;

	(void)state;
	assert_non_null(t);
	d4_buf_init(&whole, 1 << 20);
	d4_buf_init(&cut, 1 << 20);
	for (size_t k = 0; k < COUNT(pipelines); k++) {
		uint8_t type = pipelines[k].type;
		struct san_chain *c = test_chain(pipelines[k].steps, type, "");

		for (uint64_t i = 0; i < cases; i++) {
			struct prop p = prop_case(seed, i);
			struct d4_tally a, b;

			(type == 6 ? make_json : make_pdns)(&p, t);
			damage(&p, t);
			a = through(c, type, t, NULL, &whole);
			b = through(c, type, t, &p, &cut);
			assert_memory_equal(&a, &b, sizeof(a));
			assert_true(d4_slice_eq(
			    d4_buf_slice(&whole), d4_buf_slice(&cut)));
		}
		san_chain_free(c);
	}
	d4_buf_fini(&whole);
	d4_buf_fini(&cut);
	free(t);
}

static void
an_identity_rule_changes_no_byte(void **state)
{
	struct san_chain *c = test_chain("- json: {default: keep}", 6, "");
	uint64_t seed = prop_seed(), cases = prop_cases(10000);
	struct text *t = malloc(sizeof(*t));
	struct d4_buf out;

	(void)state;
	assert_non_null(t);
	d4_buf_init(&out, 1 << 20);
	for (uint64_t i = 0; i < cases; i++) {
		struct prop p = prop_case(seed, i);

		make_json(&p, t);
		(void)through(c, 6, t, NULL, &out);
		assert_int_equal(out.n, t->n);
		assert_memory_equal(out.n ? (char *)out.p : "", t->p, t->n);
	}
	d4_buf_fini(&out);
	free(t);
	san_chain_free(c);
}

/* What an allow-list of one member must leave, by jansson. */
static json_t *
model(const json_t *in)
{
	json_t *a = json_object_get(in, "a"), *out = NULL;

	if (a != NULL) {
		out = json_pack("{s:O}", "a", a);
		assert_non_null(out);
	}
	return out;
}

static void
an_allow_list_leaves_what_jansson_would(void **state)
{
	struct san_chain *c = test_chain(
	    "- json: {default: drop, rules: [{path: /a, op: keep}]}", 6, "");
	uint64_t seed = prop_seed(), cases = prop_cases(10000), kept = 0;
	struct text *t = malloc(sizeof(*t));
	struct d4_buf out;

	(void)state;
	assert_non_null(t);
	d4_buf_init(&out, 1 << 20);
	for (uint64_t i = 0; i < cases; i++) {
		struct prop p = prop_case(seed, i);
		json_t *in, *want, *got;

		t->n = 0;
		make_object(&p, t, 0);
		in = json_loadb(t->p, t->n, JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(in);
		put(t, "\n");
		(void)through(c, 6, t, NULL, &out);
		want = model(in);
		got = json_loadb(
		    (const char *)out.p, out.n, JSON_REJECT_DUPLICATES, NULL);
		assert_true(
		    want == NULL ? out.n == 0 : json_equal(want, got) == 1);
		kept += want != NULL;
		json_decref(in);
		json_decref(want);
		json_decref(got);
	}
	assert_true(kept > 0);
	d4_buf_fini(&out);
	free(t);
	san_chain_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(any_cut_and_any_run_gives_the_same),
	    cmocka_unit_test(an_identity_rule_changes_no_byte),
	    cmocka_unit_test(an_allow_list_leaves_what_jansson_would),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

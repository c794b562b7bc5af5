#include "chain.h"
#include "prop.h"
#include "sanitizers/pdns_known.h"
#include "test.h"

static struct san_pdns_known *
recall(struct san_pdns_memory *m, const char *text, bool fresh)
{
	struct san_pdns_known *k;
	bool was = !fresh;

	k = san_pdns_recall(m, d4_slice_str(text), &was);
	assert_int_equal(was, fresh);
	if (was)
		assert_int_equal(k->why, D4_R_INTERNAL);
	return k;
}

static void
a_text_is_known_from_its_third_time_on_to_the_byte(void **state)
{
	static const char one[] = "IN||a.org||A||1.2.3.4";
	struct san_pdns_memory *m = NULL;
	struct san_pdns_known *k;

	(void)state;
	assert_int_equal(san_pdns_memory_new(&m), D4_OK);
	recall(m, one, true)->why = D4_R_NONE;
	recall(m, "IN||a.org||A||1.2.3.5", true)->why = D4_R_NONE;
	k = recall(m, one, true);
	k->why = D4_R_PDNS_LABEL;
	k->cut = 7;
	recall(m, "IN||a.org||A||1.2.3.6", true)->why = D4_R_NONE;
	for (unsigned i = 0; i < 3; i++) {
		k = recall(m, one, false);
		assert_int_equal(k->why, D4_R_PDNS_LABEL);
		assert_int_equal(k->cut, 7);
	}
	san_pdns_forget(k);
	(void)recall(m, one, true);
	san_pdns_memory_free(m);
}

static void
too_short_and_too_long_texts_are_never_known(void **state)
{
	uint8_t text[SAN_KNOWN_TEXT + 1];
	struct san_pdns_memory *m = NULL;
	bool fresh;

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_int_equal(san_pdns_memory_new(&m), D4_OK);
	for (size_t n = 0; n <= sizeof(text); n++) {
		bool kept = n >= 8 && n <= SAN_KNOWN_TEXT;

		for (unsigned i = 0; i < 4; i++) {
			struct san_pdns_known *k;

			k = san_pdns_recall(m, d4_slice_of(text, n), &fresh);
			assert_int_equal(fresh, i < 2 || !kept);
			k->why = D4_R_NONE;
		}
	}
	san_pdns_memory_free(m);
}

/* More texts than there are places: none is taken for another one. */
static void
texts_that_meet_in_a_place_are_told_apart(void **state)
{
	struct san_pdns_memory *m = NULL;
	unsigned known = 0;
	bool fresh;

	(void)state;
	assert_int_equal(san_pdns_memory_new(&m), D4_OK);
	for (unsigned i = 0; i < 120000; i++) {
		unsigned which = i / 4 % 5000 + i % 4 / 3;
		struct san_pdns_known *k;
		char text[32];

		(void)snprintf(text, sizeof(text), "IN||h%u.org||A||", which);
		k = san_pdns_recall(m, d4_slice_str(text), &fresh);
		if (!fresh)
			assert_int_equal(k->key[0], which);
		known += !fresh;
		k->key[0] = which;
	}
	assert_true(known > 0);
	san_pdns_memory_free(m);
}

/* Names that come once, however many, leave what is known in its place. */
static void
what_comes_once_pushes_nothing_out(void **state)
{
	static const char one[] = "IN||a.org||A||1.2.3.4";
	struct san_pdns_memory *m = NULL;

	(void)state;
	assert_int_equal(san_pdns_memory_new(&m), D4_OK);
	for (unsigned i = 0; i < 2; i++)
		recall(m, one, true)->why = D4_R_PDNS_LABEL;
	for (unsigned i = 0; i < 100000; i++) {
		char text[32];

		(void)snprintf(text, sizeof(text), "IN||h%u.org||A||", i);
		(void)recall(m, text, true);
	}
	assert_int_equal(recall(m, one, false)->why, D4_R_PDNS_LABEL);
	san_pdns_memory_free(m);
}

/* ---- lines ---- */

static size_t
random_line(struct prop *p, char *out, size_t room)
{
	static const char *const classes[] = {"IN", "IN", "IN", "CH", "X", ""};
	static const char *const names[] = {"a.org", "www.A.org.", "x.y.co.uk",
	    "a.b.c.d.org.", "host", "a.corp", "3.2.1.10.in-addr.arpa",
	    "a|b.org", "h-10-1-2-3.org", "a..b", "wpad.org", "*.a.org", "",
	    "|a.org", "a.org|", ".", "a.org||A", "b\xc3\xbc.de", "b\xfc.de",
	    "a\x01.org"};
	static const char *const answers[] = {"A||9.9.9.9", "A||10.1.2.3",
	    "AAAA||2001:db8::1", "CNAME||b.org.", "MX||10 mx.org", "TXT||a | b",
	    "A||x", "PTR||lan", "A||", "||", "NS||.", "SOA||a.org. b.org. 1",
	    "TXT||10.1.2.3", "a||9.9.9.9", "A|||9.9.9.9"};
	static const char *const clients[] = {
	    "10.1.2.3", "9.9.9.9", "", "2001:db8:77::5", "0.0.0.0", "x"};
	int n;

	n = snprintf(out, room, "%s%u||%s||%s||%s||%s||%s||%s%u||%u\n",
	    prop_below(p, 9) == 0 ? "x" : "", (unsigned)prop_below(p, 9000),
	    clients[prop_below(p, COUNT(clients))],
	    clients[prop_below(p, COUNT(clients))],
	    classes[prop_below(p, COUNT(classes))],
	    names[prop_below(p, COUNT(names))],
	    answers[prop_below(p, COUNT(answers))],
	    prop_below(p, 9) == 0 ? "-" : "", (unsigned)prop_below(p, 9999),
	    (unsigned)prop_below(p, 5));
	assert_true(n > 0 && (size_t)n < room);
	return (size_t)n;
}

/* What a stream makes of a line, and the reason it gives, as one text. */
static void
line_made(struct san_stream *s, struct d4_slice line, struct d4_buf *out)
{
	struct d4_tally before = *san_stream_tally(s);
	const struct d4_tally *t = san_stream_tally(s);

	out->n = 0;
	(void)test_run(s, line, 0, out);
	for (unsigned r = 0; r < D4_REASON_MAX; r++) {
		if (t->records[r] != before.records[r])
			assert_int_equal(
			    d4_buf_adds(out, d4_reason_name((enum d4_reason)r)),
			    D4_OK);
	}
}

static const char *const pipelines[] = {
    "- pdns: {}",
    "- pdns: {client: blank, server: keep, ttl: zero, min_count: 2, "
    "allow_suffix: [org]}\n- time: 1m",
    "- pdns: {scope: telescope, deny_reverse: true, trim_labels: 1, "
    "rrtypes: [A, TXT, MX, CNAME]}",
    "- addr: {scope: telescope, method: cryptopan, into: [198.18.0.0/16, "
    "2001:db8:fffe::/48], others: keep, require_scope: src}\n"
    "- pdns: {client: addr, server: blank, rrtypes: [A, AAAA, TXT, SOA]}",
};

static void
a_line_is_judged_the_same_whatever_came_before(void **state)
{
	uint64_t seed = prop_seed(), cases = prop_cases(2000);
	struct d4_buf a, b;

	(void)state;
	d4_buf_init(&a, 1 << 20);
	d4_buf_init(&b, 1 << 20);
	for (size_t k = 0; k < COUNT(pipelines); k++) {
		struct san_chain *c = test_chain(pipelines[k], 8, "");
		struct san_stream *old = test_stream(c, 8, "");

		for (uint64_t i = 0; i < cases; i++) {
			struct prop p = prop_case(seed, i);
			struct san_stream *s = test_stream(c, 8, "");
			struct d4_slice line;
			char text[400];

			line = d4_slice_of(
			    text, random_line(&p, text, sizeof(text)));
			line_made(old, line, &a);
			line_made(s, line, &b);
			if (!d4_slice_eq(d4_buf_slice(&a), d4_buf_slice(&b)))
				fail_msg("%s%s%.*s\nnot %.*s", pipelines[k],
				    text, (int)a.n, (char *)a.p, (int)b.n,
				    (char *)b.p);
			san_stream_free(s);
		}
		san_stream_free(old);
		san_chain_free(c);
	}
	d4_buf_fini(&a);
	d4_buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		a_text_is_known_from_its_third_time_on_to_the_byte),
	    cmocka_unit_test(too_short_and_too_long_texts_are_never_known),
	    cmocka_unit_test(texts_that_meet_in_a_place_are_told_apart),
	    cmocka_unit_test(what_comes_once_pushes_nothing_out),
	    cmocka_unit_test(a_line_is_judged_the_same_whatever_came_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Pipelines of lines with their n-th allocation failing, for n = 1, 2 ...
 * until none is reached any more: the answer is an error, or the one record
 * that needed the memory is withheld; nothing leaks (ASan), and what leaves
 * is never more than a run without failure lets out.
 */
#include "chain.h"
#include "test.h"
#include "alloc_fail.h"

struct pipeline {
	const char *steps;
	uint8_t type;
	const char *in;
};

static const struct pipeline pipelines[] = {
    {"- addr: {scope: telescope, method: cryptopan, into: [198.18.0.0/16, "
     "2001:db8:fffe::/48], others: keep}\n- json: {default: keep, rules: "
     "[{path: /ip, op: addr}, {path: '$..u', op: tok, domain: user}, {path: "
     "/e, op: replace, value: []}]}",
	6,
	"{\"ip\":\"10.1.2.3\",\"u\":\"a\\u00e9\",\"\\u00e9\":1}\n"
	"{\"ip\":\"10.1.2.4\",\"m\":{\"u\":\"b\",\"k\\n\":[{},[]]}}\n"},
    {"- pdns: {deny_suffix: [a.b, c.d], allow_suffix: [org], trim_labels: 1, "
     "min_distinct: 2, window_memory: 64KiB}\n- time: 1h",
	8,
	"1||10.0.0.1||||IN||a.org||A||1.2.3.4||0||1\n"
	"1||10.0.0.2||||IN||b.a.org||A||1.2.3.4||0||1\n"},
    {"- addr: {scope: telescope, method: pnat, others: keep, into: "
     "[198.18.0.0/16, 2001:db8:fffe::/48]}\n- pdns: {client: addr}",
	8, "1||10.1.0.1||||IN||a.org||A||1.2.3.4||0||1\n"},
};

/* All of it once; what came out is in *out even when something failed. */
static enum d4_status
once(const struct pipeline *p, struct d4_buf *out)
{
	struct san_facts facts = {.type = p->type, .ext = ""};
	struct d4_buf state;
	struct san_stream *s = NULL;
	struct san_chain *c;
	struct d4_diag diag;
	enum d4_status st;

	st = test_compile(p->steps, p->type, "", &diag, &c);
	if (st != D4_OK)
		return st;
	st = san_stream_new(c, test_keys(), &facts, &s);
	if (st == D4_OK) {
		d4_buf_init(&state, 1 << 20);
		st = test_run(s, d4_slice_str(p->in), 17, out);
		test_balance(s);
		if (st == D4_OK)
			st = san_stream_state_save(s, &state);
		d4_buf_fini(&state);
	}
	san_stream_free(s);
	san_chain_free(c);
	return st;
}

/*
 * EMALFORMED: the rest of the file is refused after an ENOMEM. EDENIED: a
 * family out of memory is an internal error, which opens the breaker.
 */
static bool
is_error(enum d4_status st)
{
	return st == D4_ENOMEM || st == D4_ECRYPTO || st == D4_EMALFORMED ||
	       st == D4_EDENIED;
}

static void
every_failing_allocation_is_survived(void **state)
{
	(void)state;
	(void)test_keys();
	(void)test_network(NULL, "telescope");
	for (size_t k = 0; k < COUNT(pipelines); k++) {
		struct d4_buf whole, out;
		unsigned long n = 0;
		bool failed;

		d4_buf_init(&whole, 1 << 20);
		assert_int_equal(once(&pipelines[k], &whole), D4_OK);
		assert_true(whole.n != 0);
		do {
			enum d4_status st;

			d4_buf_init(&out, 1 << 20);
			alloc_fail_at(++n);
			st = once(&pipelines[k], &out);
			failed = alloc_failed();
			alloc_fail_at(0);
			assert_true(st == D4_OK || (failed && is_error(st)));
			assert_true(out.n <= whole.n);
			d4_buf_fini(&out);
		} while (failed);
		assert_true(n > 10);
		d4_buf_fini(&whole);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_failing_allocation_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Whatever allocation fails while a pipeline is compiled and run, it is said,
 * nothing leaks (ASan), and nothing half-made leaves: the output is what it
 * would have been, or nothing.
 */
#include "alloc_fail.h"
#include "golden.h"

#define STEPS                                                      \
	"[match: [udp, tcp], bpf: ip, sample: 1/1, addr: {scope: " \
	"telescope, into: [198.18.0.0/16, '2001:db8:fffe::/48'], " \
	"others: keep, keep: 192.0.2.0/24}, link: hmac, "          \
	"payload: 'keep:3', time: 1s]"

/* What one run gave; the file is fed in two pieces. */
struct result {
	enum d4_status st;
	struct d4_buf out;
};

static void
feed(struct san_stream *s, struct d4_slice file, struct result *r)
{
	enum d4_status st;

	san_stream_begin(s);
	r->st = san_stream_feed(s, d4_slice_skip(&file, 50), &r->out);
	if (r->st == D4_OK)
		r->st = san_stream_feed(s, file, &r->out);
	st = san_stream_finish(s, &r->out);
	r->st = r->st == D4_OK ? st : r->st;
	test_balance(s);
}

static void
run(const struct d4_yaml *steps, struct d4_slice file, struct result *r)
{
	const struct san_env env = {.network = test_network};
	static const uint8_t type = 1;
	const struct san_takes takes = {.types = &type, .n_types = 1};
	const struct san_facts facts = {.type = 1, .ext = ""};
	struct d4_diag diag = {.file = "test"};
	struct san_chain *c = NULL;
	struct san_stream *s = NULL;

	d4_buf_init(&r->out, TEST_FILE_MAX);
	r->st = san_chain_compile(steps, &takes, &env, &diag, &c);
	if (r->st == D4_OK)
		r->st = san_stream_new(c, test_keys(), &facts, &s);
	if (r->st == D4_OK)
		feed(s, file, r);
	san_stream_free(s);
	san_chain_free(c);
}

static struct d4_yaml *
parse(void)
{
	struct d4_diag diag = {.file = "test"};
	struct d4_yaml *y = NULL;

	assert_int_equal(d4_yaml_parse(d4_slice_str(STEPS), &diag, &y), D4_OK);
	return y;
}

static void
each_failing_allocation_is_said_and_nothing_leaks(void **state)
{
	struct d4_yaml *steps = parse();
	struct d4_buf file;
	struct result whole;
	unsigned long n = 0;

	(void)state;
	test_pcap_open(&file, 1);
	for (unsigned i = 0; i < 20; i++) {
		uint8_t p[GOLDEN_MAX];
		size_t len = golden_packet(i % 2 == 0 ? "udp" : "mirai", p);

		test_pcap_add(&file, p, len, len);
	}
	run(steps, d4_buf_slice(&file), &whole);
	assert_int_equal(whole.st, D4_OK);
	assert_true(whole.out.n > 1000);
	do {
		struct result r;

		alloc_fail_at(++n);
		run(steps, d4_buf_slice(&file), &r);
		if (r.st == D4_OK)
			assert_true(d4_slice_eq(
			    d4_buf_slice(&r.out), d4_buf_slice(&whole.out)));
		else
			assert_true(r.out.n == 0 ||
				    memcmp(r.out.p, whole.out.p, r.out.n) == 0);
		assert_true(alloc_failed() || r.st == D4_OK);
		d4_buf_fini(&r.out);
	} while (alloc_failed());
	alloc_fail_at(0);
	assert_true(n > 20);
	d4_buf_fini(&whole.out);
	d4_buf_fini(&file);
	d4_yaml_free(steps);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_failing_allocation_is_said_and_nothing_leaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

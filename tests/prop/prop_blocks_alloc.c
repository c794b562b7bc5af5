/*
 * Whatever allocation fails while pcapng or IPFIX is sanitized, it is said,
 * nothing leaks (ASan), and nothing half-made leaves: the output is what it
 * would have been, or a beginning of it.
 */
#include "alloc_fail.h"
#include "golden.h"
#include "ipfix.h"
#include "pcapng.h"

static uint8_t room[65536];

/* One type: its steps and a file of room. */
struct job {
	uint8_t type;
	struct d4_yaml *steps;
	struct d4_slice file;
};

struct result {
	enum d4_status st;
	struct d4_buf out;
};

static void
feed(struct san_stream *s, struct d4_slice file, struct result *r)
{
	enum d4_status st;

	san_stream_many(s);
	san_stream_begin(s);
	r->st = san_stream_feed(s, d4_slice_skip(&file, 50), &r->out);
	if (r->st == D4_OK)
		r->st = san_stream_feed(s, file, &r->out);
	st = san_stream_finish(s, &r->out);
	r->st = r->st == D4_OK ? st : r->st;
	test_balance(s);
}

static void
run(const struct job *j, struct result *r)
{
	const struct san_env env = {.network = test_network};
	const struct san_takes takes = {.types = &j->type, .n_types = 1};
	const struct san_facts facts = {.type = j->type, .ext = ""};
	struct d4_diag diag = {.file = "test"};
	struct san_chain *c = NULL;
	struct san_stream *s = NULL;

	d4_buf_init(&r->out, TEST_FILE_MAX);
	r->st = san_chain_compile(j->steps, &takes, &env, &diag, &c);
	if (r->st == D4_OK)
		r->st = san_stream_new(c, test_keys(), &facts, &s);
	if (r->st == D4_OK)
		feed(s, j->file, r);
	san_stream_free(s);
	san_chain_free(c);
}

static void
each_failure(uint8_t type, const char *steps, size_t n_file)
{
	struct job j = {.type = type, .file = d4_slice_of(room, n_file)};
	struct d4_diag diag = {.file = "test"};
	struct result whole;
	unsigned long n = 0;

	assert_int_equal(
	    d4_yaml_parse(d4_slice_str(steps), &diag, &j.steps), D4_OK);
	run(&j, &whole);
	assert_int_equal(whole.st, D4_OK);
	assert_true(whole.out.n > 300);
	do {
		struct result r;

		alloc_fail_at(++n);
		run(&j, &r);
		assert_true(r.out.n == 0 ||
			    (r.out.n <= whole.out.n &&
				memcmp(r.out.p, whole.out.p, r.out.n) == 0));
		if (r.st == D4_OK)
			assert_int_equal(r.out.n, whole.out.n);
		assert_true(alloc_failed() || r.st == D4_OK);
		d4_buf_fini(&r.out);
	} while (alloc_failed());
	alloc_fail_at(0);
	assert_true(n > 10);
	d4_buf_fini(&whole.out);
	d4_yaml_free(j.steps);
}

/* Packets under one interface, then under another one. */
static void
blocks_are_made_whole_or_not_at_all(void **state)
{
	struct png_out o = {.p = room};
	uint8_t p[GOLDEN_MAX];
	size_t n = golden_packet("udp", p);

	(void)state;
	png_put_section(&o, 0);
	png_put_interface(&o, 1, 0, 5);
	for (unsigned i = 0; i < 6; i++) {
		png_put_packet(&o, i / 3, (uint32_t)n, 0);
		memcpy(room + o.n - 4 - (n + 3) / 4 * 4, p, n);
		if (i == 2)
			png_put_interface(&o, 1, 0, 0);
	}
	each_failure(5, "[bpf: ip, addr: {scope: telescope}, link: hmac]", o.n);
	each_failure(5, "[addr: {scope: telescope}, epoch: 1h]", o.n);
}

static void
flows_are_made_whole_or_not_at_all(void **state)
{
	static const uint8_t template[] = {1, 0, 0, 2, 0, 8, 0, 4, 0, 12, 0, 4};
	static const uint8_t data[] = {203, 0, 113, 1, 10, 1, 2, 3};
	struct ipfix_out o = {.p = room};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		ipfix_message(&o, i);
		ipfix_set(&o, 2);
		memcpy(o.p + o.n, template, sizeof(template));
		o.n += sizeof(template);
		ipfix_end(&o);
		for (unsigned k = 0; k < 6; k++) {
			ipfix_message(&o, i);
			ipfix_set(&o, 256);
			memcpy(o.p + o.n, data, sizeof(data));
			o.n += sizeof(data);
			ipfix_end(&o);
		}
	}
	each_failure(7, "[addr: {scope: telescope}]", o.n);
	/* Each message of another epoch, of a domain that is a token. */
	for (size_t at = 0, i = 0; at < o.n; at += d4_get_be16(room + at + 2))
		d4_put_be32(
		    room + at + 4, 1700000000 + 3600 * (uint32_t)(i++ / 2));
	each_failure(7, "[addr: {scope: telescope}, epoch: 1h]", o.n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(blocks_are_made_whole_or_not_at_all),
	    cmocka_unit_test(flows_are_made_whole_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Planted texts: where one would leave, nothing leaves any more. */
#include "chain.h"
#include "sanitizers/follow.h"

#define CANARY "kq7xm2vtzbd4"
#define TEXT   "[text: {ip4: mask, ip6: mask, user: mask}, canary: " CANARY "]"

static void
a_canary_that_would_leave_stops_the_stream(void **state)
{
	static const char in[] = "one\nuser " CANARY "x logged in\ntwo\n";
	struct san_chain *c = test_chain(TEXT, 3, "");

	(void)state;
	for (size_t cut = 0; cut < sizeof(in); cut++) {
		struct san_stream *s = test_stream(c, 3, "");
		enum d4_reason why = D4_R_NONE;
		struct d4_buf out;

		d4_buf_init(&out, 1 << 16);
		assert_int_equal(
		    test_run(s, d4_slice_str(in), cut, &out), D4_EDENIED);
		assert_true(san_stream_broken(s, &why));
		assert_int_equal(why, D4_R_CANARY);
		assert_int_equal(san_stream_tally(s)->quarantined, 1);
		assert_null(memmem(out.p, out.n, CANARY, strlen(CANARY)));
		assert_null(memmem(out.p, out.n, "two", 3));
		test_balance(s);
		d4_buf_fini(&out);
		san_stream_free(s);
	}
	san_chain_free(c);
}

static void
a_canary_that_is_replaced_stops_nothing(void **state)
{
	static const char in[] = "Failed password for " CANARY " from x\n";
	struct san_chain *c = test_chain(TEXT, 3, "");
	struct san_stream *s = test_stream(c, 3, "");
	struct d4_buf out;

	(void)state;
	d4_buf_init(&out, 1 << 16);
	assert_int_equal(test_run(s, d4_slice_str(in), 0, &out), D4_OK);
	assert_true(d4_slice_eqs(
	    d4_buf_slice(&out), "Failed password for *** from x\n"));
	d4_buf_fini(&out);
	san_stream_free(s);
	san_chain_free(c);
}

static void
with_canaries_everybody_works_alone(void **state)
{
	struct san_chain *c =
	    test_chain("[addr: {}, canary: [" CANARY ", 12345678]]", 1, "");
	struct san_stream *s = test_stream(c, 1, "");
	struct san_trace *t = NULL;

	(void)state;
	assert_int_equal(san_trace_new(&t), D4_OK);
	san_stream_begin(s);
	assert_int_equal(san_stream_lead(s, t), D4_ENOTSUP);
	san_trace_free(t);
	san_stream_free(s);
	san_chain_free(c);
}

static void
what_is_no_canary_is_refused(void **state)
{
	static const char *const steps[] = {
	    "[text: {}, addr: {}, canary: short]",
	    "[text: {}, addr: {}, canary: []]",
	    "[text: {}, addr: {}, canary: {a: b}]",
	    "[text: {}, addr: {}, canary: [[x]]]",
	    "[canary: " CANARY "]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct san_chain *c;
		struct d4_diag diag;

		if (test_compile(steps[i], 3, "", &diag, &c) != D4_EINVAL)
			fail_msg("%s", steps[i]);
		assert_int_equal(diag.line, 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_canary_that_would_leave_stops_the_stream),
	    cmocka_unit_test(a_canary_that_is_replaced_stops_nothing),
	    cmocka_unit_test(with_canaries_everybody_works_alone),
	    cmocka_unit_test(what_is_no_canary_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

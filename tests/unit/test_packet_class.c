#include "chain.h"

#define HIDE "addr: {scope: telescope, others: keep}"

/* One row for each decision of ADR 0009. */
static const struct {
	const char *steps;
	unsigned cls;
} class_rows[] = {
    {"[]", 0},
    {"[time: 1h]", 0},
    {"[match: backscatter]", 0},
    {"[link: zero, payload: headers, time: 1h, sample: 1/2]", 0},
    {"[" HIDE "]", 2},
    {"[addr: {scope: telescope, others: map}]", 2},
    {"[addr: {}]", 2},
    {"[addr: {method: zero}]", 2},
    {"[addr: {others: keep}]", 0},
    {"[addr: {keep: 192.0.2.0/24}]", 0},
    {"[addr: {scope: telescope, keep: 10.1.2.3}]", 0},
    {"[addr: {scope: telescope, method: mask}]", 0},
    {"[" HIDE ", fixup: off]", 0},
    {"[" HIDE ", payload: zero]", 2},
    {"[" HIDE ", payload: keep]", 1},
    {"[" HIDE ", payload: 'keep:1']", 1},
    {"[" HIDE ", payload: clean]", 1},
    {"[" HIDE ", payload: dns]", 1},
    {"[" HIDE ", link: hmac]", 2},
    {"[" HIDE ", link: keep]", 1},
    {"[" HIDE ", tags: keep]", 1},
    {"[" HIDE ", inner_l4_checksum: incremental]", 1},
    {"[" HIDE ", checksums: keep-status]", 1},
    {"[" HIDE ", tcp_ts: keep, time: 1h]", 2},
    {"[" HIDE ", sample: 1/100]", 2},
    {"[" HIDE ", sample: 1/100, time: 59m]", 2},
    {"[" HIDE ", sample: 1/1, time: 1h]", 2},
    {"[" HIDE ", sample: 1/2, time: shift]", 2},
    {"[" HIDE ", sample: 1/2, time: 1h]", 3},
    {"[" HIDE ", sample: 1/2, time: {floor: 1d, shift: true}]", 3},
    {"[" HIDE ", sample: 1/2, time: 1h, payload: keep]", 1},
};

static void
a_class_is_what_the_steps_earn(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(class_rows) / sizeof(class_rows[0]);
	     i++) {
		struct san_chain *c = test_chain(class_rows[i].steps, 1, "");

		if (san_chain_class(c) != class_rows[i].cls)
			fail_msg(
			    "%s: S%u", class_rows[i].steps, san_chain_class(c));
		san_chain_free(c);
	}
}

static void
keys_are_needed_when_a_step_uses_them(void **state)
{
	static const struct {
		const char *steps;
		bool needs;
	} rows[] = {
	    {"[]", false},
	    {"[link: zero]", false},
	    {"[link: hmac]", true},
	    {"[addr: {method: zero}]", true}, /* fe80:: takes a token */
	    {"[sample: 1/1]", false},
	    {"[sample: 1/2]", true},
	    {"[time: 1h]", false},
	    {"[time: shift]", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct san_facts facts = {.type = 1, .ext = ""};
		struct san_chain *c = test_chain(rows[i].steps, 1, "");
		struct san_stream *s = NULL;

		assert_int_equal(san_chain_needs_keys(c), rows[i].needs);
		assert_int_equal(san_stream_new(c, NULL, &facts, &s),
		    rows[i].needs ? D4_EINVAL : D4_OK);
		san_stream_free(s);
		san_chain_free(c);
	}
}

static void
words_that_cannot_be_meant_are_errors(void **state)
{
	static const char *const rows[] = {"[payload: clean]",
	    "[payload: {dns: {rrtypes: [X]}}]",
	    "[payload: {dns: {rrtypes: []}}]", "[payload: {dns: {names: a}}]",
	    "[payload: {dns: {deny_suffix: 'a b'}}]",
	    "[payload: dns, checksums: keep-status]", "[payload: 'keep:0']",
	    "[payload: 'keep:x']", "[payload: 'keep:99999']", "[payload: {}]",
	    "[payload: 'keep:1x']", "[match: []]", "[match: scan]",
	    "[match: {}]", "[sample: 2]", "[sample: 1/0]", "[sample: 1/]",
	    "[sample: 1/2x]", "[link: clean]", "[tags: none]", "[time: 25h]",
	    "[time: 0us]", "[time: {}]", "[time: {shift: false}]",
	    "[bpf: 'host example.org']", "[bpf: 'port http']", "[bpf: 'tcp[']",
	    "[bpf: 'gateway 10.1.2.3']", "[bpf: []]", "[fixup: true]",
	    "[checksums: incremental]", "[inner_l4_checksum: keep]",
	    "[tcp_ts: hmac]", "[tunnels: keep]"};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct san_chain *c;
		struct d4_diag diag;

		if (test_compile(rows[i], 1, "", &diag, &c) != D4_EINVAL)
			fail_msg("%s", rows[i]);
		assert_int_equal(diag.line, 1);
		assert_true(diag.what[0] != '\0');
	}
}

static void
a_pipeline_for_other_types_cannot_have_packet_steps(void **state)
{
	struct san_chain *c;
	struct d4_diag diag;

	(void)state;
	assert_int_equal(
	    test_compile("[link: zero]", 8, "", &diag, &c), D4_EINVAL);
	assert_int_equal(
	    test_compile("[link: zero]", 3, "", &diag, &c), D4_EINVAL);
	assert_int_equal(
	    test_compile("[link: zero]", 7, "", &diag, &c), D4_EINVAL);
	assert_int_equal(
	    test_compile("[time: 1h]", 254, "maltrail", &diag, &c), D4_EINVAL);
}

static void
a_packet_pipeline_is_worth_the_same_in_pcapng(void **state)
{
	static const char steps[] = "[addr: {scope: telescope}, time: 1h]";
	struct san_chain *c[2] = {
	    test_chain(steps, 1, ""), test_chain(steps, 5, "")};

	(void)state;
	assert_int_equal(san_chain_class(c[0]), 2);
	assert_int_equal(san_chain_class(c[1]), 2);
	san_chain_free(c[0]);
	san_chain_free(c[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_class_is_what_the_steps_earn),
	    cmocka_unit_test(keys_are_needed_when_a_step_uses_them),
	    cmocka_unit_test(words_that_cannot_be_meant_are_errors),
	    cmocka_unit_test(
		a_pipeline_for_other_types_cannot_have_packet_steps),
	    cmocka_unit_test(a_packet_pipeline_is_worth_the_same_in_pcapng),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The steps `pdns` and `json`: every mistake is named where it stands. */
#include "chain.h"
#include "test.h"

struct row {
	const char *steps;
	unsigned line, column;
	const char *what; /* stands in the message */
};

static void
refused(uint8_t type, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct san_chain *c;
		struct d4_diag d;

		if (test_compile(rows[i].steps, type, "", &d, &c) != D4_EINVAL)
			fail_msg("taken: %s", rows[i].steps);
		if (strstr(d.what, rows[i].what) == NULL ||
		    d.line != rows[i].line || d.column != rows[i].column)
			fail_msg("%s: %u:%u: %s; %s", rows[i].steps, d.line,
			    d.column, d.what, d.remedy);
	}
}

static void
mistakes_in_pdns_are_named(void **state)
{
	static const struct row rows[] = {
	    {"- pdns: x", 1, 9, "map"},
	    {"- pdns: {clint: zero}", 1, 10, "clint"},
	    {"- pdns: {client: hide}", 1, 18, "hide"},
	    {"- pdns: {client: [zero]}", 1, 18, "word"},
	    {"- pdns: {client: addr}", 1, 3, "no such step"},
	    {"- pdns: {scope: nowhere}", 1, 17, "no such network"},
	    {"- pdns: {rrtypes: []}", 1, 19, "at least one"},
	    {"- pdns: {rrtypes: A}", 1, 19, "list"},
	    {"- pdns: {rrtypes: [A, a]}", 1, 23, "not known"},
	    {"- pdns: {deny_suffix: [a b]}", 1, 24, "not a name"},
	    {"- pdns: {allow_suffix: ['']}", 1, 25, "not a name"},
	    {"- pdns: {deny_reverse: yes}", 1, 24, ""},
	    {"- pdns: {answer_scope: drop}", 1, 24, "without a scope"},
	    {"- pdns: {answer_scope: maybe, scope: telescope}", 1, 24, "maybe"},
	    {"- pdns: {trim_labels: 0}", 1, 23, ""},
	    {"- pdns: {min_distinct: 1}", 1, 24, ""},
	    {"- pdns: {min_distinct: 65}", 1, 24, ""},
	    {"- pdns: {window: 7d}", 1, 9, "without min_distinct"},
	    {"- pdns: {min_distinct: 2, window: 1ms}", 1, 35, "window"},
	    {"- pdns: {min_distinct: 2, window_memory: 1KiB}", 1, 42,
		"window_memory"},
	    {"- pdns: {ttl: 5}", 1, 15, "5"},
	    {"- pdns: {min_count: 0}", 1, 21, ""},
	    {"- time: 1h", 1, 3, "needs a step `pdns`"},
	    {"- pdns: {}\n- time: 2d", 2, 9, ""},
	    {"- pdns: {}\n- time: soon", 2, 9, ""},
	    {"- pdns: {}\n- addr: {method: zero}", 2, 3, "no column"},
	    {"- pdns: {client: addr, scope: telescope}\n- addr: {method: "
	     "zero, scope: telescope}",
		1, 31, "two scopes"},
	};

	(void)state;
	refused(8, rows, COUNT(rows));
}

static void
mistakes_in_json_are_named(void **state)
{
	static const struct row rows[] = {
	    {"- json: keep", 1, 9, "map"},
	    {"- json: {}", 1, 9, "without a rule"},
	    {"- json: {default: maybe}", 1, 19, "no such default"},
	    {"- json: {default: drop, rules: x}", 1, 32, "list"},
	    {"- json: {default: drop, rules: [x]}", 1, 33, "map"},
	    {"- json: {default: drop, rules: [{path: /a}]}", 1, 33, "`op`"},
	    {"- json: {default: drop, rules: [{op: keep}]}", 1, 33, "`path`"},
	    {"- json: {default: drop, rules: [{path: a, op: keep}]}", 1, 40,
		"begins with"},
	    {"- json: {default: drop, rules: [{path: '$[?@.x]', op: keep}]}", 1,
		40, "not enforced by this version"},
	    {"- json: {default: drop, rules: [{path: /a, op: kep}]}", 1, 48,
		"not known"},
	    {"- json: {default: drop, rules: [{path: /a, op: redact}]}", 1, 33,
		"`detect`"},
	    {"- json: {default: drop, rules: [{path: /a, op: redact, detect: "
	     "{stamp: epoch}}]}",
		1, 64, "no `stamp`"},
	    {"- json: {default: drop, rules: [{path: /a, op: keep, n: 1}]}", 1,
		54, "n"},
	    {"- json: {default: drop, rules: [{path: /a, op: replace}]}", 1, 33,
		"`value`"},
	    {"- json: {default: drop, rules: [{path: /a, op: replace, value: "
	     "[1]}]}",
		1, 64, "content"},
	    {"- json: {default: drop, rules: [{path: /a, op: tok}]}", 1, 33,
		"`domain`"},
	    {"- json: {default: drop, rules: [{path: /a, op: tok, domain: "
	     "wit}]}",
		1, 61, "domain"},
	    {"- json: {default: drop, rules: [{path: /a, op: tok, domain: U}]"
	     "}",
		1, 61, "domain"},
	    {"- json: {default: drop, rules: [{path: /a, op: tok, domain: u, "
	     "n: 2}]}",
		1, 67, ""},
	    {"- json: {default: drop, rules: [{path: /a, op: time}]}", 1, 33,
		"`unit`"},
	    {"- json: {default: drop, rules: [{path: /a, op: time, unit: "
	     "2d}]}",
		1, 60, "unit"},
	    {"- json: {default: drop, rules: [{path: /a, op: trunc}]}", 1, 33,
		"`n`"},
	    {"- json: {default: drop, rules: [{path: /a, op: addr}]}", 1, 3,
		"no such step"},
	    {"- json: {default: drop}\n- addr: {method: zero}", 2, 3,
		"no rule"},
	    {"- addr: {method: zero}", 1, 3, "needs a step `json`"},
	    {"- json: {default: drop, rules: [{path: /a, op: addr}]}\n"
	     "- addr: {method: zero, scope: telescope, require_scope: dst}",
		2, 3, "source and destination"},
	    {"- json: {default: drop, rules: [{path: /a, op: keep}, {path: "
	     "/a/b, op: drop}]}",
		1, 55, "never reached"},
	    {"- json: {default: drop}\n- time: 1h", 2, 3, "cannot work"},
	};

	(void)state;
	refused(6, rows, COUNT(rows));
}

static void
text_needs_its_step(void **state)
{
	static const struct row rows[] = {
	    {"- time: 1h", 1, 3, "need a step `text`"},
	    {"- json: {default: drop}", 1, 3, "cannot work on every type"}};

	(void)state;
	refused(3, rows, COUNT(rows));
}

static void
classes_are_computed_from_the_steps(void **state)
{
	static const struct {
		uint8_t type;
		unsigned cls;
		const char *steps;
	} rows[] = {
	    {8, 2, "- pdns: {}"},
	    {8, 0, "- pdns: {client: keep}"},
	    {8, 0, "- pdns: {server: keep}"},
	    {8, 2, "- pdns: {}\n- time: 1h"},
	    {8, 2, "- pdns: {min_distinct: 2}"},
	    {8, 2, "- pdns: {min_distinct: 2}\n- time: 1m"},
	    {8, 3, "- pdns: {min_distinct: 2}\n- time: 1h"},
	    {8, 2,
		"- pdns: {min_distinct: 2, client: addr}\n- time: 1h\n- addr: "
		"{method: cryptopan}"},
	    {8, 1,
		"- pdns: {client: addr}\n- addr: {method: cryptopan, scope: "
		"telescope, others: keep}"},
	    {8, 0,
		"- pdns: {scope: telescope, answer_scope: keep}\n- time: 1h"},
	    {8, 0, "- pdns: {scope: telescope, deny_reverse: false}"},
	    {8, 0, "[]"},
	    {6, 2, "- json: {default: drop}"},
	    {6, 2, "- json: {default: drop, rules: [{path: /a, op: keep}]}"},
	    {6, 0, "- json: {default: drop, rules: [{path: '', op: keep}]}"},
	    {6, 0, "- json: {default: drop, rules: [{path: '$.*', op: keep}]}"},
	    {6, 0, "- json: {default: keep}"},
	    {6, 1,
		"- json: {default: keep, rules: [{path: /a, op: addr}]}\n"
		"- addr: {method: cryptopan, scope: telescope}"},
	    {6, 0, "[]"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct san_chain *c =
		    test_chain(rows[i].steps, rows[i].type, "");

		if (san_chain_class(c) != rows[i].cls)
			fail_msg("%s: S%u", rows[i].steps, san_chain_class(c));
		san_chain_free(c);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(mistakes_in_pdns_are_named),
	    cmocka_unit_test(mistakes_in_json_are_named),
	    cmocka_unit_test(text_needs_its_step),
	    cmocka_unit_test(classes_are_computed_from_the_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "lines.h"
#include "test.h"

static const struct lines_of json = {6, ""};

struct json_row {
	const char *rules, *in, *out;
};

static void
check(const char *before, const struct json_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char rules[1000], out[1024];

		(void)snprintf(
		    rules, sizeof(rules), "%s%s", before, rows[i].rules);
		test_line(&json, rules, rows[i].in, out);
		if (strcmp(out, rows[i].out) != 0)
			fail_msg("%s\n%s\ngave %s\nnot  %s", rules, rows[i].in,
			    out, rows[i].out);
	}
}

#define DROP(r) "- json: {default: drop, rules: [" r "]}"
#define REDACT(d)                                                         \
	"- json: {default: drop, rules: [{path: /a, op: redact, detect: " \
	"{ip4: keep, ip6: keep, " d "}}]}"
#define KEEP(r) "- json: {default: keep, rules: [" r "]}"

static void
an_allow_list_lets_only_what_it_names_through(void **state)
{
	static const struct json_row rows[] = {
	    {DROP("{path: /a, op: keep}"), "{\"a\":1,\"b\":2}", "{\"a\":1}"},
	    {DROP("{path: /b, op: keep}"), "{\"a\": 1, \"b\": 2}",
		"{\"b\": 2}"},
	    {DROP("{path: /a, op: keep}, {path: /c, op: keep}"),
		"{\"a\": 1.10, \"b\": 2, \"c\": \"\\u0041\"}",
		"{\"a\": 1.10, \"c\": \"\\u0041\"}"},
	    {DROP("{path: /a, op: keep}"), "{\"b\":1}", "step.drop"},
	    {DROP("{path: /a, op: keep}"), "{}", "step.drop"},
	    {DROP("{path: /a, op: keep}"), "7", "step.drop"},
	    {DROP("{path: /a, op: keep}"), "{\"a\":{}}", "{\"a\":{}}"},
	    {DROP("{path: /a/b, op: keep}"),
		"{\"x\":0,\"a\":{\"b\":1,\"c\":2},\"y\":0}",
		"{\"a\":{\"b\":1}}"},
	    /* No empty shells. */
	    {DROP("{path: /a/b, op: keep}, {path: /z, op: keep}"),
		"{\"a\":{\"c\":2},\"z\":0}", "{\"z\":0}"},
	    {DROP("{path: /a/b, op: keep}"), "{\"a\":{\"c\":2}}", "step.drop"},
	    {DROP("{path: /a/b, op: keep}"), "{\"a\":5}", "step.drop"},
	    {DROP("{path: '$.l[*].x', op: keep}"),
		"{\"l\":[{\"x\":1,\"y\":2},{\"y\":3},{\"x\":4}]}",
		"{\"l\":[{\"x\":1},{\"x\":4}]}"},
	    {DROP("{path: '/l/1', op: keep}"), "{\"l\":[7, 8, 9]}",
		"{\"l\":[8]}"},
	    {DROP("{path: '$..ip', op: keep}"),
		"{\"ip\":1,\"a\":{\"b\":[{\"ip\":2,\"n\":3}]},\"c\":{}}",
		"{\"ip\":1,\"a\":{\"b\":[{\"ip\":2}]}}"},
	    {DROP("{path: '', op: keep}"), " {\"a\" : [ 1 , 2 ] } ",
		" {\"a\" : [ 1 , 2 ] } "},
	    /* A key is its value, however it is written. */
	    {DROP("{path: /a, op: keep}"), "{\"\\u0061\":1,\"b\":2}",
		"{\"\\u0061\":1}"},
	    {DROP("{path: '/k\xc3\xa4', op: keep}"), "{\"k\\u00E4\":1,\"k\":2}",
		"{\"k\\u00E4\":1}"},
	};

	(void)state;
	check("", rows, COUNT(rows));
}

static void
the_first_match_in_file_order_counts(void **state)
{
	static const struct json_row rows[] = {
	    {DROP("{path: /a/b, op: drop}, {path: /a, op: keep}"),
		"{\"a\":{\"b\":1,\"c\":2}}", "{\"a\":{\"c\":2}}"},
	    {DROP("{path: /a/b, op: drop}, {path: /a, op: keep}"),
		"{\"a\":{\"b\":1}}", "{\"a\":{}}"},
	    {KEEP("{path: /a/b, op: keep}, {path: /a, op: drop}"),
		"{\"a\":{\"b\":1,\"c\":2},\"d\":3}",
		"{\"a\":{\"b\":1},\"d\":3}"},
	    {KEEP("{path: /a/b, op: keep}, {path: /a, op: drop}"),
		"{\"a\":{\"c\":2}, \"d\":3}", "{\"d\":3}"},
	    {KEEP("{path: '$..p', op: drop}"),
		"{\"p\":1,\"a\":[{\"p\":2},{\"q\":{\"p\":3}}]}",
		"{\"a\":[{},{\"q\":{}}]}"},
	    {KEEP("{path: /a/x, op: replace, value: 0}, {path: '$.*', op: "
		  "drop}"),
		"{\"a\":{\"x\":1,\"y\":2},\"b\":3}", "{\"a\":{\"x\":0}}"},
	    {KEEP(""), "{\"a\" : 1 }", "{\"a\" : 1 }"},
	    {KEEP("{path: /b, op: drop}"), "{ \"a\":1 ,\t\"b\":2 }",
		"{ \"a\":1 }"},
	};

	(void)state;
	check("", rows, COUNT(rows));
}

static void
ops_write_what_they_say(void **state)
{
	static const struct json_row rows[] = {
	    {KEEP("{path: /a, op: replace, value: '0'}"),
		"{\"a\":{\"x\":[1]},\"b\":2}", "{\"a\":\"0\",\"b\":2}"},
	    {KEEP("{path: /a, op: replace, value: 0}"), "{\"a\":\"x\"}",
		"{\"a\":0}"},
	    {KEEP("{path: /a, op: replace, value: 0.0.0.0}"), "{\"a\":1}",
		"{\"a\":\"0.0.0.0\"}"},
	    {KEEP("{path: /a, op: replace, value: []}"), "{\"a\": [1, 2]}",
		"{\"a\": []}"},
	    {KEEP("{path: /a, op: replace, value: {}}"), "{\"a\":1}",
		"{\"a\":{}}"},
	    {KEEP("{path: /a, op: replace, value: null}"), "{\"a\":1}",
		"{\"a\":null}"},
	    {KEEP("{path: /a, op: replace, value: \"q\\\"\\\\\"}"), "{\"a\":1}",
		"{\"a\":\"q\\\"\\\\\"}"},
	    /* Known answers of sanitizers.md section 2. */
	    {KEEP("{path: /u, op: tok, domain: user}"), "{\"u\":\"admin\"}",
		"{\"u\":\"dce90bb6767e7110\"}"},
	    {KEEP("{path: /u, op: tok, domain: email}"),
		"{\"u\":\"alice\\u0040example.org\"}",
		"{\"u\":\"1f44fbdc3b3bac4e\"}"},
	    {KEEP("{path: /u, op: tok, domain: host, n: 4}"),
		"{\"u\":\"pc1.corp.example\"}", "{\"u\":\"919ba6b7\"}"},
	    {KEEP("{path: /u, op: tok, domain: user}"), "{\"u\":7}",
		"json.type"},
	    {KEEP("{path: /u, op: tok, domain: user}"), "{\"u\":null}",
		"json.type"},
	    {KEEP("{path: /t, op: time, unit: 1h}"),
		"{\"t\":\"2019-06-20T09:17:53.124152Z\"}",
		"{\"t\":\"2019-06-20T09:00:00.000000Z\"}"},
	    {KEEP("{path: /t, op: time, unit: 1h}"),
		"{\"t\":1322849924.408856}", "{\"t\":1322848800.000000}"},
	    {KEEP("{path: /t, op: time, unit: 1h}"), "{\"t\":\"1322849924\"}",
		"{\"t\":\"1322848800\"}"},
	    {KEEP("{path: /t, op: time, unit: 1h}"), "{\"t\":true}",
		"json.type"},
	    {KEEP("{path: /t, op: time, unit: 1h}"), "{\"t\":1e9}",
		"time.value"},
	    {KEEP("{path: /t, op: time, unit: 1h}"), "{\"t\":\"noon\"}",
		"time.value"},
	    {KEEP("{path: /s, op: trunc, n: 3}"),
		"{\"s\":\"ab\\ud834\\udd1ecd\"}",
		"{\"s\":\"ab\\ud834\\udd1e\"}"},
	    {KEEP("{path: /s, op: trunc, n: 2}"),
		"{\"s\":\"\xc3\xa4\\n\xe2\x82\xac\"}",
		"{\"s\":\"\xc3\xa4\\n\"}"},
	    {KEEP("{path: /s, op: trunc, n: 0}"), "{\"s\":\"abc\"}",
		"{\"s\":\"\"}"},
	    {KEEP("{path: /s, op: trunc, n: 9}"), "{\"s\":\"abc\"}",
		"{\"s\":\"abc\"}"},
	    {KEEP("{path: /s, op: trunc, n: 9}"), "{\"s\":1}", "json.type"},
	    {KEEP("{path: '$.*', op: len}"),
		"{\"s\":\"a\\u00e9\xe2\x82\xac\\ud834\\udd1e\",\"a\":[1, "
		"[2,3]],\"o\":{\"x\":1},\"e\":[ ],\"z\":\"\"}",
		"{\"s\":4,\"a\":2,\"o\":1,\"e\":0,\"z\":0}"},
	    {KEEP("{path: /a, op: len}"), "{\"a\":5}", "json.type"},
	    {REDACT("email: tok, credentials: mask"),
		"{\"a\":\"to alice@example.org http://u:p@h.net/\"}",
		"{\"a\":\"to 1f44fbdc3b3bac4e http://***@h.net/\"}"},
	    {REDACT("email: mask"), "{\"a\":\"x\\u0061 \\ud83d\\ude00\"}",
		"{\"a\":\"x\\u0061 \\ud83d\\ude00\"}"},
	    {REDACT("email: mask"),
		"{\"a\":\"\\\"q\\\" \\n\\u0061@b.org \\u00e9\\\\\"}",
		"{\"a\":\"\\\"q\\\" \\u000a*** \xc3\xa9\\\\\"}"},
	    {REDACT("regex: [{match: 'id=(\\S+)', act: tok, domain: user}]"),
		"{\"a\":\"id=admin x\"}", "{\"a\":\"id=dce90bb6767e7110 x\"}"},
	    {REDACT("regex: [{match: '\\xa9', act: mask}]"),
		"{\"a\":\"\xc3\xa9\"}", "json.utf8"},
	    {REDACT("email: drop-line"), "{\"a\":\"a@b.org\"}", "text.drop"},
	    {REDACT("email: mask"), "{\"a\":[\"a@b.org\"]}", "json.type"},
	};

	(void)state;
	check("", rows, COUNT(rows));
}

#define ADDR                                        \
	"- addr: {scope: telescope, method: pnat, " \
	"into: [198.18.0.0/16, 2001:db8:fffe::/48], others: keep}\n"

static void
addresses_are_replaced_and_searched_for_in_what_is_left(void **state)
{
	static const struct json_row rows[] = {
	    {KEEP("{path: /ip, op: addr}"), "{\"ip\":\"10.1.2.3\"}",
		"{\"ip\":\"198.18.2.3\"}"},
	    {KEEP("{path: '$.ips[*]', op: addr}"),
		"{\"ips\":[\"10.1.2.3\",\"8.8.8.8\",\"2001:DB8:77::1\"]}",
		"{\"ips\":[\"198.18.2.3\",\"8.8.8.8\","
		"\"2001:db8:fffe::1\"]}"},
	    {KEEP("{path: /ip, op: addr}"), "{\"ip\":\"10.1.2.\\u0033\"}",
		"{\"ip\":\"198.18.2.3\"}"},
	    {KEEP("{path: /ip, op: addr}"), "{\"ip\":\"10.1.2.3:80\"}",
		"json.type"},
	    {KEEP("{path: /ip, op: addr}"), "{\"ip\":\"\"}", "json.type"},
	    {KEEP("{path: /ip, op: addr}"), "{\"ip\":[\"10.1.2.3\"]}",
		"json.type"},
	    {KEEP("{path: /ip, op: addr}"), "{\"ip\":\"8.8.8.8\"}",
		"scope.miss"},
	    {KEEP("{path: /ip, op: addr}"), "{\"x\":1}", "scope.miss"},
	    {KEEP("{path: /ip, op: addr}"), "{\"ip\":\"198.18.0.1\"}",
		"into_conflict"},
	    /* Left behind, in whatever form. */
	    {KEEP("{path: /ip, op: addr}"),
		"{\"ip\":\"10.1.2.3\",\"m\":\"from 10.1.2.3\"}", "selfcheck"},
	    {KEEP("{path: /ip, op: addr}"),
		"{\"ip\":\"10.1.2.3\",\"m\":\"ip-10-1-2-4\"}", "selfcheck"},
	    {KEEP("{path: /ip, op: addr}"),
		"{\"ip\":\"10.1.2.3\",\"10.1.2.3\":1}", "selfcheck"},
	    {KEEP("{path: /ip, op: addr}"),
		"{\"ip\":\"10.1.2.3\",\"m\":\"10.1.2\\u002e3\"}", "selfcheck"},
	    {KEEP("{path: /ip, op: addr}"),
		"{\"ip\":\"10.1.2.3\",\"m\":\"[2001:db8:77::9]:80\"}",
		"selfcheck"},
	    {KEEP("{path: /ip, op: addr}"),
		"{\"ip\":\"10.1.2.3\",\"m\":167838211}", "selfcheck"},
	    {KEEP("{path: /ip, op: addr}, {path: /m, op: trunc, n: 8}"),
		"{\"ip\":\"10.1.2.3\",\"m\":\"10.1.2.45\"}", "selfcheck"},
	    {DROP("{path: /ip, op: addr}"),
		"{\"ip\":\"10.1.2.3\",\"m\":\"from 10.1.2.3\"}",
		"{\"ip\":\"198.18.2.3\"}"},
	};

	(void)state;
	check(ADDR, rows, COUNT(rows));
}

#define HIDE KEEP("{path: /ip, op: addr}")
#define IP   "{\"ip\":\"10.1.9.9\","
#define NIBBLES                            \
	"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0." \
	"0.0.0.0.7.7.0.0.8.b.d.0.1.0.0.2."

/* 10.1.2.3 is 167838211. */
static void
other_spellings_of_addresses_do_not_leave(void **state)
{
	static const struct json_row rows[] = {
	    {HIDE, IP "\"q\":\"3.2.1.10.in-addr.arpa\"}", "addr.drop"},
	    {HIDE, IP "\"3.2.1.10.IN-ADDR.arpa.\":1}", "addr.drop"},
	    {HIDE, IP "\"q\":\"" NIBBLES "iP6.ArPa\"}", "addr.drop"},
	    {HIDE, IP "\"q\":\"h0A010203.isp.org\"}", "addr.drop"},
	    {HIDE, IP "\"0a010203\":1}", "addr.drop"},
	    {HIDE, IP "\"n\":167838211}", "addr.drop"},
	    {HIDE, IP "\"q\":\"2001:0db8:77::1\"}", "addr.drop"},
	    {HIDE, IP "\"q\":\"2001:DB8:77:0:0:0:0:1\"}", "addr.drop"},
	    {HIDE, IP "\"q\":\"2001:0db8:77::\\u0031\"}", "addr.drop"},
	    {HIDE, IP "\"2001:db8:77:0::1\":1}", "addr.drop"},
	    {HIDE, IP "\"q\":\"::ffff:a01:203\"}", "addr.drop"},
	    {HIDE, IP "\"q\":\"[::FFFF:0a01:203]:80\"}", "addr.drop"},
	    {HIDE, IP "\"q\":\"64:ff9b::0a01:203\"}", "addr.drop"},
	    {HIDE, IP "\"q\":\"2002:0a01:0203::1\"}", "addr.drop"},
	    {HIDE, IP "\"q\":\"10.1.2.003\"}", "addr.drop"},
	    {HIDE, IP "\"q\":\"2001:0db8:78::1\"}",
		"{\"ip\":\"198.18.9.9\",\"q\":\"2001:0db8:78::1\"}"},
	    {HIDE, IP "\"n\":\"\\u0031\\u00367838211\"}", "addr.drop"},
	    {HIDE, IP "\"q\":\"3.2.1.10.in\\u002daddr.arpa\"}", "addr.drop"},
	    {KEEP("{path: /ip, op: addr}, {path: /m, op: trunc, n: 8}"),
		IP "\"m\":\"0a0102034\"}", "addr.drop"},
	    {DROP("{path: /ip, op: addr}, {path: /q, op: keep}"),
		IP "\"q\":\"3.2.1.10.in-addr.arpa\"}", "addr.drop"},
	    /* What the self-check sees is still its own. */
	    {HIDE, IP "\"n\":167838211,\"m\":\"10.1.9.9\"}", "selfcheck"},
	    {HIDE, IP "\"n\":167838211,\"m\":\"10\\u002e1.9.9\"}", "selfcheck"},
	    /* Taken out, of others, or only part of something longer. */
	    {DROP("{path: /ip, op: addr}"),
		IP "\"q\":\"3.2.1.10.in-addr.arpa\"}",
		"{\"ip\":\"198.18.9.9\"}"},
	    {HIDE, IP "\"q\":\"3.2.2.10.in-addr.arpa\"}",
		"{\"ip\":\"198.18.9.9\",\"q\":\"3.2.2.10.in-addr.arpa\"}"},
	    {HIDE, IP "\"h\":\"0a0102030\",\"t\":167838211.5}",
		"{\"ip\":\"198.18.9.9\",\"h\":\"0a0102030\","
		"\"t\":167838211.5}"},
	};
	static const struct json_row kept[] = {
	    {HIDE, IP "\"q\":\"3.2.1.10.in-addr.arpa\"}",
		"{\"ip\":\"198.18.9.9\",\"q\":\"3.2.1.10.in-addr.arpa\"}"},
	};

	(void)state;
	check(ADDR, rows, COUNT(rows));
	check("- addr: {scope: telescope, method: pnat, keep: [10.1.2.3/32], "
	      "into: [198.18.0.0/16, 2001:db8:fffe::/48], others: keep}\n",
	    kept, COUNT(kept));
}

/* Part of something longer: only the self-check knows that it is one. */
#define PART "\"h\":\"x110.1.2.34\""
#define GONE                                                              \
	KEEP("{path: /ip, op: addr}, {path: /r, op: replace, value: 0}, " \
	     "{path: '$..d', op: drop}")

static void
an_address_that_is_gone_does_not_stand_in_what_is_left(void **state)
{
	static const struct json_row rows[] = {
	    {GONE, "{\"ip\":\"10.1.2.3\"," PART "}", "selfcheck"},
	    {GONE, IP "\"r\":\"at 10.1.2.3\"," PART "}", "selfcheck"},
	    {GONE, IP "\"d\":{\"e\":[\"10.1.2.3\"]}," PART "}", "selfcheck"},
	    {GONE, IP "\"d\":{\"10.1.2.3\":1}," PART "}", "selfcheck"},
	    {GONE, "{" PART ",\"ip\":\"10.1.9.9\",\"d\":\"10.1.2.3\"}",
		"selfcheck"},
	    /* of containers of which nothing is left, too */
	    {DROP("{path: /ip, op: addr}, {path: /h, op: keep}, "
		  "{path: '$..k', op: keep}"),
		IP "\"10.1.2.3\":{\"a\":[{\"b\":1}]},\"c\":{\"d\":{}}," PART
		   "}",
		"selfcheck"},
	    {DROP("{path: /ip, op: addr}, {path: /h, op: keep}, "
		  "{path: '$..k', op: keep}"),
		IP "\"c\":[{\"d\":[]},{\"e\":\"10.1.2.3\"},{}]," PART "}",
		"selfcheck"},
	    {GONE, IP "\"r\":\"at 10.1.2.4\"," PART "}",
		"{\"ip\":\"198.18.9.9\",\"r\":0," PART "}"},
	};

	(void)state;
	check(ADDR, rows, COUNT(rows));
}

static void
broken_lines_are_dropped_and_counted(void **state)
{
	static const struct json_row rows[] = {
	    {KEEP(""), "{\"a\":1", "json.syntax"},
	    {KEEP(""), "", "json.syntax"},
	    {KEEP(""), "{} {}", "json.syntax"},
	    {KEEP(""), "{\"a\":1,\"a\":1}", "json.duplicate"},
	    {KEEP("{path: /x/y, op: drop}"), "{\"x\":{\"a\":1,\"a\":1}}",
		"json.duplicate"},
	    {KEEP("{path: /x, op: drop}"), "{\"x\":{\"a\":1,\"a\":1}}",
		"json.duplicate"},
	    {DROP("{path: /y, op: keep}"), "{\"y\":1,\"x\":\"\\ud800\"}",
		"json.utf8"},
	    {DROP("{path: /y, op: keep}"), "{\"y\":1,\"x\":01}", "json.syntax"},
	    {DROP("{path: /y, op: replace, value: 1}"), "{\"y\":[1,}",
		"json.syntax"},
	};

	(void)state;
	check("", rows, COUNT(rows));
}

static void
output_that_would_grow_without_bound_is_dropped(void **state)
{
	static char in[200000];
	char out[1024];
	size_t n = 1;

	(void)state;
	in[0] = '[';
	while (n < 100000) {
		in[n++] = '0';
		in[n++] = ',';
	}
	in[n - 1] = ']';
	test_line(&json,
	    KEEP("{path: '$[*]', op: replace, value: a rather long value}"), in,
	    out);
	assert_string_equal(out, "line.toolong");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_allow_list_lets_only_what_it_names_through),
	    cmocka_unit_test(the_first_match_in_file_order_counts),
	    cmocka_unit_test(ops_write_what_they_say),
	    cmocka_unit_test(
		addresses_are_replaced_and_searched_for_in_what_is_left),
	    cmocka_unit_test(other_spellings_of_addresses_do_not_leave),
	    cmocka_unit_test(
		an_address_that_is_gone_does_not_stand_in_what_is_left),
	    cmocka_unit_test(broken_lines_are_dropped_and_counted),
	    cmocka_unit_test(output_that_would_grow_without_bound_is_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

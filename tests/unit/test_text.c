#include "lines.h"
#include "test.h"

static const struct lines_of lines = {3, ""};

/* Host bits stay with pnat, so every place of an address shows. */
#define SCOPED                                                    \
	"- addr: {scope: telescope, method: pnat, others: keep, " \
	"require_scope: none, into: [198.18.0.0/16, 2001:db8:fffe::/48]}\n"

static void
addresses_are_found_however_they_are_written(void **state)
{
	static const struct row rows[] = {
	    {"a 10.1.2.3 b", "a 198.18.2.3 b"},
	    {"10.1.2.3", "198.18.2.3"},
	    {"x=10.1.2.3:53 10.1.2.3/24, (10.1.2.3)",
		"x=198.18.2.3:53 198.18.2.3/24, (198.18.2.3)"},
	    {"10[.]1[.]2[.]3 10[.]1.2.3 10(.)1(.)2(.)3 10[dot]1[dot]2[dot]3",
		"198[.]18[.]2[.]3 198[.]18.2.3 198(.)18(.)2(.)3 "
		"198[dot]18[dot]2[dot]3"},
	    {"10{.}1{.}2{.}3 hxxp://10[.1[.2[.3/",
		"198{.}18{.}2{.}3 hxxp://198[.18[.2[.3/"},
	    {"10\\.1\\.2\\.3 a?x=10%2e1%2E2%2e3&y=1",
		"198\\.18\\.2\\.3 a?x=198%2e18%2E2%2e3&y=1"},
	    {"host_10_1_2_3 10_1_2_3", "host_198_18_2_3 198_18_2_3"},
	    {"ip-10-1-2-3.ec2.internal ec2-10-1-2-3.x",
		"ip-198-18-2-3.ec2.internal ec2-198-18-2-3.x"},
	    {"3.2.1.10.in-addr.arpa", "3.2.18.198.in-addr.arpa"},
	    {"3.2.1.10.zen.spamhaus.org", "3.2.18.198.zen.spamhaus.org"},
	    {"3.2.1.10.list.example", "3.2.18.198.list.example"},
	    {"10.1.2.3.dsl.example", "198.18.2.3.dsl.example"},
	    {"2.1.10.in-addr.arpa", "***.in-addr.arpa"},
	    {"9.9.9.in-addr.arpa", "9.9.9.in-addr.arpa"},
	    {"[2001:db8:77::1]:443", "[2001:db8:fffe::1]:443"},
	    {"2001:DB8:77::1%eth0", "2001:db8:fffe::1%eth0"},
	    {"src:2001:db8:77::9.", "src:2001:db8:fffe::9."},
	    {"::ffff:10.1.2.3", "::ffff:198.18.2.3"},
	    {"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.7.7.0.0.8.b.d.0.1.0.0.2"
	     ".ip6.arpa",
		"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.e.f.f.f.8.b.d.0.1.0.0."
		"2.ip6.arpa"},
	    {"7.7.0.0.8.b.d.0.1.0.0.2.ip6.arpa", "***.ip6.arpa"},
	    /* Not addresses, or not of the scope. */
	    {"1.2.3 12:34:56 9.9.9.9 2001:db8::1", "1.2.3 12:34:56 9.9.9.9 "
						   "2001:db8::1"},
	    {"1.3.6.1.4.1 2024-01-02-03", "1.3.6.1.4.1 2024-01-02-03"},
	};

	(void)state;
	test_lines(&lines, SCOPED "- text: {}", rows, COUNT(rows));
}

static void
what_no_detector_can_replace_is_withheld(void **state)
{
	static const struct row rows[] = {
	    {"1.10.1.2.3", "addr.drop"}, /* an OID, or a leak */
	    {"host 0a010203 x", "addr.drop"},
	    {"n 167838211", "addr.drop"},
	    {"n010.1.2.3.4", "addr.drop"},
	    {"9_10_1_2_3", "addr.drop"},
	    {"q 0xa.0x1.0x2.0x3", "addr.drop"},
	    {"q 10.1.515", "addr.drop"},
	    {"227 Entering Passive Mode (10,1,2,3,19,137)", "addr.drop"},
	    {"data MTAuMS4yLjM= end", "addr.drop"},
	    {"\\u0031\\u0030.1.2.3", "addr.drop"},
	    {"10 dot 1 dot 2 dot 3", "addr.drop"},
	};

	(void)state;
	test_lines(&lines, SCOPED "- text: {}", rows, COUNT(rows));
}

static void
secrets_become_tokens_or_masks(void **state)
{
	static const struct row rows[] = {
	    {"from alice@example.org.", "from 1f44fbdc3b3bac4e."},
	    {"<Alice@Example.ORG>", "<1f44fbdc3b3bac4e>"},
	    {"host pc1.corp.example, PC1.Corp.Example.",
		"host 919ba6b75a37a8b1, 919ba6b75a37a8b1."},
	    {"mac 00:11:22:33:44:55 00-11-22-33-44-55 0011.2233.4455",
		"mac 5e:43:7e:2f:08:94 5e-43-7e-2f-08-94 5e43.7e2f.0894"},
	    {"ftp://bob,x:secret@h/ ftp://bob;x:secret@h/ a://b|c:s@h "
	     "b://c:d@h,i",
		"ftp://***/ ftp://***/ a://*** b://***@h,i"},
	    {"see http://x.org,bob@mail.example z", "see http://*** z"},
	    {"GET http://bob:secret@host.net/p ftp://x@y/",
		"GET http://***@host.net/p ftp://***@y/"},
	    {"DE89370400440532013000 DE89 3704 0044 0532 0130 00 "
	     "DE89370400440532013001",
		"*** *** DE89370400440532013001"},
	    {"Invalid user admin from 9.9.9.9",
		"Invalid user dce90bb6767e7110 from 9.9.9.9"},
	    {"for invalid user admin from 9.9.9.9 port 1",
		"for invalid user dce90bb6767e7110 from 9.9.9.9 port 1"},
	    {"Failed password for admin from 9.9.9.9",
		"Failed password for dce90bb6767e7110 from 9.9.9.9"},
	    {"invalid user admin [preauth]",
		"invalid user dce90bb6767e7110 [preauth]"},
	    {"session opened for user admin(uid=0) by x",
		"session opened for user dce90bb6767e7110(uid=0) by x"},
	    {"user=admin login=admin; acct=\"admin\" ruser= rhost=x",
		"user=dce90bb6767e7110 login=dce90bb6767e7110; "
		"acct=\"dce90bb6767e7110\" ruser= rhost=x"},
	    {"call +352 621 123 456 or 0035262112345", "call *** or ***"},
	    {"+1 and 00 and +12", "+1 and 00 and +12"},
	};

	(void)state;
	test_lines(&lines,
	    "- text: {ip4: keep, ip6: keep, suffixes: [corp.example], "
	    "phone: mask}",
	    rows, COUNT(rows));
}

/* A client chooses its user name; " from " in it shows nothing more. */
static void
a_user_name_ends_at_the_last_from(void **state)
{
	char out[1024];

	(void)state;
	test_line(&lines, "- text: {ip4: keep, ip6: keep}",
	    "Invalid user x from y@z.net from 9.9.9.9", out);
	assert_null(strstr(out, "z.net"));
	assert_non_null(strstr(out, " from 9.9.9.9"));
}

static void
an_action_can_be_chosen(void **state)
{
	static const struct row rows[] = {
	    {"a 9.9.9.9 b", "text.drop"},
	    {"a x@y.net b", "a *** b"},
	    {"a 00:11:22:33:44:55 b", "a 00:11:22:33:44:55 b"},
	};

	(void)state;
	test_lines(&lines,
	    "- text: {ip4: drop-line, ip6: tok, email: mask, mac: keep}", rows,
	    COUNT(rows));
}

static void
regexes_of_an_operator_act_too(void **state)
{
	static const struct row rows[] = {
	    {"PIN=123 x", "PIN=*** x"},
	    {"PIN=1 PIN=2", "PIN=*** PIN=***"},
	    {"sess-abcd", "d8b1d2f1"},
	    {"secret", "text.drop"},
	    /* One over another find: all of it is hidden. */
	    {"PIN=10.1.2.3", "PIN=***"},
	    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "regex.limit"},
	};
	char out[1024];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		test_line(&lines,
		    "- text: {ip4: mask, ip6: mask, regex: ["
		    "{match: 'PIN=(\\S+)', act: mask}, "
		    "{match: 'sess-[a-z]+', act: tok, domain: session}, "
		    "{match: 'secret', act: drop-line}, "
		    "{match: '^(a+)+$', act: mask}]}",
		    rows[i].in, out);
		if (i == 2) { /* a token: eight bytes in hex */
			assert_int_equal(strlen(out), 16);
			assert_int_equal(strspn(out, "0123456789abcdef"), 16);
		} else if (strcmp(out, rows[i].out) != 0) {
			fail_msg("%s gave %s", rows[i].in, out);
		}
	}
}

static void
time_stamps_are_floored_where_the_format_says(void **state)
{
	static const struct row iso[] = {
	    {"2024-05-06T07:08:09.123Z x", "2024-05-06T07:08:00.000Z x"},
	    {"[2024-05-06 07:08:09] x 9.9.9.9", "[2024-05-06 07:08:00] x ***"},
	    {"no stamp", "time.value"},
	};
	static const struct row old[] = {
	    {"Jun 14 15:16:01 combo x", "Jun 14 15:16:00 combo x"},
	    {"<13>Jun  4 15:16:59 combo", "<13>Jun  4 15:16:00 combo"},
	    {"Jun 14 25:16:01 x", "time.value"},
	    {"Jun 14", "time.value"},
	};
	static const struct row new[] = {
	    {"<165>1 2003-10-11T22:14:15.003Z host",
		"<165>1 2003-10-11T22:14:00.000Z host"},
	    {"2003-10-11T22:14:15.003Z host", "time.value"},
	};
	static const struct row epoch[] = {
	    {"1322849924.408856 x", "1322849880.000000 x"},
	    {"x 1322849924", "time.value"},
	};

	(void)state;
#define STAMPED(f)                                       \
	"- text: {ip4: mask, ip6: mask, stamp: " f "}\n" \
	"- time: 1m"
	test_lines(&lines, STAMPED("iso8601"), iso, COUNT(iso));
	test_lines(&lines, STAMPED("rfc3164"), old, COUNT(old));
	test_lines(&lines, STAMPED("rfc5424"), new, COUNT(new));
	test_lines(&lines, STAMPED("epoch"), epoch, COUNT(epoch));
}

static void
bytes_outside_of_finds_pass_as_they_are(void **state)
{
	static const char in[] = "\xff\x01 \xc3\xa4\tx\r\n\n\r\n 9.9.9.9\r\n";
	static const char want[] = "\xff\x01 \xc3\xa4\tx\r\n\n\r\n ***\r\n";
	struct san_chain *c =
	    test_chain("- text: {ip4: mask, ip6: mask}", 3, "");

	(void)state;
	for (size_t cut = 0; cut < sizeof(in); cut++) {
		struct san_stream *s = test_stream(c, 3, "");
		struct d4_buf out;

		d4_buf_init(&out, 1 << 16);
		(void)test_run(s, d4_slice_of(in, sizeof(in) - 1), cut, &out);
		assert_int_equal(out.n, sizeof(want) - 1);
		assert_memory_equal(out.p, want, out.n);
		d4_buf_fini(&out);
		san_stream_free(s);
	}
	san_chain_free(c);
}

static void
a_line_with_too_many_finds_is_dropped(void **state)
{
	char in[16384] = "", out[1024];

	(void)state;
	for (size_t i = 0; i < 600; i++)
		(void)snprintf(in + 8 * i, sizeof(in) - 8 * i, "9.9.9.9 ");
	test_line(&lines, "- text: {ip4: mask, ip6: mask}", in, out);
	assert_string_equal(out, "text.spans");
}

static void
the_class_is_computed_from_the_detectors(void **state)
{
	static const struct {
		const char *steps;
		unsigned cls;
	} rows[] = {
	    {"- text: {ip4: keep, ip6: keep}", 0},
	    {"- text: {ip4: mask, ip6: mask}", 1},
	    {"- text: {ip4: mask, ip6: mask, suffixes: [corp]}", 2},
	    {"- text: {ip4: mask, ip6: mask, suffixes: [corp], user: keep}", 1},
	    {SCOPED "- text: {suffixes: [corp]}", 2},
	    {"- addr: {method: mask}\n- text: {suffixes: [corp]}", 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct san_chain *c = test_chain(rows[i].steps, 3, "");

		assert_int_equal(san_chain_class(c), rows[i].cls);
		san_chain_free(c);
	}
}

static void
errors_say_where_and_what_to_write(void **state)
{
	static const struct row rows[] = {
	    {"- text: {}", "replaced by a step `addr`"},
	    {"- addr: {method: cryptopan}", "need a step `text`"},
	    {"- text: {ip4: tok, ip6: tok}\n- addr: {method: cryptopan}",
		"no detector uses"},
	    {"- text: {ip4: mask, ip6: mask}\n- time: 1h",
		"where the time stamp is"},
	    {"- text: {emial: tok}", "emial"},
	    {"- text: {email: addr}", "is for addresses"},
	    {"- text: {suffixes: ['a b']}", "not a name"},
	    {"- text: {regex: [{match: '(', act: mask}]}", "regex: "},
	    {"- text: {regex: [{match: 'a\\C', act: mask}]}", "regex: "},
	    {"- text: {regex: [{match: 'a(?C1)b', act: mask}]}", "callouts"},
	    {"- text: {regex: [{match: 'a', act: tok}]}", "kind of value"},
	    {"- text: {regex: [{match: 'a', act: tok, domain: iid}]}",
		"a domain is"},
	    {"- text: {regex: [{match: 'a'}]}", "`match` and `act`"},
	    {"- addr: {scope: telescope, method: zero, require_scope: "
	     "src}\n- text: {}",
		"no source and destination"},
	};

	(void)state;
	test_errors(&lines, rows, COUNT(rows));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(addresses_are_found_however_they_are_written),
	    cmocka_unit_test(what_no_detector_can_replace_is_withheld),
	    cmocka_unit_test(secrets_become_tokens_or_masks),
	    cmocka_unit_test(a_user_name_ends_at_the_last_from),
	    cmocka_unit_test(an_action_can_be_chosen),
	    cmocka_unit_test(regexes_of_an_operator_act_too),
	    cmocka_unit_test(time_stamps_are_floored_where_the_format_says),
	    cmocka_unit_test(bytes_outside_of_finds_pass_as_they_are),
	    cmocka_unit_test(a_line_with_too_many_finds_is_dropped),
	    cmocka_unit_test(the_class_is_computed_from_the_detectors),
	    cmocka_unit_test(errors_say_where_and_what_to_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

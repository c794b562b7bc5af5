#include "chain.h"
#include "test.h"

/* What a pipeline makes of a text; dropped lines leave "reason\n" instead. */
static void
lines(const char *steps, const char *in, char *out, size_t room)
{
	struct san_chain *c = test_chain(steps, 8, "");
	struct san_stream *s = test_stream(c, 8, "");
	const struct d4_tally *t = san_stream_tally(s);
	struct d4_tally before = *t;
	struct d4_buf buf;
	size_t at = 0;

	d4_buf_init(&buf, 1 << 20);
	while (*in != '\0') {
		size_t n = strcspn(in, "\n") + 1;

		buf.n = 0;
		(void)test_run(s, d4_slice_of(in, n), 0, &buf);
		at += (size_t)snprintf(out + at, room - at, "%.*s", (int)buf.n,
		    (const char *)buf.p);
		for (unsigned r = 1; r < D4_REASON_MAX; r++) {
			if (t->records[r] != before.records[r])
				at += (size_t)snprintf(out + at, room - at,
				    "%s\n", d4_reason_name((enum d4_reason)r));
		}
		before = *t;
		in += n;
	}
	test_balance(s);
	d4_buf_fini(&buf);
	san_stream_free(s);
	san_chain_free(c);
}

struct row {
	const char *in, *out;
};

static void
check(const char *steps, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char out[4000] = "";

		lines(steps, rows[i].in, out, sizeof(out));
		if (strcmp(out, rows[i].out) != 0)
			fail_msg("%s\n%sgave %snot  %s", steps, rows[i].in, out,
			    rows[i].out);
	}
}

#define LINE(q, rr, a)                                                \
	"1322849924.408856||10.1.1.1||8.8.8.8||IN||" q "||" rr "||" a \
	"||46587||5\n"
#define ZERO(q, rr, a)                                               \
	"1322849924.408856||0.0.0.0||0.0.0.0||IN||" q "||" rr "||" a \
	"||46587||5\n"

static void
columns_become_what_the_step_says(void **state)
{
	static const struct row zero[] = {
	    {LINE("upload.YouTube.com.", "A", "74.125.43.117"),
		ZERO("upload.YouTube.com.", "A", "74.125.43.117")},
	    {"1.5||||||IN||a.org||AAAA||2001:db8::1||0||1\r\n",
		"1.5||0.0.0.0||0.0.0.0||IN||a.org||AAAA||2001:db8::1||0||1"
		"\r\n"}};
	static const struct row blank[] = {
	    {LINE("a.org.", "A", "74.125.43.117"),
		"1322849924.408856||||8.8.8.8||IN||a.org.||A||74.125.43.117||"
		"46587||5\n"}};
	static const struct row mapped[] = {
	    {LINE("a.org.", "A", "74.125.43.117"),
		"1322849924.408856||198.18.1.1||0.0.0.0||IN||a.org.||A||"
		"74.125.43.117||46587||5\n"},
	    {"1.5||2001:db8:77::9||||IN||a.org||A||1.2.3.4||0||1\n",
		"1.5||2001:db8:fffe::9||0.0.0.0||IN||a.org||A||1.2.3.4||0||1"
		"\n"},
	    {"1.5||||||IN||a.org||A||1.2.3.4||0||1\n", "scope.miss\n"},
	    {"1.5||9.9.9.9||||IN||a.org||A||1.2.3.4||0||1\n", "scope.miss\n"},
	    {"1.5||198.18.0.1||10.1.2.3||IN||a.org||A||1.2.3.4||0||1\n",
		"into_conflict\n"},
	    {"1.5||10.1.2.3||||IN||a.org||A||10.1.9.9||0||1\n",
		"pdns.answer\n"},
	    {"1.5||10.1.2.3||||IN||h-10-1-2-3.org||A||1.2.3.4||0||1\n",
		"pdns.reverse\n"},
	    {"1.5||10.1.2.3||||IN||a.org||A||1.2.3.4||0||167838211\n",
		"selfcheck\n"},
	    {"1.5||10.1.2||||IN||a.org||A||1.2.3.4||0||1\n", "pdns.value\n"}};
	static const struct row ttl[] = {{LINE("a.org.", "A", "74.125.43.117"),
	    "1322848800.000000||0.0.0.0||0.0.0.0||IN||a.org.||A||"
	    "74.125.43.117||0||5\n"}};

	(void)state;
	check("- pdns: {}", zero, COUNT(zero));
	check("- pdns: {client: blank, server: keep}", blank, COUNT(blank));
	check("- addr: {scope: telescope, method: pnat, others: keep, into: "
	      "[198.18.0.0/16, 2001:db8:fffe::/48]}\n- pdns: {client: addr}",
	    mapped, COUNT(mapped));
	check("- pdns: {ttl: zero}\n- time: 1h", ttl, COUNT(ttl));
}

static void
lines_that_are_no_passive_dns_are_dropped(void **state)
{
	static const struct row rows[] = {
	    {"\n", "pdns.fields\n"},
	    {"a\n", "pdns.fields\n"},
	    {"1||2||3||4||5||6||7||8\n", "pdns.fields\n"},
	    {"1||2||3||4||5||6||7||8||9||10\n", "pdns.fields\n"},
	    {"1|||2||3||4||5||6||7||8||9\n", "pdns.fields\n"},
	    {"||||||||||||||||\n", "pdns.value\n"},
	    {"||||||||||||||\n", "pdns.fields\n"},
	    {"|||||||||||||||x\n", "pdns.fields\n"},
	    {"|||||||||||||||||\n", "pdns.value\n"},
	    {"1||||||||||||||||2\n", "pdns.value\n"},
	    {"1||||||IN||a.org||A||1.2.3.4||0||1\x7f\n", "pdns.value\n"},
	    {"1||||||IN||a.org||A||1.2.3.4||12345678901234567890||1\n",
		"pdns.value\n"},
	    {"1||||||IN||a.org||A||1.2.3.4||123456x8||1\n", "pdns.value\n"},
	    {LINE("a.org.", "A", "|1.2.3.4"), "pdns.fields\n"},
	    {LINE("a|b.org.", "A", "1.2.3.4"),
		ZERO("a|b.org.", "A", "1.2.3.4")},
	    {LINE("a.org.", "A", "1.2.3.4.5"), "pdns.value\n"},
	    {LINE("a.org.", "A", "2001:db8::1"), "pdns.value\n"},
	    {LINE("a.org.", "AAAA", "1.2.3.4"), "pdns.value\n"},
	    {LINE("a.org.", "CNAME", "b..org"), "pdns.value\n"},
	    {LINE("", "A", "1.2.3.4"), "pdns.value\n"},
	    {LINE("a\\046b.org", "A", "1.2.3.4"), "pdns.value\n"},
	    {LINE("b\xc3\xbc"
		  "cher.de",
		 "A", "1.2.3.4"),
		"pdns.value\n"},
	    {LINE("b\xfc"
		  "cher.de",
		 "A", "1.2.3.4"),
		"line.utf8\n"},
	    {LINE("a.org\x01", "A", "1.2.3.4"), "pdns.value\n"},
	    {LINE("a.org\x7f", "A", "1.2.3.4"), "pdns.value\n"},
	    {"1e9||||||IN||a.org||A||1.2.3.4||0||1\n", "pdns.value\n"},
	    {"-1||||||IN||a.org||A||1.2.3.4||0||1\n", "pdns.value\n"},
	    {"99999999999||||||IN||a.org||A||1.2.3.4||0||1\n", "pdns.value\n"},
	    {"4294967296||||||IN||a.org||A||1.2.3.4||0||1\n", "pdns.value\n"},
	    {"1||||||XX||a.org||A||1.2.3.4||0||1\n", "pdns.value\n"},
	    {"1||||||IN||a.org||A||1.2.3.4||||1\n", "pdns.value\n"},
	    {"1||||||IN||a.org||A||1.2.3.4||0||\n", "pdns.value\n"},
	    {"1||||||IN||a.org||A||1.2.3.4||0||1 \n", "pdns.value\n"},
	    {"1||||||IN||a.org||a||1.2.3.4||0||1\n", "pdns.rrtype\n"},
	    {"1||||||IN||a.org||TYPE65||1.2.3.4||0||1\n", "pdns.rrtype\n"},
	    {"1||||||IN||a.org||TXT||x||0||1\n", "pdns.rrtype\n"},
	};

	(void)state;
	check("- pdns: {}", rows, COUNT(rows));
}

static void
names_of_local_networks_are_dropped(void **state)
{
	static const struct row rows[] = {
	    {LINE("printer.local.", "A", "1.2.3.4"), "pdns.suffix\n"},
	    {LINE("a.CORP", "A", "1.2.3.4"), "pdns.suffix\n"},
	    {LINE("localcorp.org", "A", "1.2.3.4"),
		ZERO("localcorp.org", "A", "1.2.3.4")},
	    {LINE("1.1.168.192.in-addr.arpa.", "PTR", "a.org."),
		"pdns.suffix\n"},
	    {LINE("host", "A", "1.2.3.4"), "pdns.label\n"},
	    {LINE(".", "NS", "a.root-servers.net."), "pdns.label\n"},
	    {LINE("wpad.a.org", "A", "1.2.3.4"), "pdns.label\n"},
	    {LINE("x._MSDCS.a.org", "A", "1.2.3.4"), "pdns.label\n"},
	    {LINE("x.example.lu", "A", "1.2.3.4"), "pdns.suffix\n"},
	    /* Names in answers, too. */
	    {LINE("a.org", "CNAME", "x.internal."), "pdns.suffix\n"},
	    {LINE("a.org", "NS", "ns"), "pdns.label\n"},
	    {LINE("a.org", "MX", "10 mx.corp."), "pdns.suffix\n"},
	    {LINE("a.org", "MX", "0 ."), ZERO("a.org", "MX", "0 .")},
	    {LINE("a.org", "SOA", "ns.a.org. hm.a.org. 1 2 3 4 5"),
		ZERO("a.org", "SOA", "ns.a.org. hm.a.org. 1 2 3 4 5")},
	    {LINE("_sip._tcp.a.org", "SRV", "0 5 5060 sip.lan."),
		"pdns.suffix\n"},
	};

	(void)state;
	check("- pdns: {deny_suffix: [example.lu]}", rows, COUNT(rows));
}

static void
filters_let_only_what_they_name_through(void **state)
{
	static const struct row types[] = {
	    {LINE("a.org", "AAAA", "2001:db8::1"), "pdns.rrtype\n"},
	    {LINE("a.org", "TXT", "any \xc3\xa4 text | 10.1.2.3"),
		ZERO("a.org", "TXT", "any \xc3\xa4 text | 10.1.2.3")}};
	static const struct row allow[] = {
	    {LINE("a.b.org", "A", "1.2.3.4"), ZERO("a.b.org", "A", "1.2.3.4")},
	    {LINE("a.xb.org", "A", "1.2.3.4"), "pdns.allow\n"}};
	static const struct row count[] = {
	    {LINE("a.org", "A", "1.2.3.4"), ZERO("a.org", "A", "1.2.3.4")},
	    {"1||||||IN||a.org||A||1.2.3.4||0||4\n", "pdns.count\n"}};
	static const struct row scope[] = {
	    {LINE("a.org", "A", "1.2.3.4"), ZERO("a.org", "A", "1.2.3.4")},
	    {LINE("a.org", "A", "10.1.2.3"), "pdns.answer\n"},
	    {LINE("a.org", "AAAA", "::ffff:10.1.2.3"), "pdns.answer\n"},
	    {LINE("a.org", "AAAA", "2001:db8::10.1.2.3"), "pdns.answer\n"},
	    {LINE("a.org", "AAAA", "2001:db8::10.2.2.3"),
		ZERO("a.org", "AAAA", "2001:db8::10.2.2.3")},
	    {LINE("a.org", "TXT", "v=spf1 ip4:10.1.2.0/24 -all"),
		"pdns.answer\n"},
	    {LINE("3.2.1.10.zen.org", "A", "127.0.0.2"), "pdns.reverse\n"},
	    {LINE("3.2.2.10.zen.org", "A", "127.0.0.2"),
		ZERO("3.2.2.10.zen.org", "A", "127.0.0.2")},
	    {LINE("a.org", "CNAME", "ip-10-1-2-3.org"), "pdns.reverse\n"},
	    {LINE("h0a010203.a.org", "A", "1.2.3.4"), "pdns.reverse\n"},
	    {LINE("a.org", "CNAME", "167838211.b.org"), "pdns.reverse\n"},
	    {LINE("a.org", "TXT", "is 3.2.1.10.IN-ADDR.ARPA"), "pdns.answer\n"},
	    {LINE("a.org", "TXT", "0A010203"), "pdns.answer\n"},
	    {LINE("a.org", "TXT", "id=167838211"), "pdns.answer\n"},
	    {LINE("a.org", "TXT", "0a01020304 167838211.5"),
		ZERO("a.org", "TXT", "0a01020304 167838211.5")}};
	static const struct row reverse[] = {
	    {LINE("8.8.8.8.in-addr.arpa", "PTR", "dns.google."),
		"pdns.reverse\n"}};

	(void)state;
	check("- pdns: {rrtypes: [A, TXT]}", types, COUNT(types));
	check("- pdns: {allow_suffix: [b.org]}", allow, COUNT(allow));
	check("- pdns: {min_count: 5}", count, COUNT(count));
	check("- pdns: {scope: telescope, answer_scope: drop, rrtypes: [A, "
	      "AAAA, TXT, CNAME]}",
	    scope, COUNT(scope));
	check("- pdns: {deny_reverse: true}", reverse, COUNT(reverse));
}

static void
names_are_cut_to_their_public_suffix_and_n_labels(void **state)
{
	static const struct row rows[] = {
	    {LINE("a.b.c.Example.com.", "A", "1.2.3.4"),
		ZERO("c.Example.com.", "A", "1.2.3.4")},
	    {LINE("a.b.c.example.co.uk", "A", "1.2.3.4"),
		ZERO("c.example.co.uk", "A", "1.2.3.4")},
	    {LINE("example.com", "A", "1.2.3.4"),
		ZERO("example.com", "A", "1.2.3.4")},
	    {LINE("x.y.z.unknowntld.", "A", "1.2.3.4"),
		ZERO("y.z.unknowntld.", "A", "1.2.3.4")},
	    /* A bar must not come to stand at the border of a field. */
	    {LINE("a.|b.example.com", "A", "1.2.3.4"), "pdns.fields\n"},
	    {LINE("a.b|c.example.com", "A", "1.2.3.4"),
		ZERO("b|c.example.com", "A", "1.2.3.4")},
	};

	(void)state;
	check("- pdns: {trim_labels: 2}", rows, COUNT(rows));
}

/* The pipeline of policy.md, as it stands there. */
static const char example[] =
    "- pdns: {client: zero, server: zero, rrtypes: [A, AAAA, CNAME, NS, MX], "
    "deny_suffix: [example.lu], deny_reverse: true, trim_labels: 2, "
    "min_distinct: 5, window: 7d}\n"
    "- time: 1h\n";

#define FROM(c)                                                  \
	"1322849924.408856||" c "||8.8.8.8||IN||WWW.a.org.||A||" \
	"1.2.3.4||300||1\n"

static void
the_example_releases_with_the_fifth_witness(void **state)
{
	static const char in[] = FROM("10.0.0.1") FROM("10.0.0.2")
	    FROM("10.0.0.2") FROM("10.0.0.3") FROM("10.0.0.4") FROM("10.0.0.1")
		FROM("10.0.0.5") FROM("10.0.0.1");
	static const char out[] =
	    "pdns.distinct\npdns.distinct\npdns.distinct\npdns.distinct\n"
	    "pdns.distinct\npdns.distinct\n"
	    "1322848800.000000||0.0.0.0||0.0.0.0||IN||WWW.a.org.||A||1.2.3.4"
	    "||300||1\n"
	    "1322848800.000000||0.0.0.0||0.0.0.0||IN||WWW.a.org.||A||1.2.3.4"
	    "||300||1\n";
	static const struct row row = {in, out};
	struct san_chain *c = test_chain(example, 8, "");

	(void)state;
	assert_int_equal(san_chain_class(c), 3);
	assert_true(san_chain_needs_keys(c));
	san_chain_free(c);
	check(example, &row, 1);
}

static void
a_line_without_a_client_is_witnessed_by_its_sensor(void **state)
{
	static const char text[] =
	    "1||||||IN||a.org||A||1.2.3.4||0||1\n"
	    "1||0.0.0.0||||IN||A.ORG.||A||1.2.3.4||0||1\n"
	    "1||::||||IN||a.org||A||1.2.3.4||0||1\n";
	struct san_chain *c = test_chain("- pdns: {min_distinct: 2}", 8, "");
	struct san_stream *s = test_stream(c, 8, "");
	struct d4_uuid other = {.b = {1}};
	struct d4_buf out;

	(void)state;
	d4_buf_init(&out, 4096);
	(void)test_run(s, d4_slice_str(text), 0, &out);
	assert_int_equal(out.n, 0);
	san_stream_sensor(s, &other);
	(void)test_run(s, d4_slice_str(text), 0, &out);
	assert_int_equal(san_stream_tally(s)->records[D4_R_NONE], 3);
	d4_buf_fini(&out);
	san_stream_free(s);
	san_chain_free(c);
}

static void
the_window_survives_a_restart(void **state)
{
	struct san_chain *c = test_chain("- pdns: {min_distinct: 2}", 8, "");
	struct san_stream *a = test_stream(c, 8, ""), *b;
	struct d4_buf out, saved;

	(void)state;
	d4_buf_init(&out, 4096);
	d4_buf_init(&saved, 1 << 20);
	(void)test_run(a, d4_slice_str(FROM("10.0.0.1")), 0, &out);
	assert_int_equal(out.n, 0);
	assert_int_equal(san_stream_state_save(a, &saved), D4_OK);
	san_stream_free(a);
	b = test_stream(c, 8, "");
	assert_int_equal(san_stream_state_load(b, d4_buf_slice(&saved)), D4_OK);
	(void)test_run(b, d4_slice_str(FROM("10.0.0.2")), 0, &out);
	assert_true(out.n != 0);
	/* Nothing that tells a name or an address is in it. */
	assert_null(memmem(saved.p, saved.n, "a.org", 5));
	san_stream_free(b);
	d4_buf_fini(&out);
	d4_buf_fini(&saved);
	san_chain_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(columns_become_what_the_step_says),
	    cmocka_unit_test(lines_that_are_no_passive_dns_are_dropped),
	    cmocka_unit_test(names_of_local_networks_are_dropped),
	    cmocka_unit_test(filters_let_only_what_they_name_through),
	    cmocka_unit_test(names_are_cut_to_their_public_suffix_and_n_labels),
	    cmocka_unit_test(the_example_releases_with_the_fifth_witness),
	    cmocka_unit_test(
		a_line_without_a_client_is_witnessed_by_its_sensor),
	    cmocka_unit_test(the_window_survives_a_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "chain.h"
#include "lines.h"
#include "test.h"

static const struct lines_of lines = {4, ""};

#define SCOPED                                                          \
	"- addr: {scope: telescope, method: pnat, others: keep, into: " \
	"[198.18.0.0/16, 2001:db8:fffe::/48]}\n"
#define HEAD  "[56] 2016-10-20 15:23:01.075993 [#7 /var/x y.pcap 12] \\\n\t"
#define OUT   "[56] 2016-10-20 15:00:00.000000 [#0 - 4095] \\\n\t"
#define PEERS "[10.1.2.3].53199 [8.8.8.8].53 "
#define GONE  "[198.18.2.3].53199 [8.8.8.8].53 "
#define DNS   " \\\n\tdns QUERY,NOERROR,1,qr|rd \\\n\t"

static void
what_is_understood_is_written_anew(void **state)
{
	static const struct row rows[] = {
	    {HEAD PEERS, OUT GONE},
	    {HEAD PEERS DNS "1 a.org.,IN,A 0 0 0",
		OUT GONE DNS "1 a.org.,IN,A 0 0 0"},
	    {HEAD PEERS DNS "1 .,IN,NS 0 0 0", OUT GONE DNS "1 .,IN,NS 0 0 0"},
	    {HEAD PEERS DNS "1 a.org.,IN,A \\\n\t2 a.org.,IN,A,5,10.1.9.9 "
			    "\\\n\ta.org.,IN,A,5,9.9.9.9 0 0",
		OUT GONE DNS "1 a.org.,IN,A \\\n\t2 a.org.,IN,A,5,198.18.9.9 "
			     "\\\n\ta.org.,IN,A,5,9.9.9.9 0 0"},
	    /* What is not released is as if it had not been sent. */
	    {HEAD PEERS DNS "1 a.org.,IN,A \\\n\t2 a.org.,IN,A,5,9.9.9.9 "
			    "\\\n\ta.org.,IN,RRSIG,5,[170] 0 0",
		OUT GONE DNS "1 a.org.,IN,A \\\n\t1 a.org.,IN,A,5,9.9.9.9 0 0"},
	    {HEAD PEERS DNS "1 a.org.,IN,A \\\n\t1 a.org.,IN,TXT,5,[170] 0 0",
		OUT GONE DNS "1 a.org.,IN,A 0 0 0"},
	    {HEAD PEERS DNS "1 a.org.,IN,A 0 0 \\\n\t1 .,4096,4096,0,edns0["
			    "len=9,UDP=4096],edns0opt[ECS,addr=10.1.2.0]",
		OUT GONE DNS "1 a.org.,IN,A 0 0 \\\n\t1 .,4096,4096,0"},
	};

	(void)state;
	test_lines(
	    &lines, SCOPED "- time: 1h\n- dnscap: {}", rows, COUNT(rows));
}

static void
what_is_not_understood_does_not_leave(void **state)
{
	static const struct row rows[] = {
	    {"", "pdns.value"},
	    {"10.1.2.3", "pdns.value"},
	    {"[56]", "pdns.value"},
	    {"[5x] 2016-10-20 15:23:01.075993 [#7 a 1] \\\n\t" PEERS,
		"pdns.value"},
	    {"[56] 2016-10-20 15:23:01.07599x [#7 a 1] \\\n\t" PEERS,
		"time.value"},
	    {"[56] 2016-13-20 15:23:01.075993 [#7 a 1] \\\n\t" PEERS,
		"time.value"},
	    {"[56] 2016-10-20 15:23:01.075993 [#7 a 1] " PEERS, "pdns.value"},
	    {HEAD "[10.1.2.3].53199", "pdns.value"},
	    {HEAD "[10.1.2.3].x [8.8.8.8].53 ", "pdns.value"},
	    {HEAD "[10.1.2].1 [8.8.8.8].53 ", "pdns.value"},
	    {HEAD "10.1.2.3.53 [8.8.8.8].53 ", "pdns.value"},
	    {HEAD "[].53 [8.8.8.8].53 ", "pdns.value"},
	    {HEAD "[9.9.9.9].53 [8.8.8.8].53 ", "scope.miss"},
	    {HEAD "[10.1.2.3].53 [198.18.0.1].53 ", "into_conflict"},
	    {HEAD PEERS "more", "pdns.value"},
	    {HEAD PEERS " \\\n\tdns Label length overflow", "pdns.value"},
	    {HEAD PEERS " \\\n\tdns QUERY,NOERROR,1", "pdns.value"},
	    {HEAD PEERS " \\\n\tdns QUERY,NOERROR,1,RD \\\n\t0 0 0 0",
		"pdns.value"},
	    {HEAD PEERS DNS, "pdns.value"},
	    {HEAD PEERS DNS "0 0 0", "pdns.value"},
	    {HEAD PEERS DNS "0 0 0 0 0", "pdns.value"},
	    {HEAD PEERS DNS "1 0 0 0", "pdns.value"},
	    {HEAD PEERS DNS "x 0 0 0", "pdns.value"},
	    {HEAD PEERS DNS "1 a.org.,IN,A,5,1.2.3.4 0 0 0", "pdns.value"},
	    {HEAD PEERS DNS "0 1 a.org.,IN,A 0 0", "pdns.value"},
	    {HEAD PEERS DNS "0 1 a.org.,IN,A,x,1.2.3.4 0 0", "pdns.value"},
	    {HEAD PEERS DNS "0 1 a.org.,IN,A,5,::1 0 0", "pdns.value"},
	    {HEAD PEERS DNS "0 1 a.org.,IN,NS,5,a\\.b. 0 0", "pdns.value"},
	    {HEAD PEERS DNS "0 0 0 1 .,x,1,1", "pdns.value"},
	    {HEAD PEERS DNS "1 host.,IN,A 0 0 0", "pdns.label"},
	    {HEAD PEERS DNS "1 a.corp.,IN,A 0 0 0", "pdns.suffix"},
	    {HEAD PEERS DNS "1 a.mine.org.,IN,A 0 0 0", "pdns.suffix"},
	    {HEAD PEERS DNS "1 10-1-2-3.org.,IN,A 0 0 0", "pdns.reverse"},
	    {HEAD PEERS DNS "1 a-MTAuMS4yLjM.org.,IN,A 0 0 0", "pdns.reverse"},
	    {HEAD PEERS DNS "0 1 a.org.,IN,MX,5,1,10-1-2-3.org. 0 0",
		"pdns.reverse"},
	};

	(void)state;
	test_lines(&lines, SCOPED "- dnscap: {deny_suffix: [mine.org]}", rows,
	    COUNT(rows));
}

static void
the_step_needs_addresses_that_are_replaced(void **state)
{
	struct san_chain *c = NULL;
	struct d4_diag d;

	(void)state;
	assert_int_equal(
	    test_compile("- dnscap: {}", 4, "", &d, &c), D4_EINVAL);
	assert_int_equal(
	    test_compile("- dnscap: {}\n" SCOPED "- link: zero", 4, "", &d, &c),
	    D4_EINVAL);
	assert_int_equal(
	    test_compile(SCOPED "- dnscap: {}", 1, "", &d, &c), D4_EINVAL);
	c = test_chain(SCOPED "- dnscap: {}", 4, "");
	assert_int_equal(san_chain_class(c), 1);
	san_chain_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_understood_is_written_anew),
	    cmocka_unit_test(what_is_not_understood_does_not_leave),
	    cmocka_unit_test(the_step_needs_addresses_that_are_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

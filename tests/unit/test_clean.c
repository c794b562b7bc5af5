#include "chain.h"
#include "sanitizers/clean.h"

static bool
clean(const void *p, size_t n)
{
	struct san_chain *c = test_chain("[addr: {scope: telescope}]", 1, "");
	bool is = san_clean(san_chain_step(c, "addr"), d4_slice_of(p, n));

	san_chain_free(c);
	return is;
}

static void
any_address_of_the_scope_is_found_in_any_encoding(void **state)
{
	static const char *const rows[] = {
	    "GET / HTTP/1.1\r\nHost: 10.1.2.3\r\n",
	    "10.1.2.3:8080",
	    "x=10.1.255.255;",
	    "host-10-1-2-3.example",
	    "3.2.1.10.in-addr.arpa",
	    "0a010203",
	    "v=0A01FFFF",
	    "addr 167838211 end",
	    "[2001:db8:77::5]:443",
	    "2001:DB8:77:1:2:3:4:5",
	    "2001-db8-77--5.ipv6-literal.net",
	    "20010db8007700000000000000000001",
	    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.7.7.0.0.8.b.d.0.1.0.0.2",
	    "abc\x0a\x01zz",
	    "zz\x01\x0axyz",
	    "GET /?ip=10%2e1%2e2%2e3 HTTP/1.1",
	    "Authorization: Basic MTAuMS4yLjM6eA==",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (clean(rows[i], strlen(rows[i])))
			fail_msg("`%s` passed as clean", rows[i]);
	}
	assert_false(clean("\x20\x01\x0d\xb8\0\x77\0\0\0\0\0\0\0\0\0\1", 16));
	assert_false(clean("\1\0\0\0\0\0\0\0\0\0\x77\0\xb8\x0d\1\x20", 16));
}

static void
other_addresses_and_texts_are_clean(void **state)
{
	static const char *const rows[] = {"", "a", "10.", "payload",
	    "GET / HTTP/1.1\r\nHost: 203.0.113.9\r\n", "10.2.3.4",
	    "110.1.2.300", "0a0203", "3405803785", "[2001:db8:78::5]:443",
	    "12:30:05", "::", "10.1", "10.1.2"};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!clean(rows[i], strlen(rows[i])))
			fail_msg("`%s` passed as not clean", rows[i]);
	}
}

static void
without_a_scope_nothing_is_clean(void **state)
{
	struct san_chain *c = test_chain("[addr: {}]", 1, "");

	(void)state;
	assert_false(
	    san_clean(san_chain_step(c, "addr"), d4_slice_str("payload")));
	assert_false(san_clean(NULL, d4_slice_str("payload")));
	san_chain_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(any_address_of_the_scope_is_found_in_any_encoding),
	    cmocka_unit_test(other_addresses_and_texts_are_clean),
	    cmocka_unit_test(without_a_scope_nothing_is_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "chain.h"
#include "prop.h"
#include "sanitizers/map.h"
#include "sanitizers/reverse.h"
#include "test.h"

static struct d4_addr
addr(const char *text)
{
	struct d4_addr a = {.family = 0};

	assert_int_equal(d4_addr_parse(d4_slice_str(text), &a), D4_OK);
	return a;
}

/* What maps there must be among what is found for where it maps to. */
static void
comes_back(
    const struct san_chain *c, struct san_map *m, const struct d4_addr *a)
{
	struct san_originals found = {.n = 0};
	struct san_mapped to;
	bool seen = false;

	if (san_map_addr(m, a, &to) != D4_R_NONE)
		return;
	assert_int_equal(
	    san_chain_reverse(c, test_keys(), &to.addr, &found), D4_OK);
	for (unsigned i = 0; i < found.n; i++)
		seen |= memcmp(&found.addr[i], a, sizeof(*a)) == 0;
	if (!seen) {
		char x[D4_ADDR_TEXT], y[D4_ADDR_TEXT];

		d4_addr_text(a, x);
		d4_addr_text(&to.addr, y);
		fail_msg("%s went to %s and did not come back", x, y);
	}
}

static const char *const steps[] = {
    "- addr: {method: cryptopan}",
    "- addr: {scope: telescope, method: cryptopan, others: keep, into: "
    "[198.18.0.0/16, 2001:db8:fffe::/48]}",
    "- addr: {scope: telescope, method: cryptopan, into: "
    "[198.18.0.0/16, 2001:db8:fffe::/48]}",
    "- addr: {scope: telescope, method: pnat, others: keep, into: "
    "[198.18.0.0/16, 2001:db8:fffe::/48]}",
    "- addr: {scope: telescope, method: cryptopan}",
    "- addr: {method: pfx}",
    "- addr: {scope: telescope, method: pfx, others: keep, into: "
    "[198.18.0.0/16, 2001:db8:fffe::/48]}",
};

static void
every_mapped_address_comes_back(void **state)
{
	static const char *const list[] = {"10.1.0.0", "10.1.255.255",
	    "10.1.2.3", "9.9.9.9", "10.0.255.255", "2001:db8:77::1",
	    "2001:db8::5", "2001:db8:77:ffff::", "127.0.0.1", "::1"};
	struct prop p = prop_case(4, 7);

	(void)state;
	for (size_t k = 0; k < COUNT(steps); k++) {
		struct san_chain *c = test_chain(steps[k], 1, "");
		struct san_map *m = NULL;

		assert_int_equal(
		    san_map_new(san_chain_step(c, "addr"), test_keys(), &m),
		    D4_OK);
		for (size_t i = 0; i < COUNT(list); i++) {
			struct d4_addr a = addr(list[i]);

			comes_back(c, m, &a);
		}
		for (size_t i = 0; i < 500; i++) {
			struct d4_addr a = {.family = 4};

			for (unsigned b = 0; b < 4; b++)
				a.b[b] = (uint8_t)prop_below(&p, 256);
			if (i % 2 == 0)
				memcpy(a.b, "\x0a\x01", 2);
			comes_back(c, m, &a);
		}
		san_map_free(m);
		san_chain_free(c);
	}
}

static void
what_forgets_has_no_way_back(void **state)
{
	static const char *const forget[] = {
	    "- addr: {method: mask}", "- addr: {method: zero}", "- link: zero"};
	struct d4_addr a = addr("9.9.9.9");
	struct san_originals found;

	(void)state;
	for (size_t k = 0; k < COUNT(forget); k++) {
		struct san_chain *c = test_chain(forget[k], 1, "");

		assert_int_equal(
		    san_chain_reverse(c, test_keys(), &a, &found), D4_ENOTSUP);
		san_chain_free(c);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_mapped_address_comes_back),
	    cmocka_unit_test(what_forgets_has_no_way_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

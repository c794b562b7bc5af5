#include "chain.h"
#include "sanitizers/addr.h"

static const struct {
	const char *steps;
	const char *what; /* NULL: valid */
} addr_rows[] = {
    {"[addr: {}]", NULL},
    {"[addr: {method: zero}]", NULL},
    {"[addr: {scope: telescope}]", NULL},
    {"[addr: {scope: [telescope], into: [198.18.0.0/16, "
     "'2001:db8:fffe::/48'], require_scope: dst}]",
	NULL},
    {"[addr: {scope: telescope, method: pnat, others: keep, into: "
     "['2001:db8:fffe::/48', 198.18.0.0/16]}]",
	NULL},
    {"[addr: {scope: telescope, method: drop-record, others: keep}]", NULL},
    {"[addr: {method: mask, mask4: 16}]", NULL},
    {"[addr: {keep: [10.0.0.0/8, telescope]}]", NULL},
    {"[addr: {scope: telescop}]", "no such network"},
    {"[addr: {method: det}]", "text and JSON only"},
    {"[addr: {method: cryptopann}]", "no word"},
    {"[addr: {others: forward}]", "no word"},
    {"[addr: {epoch: 7d}]", "epoch"},
    {"[addr: {into: 198.18.0.0/16}]", "fits no prefix"},
    {"[addr: {scope: telescope, into: [198.18.0.0/16]}]",
	"has 2 prefixes and `into` 1"},
    {"[addr: {scope: telescope, into: [198.18.0.0/15, "
     "'2001:db8:fffe::/48']}]",
	"fits no prefix"},
    {"[addr: {scope: telescope, into: [10.1.0.0/16, "
     "'2001:db8:fffe::/48']}]",
	"overlaps"},
    {"[addr: {scope: telescope, into: [224.1.0.0/16, "
     "'2001:db8:fffe::/48']}]",
	"overlaps"},
    {"[addr: {scope: telescope, into: [198.18.1.0/16, "
     "'2001:db8:fffe::/48']}]",
	"not a prefix"},
    {"[addr: {scope: telescope, method: zero, into: [198.18.0.0/16, "
     "'2001:db8:fffe::/48']}]",
	"belongs to the methods"},
    {"[addr: {method: pnat, others: keep}]", "need `scope`"},
    {"[addr: {scope: telescope, method: drop-record}]", "cannot map"},
    {"[addr: {require_scope: dst}]", "needs a `scope`"},
    {"[addr: {mask4: 16}]", "belong to method mask"},
    {"[addr: {method: mask, mask4: 33}]", ""},
    {"[addr: zero]", ""},
    {"[addr: {}, addr: {}]", "stands twice"},
    {"[adr: {}]", "no step of this version"},
    {"[addr]", "one word with its value"},
};

static void
configurations_that_cannot_be_meant_are_errors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(addr_rows) / sizeof(addr_rows[0]); i++) {
		struct san_chain *c;
		struct d4_diag diag;
		enum d4_status st =
		    test_compile(addr_rows[i].steps, 1, "", &diag, &c);

		if (addr_rows[i].what == NULL) {
			assert_int_equal(st, D4_OK);
			san_chain_free(c);
			continue;
		}
		assert_int_equal(st, D4_EINVAL);
		assert_int_equal(diag.line, 1);
		if (strstr(diag.what, addr_rows[i].what) == NULL)
			fail_msg("%s: %s", addr_rows[i].steps, diag.what);
	}
}

static struct san_addr *
conf_of(const char *steps, struct san_chain **c)
{
	union {
		const void *in;
		struct san_addr *out;
	} u;

	*c = test_chain(steps, 1, "");
	u.in = san_chain_step(*c, "addr");
	return u.out;
}

static void
the_table_agrees_with_the_lists(void **state)
{
	struct san_chain *chain;
	struct san_addr *c =
	    conf_of("[addr: {scope: telescope, others: keep, into: "
		    "[198.18.0.0/16, '2001:db8:fffe::/48'], "
		    "keep: [8.8.8.8, 203.0.0.0/8]}]",
		&chain);
	static const struct {
		const char *addr;
		unsigned table, verdict;
	} rows[] = {
	    {"10.1.2.3", SAN_V_SCOPE, SAN_V_SCOPE},
	    {"10.2.2.3", SAN_V_KEEP, SAN_V_KEEP},
	    {"8.8.8.8", SAN_V_MIXED, SAN_V_KEEP},
	    {"203.7.7.7", SAN_V_KEEP, SAN_V_KEEP},
	    {"198.18.1.1", SAN_V_CONFLICT, SAN_V_CONFLICT},
	    {"0.0.0.0", SAN_V_MIXED, SAN_V_SPECIAL},
	    {"0.0.0.1", SAN_V_MIXED, SAN_V_KEEP},
	    {"127.0.0.1", SAN_V_SPECIAL, SAN_V_SPECIAL},
	    {"224.0.0.1", SAN_V_SPECIAL, SAN_V_SPECIAL},
	    {"239.255.255.255", SAN_V_SPECIAL, SAN_V_SPECIAL},
	    {"240.0.0.1", SAN_V_KEEP, SAN_V_KEEP},
	    {"255.255.255.255", SAN_V_MIXED, SAN_V_SPECIAL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct d4_addr a = {0};

		assert_int_equal(
		    d4_addr_parse(d4_slice_str(rows[i].addr), &a), D4_OK);
		assert_int_equal(c->table[a.b[0] << 8 | a.b[1]], rows[i].table);
		assert_int_equal(san_addr_verdict(c, &a), rows[i].verdict);
	}
	san_chain_free(chain);
}

/* Of each /16 that is not mixed, the first address, a middle one, the last. */
static void
check_table(const struct san_addr *c)
{
	for (unsigned i = 0; i < 3 * 65536u; i++) {
		uint8_t low = (uint8_t)(i % 3 * 127 + i % 3 / 2);
		unsigned net = i / 3;
		struct d4_addr a = {.family = 4,
		    .b = {(uint8_t)(net >> 8), (uint8_t)net, low, low}};

		if (c->table[net] != SAN_V_MIXED)
			assert_int_equal(
			    c->table[net], san_addr_verdict(c, &a));
	}
}

static void
the_whole_table_agrees_with_the_lists(void **state)
{
	static const char *const steps[] = {
	    "[addr: {}]",
	    "[addr: {others: keep, scope: telescope}]",
	    "[addr: {others: drop, scope: telescope, keep: [0.0.0.0/1, "
	    "255.255.0.0/16, 0.1.0.0/16]}]",
	    "[addr: {scope: telescope, keep: [128.0.0.0/1, 10.0.0.0/15, "
	    "10.1.128.0/17, 126.0.0.0/8, 9.9.9.9]}]",
	    "[addr: {scope: telescope, others: keep, into: [198.18.0.0/16, "
	    "'2001:db8:fffe::/48'], keep: [198.0.0.0/8, 10.1.0.0/24, "
	    "'2001:db8::/32']}]",
	    "[addr: {keep: [0.0.0.0/0]}]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct san_chain *chain;

		check_table(conf_of(steps[i], &chain));
		san_chain_free(chain);
	}
}

static void
only_a_configuration_that_hides_the_scope_says_so(void **state)
{
	static const struct {
		const char *steps;
		bool hides;
	} rows[] = {
	    {"[addr: {scope: telescope}]", true},
	    {"[addr: {scope: telescope, others: keep}]", true},
	    {"[addr: {scope: telescope, method: zero, others: keep}]", true},
	    {"[addr: {scope: telescope, method: drop-record, others: keep}]",
		true},
	    {"[addr: {}]", true},
	    {"[addr: {others: drop}]", true},
	    {"[addr: {others: keep}]", false},
	    {"[addr: {keep: 192.0.2.0/24}]", false},
	    {"[addr: {scope: telescope, keep: 192.0.2.0/24}]", true},
	    {"[addr: {scope: telescope, keep: 10.1.2.3}]", false},
	    {"[addr: {scope: telescope, keep: 10.0.0.0/8}]", false},
	    {"[addr: {scope: telescope, method: mask}]", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct san_chain *chain;
		struct san_addr *c = conf_of(rows[i].steps, &chain);

		assert_int_equal(san_addr_hides(c), rows[i].hides);
		san_chain_free(chain);
	}
}

static void
the_hash_names_the_steps_and_the_networks(void **state)
{
	static const char *const same[] = {
	    "[addr: {scope: telescope, others: keep}]",
	    "- addr:\n    others: keep\n    scope: telescope\n",
	};
	struct san_chain *a = test_chain(same[0], 1, "");
	struct san_chain *b = test_chain(same[1], 1, "");
	struct san_chain *c =
	    test_chain("[addr: {scope: telescope, others: map}]", 1, "");

	(void)state;
	assert_int_equal(strlen(san_chain_hash(a)), 64);
	assert_string_equal(san_chain_hash(a), san_chain_hash(b));
	assert_string_not_equal(san_chain_hash(a), san_chain_hash(c));
	san_chain_free(a);
	san_chain_free(b);
	san_chain_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(configurations_that_cannot_be_meant_are_errors),
	    cmocka_unit_test(the_table_agrees_with_the_lists),
	    cmocka_unit_test(the_whole_table_agrees_with_the_lists),
	    cmocka_unit_test(only_a_configuration_that_hides_the_scope_says_so),
	    cmocka_unit_test(the_hash_names_the_steps_and_the_networks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

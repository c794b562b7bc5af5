#include "chain.h"
#include "libd4/wire.h"
#include "sanitizers/map.h"

#define SCOPED                                             \
	"[addr: {scope: telescope, into: [198.18.0.0/16, " \
	"'2001:db8:fffe::/48'], others: "

struct row {
	const char *steps, *in;
	const char *out; /* NULL: the reason */
	enum san_what what;
	enum d4_reason why;
};

/* A chain of these steps, and its addresses' map; both go by map_close. */
static struct san_map *
map_open(const char *steps, struct san_chain **c)
{
	struct san_map *m = NULL;

	*c = test_chain(steps, 1, "");
	assert_int_equal(
	    san_map_new(san_chain_step(*c, "addr"), test_keys(), &m), D4_OK);
	return m;
}

static void
map_close(struct san_map *m, struct san_chain *c)
{
	san_map_free(m);
	san_chain_free(c);
}

static void
check(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct san_chain *c;
		struct san_map *m = map_open(rows[i].steps, &c);
		struct d4_addr in = {0};
		struct san_mapped out;
		char text[D4_ADDR_TEXT];

		assert_int_equal(
		    d4_addr_parse(d4_slice_str(rows[i].in), &in), D4_OK);
		assert_int_equal(san_map_addr(m, &in, &out), rows[i].why);
		if (rows[i].why == D4_R_NONE) {
			d4_addr_text(&out.addr, text);
			assert_string_equal(text, rows[i].out);
			assert_int_equal(out.what, rows[i].what);
		}
		map_close(m, c);
	}
}

#define KEPT(s, a)                                \
	{                                         \
		s, a, a, SAN_WHAT_KEPT, D4_R_NONE \
	}
#define SPECIAL(s, a)                                \
	{                                            \
		s, a, a, SAN_WHAT_SPECIAL, D4_R_NONE \
	}
#define SCOPE(s, a, b)                              \
	{                                           \
		s, a, b, SAN_WHAT_SCOPED, D4_R_NONE \
	}
#define MAPPED(s, a, b)                             \
	{                                           \
		s, a, b, SAN_WHAT_MAPPED, D4_R_NONE \
	}
#define WITHHELD(s, a, r)                    \
	{                                    \
		s, a, NULL, SAN_WHAT_KEPT, r \
	}

/* Both families of methods; all /16 of a scope, mixed ones, others. */
static void
many_at_once_map_as_one_by_one_until_one_is_not_replaced(void **state)
{
	static const char *const steps[] = {SCOPED "keep}]", SCOPED "map}]",
	    SCOPED "drop}]", SCOPED "map, keep: [203.0.113.0/24]}]",
	    "[addr: {method: cryptopan}]", "[addr: {method: zero}]",
	    "[addr: {scope: telescope, others: map, method: pfx}]"};
	static const uint32_t in[] = {0x0a010203, 0x0a01ffff, 0x0a010000,
	    0x0a010203, 0xcb007009, 0x00000005, 0xc0a80101, 0xcb007109,
	    0x0a010909, 0x7f000001, 0x0a010203};
	const size_t n = sizeof(in) / sizeof(in[0]);

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct san_chain *c;
		struct san_map *m = map_open(steps[i], &c);

		for (size_t from = 0; from < n; from++) {
			uint32_t out[sizeof(in) / sizeof(in[0])], one = 0;
			size_t done =
			    san_map_each4(m, in + from, n - from, out);
			enum san_what what;

			for (size_t k = from; k < from + done; k++) {
				assert_int_equal(
				    san_map_ip4(m, in[k], &one, &what),
				    D4_R_NONE);
				assert_int_equal(out[k - from], one);
				assert_int_not_equal(one, in[k]);
			}
			if (from + done == n)
				continue;
			if (san_map_ip4(m, in[from + done], &one, &what) ==
			    D4_R_NONE)
				assert_int_equal(one, in[from + done]);
		}
		map_close(m, c);
	}
}

/* One that has a reason against it ends the turn; kept ones do not. */
static void
many_at_once_say_what_became_of_each(void **state)
{
	static const char *const steps[] = {SCOPED "keep}]", SCOPED "map}]",
	    SCOPED "drop}]", "[addr: {method: cryptopan}]",
	    "[addr: {method: zero}]", "[addr: {method: pfx}]"};
	static const uint32_t in[] = {0x0a010203, 0x0a01ffff, 0x7f000001,
	    0x0a010203, 0xcb007009, 0x00000005, 0xc0a80101, 0xc6120001,
	    0xffffffff, 0x00000000, 0x0a010203};
	const size_t n = sizeof(in) / sizeof(in[0]);

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct san_chain *c;
		struct san_map *m = map_open(steps[i], &c);

		for (size_t from = 0; from < n; from++) {
			uint32_t out[sizeof(in) / sizeof(in[0])], one = 0;
			uint8_t whats[sizeof(in) / sizeof(in[0])];
			size_t end = from + san_map_many4(m, in + from,
						n - from, out, whats);
			enum san_what what;

			for (size_t k = from; k < end; k++) {
				assert_int_equal(
				    san_map_ip4(m, in[k], &one, &what),
				    D4_R_NONE);
				assert_int_equal(out[k - from], one);
				assert_int_equal(whats[k - from], what);
			}
			if (end < n)
				assert_int_not_equal(
				    san_map_ip4(m, in[end], &one, &what),
				    D4_R_NONE);
		}
		map_close(m, c);
	}
}

/* Expected values by the Python second implementation. */
static void
scope_and_others_map_as_they_should(void **state)
{
	static const struct row rows[] = {
	    SCOPE(SCOPED "keep}]", "10.1.2.3", "198.18.252.12"),
	    SCOPE(SCOPED "map}]", "10.1.255.255", "198.18.16.223"),
	    SCOPE(SCOPED "drop}]", "2001:db8:77::1",
		"2001:db8:fffe:1e3f:8300:51f:c1ff:e3d2"),
	    SCOPE(SCOPED "drop}]", "2001:db8:77:1::5",
		"2001:db8:fffe:1e3e:fc61:fe7c:ff:3fea"),
	    KEPT(SCOPED "keep}]", "203.0.113.9"),
	    KEPT(SCOPED "keep}]", "2001:db8:78::1"),
	    MAPPED(SCOPED "map}]", "24.5.0.80", "216.22.252.111"),
	    MAPPED(SCOPED "map}]", "2001:db8::1",
		"fc1f:75b9:a1e3:c05d:821f:fe9e:300:1c11"),
	    WITHHELD(SCOPED "drop}]", "24.5.0.80", D4_R_ADDR_DROP),
	    WITHHELD(SCOPED "drop}]", "2001:db8::1", D4_R_ADDR_DROP),
	    WITHHELD(SCOPED "keep}]", "198.18.7.7", D4_R_INTO_CONFLICT),
	    WITHHELD(SCOPED "keep}]", "2001:db8:fffe::1", D4_R_INTO_CONFLICT),
	    WITHHELD(SCOPED "keep, keep: 198.18.0.1}]", "198.18.0.1",
		D4_R_INTO_CONFLICT),
	    KEPT(SCOPED "drop, keep: [8.8.8.8, '2001:db8::/48']}]", "8.8.8.8"),
	    KEPT(SCOPED "drop, keep: [8.8.8.8, '2001:db8::/48']}]",
		"2001:db8::1"),
	    SCOPE("[addr: {scope: telescope}]", "10.1.2.3", "207.158.252.12"),
	    SCOPE("[addr: {scope: telescope, method: pnat, others: keep, "
		  "into: [198.18.0.0/16, '2001:db8:fffe::/48']}]",
		"10.1.2.3", "198.18.2.3"),
	    SCOPE("[addr: {scope: telescope, method: pnat, others: keep, "
		  "into: [198.18.0.0/16, '2001:db8:fffe::/48']}]",
		"2001:db8:77:5::9", "2001:db8:fffe:5::9"),
	    /* host bits that are an IPv4 address of the scope */
	    WITHHELD("[addr: {scope: telescope, method: pnat, others: keep, "
		     "into: [198.18.0.0/16, '2001:db8:fffe::/48']}]",
		"2001:db8:77::10.1.2.3", D4_R_ADDR_DROP),
	    WITHHELD("[addr: {scope: telescope, method: pnat, others: keep, "
		     "into: [198.18.0.0/16, '2001:db8:fffe::/48']}]",
		"2001:db8:77::5efe:10.1.2.3", D4_R_ADDR_DROP),
	    SCOPE("[addr: {scope: telescope, method: pnat, others: keep, "
		  "into: [198.18.0.0/16, '2001:db8:fffe::/48']}]",
		"2001:db8:77::10.2.2.3", "2001:db8:fffe::a02:203"),
	    MAPPED("[addr: {method: mask}]", "10.1.2.3", "10.1.2.0"),
	    MAPPED("[addr: {method: mask, mask4: 9, mask6: 31}]", "10.255.2.3",
		"10.128.0.0"),
	    MAPPED("[addr: {method: mask, mask4: 9, mask6: 31}]",
		"2001:db9:2::3", "2001:db8::"),
	    MAPPED(
		"[addr: {method: mask}]", "2001:db8:77:5::9", "2001:db8:77::"),
	    MAPPED("[addr: {method: mask, mask4: 32, mask6: 128}]",
		"2001:db8:77:5::9", "2001:db8:77:5::9"),
	    MAPPED("[addr: {method: mask, mask4: 0, mask6: 0}]", "1.2.3.4",
		"0.0.0.0"),
	    MAPPED("[addr: {method: zero}]", "10.1.2.3", "0.0.0.0"),
	    MAPPED("[addr: {method: zero}]", "2001:db8::1", "::"),
	    WITHHELD("[addr: {scope: telescope, method: drop-record, "
		     "others: keep}]",
		"10.1.2.3", D4_R_ADDR_DROP),
	    WITHHELD("[addr: {scope: telescope, method: drop-record, "
		     "others: keep}]",
		"2001:db8:77::1", D4_R_ADDR_DROP),
	    KEPT("[addr: {scope: telescope, method: drop-record, others: "
		 "keep}]",
		"10.2.2.3"),
	};

	(void)state;
	check(rows, sizeof(rows) / sizeof(rows[0]));
}

static void
special_addresses_are_kept_whatever_the_method(void **state)
{
	static const struct row rows[] = {
	    SPECIAL(SCOPED "drop}]", "0.0.0.0"),
	    SPECIAL(SCOPED "drop}]", "127.0.0.1"),
	    SPECIAL(SCOPED "map}]", "224.0.0.251"),
	    SPECIAL(SCOPED "map}]", "255.255.255.255"),
	    SPECIAL(SCOPED "map}]", "::"),
	    SPECIAL(SCOPED "map}]", "::1"),
	    SPECIAL("[addr: {method: zero}]", "ff02::1"),
	    SPECIAL("[addr: {method: zero}]", "ff05::1:3"),
	    {"[addr: {method: zero}]", "ff02::1:ff12:3456", "ff02::1:ff6a:91b6",
		SAN_WHAT_SPECIAL, D4_R_NONE},
	    MAPPED("[addr: {method: zero}]", "fe80::1234:56ff:fe78:9abc",
		"fe80::b5df:f52a:2ad6:5e5e"),
	    /* bits that must be zero do not travel */
	    MAPPED(SCOPED "keep}]", "fe80:a01:203:7:1234:56ff:fe78:9abc",
		"fe80::b5df:f52a:2ad6:5e5e"),
	};

	(void)state;
	check(rows, sizeof(rows) / sizeof(rows[0]));
}

static void
ipv4_of_the_scope_is_found_inside_ipv6(void **state)
{
	static const struct row rows[] = {
	    SCOPE(SCOPED "keep}]", "::ffff:10.1.2.3", "::ffff:198.18.252.12"),
	    SCOPE(SCOPED "map}]", "::ffff:10.1.2.3", "::ffff:198.18.252.12"),
	    SCOPE(SCOPED "drop}]", "64:ff9b::10.1.2.3", "64:ff9b::c612:fc0c"),
	    SCOPE(SCOPED "keep}]", "::10.1.2.3", "::198.18.252.12"),
	    SCOPE(SCOPED "keep}]", "::ffff:0:a01:203", "::ffff:0:c612:fc0c"),
	    SCOPE(SCOPED "keep}]", "64:ff9b:1:2::a01:203",
		"64:ff9b:1:2::c612:fc0c"),
	    SCOPE(SCOPED "keep}]", "2002:a01:203:7::9",
		"2002:c612:fc0c:2007:9de1:fb1f:3ff:fc29"),
	    SCOPE(SCOPED "keep}]", "2001:0:a01:203:8000:63bf:f5fe:fdfc",
		"2001:0:c612:fc0c:8000:63bf:39ed:3f3"),
	    SCOPE(SCOPED "keep}]", "2001:db8:99::200:5efe:10.1.2.3",
		"2001:db8:99:0:200:5efe:c612:fc0c"),
	    SCOPE(SCOPED "map}]", "2001:db8:99::200:5efe:10.1.2.3",
		"fc1f:75b9:a146:c001:200:5efe:c612:fc0c"),
	    WITHHELD(SCOPED "drop}]", "2001:db8:99::200:5efe:10.1.2.3",
		D4_R_ADDR_DROP),
	    SCOPE(SCOPED "keep}]", "ff3e:30:2001:db8:77::1234",
		"ff3e:30:2001:db8:fffe:1e3f:0:1234"),
	    /* others inside: the whole is an address like any other */
	    KEPT(SCOPED "keep}]", "::ffff:10.2.2.3"),
	    KEPT(SCOPED "keep}]", "2002:a02:203::9"),
	    WITHHELD(SCOPED "drop}]", "2002:a02:203::9", D4_R_ADDR_DROP),
	    WITHHELD(SCOPED "keep}]", "2001:0:a01:203::39ed:101",
		D4_R_INTO_CONFLICT),
	};

	(void)state;
	check(rows, sizeof(rows) / sizeof(rows[0]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		many_at_once_map_as_one_by_one_until_one_is_not_replaced),
	    cmocka_unit_test(many_at_once_say_what_became_of_each),
	    cmocka_unit_test(scope_and_others_map_as_they_should),
	    cmocka_unit_test(special_addresses_are_kept_whatever_the_method),
	    cmocka_unit_test(ipv4_of_the_scope_is_found_inside_ipv6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

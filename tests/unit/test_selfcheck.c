#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "sanitizers/selfcheck.h"
#include "sanitizers/selfcheck_near.h"

static void
check_of(struct san_check *c, const char *addr)
{
	struct d4_addr a = {0};

	san_check_reset(c);
	assert_int_equal(d4_addr_parse(d4_slice_str(addr), &a), D4_OK);
	san_check_add(c, &a);
}

/* Every place and every length around it: blocks, tails, guard bytes. */
static void
assert_found(const char *addr, const void *form, size_t n, bool found)
{
	static const uint8_t fill[] = {0, 0xff, ' '};
	struct san_check c;

	check_of(&c, addr);
	for (size_t k = 0; k < sizeof(fill); k++) {
		for (size_t at = 0; at < 40; at++) {
			for (size_t tail = 0; tail < 20; tail++) {
				size_t len = at + n + tail;
				uint8_t *p = malloc(len);

				assert_non_null(p);
				memset(p, fill[k], len);
				memcpy(p + at, form, n);
				assert_int_equal(
				    san_check_hit(&c, d4_slice_of(p, len)),
				    found);
				free(p);
			}
		}
	}
}

static void
an_address_is_found_in_every_encoding(void **state)
{
	static const struct {
		const char *addr, *form;
	} rows[] = {
	    {"1.2.3.4", "1.2.3.4"},
	    {"10.1.2.3", "10.1.2.3"},
	    {"10.1.2.3", "3.2.1.10"},
	    {"1.2.3.4", "1.2.3.4"},
	    {"10.1.2.3", "10-1-2-3"},
	    {"10.1.2.3", "0a010203"},
	    {"10.1.2.3", "0A010203"},
	    {"10.1.2.3", "167838211"},
	    {"10.1.2.3", "\x0a\x01\x02\x03"},
	    {"10.1.2.3", "\x03\x02\x01\x0a"},
	    {"203.0.113.9", "203.0.113.9"},
	    {"2001:db8:77::1", "2001:db8:77::1"},
	    {"2001:db8:77::1", "2001:DB8:77::1"},
	    {"2001:db8:77::1", "2001-db8-77--1"},
	    {"2001:db8:77::1", "20010db8007700000000000000000001"},
	    {"2001:db8:77::1", "2001:0db8:0077:0000:0000:0000:0000:0001"},
	    {"2001:db8:77::1", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
			       "7.7.0.0.8.b.d.0.1.0.0.2"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_found(
		    rows[i].addr, rows[i].form, strlen(rows[i].form), true);
}

static void
bytes_of_ipv6_are_found_in_both_orders(void **state)
{
	static const uint8_t be[16] = {
	    0x20, 1, 0xd, 0xb8, 0, 0x77, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
	uint8_t le[16];

	(void)state;
	for (size_t i = 0; i < 16; i++)
		le[i] = be[15 - i];
	assert_found("2001:db8:77::1", be, 16, true);
	assert_found("2001:db8:77::1", le, 16, true);
	assert_found("2001:db8:77::1", be, 15, false);
}

static void
what_only_resembles_an_address_is_no_hit(void **state)
{
	static const struct {
		const char *addr, *form;
	} rows[] = {
	    {"10.1.2.3", "10.1.2.4"},
	    {"10.1.2.3", "10.1.2"},
	    {"10.1.2.3", "0a01020"},
	    {"10.1.2.3", "\x0a\x01\x02\x04"},
	    {"10.1.2.3", "\x0b\x01\x02\x03"},
	    {"10.1.2.3", "\x0a\x02\x01\x03"},
	    {"2001:db8:77::1", "2001:db8:78::1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_found(
		    rows[i].addr, rows[i].form, strlen(rows[i].form), false);
}

static void
more_addresses_than_fit_are_said(void **state)
{
	struct san_check c;

	(void)state;
	san_check_reset(&c);
	for (uint32_t i = 0; i < SAN_CHECK_MAX; i++) {
		san_check_add4(&c, 0x0a010000u + i);
		san_check_add4(&c, 0x0a010000u + i);
	}
	assert_int_equal(c.n4, SAN_CHECK_MAX);
	assert_false(c.full);
	san_check_add4(&c, 0x0a020000u);
	assert_true(c.full);
	san_check_reset(&c);
	assert_false(san_check_hit(&c, d4_slice_str("10.1.0.0")));
}

/* Wherever a form of 10.1.2.3 holds a byte of those that were written. */
static void
assert_near(const void *form, size_t len, bool text)
{
	static const size_t written[] = {1, 2, 8, 10, 16};
	struct san_near addr = san_near_of(0x0a010203);
	uint8_t b[256];

	for (size_t i = 0; i < sizeof(written) / sizeof(written[0]); i++) {
		size_t n = written[i];

		for (size_t at = 100 - len + 1; at < 100 + n; at++) {
			memset(b, 0xfe, sizeof(b));
			memcpy(b + at, form, len);
			if (text)
				assert_true(
				    check_any(san_near_text(b + 100, n)));
			else
				assert_true(
				    check_any(san_near4(b + 100, n, &addr)));
		}
		memset(b, 0xfe, sizeof(b));
		assert_false(check_any(san_near_text(b + 100, n)));
		assert_false(check_any(san_near4(b + 100, n, &addr)));
	}
}

static void
what_meets_a_written_byte_is_suspected_wherever_it_begins(void **state)
{
	static const char *const texts[] = {"10.1.2.3", "1.2.3.4", "10-1-2-3",
	    "167838211", "0a010203", "0A010203", "3.2.1.10"};

	(void)state;
	assert_near("\x0a\x01\x02\x03", 4, false);
	assert_near("\x03\x02\x01\x0a", 4, false);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_near(texts[i], strlen(texts[i]), true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_address_is_found_in_every_encoding),
	    cmocka_unit_test(bytes_of_ipv6_are_found_in_both_orders),
	    cmocka_unit_test(what_only_resembles_an_address_is_no_hit),
	    cmocka_unit_test(more_addresses_than_fit_are_said),
	    cmocka_unit_test(
		what_meets_a_written_byte_is_suspected_wherever_it_begins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

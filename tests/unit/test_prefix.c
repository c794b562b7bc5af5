#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "libd4/prefix.h"

static struct d4_addr
addr_of(const char *text)
{
	struct d4_addr a;

	assert_int_equal(d4_addr_parse(d4_slice_str(text), &a), D4_OK);
	return a;
}

static struct d4_prefix
prefix_of(const char *text)
{
	struct d4_prefix p;

	assert_int_equal(d4_prefix_parse(d4_slice_str(text), &p), D4_OK);
	return p;
}

static void
an_address_reads_and_writes_back_in_canonical_form(void **state)
{
	static const char *const rows[][2] = {
	    {"0.0.0.0", "0.0.0.0"},
	    {"255.255.255.255", "255.255.255.255"},
	    {"10.1.20.103", "10.1.20.103"},
	    {"::", "::"},
	    {"::1", "::1"},
	    {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
	    {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
	    {"::ffff:10.1.2.3", "::ffff:10.1.2.3"},
	    {"fe80::0:0:1:0", "fe80::1:0"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct d4_addr a = addr_of(rows[i][0]);
		char text[D4_ADDR_TEXT];

		d4_addr_text(&a, text);
		assert_string_equal(text, rows[i][1]);
	}
}

static void
text_that_is_no_address_is_refused(void **state)
{
	static const char *const rows[] = {"", ".", "1.2.3", "1.2.3.4.",
	    "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1..2.3", " 1.2.3.4",
	    "1.2.3.4 ", "1.2.3.0004", "::g", "fe80::1%eth0", ":::", "1:2",
	    "1.2.3.4/8", "1111:2222:3333:4444:5555:6666:7777:8888:9999",
	    "::ffff:1.2.3.4444444444444444444444444444444444444"};
	struct d4_addr a;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
		    d4_addr_parse(d4_slice_str(rows[i]), &a), D4_EMALFORMED);
	assert_int_equal(
	    d4_addr_parse(d4_slice_of("::1\0", 4), &a), D4_EMALFORMED);
	assert_int_equal(
	    d4_addr_parse(d4_slice_of("1.2.3.4\0", 8), &a), D4_EMALFORMED);
}

static void
a_prefix_with_host_bits_or_a_bad_length_is_refused(void **state)
{
	static const struct {
		const char *text;
		enum d4_status st;
	} rows[] = {
	    {"10.1.0.0/16", D4_OK},
	    {"10.1.0.0", D4_OK},
	    {"0.0.0.0/0", D4_OK},
	    {"2001:db8:77::/48", D4_OK},
	    {"2001:db8::/128", D4_OK},
	    {"10.1.128.0/17", D4_OK},
	    {"10.1.128.0/16", D4_EINVAL},
	    {"10.1.0.1/16", D4_EINVAL},
	    {"2001:db8:77::1/48", D4_EINVAL},
	    {"10.1.0.0/33", D4_EMALFORMED},
	    {"10.1.0.0/", D4_EMALFORMED},
	    {"10.1.0.0/016", D4_EMALFORMED},
	    {"10.1.0.0/1 ", D4_EMALFORMED},
	    {"2001:db8::/129", D4_EMALFORMED},
	    {"/8", D4_EMALFORMED},
	    {"", D4_EMALFORMED},
	};
	struct d4_prefix p;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
		    d4_prefix_parse(d4_slice_str(rows[i].text), &p),
		    rows[i].st);
}

static void
prefixes_overlap_only_when_one_holds_the_other(void **state)
{
	struct d4_prefix p = prefix_of("10.0.0.0/8");
	struct d4_prefix q = prefix_of("10.1.0.0/16");
	struct d4_prefix r = prefix_of("11.0.0.0/8");
	struct d4_prefix six = prefix_of("a00::/8");

	(void)state;
	assert_true(d4_prefix_overlap(&p, &q));
	assert_true(d4_prefix_overlap(&q, &p));
	assert_false(d4_prefix_overlap(&p, &r));
	assert_false(d4_prefix_overlap(&p, &six));
}

static void
the_set_finds_the_longest_match(void **state)
{
	static const char *const in[] = {"10.1.0.0/16", "10.0.0.0/8",
	    "10.1.2.0/24", "10.1.2.3/32", "10.1.2.128/25", "2001:db8::/32",
	    "2001:db8:77::/48", "10.1.0.0/16", "192.0.2.0/24"};
	static const char *const rows[][2] = {
	    {"10.1.2.3", "10.1.2.3/32"},
	    {"10.1.2.4", "10.1.2.0/24"},
	    {"10.1.2.200", "10.1.2.128/25"},
	    {"10.1.3.1", "10.1.0.0/16"},
	    {"10.255.255.255", "10.0.0.0/8"},
	    {"10.0.0.0", "10.0.0.0/8"},
	    {"2001:db8:77::1", "2001:db8:77::/48"},
	    {"2001:db8:78::1", "2001:db8::/32"},
	    {"9.255.255.255", NULL},
	    {"11.0.0.0", NULL},
	    {"2001:db9::", NULL},
	    {"::", NULL},
	};
	struct d4_prefix_set s = {NULL, 0};

	(void)state;
	for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++) {
		struct d4_prefix p = prefix_of(in[i]);

		assert_int_equal(d4_prefix_set_add(&s, &p), D4_OK);
	}
	assert_int_equal(s.n, 8); /* one was there already */
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct d4_addr a = addr_of(rows[i][0]);
		const struct d4_prefix *p = d4_prefix_set_find(&s, &a);
		struct d4_prefix want;

		if (rows[i][1] == NULL) {
			assert_null(p);
			continue;
		}
		want = prefix_of(rows[i][1]);
		assert_non_null(p);
		assert_memory_equal(p->addr.b, want.addr.b, 16);
		assert_int_equal(p->len, want.len);
	}
	d4_prefix_set_fini(&s);
}

/* The search of the sorted list against one that looks at every entry. */
static void
the_search_agrees_with_a_linear_one_on_random_sets(void **state)
{
	struct d4_prefix_set s = {NULL, 0};
	struct d4_prefix_set whole;
	struct d4_prefix *list = calloc(300, sizeof(*list));
	uint64_t x = 88172645463325252u;

	(void)state;
	assert_non_null(list);
	for (unsigned i = 0; i < 300; i++) {
		struct d4_prefix p = {.addr = {.family = 4}};

		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		p.len = (uint8_t)(x % 17);
		p.addr.b[0] = (uint8_t)((x >> 8) & (0xff00u >> p.len));
		if (p.len > 8)
			p.addr.b[1] =
			    (uint8_t)((x >> 16) & (0xff00u >> (p.len - 8)));
		if (p.len >= 8)
			p.addr.b[0] = (uint8_t)((x >> 8) & 0xff);
		assert_int_equal(d4_prefix_set_add(&s, &p), D4_OK);
		list[i] = p;
	}
	d4_prefix_set_take(&whole, list, 300);
	assert_true(whole.n < s.n); /* without those inside another */
	for (unsigned i = 0; i < 65536; i++) {
		struct d4_addr a = {4, {(uint8_t)(i >> 8), (uint8_t)i, 7, 7}};
		const struct d4_prefix *best = NULL;

		for (size_t k = 0; k < s.n; k++) {
			if (d4_prefix_has(&s.list[k], &a) &&
			    (best == NULL || s.list[k].len > best->len))
				best = &s.list[k];
		}
		assert_ptr_equal(d4_prefix_set_find(&s, &a), best);
		assert_int_equal(
		    d4_prefix_set_find(&whole, &a) != NULL, best != NULL);
	}
	d4_prefix_set_fini(&whole);
	d4_prefix_set_take(&whole, NULL, 0);
	assert_int_equal(whole.n, 0);
	d4_prefix_set_fini(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		an_address_reads_and_writes_back_in_canonical_form),
	    cmocka_unit_test(text_that_is_no_address_is_refused),
	    cmocka_unit_test(
		a_prefix_with_host_bits_or_a_bad_length_is_refused),
	    cmocka_unit_test(prefixes_overlap_only_when_one_holds_the_other),
	    cmocka_unit_test(the_set_finds_the_longest_match),
	    cmocka_unit_test(
		the_search_agrees_with_a_linear_one_on_random_sets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

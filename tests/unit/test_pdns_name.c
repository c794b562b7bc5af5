#include "guard.h"
#include "sanitizers/pdns_deny.h"
#include "test.h"

static struct san_name
name_of(const char *text)
{
	struct san_name n;
	struct guard g;
	struct d4_slice s = guard_new(&g, d4_slice_str(text));

	if (!san_name_parse(s, &n))
		fail_msg("refused: %s", text);
	guard_free(&g);
	return n;
}

static void
a_name_is_taken_apart_at_its_dots(void **state)
{
	struct san_name n = name_of("WWW.Example.COM.");

	(void)state;
	assert_int_equal(n.n_labels, 3);
	assert_int_equal(n.n, 15);
	assert_memory_equal(n.text, "www.example.com", 15);
	assert_int_equal(n.at[1], 4);
	assert_int_equal(n.at[2], 12);
	assert_int_equal(n.at[3], 16);
	n = name_of(".");
	assert_int_equal(n.n_labels, 0);
	n = name_of("com");
	assert_int_equal(n.n_labels, 1);
}

static void
what_is_no_plain_name_is_refused(void **state)
{
	static const char *const rows[] = {"", "..", ".com", "a..b", "a b.com",
	    "a\tb.com", "co\\114p",
	    "b\xc3\xbc"
	    "cher.de",
	    "a\x7f.com", "a.b..",
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    ".com"};
	struct san_name n;
	char text[300];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (san_name_parse(d4_slice_str(rows[i]), &n))
			fail_msg("taken: %s", rows[i]);
	}
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 2 ? '.' : 'a';
	assert_true(san_name_parse(d4_slice_of(text, 253), &n));
	assert_int_equal(n.n_labels, 127);
	assert_false(san_name_parse(d4_slice_of(text, 255), &n));
	assert_false(san_name_parse(d4_slice_of(text, 257), &n));
}

static void
a_suffix_matches_whole_labels_in_any_case(void **state)
{
	static const char *const in[] = {"corp", "a.CORP", "x.y.corp.",
	    "example.lu", "www.Example.LU.", "10.in-addr.arpa",
	    "1.2.3.10.in-addr.arpa", "5.17.172.in-addr.arpa",
	    "1.100.100.in-addr.arpa",
	    ("a.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
	     "0.ip6.arpa"),
	    "x.D.F.ip6.arpa"};
	static const char *const out[] = {"xcorp", "a.xcorp", "corp.com",
	    "notexample.lu", "example.lu.com", "11.in-addr.arpa",
	    "5.32.172.in-addr.arpa", "in-addr.arpa", "d.e.ip6.arpa",
	    "1.128.100.in-addr.arpa", "."};
	struct san_suffixes *s = san_suffixes_new();

	(void)state;
	assert_non_null(s);
	assert_int_equal(san_pdns_deny_default(s), D4_OK);
	assert_int_equal(
	    san_suffixes_add(s, d4_slice_str(".Example.lu.")), D4_OK);
	assert_int_equal(
	    san_suffixes_add(s, d4_slice_str("example.lu")), D4_OK);
	for (size_t i = 0; i < COUNT(in); i++) {
		struct san_name n = name_of(in[i]);

		if (!san_suffixes_has(s, &n))
			fail_msg("not denied: %s", in[i]);
	}
	for (size_t i = 0; i < COUNT(out); i++) {
		struct san_name n = name_of(out[i]);

		if (san_suffixes_has(s, &n))
			fail_msg("denied: %s", out[i]);
	}
	san_suffixes_free(s);
}

static void
a_set_takes_many_suffixes_and_no_nonsense(void **state)
{
	struct san_suffixes *s = san_suffixes_new();
	char text[32];

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		(void)snprintf(text, sizeof(text), "n%u.example.net", i);
		assert_int_equal(
		    san_suffixes_add(s, d4_slice_str(text)), D4_OK);
	}
	for (unsigned i = 0; i < 6000; i++) {
		struct san_name n;

		(void)snprintf(text, sizeof(text), "w.n%u.example.net", i);
		n = name_of(text);
		assert_int_equal(san_suffixes_has(s, &n), i < 5000);
	}
	assert_int_equal(
	    san_suffixes_add(s, d4_slice_str("a b")), D4_EMALFORMED);
	assert_int_equal(san_suffixes_add(s, d4_slice_str(".")), D4_EMALFORMED);
	assert_int_equal(san_suffixes_add(s, d4_slice_str("")), D4_EMALFORMED);
	san_suffixes_free(s);
	san_suffixes_free(NULL);
}

static void
labels_that_tell_of_a_local_network_are_seen_anywhere(void **state)
{
	static const char *const in[] = {
	    "wpad.example.com", "a.WPAD.com", "isatap.x", "x._msdcs.example"};
	static const char *const out[] = {
	    "wpads.com", "xwpad.com", "msdcs.com", "isatap1.com"};

	(void)state;
	for (size_t i = 0; i < COUNT(in); i++) {
		struct san_name n = name_of(in[i]);

		assert_true(san_name_denied_label(&n));
	}
	for (size_t i = 0; i < COUNT(out); i++) {
		struct san_name n = name_of(out[i]);

		assert_false(san_name_denied_label(&n));
	}
}

static const struct d4_prefix_set *
scope(void)
{
	static const char *const list[] = {"185.4.0.0/22", "2a01:db8::/32"};
	static struct d4_prefix_set s;

	for (size_t i = 0; s.n < 2; i++) {
		struct d4_prefix p;

		assert_int_equal(
		    d4_prefix_parse(d4_slice_str(list[i]), &p), D4_OK);
		assert_int_equal(d4_prefix_set_add(&s, &p), D4_OK);
	}
	return &s;
}

#define NIBBLES "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."

static void
reverse_names_of_the_scope_are_seen(void **state)
{
	static const char *const in[] = {"3.2.4.185.in-addr.arpa",
	    "2.4.185.in-addr.arpa", "4.185.IN-ADDR.arpa",
	    "64-26.2.4.185.in-addr.arpa", "www.3.2.4.185.in-addr.arpa",
	    NIBBLES "8.b.d.0.1.0.a.2.ip6.arpa", "8.b.d.0.1.0.a.2.ip6.arpa",
	    "3.2.4.185.zen.blocklist.org", "a.3.2.4.185.zen.blocklist.org",
	    "185.4.2.3.rev.isp.net", NIBBLES "8.b.d.0.1.0.a.2.bl.org"};
	static const char *const out[] = {"in-addr.arpa", "ip6.arpa",
	    "3.2.5.185.in-addr.arpa", "3.4.4.185.in-addr.arpa",
	    "x.in-addr.arpa", "1.8.b.d.1.1.0.a.2.ip6.arpa", "www.example.org",
	    "03.2.4.185.bl.org", "3.2.4.bl.org", "256.2.4.185.bl.org",
	    "3.2.5.185.bl.org", NIBBLES "8.b.d.0.2.0.a.2.bl.org"};

	(void)state;
	for (size_t i = 0; i < COUNT(in); i++) {
		struct san_name n = name_of(in[i]);

		if (!san_name_reverse(&n, scope()))
			fail_msg("not seen: %s", in[i]);
	}
	for (size_t i = 0; i < COUNT(out); i++) {
		struct san_name n = name_of(out[i]);

		if (san_name_reverse(&n, scope()))
			fail_msg("seen: %s", out[i]);
	}
}

static void
without_a_scope_every_reverse_name_is_seen(void **state)
{
	static const char *const in[] = {"8.8.8.8.in-addr.arpa",
	    "8.in-addr.arpa", "1.2.3.4.bl.org",
	    NIBBLES "0.0.0.0.0.0.0.0.ip6.arpa"};
	static const char *const out[] = {
	    "in-addr.arpa", "www.example.org", "1.2.3.bl.org"};

	(void)state;
	for (size_t i = 0; i < COUNT(in); i++) {
		struct san_name n = name_of(in[i]);

		assert_true(san_name_reverse(&n, NULL));
	}
	for (size_t i = 0; i < COUNT(out); i++) {
		struct san_name n = name_of(out[i]);

		assert_false(san_name_reverse(&n, NULL));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_name_is_taken_apart_at_its_dots),
	    cmocka_unit_test(what_is_no_plain_name_is_refused),
	    cmocka_unit_test(a_suffix_matches_whole_labels_in_any_case),
	    cmocka_unit_test(a_set_takes_many_suffixes_and_no_nonsense),
	    cmocka_unit_test(
		labels_that_tell_of_a_local_network_are_seen_anywhere),
	    cmocka_unit_test(reverse_names_of_the_scope_are_seen),
	    cmocka_unit_test(without_a_scope_every_reverse_name_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "test.h"
#include "ipfix.h"
#include "libd4/cutter.h"
#include "libd4/ipfix_templates.h"

static uint8_t room[1u << 18];

static struct d4_slice
written(const struct ipfix_out *o)
{
	return d4_slice_of(o->p, o->n);
}

static void
learn(struct ipfix_templates *t, struct ipfix_out *o, enum d4_status want)
{
	ipfix_end(o);
	assert_int_equal(ipfix_templates_learn(t, written(o)), want);
	o->n = o->set = 0;
}

/* What the opening tells is all that is known: it can be learned from. */
static void
opening_tells(const struct ipfix_templates *t, size_t templates)
{
	struct d4_slice at = ipfix_templates_opening(t);
	struct ipfix_templates other;

	ipfix_templates_init(&other);
	while (at.n != 0) {
		size_t n = d4_get_be16(at.p + 2);

		assert_true(n <= at.n);
		assert_int_equal(
		    ipfix_templates_learn(&other, d4_slice_skip(&at, n)),
		    D4_OK);
	}
	assert_int_equal(t->n, templates);
	assert_int_equal(other.n, templates);
	assert_true(d4_slice_eq(
	    ipfix_templates_opening(&other), ipfix_templates_opening(t)));
	ipfix_templates_fini(&other);
}

static void
templates_of_several_domains_are_one_message_each(void **state)
{
	struct ipfix_out o = {.p = room};
	struct ipfix_templates t;
	struct d4_slice opening;

	(void)state;
	ipfix_templates_init(&t);
	ipfix_message(&o, 7);
	ipfix_set(&o, 2);
	ipfix_template(&o, 300, 3);
	ipfix_template(&o, 256, 1);
	learn(&t, &o, D4_OK);
	ipfix_message(&o, 3);
	ipfix_set(&o, 3);
	ipfix_option(&o, 256, 2);
	learn(&t, &o, D4_OK);
	opening = ipfix_templates_opening(&t);
	/* Domain 3: header, set, options template of 3 fields; then 7. */
	assert_int_equal(d4_get_be16(opening.p + 2), 16 + 4 + 18);
	assert_int_equal(d4_get_be32(opening.p + 12), 3);
	assert_int_equal(d4_get_be32(opening.p + 38 + 12), 7);
	assert_int_equal(d4_get_be16(opening.p + 38 + 20), 256);
	assert_int_equal(d4_get_be16(opening.p + 38 + 28), 300);
	assert_int_equal(opening.n, 38 + 16 + 4 + 8 + 20);
	opening_tells(&t, 3);
	ipfix_templates_fini(&t);
}

static void
the_same_again_is_no_news(void **state)
{
	struct ipfix_out o = {.p = room};
	struct ipfix_templates t;
	struct ipfix_set s = {.id = 2};

	(void)state;
	ipfix_templates_init(&t);
	ipfix_message(&o, 0);
	ipfix_set(&o, 2);
	ipfix_template(&o, 256, 2);
	s.body = d4_slice_of(room + o.set + 4, o.n - o.set - 4);
	assert_int_equal(ipfix_templates_compare(&t, 0, &s), IPFIX_NEW);
	ipfix_end(&o);
	assert_int_equal(ipfix_templates_learn(&t, written(&o)), D4_OK);
	assert_int_equal(ipfix_templates_compare(&t, 0, &s), IPFIX_SAME);
	assert_int_equal(ipfix_templates_compare(&t, 1, &s), IPFIX_NEW);
	d4_put_be32(room + 4, 9); /* another time: still nothing new */
	assert_int_equal(ipfix_templates_learn(&t, written(&o)), D4_OK);
	assert_int_equal(
	    d4_get_be32(ipfix_templates_opening(&t).p + 4), 1700000000);
	ipfix_templates_fini(&t);
}

/* Templates 256 and 257, options 258; then what the rows define or end. */
static void
what_is_withdrawn_or_redefined_is_so(void **state)
{
	static const struct {
		unsigned set, id, fields;
		size_t left;
	} rows[] = {
	    {2, 256, 0, 2},
	    {2, 259, 0, 3},
	    {2, 2, 0, 1},
	    {3, 3, 0, 2},
	    {3, 258, 0, 2},
	    {3, 256, 0, 3},
	    {2, 256, 5, 3},
	    {2, 258, 4, 3},
	    {2, 259, 1, 4},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct ipfix_out o = {.p = room};
		struct ipfix_templates t;

		ipfix_templates_init(&t);
		ipfix_message(&o, 1);
		ipfix_set(&o, 2);
		ipfix_template(&o, 256, 2);
		ipfix_template(&o, 257, 3);
		learn(&t, &o, D4_OK);
		ipfix_message(&o, 1);
		ipfix_set(&o, 3);
		ipfix_option(&o, 258, 3);
		learn(&t, &o, D4_OK);
		ipfix_message(&o, 1);
		ipfix_set(&o, rows[i].set);
		ipfix_template(&o, rows[i].id, rows[i].fields);
		learn(&t, &o, D4_OK);
		opening_tells(&t, rows[i].left);
		ipfix_templates_forget(&t);
		assert_int_equal(ipfix_templates_opening(&t).n, 0);
		ipfix_templates_fini(&t);
	}
}

static void
a_set_that_cannot_be_is_wrong(void **state)
{
	static const struct {
		uint16_t set;
		const char *hex;
		enum ipfix_news want;
	} rows[] = {
	    {2, "", IPFIX_SAME},
	    {2, "000000", IPFIX_SAME}, /* padding */
	    {2, "00000000000000", IPFIX_SAME},
	    {2, "0100000100080004", IPFIX_NEW},
	    {2, "010000010008000400", IPFIX_NEW},
	    {2, "00ff000100080004", IPFIX_WRONG}, /* an id of no template */
	    {2, "0100000200080004", IPFIX_WRONG}, /* a field is missing */
	    {2, "0100000180080004", IPFIX_WRONG}, /* its enterprise */
	    {2, "010000018008000400001ad7", IPFIX_NEW},
	    {2, "01000000", IPFIX_SAME}, /* withdrawn, never there */
	    {2, "00020000", IPFIX_NEW},
	    {2, "00030000", IPFIX_WRONG},
	    {3, "00030000", IPFIX_NEW},
	    {3, "01000001000100080004", IPFIX_NEW},
	    {3, "01000001000000080004", IPFIX_WRONG}, /* no scope */
	    {3, "01000001000200080004", IPFIX_WRONG}, /* more than fields */
	    {3, "0100000100", IPFIX_WRONG},
	};
	struct ipfix_templates t;

	(void)state;
	ipfix_templates_init(&t);
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t bytes[64];
		struct ipfix_set s = {.id = rows[i].set};

		s.body.n = test_hex(rows[i].hex, bytes, sizeof(bytes));
		s.body.p = bytes;
		if (ipfix_templates_compare(&t, 0, &s) != rows[i].want)
			fail_msg("%s", rows[i].hex);
	}
	ipfix_templates_fini(&t);
}

static void
sets_are_taken_one_by_one(void **state)
{
	static const uint8_t bytes[] = {1, 0, 0, 6, 'a', 'b', 0, 2, 0, 4, 9};
	struct d4_slice at = d4_slice_of(bytes, sizeof(bytes));
	struct ipfix_set s;

	(void)state;
	assert_true(ipfix_set_next(&at, &s));
	assert_int_equal(s.id, 256);
	assert_slice(s.body, "ab");
	assert_true(ipfix_set_next(&at, &s));
	assert_int_equal(s.body.n, 0);
	assert_false(ipfix_set_next(&at, &s));
	assert_int_equal(at.n, 1);
	for (size_t n = 0; n < 6; n++) {
		at = d4_slice_of(bytes, n);
		assert_false(ipfix_set_next(&at, &s));
	}
}

static void
templates_have_a_limit_in_number_and_bytes(void **state)
{
	struct ipfix_out o = {.p = room};
	struct ipfix_templates t;

	(void)state;
	ipfix_templates_init(&t);
	ipfix_message(&o, 0);
	ipfix_set(&o, 2);
	for (unsigned i = 0; i < IPFIX_TEMPLATES_MAX; i++)
		ipfix_template(&o, 256 + i, 2);
	learn(&t, &o, D4_OK);
	opening_tells(&t, IPFIX_TEMPLATES_MAX);
	ipfix_message(&o, 0);
	ipfix_set(&o, 2);
	ipfix_template(&o, 3000, 1);
	learn(&t, &o, D4_ETOOBIG);
	ipfix_templates_forget(&t);
	ipfix_message(&o, 0);
	ipfix_set(&o, 2);
	for (unsigned i = 0; i < 5; i++)
		ipfix_template(&o, 256 + i, 1000);
	learn(&t, &o, D4_OK);
	assert_true(t.opening.n > D4_OPENING_MAX / 2);
	ipfix_message(&o, 0);
	ipfix_set(&o, 2);
	for (unsigned i = 0; i < 5; i++)
		ipfix_template(&o, 356 + i, 1000);
	learn(&t, &o, D4_ETOOBIG);
	ipfix_templates_fini(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(templates_of_several_domains_are_one_message_each),
	    cmocka_unit_test(the_same_again_is_no_news),
	    cmocka_unit_test(what_is_withdrawn_or_redefined_is_so),
	    cmocka_unit_test(a_set_that_cannot_be_is_wrong),
	    cmocka_unit_test(sets_are_taken_one_by_one),
	    cmocka_unit_test(templates_have_a_limit_in_number_and_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

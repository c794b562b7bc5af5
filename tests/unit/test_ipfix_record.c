#include "test.h"
#include "ipfix.h"
#include "libd4/ipfix_number.h"

/* 4 bytes, a value that says its length, an enterprise's of 2 */
static const uint8_t record[] = {1, 0, 0, 3, 0, 8, 0, 4, 0, 82, 0xff, 0xff,
    0x80, 14, 0, 2, 0, 0, 0x1a, 0xd7};

static struct d4_slice
fields(void)
{
	return ipfix_fields(
	    d4_slice_of(record, sizeof(record)), IPFIX_TEMPLATES);
}

static void
fields_of_a_template_are_read_one_by_one(void **state)
{
	struct d4_slice at = fields();
	struct ipfix_field f;

	(void)state;
	assert_true(ipfix_field_next(&at, &f));
	assert_int_equal(f.id, 8);
	assert_int_equal(f.len, 4);
	assert_int_equal(f.enterprise, 0);
	assert_true(ipfix_field_next(&at, &f));
	assert_int_equal(f.len, IPFIX_VARIABLE);
	assert_true(ipfix_field_next(&at, &f));
	assert_int_equal(f.id, 14);
	assert_int_equal(f.enterprise, 6871);
	assert_false(ipfix_field_next(&at, &f));
	at = d4_slice_of(record + 12, 7); /* cut */
	assert_false(ipfix_field_next(&at, &f));
	assert_int_equal(
	    ipfix_fields(d4_slice_of(record, 5), IPFIX_OPTIONS).n, 0);
}

static void
values_say_their_length_in_one_byte_or_three(void **state)
{
	static const struct {
		uint8_t bytes[6];
		size_t n;
		uint16_t len;
		bool ok;
		size_t value, taken;
	} rows[] = {
	    {{1, 2, 3}, 3, 2, true, 2, 2},
	    {{1, 2, 3}, 3, 4, false, 0, 0},
	    {{2, 7, 7, 9}, 4, 65535, true, 2, 3},
	    {{0}, 1, 65535, true, 0, 1},
	    {{3, 7, 7}, 3, 65535, false, 0, 0},
	    {{255, 0, 2, 7, 7, 9}, 6, 65535, true, 2, 5},
	    {{255, 0}, 2, 65535, false, 0, 0},
	    {{255, 1, 0, 7}, 4, 65535, false, 0, 0},
	    {{0}, 0, 65535, false, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct d4_slice at = d4_slice_of(rows[i].bytes, rows[i].n), v;

		assert_int_equal(
		    ipfix_value_next(&at, rows[i].len, &v), rows[i].ok);
		assert_int_equal(at.n, rows[i].n - rows[i].taken);
		if (rows[i].ok)
			assert_int_equal(v.n, rows[i].value);
	}
}

static void
records_are_counted_and_padding_is_none(void **state)
{
	static const uint8_t body[] = {
	    1, 2, 3, 4, 0, 5, 6, 1, 2, 3, 4, 2, 9, 9, 5, 6, 0, 0};
	static const uint8_t fixed[] = {1, 0, 0, 2, 0, 8, 0, 4, 0, 7, 0, 2};
	static const uint8_t none[] = {1, 0, 0, 1, 0, 8, 0, 0};
	struct d4_slice one;

	(void)state;
	assert_int_equal(
	    ipfix_records(fields(), d4_slice_of(body, sizeof(body))), 2);
	one = ipfix_fields(d4_slice_of(fixed, 12), IPFIX_TEMPLATES);
	assert_int_equal(ipfix_records(one, d4_slice_of(body, 17)), 2);
	assert_int_equal(ipfix_records(one, d4_slice_of(body, 5)), 0);
	one = ipfix_fields(d4_slice_of(none, 8), IPFIX_TEMPLATES);
	assert_int_equal(ipfix_records(one, d4_slice_of(body, 8)), 0);
	assert_int_equal(
	    ipfix_records(d4_slice_of(NULL, 0), d4_slice_of(body, 8)), 0);
}

static uint8_t room[1u << 17];

static void
each_domain_is_numbered_for_itself(void **state)
{
	static const uint32_t want[] = {0, 0, 0, 2, 0, 5};
	struct ipfix_out o = {.p = room, .seq = 77};
	struct d4_slice at;
	struct ipfix_number x;

	(void)state;
	ipfix_put_template(&o, 1, 256, 2);
	ipfix_put_template(&o, 9, 256, 1);
	ipfix_put_data(&o, 1, 256, 17); /* two, and a byte of padding */
	ipfix_put_data(&o, 1, 256, 24);
	ipfix_put_data(&o, 9, 256, 4);
	ipfix_put_data(&o, 1, 300, 4); /* of what nobody defined */
	ipfix_number_init(&x);
	assert_false(ipfix_number(&x, room, o.n));
	at = d4_slice_of(room, o.n);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(d4_get_be32(at.p + 8), want[i]);
		(void)d4_slice_skip(&at, d4_get_be16(at.p + 2));
	}
	ipfix_number_fini(&x);
}

static void
more_domains_than_there_is_room_for_stay_as_they_are(void **state)
{
	struct ipfix_number x;

	(void)state;
	ipfix_number_init(&x);
	for (uint32_t i = 0; i <= IPFIX_NUMBER_DOMAINS; i++) {
		struct ipfix_out o = {.p = room, .seq = 77};

		ipfix_put_data(&o, i, 256, 4);
		(void)ipfix_number(&x, room, o.n);
		assert_int_equal(
		    d4_get_be32(room + 8), i < IPFIX_NUMBER_DOMAINS ? 0 : 77);
	}
	ipfix_number_fini(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fields_of_a_template_are_read_one_by_one),
	    cmocka_unit_test(values_say_their_length_in_one_byte_or_three),
	    cmocka_unit_test(records_are_counted_and_padding_is_none),
	    cmocka_unit_test(each_domain_is_numbered_for_itself),
	    cmocka_unit_test(
		more_domains_than_there_is_room_for_stay_as_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

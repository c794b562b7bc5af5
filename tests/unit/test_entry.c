#include "test.h"
#include "libd4/cutter.h"
#include "libd4/entry.h"
#include "libd4/meta.h"

#define PAIRS D4_ENTRY_FIELDS
#define SESS  "11111111-2222-4333-8444-555555555555"
#define UUID  "7e4d1c26-5b3a-4f8e-9a61-0c2d4e6f8a1b"

/* A valid entry as name, value texts; the cases below change one value. */
static const char *const valid[PAIRS][2] = {
    {"v", "1"},
    {"sess", SESS},
    {"seq", "18446744073709551615"},
    {"n", "1"},
    {"sensor", UUID},
    {"peer", "[2001:db8::1]:4443"},
    {"type", "254"},
    {"ext", "ja3-jl"},
    {"meta", "{\"type\":\"ja3-jl\"}"},
    {"t_hdr", "0"},
    {"t_rx", "1700000000000001"},
    {"data", "one\n"},
};

static void
pairs_of(struct d4_slice out[2 * PAIRS])
{
	for (size_t i = 0; i < PAIRS; i++) {
		out[2 * i] = d4_slice_str(valid[i][0]);
		out[2 * i + 1] = d4_slice_str(valid[i][1]);
	}
}

static size_t
field(const char *name)
{
	size_t i = 0;

	while (strcmp(valid[i][0], name) != 0)
		i++;
	return i;
}

static void
a_valid_entry_is_read_and_written_back_the_same(void **state)
{
	struct d4_slice in[2 * PAIRS], out[2 * PAIRS];
	struct d4_entry_text text;
	struct d4_entry e;

	(void)state;
	pairs_of(in);
	assert_int_equal(d4_entry_parse(in, PAIRS, &e), D4_OK);
	assert_true(e.seq == UINT64_MAX);
	assert_int_equal(e.n, 1);
	assert_int_equal(e.type, 254);
	assert_int_equal(e.t_hdr_s, 0);
	assert_int_equal(e.t_rx_us, 1700000000000001);
	assert_slice(e.ext, "ja3-jl");
	assert_slice(e.data, "one\n");
	d4_entry_fields(&e, &text, out);
	for (size_t i = 0; i < 2 * PAIRS; i++)
		assert_true(d4_slice_eq(in[i], out[i]));
}

static void
order_and_unknown_names_do_not_matter(void **state)
{
	struct d4_slice in[2 * PAIRS], turned[2 * PAIRS + 2];
	struct d4_entry e;

	(void)state;
	pairs_of(in);
	turned[0] = d4_slice_str("later");
	turned[1] = d4_slice_str("x");
	for (size_t i = 0; i < PAIRS; i++) {
		turned[2 + 2 * i] = in[2 * (PAIRS - 1 - i)];
		turned[3 + 2 * i] = in[2 * (PAIRS - 1 - i) + 1];
	}
	assert_int_equal(d4_entry_parse(turned, PAIRS + 1, &e), D4_OK);
	assert_slice(e.data, "one\n");
}

static void
a_missing_or_doubled_field_is_malformed(void **state)
{
	struct d4_slice in[2 * PAIRS], some[2 * PAIRS + 2];
	struct d4_entry e;

	(void)state;
	pairs_of(in);
	for (size_t i = 0; i < PAIRS; i++) {
		memcpy(some, in, sizeof(in));
		some[2 * PAIRS] = in[2 * i];
		some[2 * PAIRS + 1] = in[2 * i + 1];
		assert_int_equal(
		    d4_entry_parse(some, PAIRS + 1, &e), D4_EMALFORMED);
		some[2 * i] = d4_slice_str("other");
		some[2 * PAIRS] = d4_slice_str("another");
		assert_int_equal(
		    d4_entry_parse(some, PAIRS + 1, &e), D4_EMALFORMED);
	}
	assert_int_equal(d4_entry_parse(in, 0, &e), D4_EMALFORMED);
}

static const struct {
	const char *name, *value;
	enum d4_status st;
} values[] = {
    {"v", "2", D4_EMALFORMED}, /* has a reference, and no data */
    {"v", "3", D4_EVERSION},
    {"v", "", D4_EVERSION},
    {"v", "01", D4_EVERSION},
    {"sess", "11111111222243338444555555555555", D4_EMALFORMED},
    {"sess", "", D4_EMALFORMED},
    {"sensor", "7e4d1c26-5b3a-4f8e-9a61-0c2d4e6f8a1g", D4_EMALFORMED},
    {"seq", "0", D4_EMALFORMED},
    {"seq", "18446744073709551616", D4_EMALFORMED},
    {"seq", "99999999999999999999", D4_EMALFORMED},
    {"seq", "01", D4_EMALFORMED},
    {"seq", "+1", D4_EMALFORMED},
    {"seq", " 1", D4_EMALFORMED},
    {"seq", "1\n", D4_EMALFORMED},
    {"seq", "", D4_EMALFORMED},
    {"n", "0", D4_EMALFORMED},
    {"n", "-1", D4_EMALFORMED},
    {"n", "2", D4_EMALFORMED}, /* the second has no number in 64 bits */
    {"n", "5", D4_EMALFORMED}, /* more records than bytes */
    {"type", "0", D4_EMALFORMED},
    {"type", "256", D4_EMALFORMED},
    {"type", "510", D4_EMALFORMED},
    {"type", "8", D4_EMALFORMED}, /* with ext */
    {"ext", "", D4_EMALFORMED},   /* without, but 254 */
    {"ext", "a}:0", D4_EMALFORMED},
    {"ext", "a b", D4_EMALFORMED},
    {"ext", "..", D4_EMALFORMED}, /* it becomes part of paths */
    {"ext", ".a", D4_EMALFORMED},
    {"ext", "../a", D4_EMALFORMED},
    {"ext", "a/b", D4_EMALFORMED},
    {"ext", "/etc", D4_EMALFORMED},
    {"t_hdr", "x", D4_EMALFORMED},
    {"t_rx", "1.5", D4_EMALFORMED},
    {"data", "", D4_EMALFORMED},
    {"peer", "", D4_OK},
    {"meta", "", D4_OK},
    {"t_hdr", "18446744073709551615", D4_OK},
};

static void
each_value_is_checked_and_output_is_untouched(void **state)
{
	struct d4_slice in[2 * PAIRS];
	struct d4_entry e, marker;

	(void)state;
	memset(&marker, 0xee, sizeof(marker));
	for (size_t i = 0; i < COUNT(values); i++) {
		pairs_of(in);
		in[2 * field(values[i].name) + 1] =
		    d4_slice_str(values[i].value);
		memcpy(&e, &marker, sizeof(e));
		if (d4_entry_parse(in, PAIRS, &e) != values[i].st)
			fail_msg("%s=%s", values[i].name, values[i].value);
		if (values[i].st != D4_OK)
			assert_memory_equal(&e, &marker, sizeof(e));
	}
}

static void
what_is_over_its_limit_is_too_big(void **state)
{
	static const struct {
		const char *name;
		size_t max;
	} rows[] = {
	    {"data", D4_ENTRY_DATA + D4_LINE_MAX + 24},
	    {"meta", D4_META_MAX},
	    {"peer", D4_PEER_TEXT - 1},
	};
	uint8_t *much = calloc(1, rows[0].max + 1);
	struct d4_slice in[2 * PAIRS];
	struct d4_entry e;

	(void)state;
	assert_non_null(much);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct d4_slice *value = &in[2 * field(rows[i].name) + 1];

		pairs_of(in);
		*value = d4_slice_of(much, rows[i].max);
		assert_int_equal(d4_entry_parse(in, PAIRS, &e), D4_OK);
		value->n++;
		assert_int_equal(d4_entry_parse(in, PAIRS, &e), D4_ETOOBIG);
	}
	free(much);
}

#define REF "00112233aabbccdd-7-40-4-0a0b0c0d"

/* The same entry with its data in a segment. */
static void
stored_pairs(struct d4_slice out[2 * PAIRS], const char *ref)
{
	pairs_of(out);
	out[2 * field("v") + 1] = d4_slice_str("2");
	out[2 * field("data")] = d4_slice_str("ref");
	out[2 * field("data") + 1] = d4_slice_str(ref);
}

static void
a_stored_entry_has_a_reference_instead_of_data(void **state)
{
	struct d4_slice in[2 * PAIRS + 2], out[2 * PAIRS];
	struct d4_entry_text text;
	struct d4_entry e;

	(void)state;
	stored_pairs(in, REF);
	assert_int_equal(d4_entry_parse(in, PAIRS, &e), D4_OK);
	assert_true(e.ref.store == 0x00112233aabbccdd);
	assert_int_equal(e.ref.segment, 7);
	assert_int_equal(e.ref.offset, 40);
	assert_int_equal(e.ref.length, 4);
	assert_int_equal(e.ref.crc, 0x0a0b0c0d);
	assert_int_equal(e.data.n, 0);
	d4_entry_fields(&e, &text, out);
	for (size_t i = 0; i < 2 * PAIRS; i++)
		assert_true(d4_slice_eq(in[i], out[i]));
	in[2 * PAIRS] = d4_slice_str("data"); /* both */
	in[2 * PAIRS + 1] = d4_slice_str("one\n");
	assert_int_equal(d4_entry_parse(in, PAIRS + 1, &e), D4_EMALFORMED);
	pairs_of(in); /* version 1 does not know the name */
	in[2 * PAIRS] = d4_slice_str("ref");
	assert_int_equal(d4_entry_parse(in, PAIRS + 1, &e), D4_OK);
	assert_int_equal(e.ref.segment, 0);
}

static void
a_reference_has_one_text_only(void **state)
{
	static const char *const bad[] = {"", "-", "00112233aabbccdd",
	    "00112233aabbccdd-7-40-4", "00112233aabbccdd-7-40-4-",
	    "00112233AABBCCDD-7-40-4-0a0b0c0d",
	    "0112233aabbccdd-7-40-4-0a0b0c0d",
	    "00112233aabbccdd-0-40-4-0a0b0c0d",
	    "00112233aabbccdd-07-40-4-0a0b0c0d",
	    "00112233aabbccdd-7--4-0a0b0c0d",
	    "00112233aabbccdd-7-4294967296-4-0a0b0c0d",
	    "00112233aabbccdd-7-40-0-0a0b0c0d",
	    "00112233aabbccdd-7-40-2097177-0a0b0c0d",
	    "00112233aabbccdd-7-40-4-0a0b0c0",
	    "00112233aabbccdd-7-40-4-0a0b0c0d-",
	    "00112233aabbccdd-7-40-4-0a0b0c0dd",
	    "00112233aabbccdd-../7-40-4-0a0b0c0d",
	    "00112233aabbccdd-7-40-4-0a0b0c0g", REF "\n"};
	struct d4_slice in[2 * PAIRS];
	struct d4_entry e;
	struct d4_ref r;

	(void)state;
	assert_int_equal(d4_ref_parse(d4_slice_str(REF), &r), D4_OK);
	for (size_t i = 0; i < COUNT(bad); i++) {
		stored_pairs(in, bad[i]);
		if (d4_ref_parse(d4_slice_str(bad[i]), &r) != D4_EMALFORMED ||
		    d4_entry_parse(in, PAIRS, &e) != D4_EMALFORMED)
			fail_msg("%s", bad[i]);
	}
}

/* Expected: tests/support/d4.py shard(). */
static void
a_shard_is_fnv_1a_of_the_sensor(void **state)
{
	struct d4_uuid u;

	(void)state;
	assert_int_equal(d4_uuid_parse(UUID, &u), D4_OK);
	assert_int_equal(d4_queue_shard(&u, 1), 0);
	assert_int_equal(d4_queue_shard(&u, 16), 8);
	assert_int_equal(d4_queue_shard(&u, 1000003), 995277);
}

static void
a_key_is_hash_tagged_and_refuses_what_could_break_it(void **state)
{
	static const struct {
		uint8_t type;
		const char *ext;
		unsigned shard;
		size_t room;
		enum d4_status st;
		const char *key;
	} rows[] = {
	    {1, "", 0, 64, D4_OK, "d4:{1:0}:q"},
	    {254, "ja3-jl", 15, 64, D4_OK, "d4:{254.ja3-jl:15}:q"},
	    {1, "", 0, 11, D4_OK, "d4:{1:0}:q"},
	    {1, "", 0, 10, D4_ETOOBIG, ""},
	    {1, "", 0, 0, D4_ETOOBIG, ""},
	    {1, "x", 0, 64, D4_EINVAL, ""},
	    {254, "", 0, 64, D4_EINVAL, ""},
	    {254, "a}b", 0, 64, D4_EINVAL, ""},
	    {254, "a:b", 0, 64, D4_EINVAL, ""},
	    {254, "..", 0, 64, D4_EINVAL, ""},
	    {254, ".", 0, 64, D4_EINVAL, ""},
	    {254, ".hidden", 0, 64, D4_EINVAL, ""},
	    {254, "../x", 0, 64, D4_EINVAL, ""},
	    {254, "a/../b", 0, 64, D4_EINVAL, ""},
	    {254, "a..b", 0, 64, D4_OK, "d4:{254.a..b:0}:q"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char key[64] = "";

		assert_int_equal(
		    d4_queue_key(rows[i].type, d4_slice_str(rows[i].ext),
			rows[i].shard, key, rows[i].room),
		    rows[i].st);
		assert_string_equal(key, rows[i].key);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_valid_entry_is_read_and_written_back_the_same),
	    cmocka_unit_test(order_and_unknown_names_do_not_matter),
	    cmocka_unit_test(a_missing_or_doubled_field_is_malformed),
	    cmocka_unit_test(each_value_is_checked_and_output_is_untouched),
	    cmocka_unit_test(what_is_over_its_limit_is_too_big),
	    cmocka_unit_test(a_stored_entry_has_a_reference_instead_of_data),
	    cmocka_unit_test(a_reference_has_one_text_only),
	    cmocka_unit_test(a_shard_is_fnv_1a_of_the_sensor),
	    cmocka_unit_test(
		a_key_is_hash_tagged_and_refuses_what_could_break_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
